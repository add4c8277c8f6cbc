"""What the window's page can't do, whoever has got into it."""

import pytest
from relay import Relay
from wait import wait_until
from window import Refused, Window


def test_the_page_keeps_its_own_policy(window: Window, relay: Relay) -> None:
    window.load_listening()
    for page in (("Models",), ("Settings", "Key"), ("Settings", "Server and network"), ("Home",)):
        window.open(*page)
    window.see("Base URL")
    assert window.violations() == []

    # The ear hears, and this machine's servers are beyond the page's reach.
    address = f"http://127.0.0.1:{relay.port}/health"
    fetch = "const [url, done] = arguments; fetch(url).then(() => done('reached'), () => done('blocked'));"
    assert window.wait_for(fetch, address) == "blocked"
    wait_until("the violation is heard", lambda: window.violations() == [f"connect-src: {address}"])
    assert window.wait_for(fetch, "https://example.com/") == "blocked"


def test_a_command_that_is_not_listed_is_denied(window: Window) -> None:
    commands = (
        "plugin:store|load",
        "plugin:opener|open_url",
        "plugin:clipboard-manager|read_text",
        "plugin:autostart|enable",
        "plugin:window|create",
        "plugin:webview|create_webview",
        "plugin:event|emit",
        "plugin:path|resolve_directory",
        "get_key",
    )
    for command in commands:
        with pytest.raises(Refused, match=f"{command.removeprefix('plugin:').replace('|', '.')} not allowed"):
            window.invoke(command)
