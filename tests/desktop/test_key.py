"""The 1min.ai key: taken by the window, kept by the keyring, used by the relay, seen by nobody."""

import signal
from collections.abc import Callable

import pytest
from application import Desktop
from pages import SESSION, add_key, give_key, remove_key
from relay import Relay
from support import Mock, answer
from tray import TrayHost
from wait import wait_until
from window import Window

KEY = "canary-0123456789abcdef-wxyz"


@pytest.fixture
def talkative(desktop: Desktop) -> None:
    """Has the application log all it can."""
    desktop.variables["RELAY_LOG"] = "trace"


def test_a_key_goes_into_the_keyring_and_nowhere_else(
    talkative: None, desktop: Desktop, window: Window, relay: Relay, mock: Mock
) -> None:
    mock.script(always=answer())
    window.open("Home")
    window.see("No 1min.ai key yet")
    assert (desktop.stored_keys(), relay.chat(key=None).status) == ("", 401)

    add_key(window, KEY)
    window.see(
        "The key is kept.", "Key ending in", "wxyz", "It is kept in the system's keyring.", "Accepted by 1min.ai"
    )
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
    window.see("It is kept in the system's keyring.")
    assert relay.chat(key=None).status == 200
    remove_key(window)
    window.see("Add your key")
    assert (desktop.stored_keys(), relay.chat(key=None).status) == ("", 401)


def test_a_refused_key_is_not_kept(desktop: Desktop, window: Window, mock: Mock) -> None:
    mock.refuse_keys()
    add_key(window, KEY)
    window.see("Invalid or missing API key", "Add your key")
    assert desktop.stored_keys() == ""


def test_a_key_that_is_refused_later_is_told(desktop: Desktop, tray: TrayHost, window: Window, mock: Mock) -> None:
    add_key(window, KEY)
    window.see("It is kept in the system's keyring.")
    icon = tray.icon()
    content = icon.picture()
    mock.refuse_keys()
    window.press("Check again")
    window.open("Home")
    window.see("Needs attention", "1min.ai refuses the key", "Replace key")
    wait_until("the icon tells it, too", lambda: icon.picture() != content)
    assert KEY in desktop.stored_keys()


def test_without_a_keyring_a_key_lasts_for_the_session(make_desktop: Callable[..., Desktop], mock: Mock) -> None:
    mock.script(always=answer())
    desktop = make_desktop(has_keyring=False)
    relay = Relay(desktop.port)
    window = Window(desktop)
    window.see("The system's keyring can't be used: There is no keyring service that answers.")
    window.press("Key settings")
    # The other place is there, and can't be chosen.
    window.see("In the system's keyring")
    give_key(window, KEY, SESSION)
    window.see("Key ending in", "wxyz", "It is kept in memory, until 1min Relay quits.")
    assert relay.chat(key=None).status == 200
    window.quit()
    assert desktop.files_with(KEY) == []

    window = Window(desktop)
    window.see("Add your key")
    assert relay.chat(key=None).status == 401


def test_the_first_start_takes_a_key(desktop: Desktop, relay: Relay, mock: Mock) -> None:
    mock.script(always=answer())
    (desktop.folder / "app.json").unlink()
    window = Window(desktop)
    window.see("Welcome to 1min Relay")
    give_key(window, KEY)
    window.see("Step 2 of 3:")
    window.press_in_sheet("Next")
    window.see("Step 3 of 3:", "All is ready.", relay.base_url)
    window.press_in_sheet("Done")
    window.open("Home")
    assert relay.chat(key=None).status == 200
    assert KEY in desktop.stored_keys() and desktop.files_with(KEY) == []
    wait_until("it is remembered", lambda: desktop.kept("app.json")["preferences"]["is_set_up"])


def test_a_silent_keyring_keeps_neither_window_nor_relay_waiting(make_desktop: Callable[..., Desktop]) -> None:
    desktop = make_desktop(has_keyring=False)
    desktop.session.bus.stay_silent_as("org.freedesktop.secrets")
    process = desktop.launch()
    desktop.wait_for_window()
    Relay(desktop.port).wait_until_open()
    process.send(signal.SIGTERM)
    assert process.wait() == 0
