"""Access tokens: made in the window, sent by apps, taken back, and never seen again."""

from application import Desktop
from pages import add_key, add_token, change_setting, revoke_token, switch_setting
from relay import Relay
from support import Mock, answer
from wait import wait_until
from window import Window

KEY = "canary-0123456789abcdef-wxyz"


def test_a_token_opens_the_relay_until_it_is_revoked(
    desktop: Desktop, window: Window, relay: Relay, mock: Mock
) -> None:
    mock.script(always=answer())
    add_key(window, KEY)
    window.see("It is kept in the system's keyring.")
    window.open("Settings", "Access tokens")
    window.see("There is no token yet.")
    switch_setting(window, "Access tokens", "Ask apps for an access token")
    wait_until("the relay asks for one", lambda: relay.chat(key=None).status == 401)

    secret = add_token(window, "Cline")
    window.press_in_sheet("Copy")
    wait_until("it is on the clipboard", lambda: desktop.clipboard() == secret)
    window.press_in_sheet("Done")
    window.see("All models · made on")
    assert (relay.chat(key=secret).status, relay.chat(key=None).status) == (200, 401)
    assert mock.received()[-1].headers["api-key"] == KEY
    assert secret not in window.html() and secret not in str(window.invoke("list_tokens"))

    revoke_token(window, "Cline")
    window.see("Cline is revoked.", "There is no token yet.")
    assert relay.chat(key=secret).status == 401
    window.quit()
    assert desktop.folder / "relay.sqlite" in desktop.files_with("SQLite format 3")
    assert desktop.files_with(secret) == []


def test_the_network_is_served_once_there_is_a_token(
    desktop: Desktop, window: Window, relay: Relay, mock: Mock
) -> None:
    mock.script(always=answer())
    add_key(window, KEY)
    window.see("It is kept in the system's keyring.")
    change_setting(window, "Server and network", "Address to listen on", "0.0.0.0")
    window.see("there is no access token yet that callers could be asked for")
    assert "host" not in desktop.kept("settings.json")

    secret = add_token(window, "laptop", days="In 30 days")
    window.press_in_sheet("Done")
    window.see("ends on")
    change_setting(window, "Server and network", "Address to listen on", "0.0.0.0")
    kept = desktop.folder / "settings.json"
    wait_until("it is kept", lambda: "0.0.0.0" in kept.read_text())
    assert (relay.chat(key=secret).status, relay.chat(key=None).status) == (200, 401)
