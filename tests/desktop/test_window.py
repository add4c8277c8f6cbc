"""The window: it shows what is so, and what is changed in it counts at once."""

import socket

import pytest
from application import Desktop, free_port
from pages import allow_model, change_port
from relay import Relay
from support import MODEL, Mock, answer, content, done, stream
from tray import TrayHost
from window import Refused, Window

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
    assert relay.chat().status == 200
    allow_model(window, MODEL, False)
    refused = relay.chat()
    assert (refused.status, refused.json()["error"]["code"]) == (404, "model_not_found")
    assert relay.chat("gpt-4o").status == 200
    catalog = window.state()["catalog"]
    assert catalog["allowed"] == catalog["models"] - 1
    window.see(f"{catalog['allowed']} of {catalog['models']} models are allowed")

    allow_model(window, MODEL, True)
    assert relay.chat().status == 200


def test_the_port_changes_under_a_stream(desktop: Desktop, window: Window, relay: Relay, mock: Mock) -> None:
    mock.script(GATED, always=answer())
    with relay.stream() as stream:
        assert stream.piece() == "one "
        there = Relay(free_port())
        change_port(window, there.port)
        assert there.chat().status == 200
        relay.wait_until_closed()
        window.see(there.base_url)
        mock.open_gate()
        assert stream.rest() == "two"
    assert desktop.kept("settings.json") == {"version": 1, "port": there.port}


def test_a_taken_port_is_refused_and_the_old_one_stays(desktop: Desktop, window: Window, relay: Relay) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Refused) as refused:
        change_port(window, taken.getsockname()[1])
    assert refused.value.kind == "cannot_listen"
    assert relay.is_open()
    assert desktop.kept("settings.json")["port"] == desktop.port
