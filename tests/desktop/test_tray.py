"""The icon in the tray and its menu."""

import shutil
from pathlib import Path

from application import Desktop
from relay import Relay
from tray import Icon, TrayHost
from wait import wait_until


def test_the_menu_switches_the_relay(icon: Icon, relay: Relay) -> None:
    assert (icon.property("Id"), icon.property("Title")) == ("main", "1min Relay")
    icon.expect("Relay on", is_checked=True)
    icon.expect(f"Running at {relay.base_url}", is_enabled=False)
    running = icon.picture()

    icon.click("Relay on")
    relay.wait_until_closed()
    icon.expect("Relay on", is_checked=False)
    icon.expect("Stopped", is_enabled=False)
    wait_until("the picture is another", lambda: icon.picture() != running)

    icon.click("Relay on")
    relay.wait_until_open()
    icon.expect("Relay on", is_checked=True)
    wait_until("the picture is the first again", lambda: icon.picture() == running)


def test_the_base_url_is_copied(icon: Icon, desktop: Desktop, relay: Relay) -> None:
    icon.click("Copy base URL")
    wait_until("the clipboard has the address", lambda: desktop.clipboard() == relay.base_url)


def test_a_favourite_is_copied(desktop: Desktop, tray: TrayHost) -> None:
    desktop.keep("app.json", {"preferences": {"favourites": ["gpt-4o-mini", "a_b"]}})
    desktop.launch("--tray")
    tray.icon().click("Copy a favourite model > gpt-4o-mini")
    wait_until("the clipboard has the model", lambda: desktop.clipboard() == "gpt-4o-mini")
    tray.icon().click("Copy a favourite model > a_b")
    wait_until("the clipboard has the other", lambda: desktop.clipboard() == "a_b")


def test_start_at_login_is_the_systems_word(icon: Icon, desktop: Desktop) -> None:
    entry = desktop.session.place("HOME") / ".config" / "autostart" / "1min-relay-app.desktop"
    icon.expect("Start at login", is_checked=False)
    assert not entry.exists()

    icon.click("Start at login")
    icon.expect("Start at login", is_checked=True)
    assert _command_of(entry) == f"{desktop.binary} --tray"

    icon.click("Start at login")
    icon.expect("Start at login", is_checked=False)
    wait_until("the entry is gone", lambda: not entry.exists())


def test_start_at_login_finds_a_program_in_a_folder_with_a_blank(desktop: Desktop, tray: TrayHost) -> None:
    folder = desktop.session.place("HOME") / "my $programs"
    folder.mkdir()
    desktop.binary = Path(shutil.copy(desktop.binary, folder))
    desktop.launch("--tray")
    tray.icon().click("Start at login")
    tray.icon().expect("Start at login", is_checked=True)
    entry = desktop.session.place("HOME") / ".config" / "autostart" / "1min-relay-app.desktop"
    # First the file's own backslashes, then the words as a shell takes them, as desktops do.
    words = _command_of(entry).replace(r"\\", "\\")
    assert desktop.session.run("sh", "-c", f"printf '%s\\n' {words}") == f"{desktop.binary}\n--tray\n"


def _command_of(entry: Path) -> str:
    """What an entry starts, as soon as it is there: the menu ticks its item before the application has written it."""

    def look() -> str:
        lines = entry.read_text().splitlines() if entry.exists() else []
        return next((line.removeprefix("Exec=") for line in lines if line.startswith("Exec=")), "")

    return wait_until("the entry is there", look)
