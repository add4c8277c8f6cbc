"""The 1min.ai key: taken by the window, kept by the keyring, used by the relay, seen by nobody."""

import signal
from collections.abc import Callable

import pytest
from application import Desktop
from pages import add_key
from relay import Relay
from support import Mock, answer
from tray import TrayHost
from wait import wait_until
from window import Refused, Window

KEY = "canary-0123456789abcdef-wxyz"


@pytest.fixture
def talkative(desktop: Desktop) -> None:
    """Has the application log all it can."""
    desktop.variables["RELAY_LOG"] = "trace"


def test_a_key_goes_into_the_keyring_and_nowhere_else(
    talkative: None, desktop: Desktop, window: Window, relay: Relay, mock: Mock
) -> None:
    mock.script(always=answer())
    window.see("No 1min.ai key yet")
    assert (desktop.stored_keys(), relay.chat(key=None).status) == ("", 401)

    add_key(window, KEY)
    window.see("Key ending in", "wxyz", "in the system keyring", "Accepted by 1min.ai")
    assert desktop.stored_keys().count(f"secret = {KEY}\n") == 1
    assert relay.chat(key=None).status == 200
    assert mock.received()[-1].headers["api-key"] == KEY

    assert KEY not in window.html() and KEY not in str(window.state())
    window.quit()
    # The search finds what is there, and the keyring's file is among what it sees.
    files = desktop.files_with(f"{desktop.port}")
    assert desktop.folder / "settings.json" in files and list(desktop.session.folder.rglob("*.keyring"))
    assert desktop.files_with(KEY) == []

    desktop.launch("--tray")
    relay.wait_until_open()
    assert relay.chat(key=None).status == 200


def test_a_removed_key_is_gone(desktop: Desktop, window: Window, relay: Relay, mock: Mock) -> None:
    mock.script(always=answer())
    add_key(window, KEY)
    window.invoke("remove_key")
    window.see("No 1min.ai key yet")
    assert (desktop.stored_keys(), relay.chat(key=None).status) == ("", 401)


def test_a_refused_key_is_not_kept(desktop: Desktop, window: Window, mock: Mock) -> None:
    mock.refuse_keys()
    with pytest.raises(Refused) as refused:
        add_key(window, KEY)
    assert refused.value.kind == "key_refused"
    assert desktop.stored_keys() == ""
    window.see("No 1min.ai key yet")


def test_a_key_that_is_refused_later_is_told(desktop: Desktop, tray: TrayHost, window: Window, mock: Mock) -> None:
    add_key(window, KEY)
    icon = tray.icon()
    content = icon.picture()
    mock.refuse_keys()
    window.invoke("check_key")
    window.see("Needs attention", "1min.ai refuses the key", "Replace key")
    wait_until("the icon tells it, too", lambda: icon.picture() != content)
    assert KEY in desktop.stored_keys()


def test_without_a_keyring_a_key_lasts_for_the_session(make_desktop: Callable[..., Desktop], mock: Mock) -> None:
    mock.script(always=answer())
    desktop = make_desktop(has_keyring=False)
    relay = Relay(desktop.port)
    window = Window(desktop)
    window.see("The system's keyring can't be used: There is no keyring service that answers.", "Key settings")
    with pytest.raises(Refused) as refused:
        add_key(window, KEY)
    assert refused.value.kind == "keyring_unavailable"
    assert relay.chat(key=None).status == 401

    add_key(window, KEY, place="session")
    window.see("Key ending in", "wxyz", "for this session only")
    assert relay.chat(key=None).status == 200
    window.quit()
    assert desktop.files_with(KEY) == []

    window = Window(desktop)
    window.see("No 1min.ai key yet")
    assert relay.chat(key=None).status == 401


def test_a_silent_keyring_keeps_neither_window_nor_relay_waiting(make_desktop: Callable[..., Desktop]) -> None:
    desktop = make_desktop(has_keyring=False)
    desktop.session.bus.stay_silent_as("org.freedesktop.secrets")
    process = desktop.launch()
    desktop.wait_for_window()
    Relay(desktop.port).wait_until_open()
    process.send(signal.SIGTERM)
    assert process.wait() == 0
