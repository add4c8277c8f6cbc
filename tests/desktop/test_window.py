"""The window: it shows what is so, and what is changed in it counts at once."""

import socket

from application import Desktop, free_port
from pages import change_setting, choose_models, switch_model
from relay import Relay
from support import CLIENT_KEY, Mock, answer, content, done, send, stream
from tray import TrayHost
from wait import wait_until
from window import Window

GATED = stream(content("one "), "gate", content("two"), done())


def test_window_and_tray_switch_the_same_relay(desktop: Desktop, tray: TrayHost, relay: Relay, window: Window) -> None:
    icon = tray.icon()
    icon.click("Relay on")
    window.see("Apps get no answer until you start it.")
    relay.wait_until_closed()

    window.press("Relay")
    icon.expect("Relay on", is_checked=True)
    relay.wait_until_open()
    window.see(relay.base_url)


def test_a_window_that_was_closed_comes_back_from_the_tray(desktop: Desktop, tray: TrayHost, window: Window) -> None:
    pid = window.pid
    window.shut()
    tray.icon().click("Open window")
    window.open_again()
    window.shut()
    tray.icon().activate()
    window.open_again()
    assert window.pid == pid


def test_a_forbidden_model_is_refused_at_once(window: Window, relay: Relay, mock: Mock) -> None:
    mock.script(always=answer())
    assert (relay.chat().status, relay.chat("gpt-4o").status) == (200, 200)
    choose_models(window)
    assert (relay.chat().status, relay.chat("gpt-4o").status) == (200, 404)

    catalog = window.state()["catalog"]
    chosen, total = catalog["allowed"], catalog["models"]
    for allowed in (False, True):
        switch_model(window, "GPT-4o Mini - OpenAI")
        window.see(f"{chosen - (not allowed)} of {total} models are allowed")
        asked = relay.chat()
        assert asked.status == (200 if allowed else 404)
        assert allowed or asked.json()["error"]["code"] == "model_not_found"


def test_the_log_tells_what_the_setting_says(desktop: Desktop, relay: Relay) -> None:
    desktop.keep("settings.json", {"version": 1, "port": desktop.port, "log": "off"})
    window = Window(desktop)
    relay.wait_until_open()
    relay.chat(model="gpt-4o")
    window.invoke("set_setting", name="log", value="info")

    def is_written() -> bool:
        # The log may follow a moment after the setting.
        relay.chat(model="gpt-4o-mini")
        return "gpt-4o-mini" in desktop.log()

    wait_until("a line is there", is_written)
    assert 'model="gpt-4o"' not in desktop.log()
    window.quit()


def test_a_chosen_theme_is_there_before_anything_is_drawn(desktop: Desktop, window: Window) -> None:
    window.invoke("set_preferences", preferences={"theme": "dark", "is_set_up": True})
    window.quit()
    window = Window(desktop)
    assert window.load_listening() == "dark"
    window.quit()


def test_the_port_changes_under_a_stream(desktop: Desktop, window: Window, relay: Relay, mock: Mock) -> None:
    mock.script(GATED, always=answer())
    with relay.stream() as stream:
        assert stream.piece() == "one "
        there = Relay(free_port())
        change_setting(window, "Server and network", "Port", str(there.port))
        there.wait_until_open()
        relay.wait_until_closed()
        assert there.chat().status == 200
        window.open("Home")
        window.see(there.base_url)
        mock.open_gate()
        assert stream.rest() == "two"
    assert desktop.kept("settings.json") == {"version": 1, "port": there.port}


def test_a_taken_port_is_refused_and_the_old_one_stays(desktop: Desktop, window: Window, relay: Relay) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        change_setting(window, "Server and network", "Port", str(port))
        window.see(f"port {port} of 127.0.0.1 is taken by another program")
    assert relay.is_open()
    assert desktop.kept("settings.json")["port"] == desktop.port


def test_a_web_page_that_was_turned_away_is_let_in(window: Window, relay: Relay) -> None:
    page = {"origin": "https://chat.example.com", "authorization": f"Bearer {CLIENT_KEY}"}

    def ask() -> int:
        return send(relay.base_url, "GET", "/v1/models", page).status

    assert ask() == 403
    window.open("Settings", "Server and network")
    window.see("Turned away", "https://chat.example.com", "A web page; once, on")
    assert ask() == 403
    window.see("A web page; 2 times, last on")
    window.press("Allow https://chat.example.com")
    window.see("https://chat.example.com is allowed.")
    assert ask() == 200
    assert window.invoke("list_blocked") == []
