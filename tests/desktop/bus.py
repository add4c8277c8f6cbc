"""A session bus, for tests that know no asyncio."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

T = TypeVar("T")

# Seconds for one call.
_LIMIT = 5.0

BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


class BusError(Exception):
    """The other side refused the call, or did not answer it."""


def plain(value: Any) -> Any:
    """A value of the bus without its variants."""
    if isinstance(value, Variant):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


class Bus:
    """A connection to the bus at `address`, on an event loop in a thread of its own."""

    def __init__(self, address: str):
        self.address = address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._connection = self.run(self.connect())

    async def connect(self) -> MessageBus:
        """Another connection to the same bus."""
        return await MessageBus(bus_address=self.address).connect()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Carries `work` out on the event loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * _LIMIT)

    def call(self, to: tuple[str, str, str], member: str, signature: str = "", *body: Any) -> list[Any]:
        """Calls `member` of (bus name, path, interface) and returns what it answers."""
        name, path, interface = to
        message = Message(
            destination=name, path=path, interface=interface, member=member, signature=signature, body=list(body)
        )
        try:
            reply = self.run(asyncio.wait_for(self._connection.call(message), _LIMIT))
        except TimeoutError:
            raise BusError(f"{name} did not answer {member} in {_LIMIT:g} s") from None
        if reply.message_type == MessageType.ERROR:
            raise BusError(f"{member}: {reply.error_name}: {reply.body[0] if reply.body else ''}")
        return plain(reply.body)

    def has(self, name: str) -> bool:
        """Whether somebody owns this name."""
        return self.call(BUS, "NameHasOwner", "s", name)[0]

    def stay_silent_as(self, name: str) -> None:
        """Owns this name, takes every call to it, and answers none."""
        # A handler that returns true has dealt with the message.
        self._connection.add_message_handler(lambda message: message.message_type == MessageType.METHOD_CALL)
        self.run(self._connection.request_name(name))

    def close(self) -> None:
        """Leaves the bus and ends the thread."""
        self.run(self._leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _leave(self) -> None:
        self._connection.disconnect()
        await self._connection.wait_for_disconnect()
