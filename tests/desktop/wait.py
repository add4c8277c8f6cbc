"""Waiting for conditions, never for time."""

import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# How often a condition is looked at.
_STEP = 0.03


def wait_until(what: str, look: Callable[[], T], within: float = 10.0) -> T:
    """What `look` returns, as soon as that is true; fails with `what` when it is not in time."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, f"waited {within:g} s in vain until {what}; last seen: {seen!r}"
        time.sleep(_STEP)
    return seen


def is_listening(port: int) -> bool:
    """Whether somebody listens on this port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
