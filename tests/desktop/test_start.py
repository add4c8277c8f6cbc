"""How the application starts: twice, without a tray, without a screen, with damaged settings, on a taken port."""

import os
import signal
import socket
from collections.abc import Callable

from application import TITLE, Desktop
from pages import change_setting
from relay import Relay
from support import STORED_KEY
from tray import TrayHost
from wait import wait_until
from window import Window


def test_a_second_start_shows_the_window_of_the_first(desktop: Desktop, tray: TrayHost, relay: Relay) -> None:
    first = desktop.launch("--tray")
    tray.icon()
    relay.wait_until_open()
    for _ in range(2):
        assert desktop.launch().wait() == 0
        desktop.wait_for_window()
    assert desktop.windows() == [TITLE]
    assert first.is_running() and relay.is_open() and len(tray.items) == 1


def test_a_start_at_login_shows_no_window(desktop: Desktop, tray: TrayHost, relay: Relay) -> None:
    desktop.launch("--tray")
    relay.wait_until_open()
    icon = tray.icon()
    # The main thread has come beyond the place where a window would be made.
    icon.click("Relay on")
    relay.wait_until_closed()
    assert desktop.windows() == []
    assert list(desktop.session.processes().values()) == ["1min-relay-app"]


def test_a_relay_that_was_off_stays_off(desktop: Desktop, tray: TrayHost, relay: Relay) -> None:
    desktop.keep("app.json", {"preferences": {"is_set_up": True}, "relay_on": False})
    desktop.variables["ONE_MIN_API_KEY"] = STORED_KEY
    window = Window(desktop)
    # The key is checked after the relay has been started, if it is.
    window.see("Accepted by 1min.ai", "Apps get no answer until you start it.")
    tray.icon().expect("Relay on", is_checked=False)
    assert not relay.is_open()


def test_without_a_tray_the_window_opens_until_a_tray_comes(desktop: Desktop, relay: Relay) -> None:
    window = Window(desktop, "--tray")
    assert not window.state()["about"]["has_tray"]
    tray = desktop.host_tray()
    tray.icon().expect("Relay on", is_checked=True)
    wait_until("the window knows", lambda: window.state()["about"]["has_tray"])
    tray.icon().click("Relay on")
    relay.wait_until_closed()
    tray.close()

    # Trays are restarted, too.
    tray = desktop.host_tray()
    tray.icon().click("Relay on")
    relay.wait_until_open()
    tray.close()


def test_without_a_screen_the_relay_serves(make_desktop: Callable[..., Desktop]) -> None:
    desktop = make_desktop(has_screen=False)
    process = desktop.launch()
    relay = Relay(desktop.port)
    relay.wait_until_open()
    assert "There is no screen: the relay runs without tray and window" in desktop.session.log("application")
    process.send(signal.SIGTERM)
    assert process.wait() == 0


def test_damaged_settings_are_set_aside(desktop: Desktop, relay: Relay) -> None:
    desktop.keep("settings.json", '{"version": 1, "port": ')
    # The default port may be another program's.
    desktop.variables["RELAY_PORT"] = str(desktop.port)
    window = Window(desktop)
    aside = desktop.folder / "settings.corrupt.json"
    window.see("The settings file was damaged. Defaults are in use", str(aside))
    assert aside.read_text() == '{"version": 1, "port": '
    relay.wait_until_open()
    change_setting(window, "Server and network", "Between two pieces, s", "7")
    kept = desktop.folder / "settings.json"
    wait_until("the setting is kept", lambda: kept.exists() and "idle_timeout" in kept.read_text())
    assert desktop.kept("settings.json") == {"version": 1, "idle_timeout": 7}
    assert aside.read_text() == '{"version": 1, "port": '


def test_a_taken_port_is_named_and_left(desktop: Desktop, tray: TrayHost) -> None:
    with socket.create_server(("127.0.0.1", desktop.port)):
        window = Window(desktop)
        window.see(f"Port {desktop.port} is used by", f"(pid {os.getpid()})")
        tray.icon().expect("Relay on", is_checked=False)
        free = window.state()["problems"][0]["free_port"]
        window.press(f"Use port {free}")
        relay = Relay(free)
        relay.wait_until_open()
        window.see(relay.base_url)
        assert window.state()["problems"] == [{"kind": "key_missing"}]
        assert desktop.kept("settings.json")["port"] == free


def test_a_port_that_is_free_again_is_tried_again(desktop: Desktop, relay: Relay) -> None:
    with socket.create_server(("127.0.0.1", desktop.port)):
        window = Window(desktop)
        window.see(f"Port {desktop.port} is used by")
    window.press("Try again")
    relay.wait_until_open()
