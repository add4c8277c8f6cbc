"""The tray of a desktop: a host that icons register with, and an icon with its menu as a panel uses them.

An icon is an object of the interface org.kde.StatusNotifierItem, which its application announces to the owner of the
name org.kde.StatusNotifierWatcher. Its menu is an object of the interface com.canonical.dbusmenu.
"""

from typing import Any

from bus import BUS, Bus, BusError
from dbus_fast import Message, MessageType, PropertyAccess, RequestNameReply, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal
from wait import wait_until

WATCHER = "org.kde.StatusNotifierWatcher"
_WATCHER_PATH = "/StatusNotifierWatcher"
_ITEM = "org.kde.StatusNotifierItem"
_MENU = "com.canonical.dbusmenu"
_PROPERTIES = "org.freedesktop.DBus.Properties"

Entry = dict[str, Any]


class _Interface(ServiceInterface):
    def __init__(self, host: "TrayHost"):
        super().__init__(WATCHER)
        self._host = host

    # Answered in `TrayHost._take`, which knows the sender; here it is described for those who ask what there is.
    @dbus_method()
    def RegisterStatusNotifierItem(self, service: "s") -> None:  # noqa: F821
        raise NotImplementedError

    @dbus_method()
    def RegisterStatusNotifierHost(self, service: "s") -> None:  # noqa: F821
        self.StatusNotifierHostRegistered()

    @dbus_property(access=PropertyAccess.READ)
    def RegisteredStatusNotifierItems(self) -> "as":  # noqa: F722
        return [name + path for name, path in self._host.items]

    @dbus_property(access=PropertyAccess.READ)
    def IsStatusNotifierHostRegistered(self) -> "b":  # noqa: F821
        return True

    @dbus_property(access=PropertyAccess.READ)
    def ProtocolVersion(self) -> "i":  # noqa: F821
        return 0

    @dbus_signal()
    def StatusNotifierItemRegistered(self, service: str) -> "s":  # noqa: F821
        return service

    @dbus_signal()
    def StatusNotifierHostRegistered(self) -> None:
        return None


class TrayHost:
    """A place for icons; gone at `close`."""

    def __init__(self, bus: Bus):
        # Bus name and path of every icon that is registered.
        self.items: list[tuple[str, str]] = []
        self._bus = bus
        self._connection: MessageBus = bus.run(self._open())

    async def _open(self) -> MessageBus:
        connection = await self._bus.connect()
        self._interface = _Interface(self)
        connection.export(_WATCHER_PATH, self._interface)
        connection.add_message_handler(self._take)
        name, path, interface = BUS
        match = f"type='signal',sender='{name}',member='NameOwnerChanged'"
        await connection.call(
            Message(destination=name, path=path, interface=interface, member="AddMatch", signature="s", body=[match])
        )
        assert await connection.request_name(WATCHER) == RequestNameReply.PRIMARY_OWNER
        return connection

    def _take(self, message: Message) -> Message | None:
        if message.message_type == MessageType.METHOD_CALL and message.member == "RegisterStatusNotifierItem":
            service = message.body[0]
            item = (message.sender, service) if service.startswith("/") else (service, "/StatusNotifierItem")
            self.items.append(item)
            self._interface.StatusNotifierItemRegistered("".join(item))
            return Message.new_method_return(message)
        if message.message_type == MessageType.SIGNAL and message.member == "NameOwnerChanged":
            name, _, owner = message.body
            if not owner:
                self.items = [item for item in self.items if item[0] != name]
        return None

    def icon(self) -> "Icon":
        """The one icon, as soon as it is there."""
        wait_until("an icon registers", lambda: self.items)
        assert len(self.items) == 1
        return Icon(self._bus, *self.items[0])

    def wait_for_none(self) -> None:
        """Waits until every icon is gone."""
        wait_until("the icon is gone", lambda: not self.items)

    def close(self) -> None:
        """Takes the place for icons away."""
        self._bus.run(self._close())

    async def _close(self) -> None:
        self._connection.disconnect()
        await self._connection.wait_for_disconnect()


class Icon:
    """An icon in the tray, and its menu."""

    def __init__(self, bus: Bus, name: str, path: str):
        self._bus, self._name, self._path = bus, name, path

    def property(self, name: str) -> Any:
        """One of its properties: `Title`, `Id`, `IconPixmap`, ..."""
        return self._bus.call((self._name, self._path, _PROPERTIES), "Get", "ss", _ITEM, name)[0]

    def picture(self) -> bytes:
        """The largest picture of it, as it is shown now."""
        pixmaps = self.property("IconPixmap")
        assert pixmaps, "the icon has no picture"
        return bytes(max(pixmaps)[2])

    def activate(self) -> None:
        """A left click on it."""
        self._bus.call((self._name, self._path, _ITEM), "Activate", "ii", 0, 0)

    def entries(self) -> dict[str, Entry]:
        """Every entry of the menu by its label; those of a submenu behind the submenu's own, as `A > B`."""
        menu = self._menu()
        self._bus.call(menu, "AboutToShow", "i", 0)
        _, (_, _, children) = self._bus.call(menu, "GetLayout", "iias", 0, -1, [])
        entries: dict[str, Entry] = {}

        def walk(children: list[Any], prefix: str) -> None:
            for number, properties, inner in children:
                # An underscore marks the access key; two are one.
                label = prefix + properties.get("label", "").replace("__", "\0").replace("_", "").replace("\0", "_")
                entries[label] = {
                    "id": number,
                    "is_enabled": properties.get("enabled", True),
                    "is_checked": properties.get("toggle-state") == 1 if "toggle-type" in properties else None,
                }
                walk(inner, f"{label} > ")

        walk(children, "")
        return entries

    def click(self, label: str) -> None:
        """Chooses an entry, as soon as it can be."""
        entry = self.expect(label, is_enabled=True)
        self._bus.call(self._menu(), "Event", "isvu", entry["id"], "clicked", Variant("i", 0), 0)

    def expect(self, label: str, **wanted: bool) -> Entry:
        """Waits until there is such an entry: with `is_checked` or `is_enabled` as wanted."""

        def look() -> Entry | None:
            try:
                entry = self.entries().get(label)
            except BusError:
                # The menu is being replaced just now.
                return None
            return entry if entry and wanted.items() <= entry.items() else None

        return wait_until(f"the menu has {label!r} {wanted or ''}; it has {list(self.entries())}", look)

    def _menu(self) -> tuple[str, str, str]:
        return self._name, self.property("Menu"), _MENU
