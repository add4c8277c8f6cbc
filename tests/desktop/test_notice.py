"""What is told where no window shows it."""

import os
import socket
from collections.abc import Iterator

import pytest
from application import Desktop
from notification import NotificationHost
from relay import Relay
from support import STORED_KEY, Mock
from tray import TrayHost
from window import Window


@pytest.fixture
def notifications(desktop: Desktop) -> Iterator[NotificationHost]:
    """A place for notifications on that desktop."""
    host = NotificationHost(desktop.session.bus)
    yield host
    host.close()


def test_a_grave_problem_is_told_where_no_window_is(
    desktop: Desktop, tray: TrayHost, relay: Relay, notifications: NotificationHost
) -> None:
    with socket.create_server(("127.0.0.1", desktop.port)):
        desktop.launch("--tray")
        notice = notifications.next()
        assert notice.title == "1min Relay"
        assert notice.body.startswith(f"Port {desktop.port} is used by") and f"(pid {os.getpid()})" in notice.body
    icon = tray.icon()
    icon.click("Relay on")
    relay.wait_until_open()

    # What came back is told again; what is only a hint, such as the missing key, never is.
    icon.click("Relay on")
    relay.wait_until_closed()
    with socket.create_server(("127.0.0.1", desktop.port)):
        icon.click("Relay on")
        assert notifications.next().body == notice.body
    assert notifications.shown == []


def test_nothing_is_told_where_a_window_is(
    desktop: Desktop, tray: TrayHost, relay: Relay, notifications: NotificationHost, mock: Mock
) -> None:
    desktop.variables["ONE_MIN_API_KEY"] = STORED_KEY
    mock.refuse_keys()
    with socket.create_server(("127.0.0.1", desktop.port)):
        window = Window(desktop)
        window.see(f"Port {desktop.port} is used by", "1min.ai refuses the key")
    window.press("Try again")
    relay.wait_until_open()
    window.shut()

    # The first that comes now is the first at all, and what the window has told is not told again.
    icon = tray.icon()
    icon.click("Relay on")
    relay.wait_until_closed()
    with socket.create_server(("127.0.0.1", desktop.port)):
        icon.click("Relay on")
        assert notifications.next().body.startswith(f"Port {desktop.port} is used by")
    window.quit()
    assert notifications.shown == []
