"""A desk for each test; the pair of relay and stand-in is the one of the other clients."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import Desk, Doorkeeper
from pair import mock, mock_url, relay  # noqa: F401


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An empty desk. Whoever worked at it must not have tried to leave this machine."""
    door = Doorkeeper()
    yield Desk(tmp_path, door)
    door.close()
    assert door.asked == []
