"""The desktop's place for notifications: a service of the name org.freedesktop.Notifications that keeps what it is told.

The interface is that of https://specifications.freedesktop.org/notification-spec/latest/protocol.html.
"""

from dataclasses import dataclass

from bus import Bus
from dbus_fast import RequestNameReply
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal
from wait import wait_until

SERVICE = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"


@dataclass(frozen=True)
class Notification:
    """What a person would read."""

    title: str
    body: str


class _Interface(ServiceInterface):
    def __init__(self, shown: list[Notification]):
        super().__init__(SERVICE)
        self._shown = shown
        self._last = 0

    @dbus_method()
    def Notify(  # noqa: PLR0913 - the protocol's
        self,
        app_name: "s",  # noqa: F821
        replaces_id: "u",  # noqa: F821
        app_icon: "s",  # noqa: F821
        summary: "s",  # noqa: F821
        body: "s",  # noqa: F821
        actions: "as",  # noqa: F722
        hints: "a{sv}",  # noqa: F722
        expire_timeout: "i",  # noqa: F821
    ) -> "u":  # noqa: F821
        self._shown.append(Notification(summary, body))
        self._last += 1
        return replaces_id or self._last

    @dbus_method()
    def CloseNotification(self, id: "u") -> None:  # noqa: F821, A002
        self.NotificationClosed(id, 3)

    @dbus_method()
    def GetCapabilities(self) -> "as":  # noqa: F722
        return ["body"]

    @dbus_method()
    def GetServerInformation(self) -> "ssss":  # noqa: F821
        return ["tests", "tests", "1", "1.2"]

    @dbus_signal()
    def NotificationClosed(self, id: int, reason: int) -> "uu":  # noqa: F821, A002
        return [id, reason]


class NotificationHost:
    """A place for notifications; gone at `close`."""

    def __init__(self, bus: Bus):
        self._bus = bus
        self.shown: list[Notification] = []
        self._connection = bus.run(self._open())

    async def _open(self) -> MessageBus:
        connection = await self._bus.connect()
        connection.export(_PATH, _Interface(self.shown))
        assert await connection.request_name(SERVICE) == RequestNameReply.PRIMARY_OWNER
        return connection

    def next(self) -> Notification:
        """The first that has not been looked at yet, as soon as it is there."""
        wait_until("a notification comes", lambda: self.shown)
        return self.shown.pop(0)

    def close(self) -> None:
        """Takes the place away."""
        self._bus.run(self._close())

    async def _close(self) -> None:
        self._connection.disconnect()
        await self._connection.wait_for_disconnect()
