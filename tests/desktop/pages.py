"""What a person does on the window's pages, by the words that stand there."""

from selenium.webdriver.common.keys import Keys
from window import Window

KEYRING = "In the system's keyring"
SESSION = "In memory only"


def add_key(window: Window, key: str, place: str = KEYRING) -> None:
    """Settings, Key: types a key, says where it is to be kept, and has it checked and kept."""
    window.open("Settings", "Key")
    give_key(window, key, place)


def give_key(window: Window, key: str, place: str = KEYRING) -> None:
    """The same where the form is in sight already."""
    _type(window, "1min.ai key", key)
    window.option(place).click()
    window.press("Check and keep")


def remove_key(window: Window) -> None:
    """Settings, Key: removes the key, and means it."""
    window.open("Settings", "Key")
    window.press("Remove")
    window.see("Remove the key?")
    window.press_in_sheet("Remove")


def choose_models(window: Window) -> None:
    """Models: only those that are chosen may be asked; the common ones are to begin with."""
    window.open("Models")
    window.option("Only the ones I choose").click()
    window.see("common models are chosen to begin with")


def switch_model(window: Window, name: str) -> None:
    """Models: allows one that is not, forbids one that is."""
    window.open("Models")
    _type(window, "Search models", name)
    window.press(f"Allow {name}")


def change_setting(window: Window, section: str, label: str, value: str) -> None:
    """Settings: types another value, and confirms it."""
    window.open("Settings", section)
    _type(window, label, value + Keys.ENTER)


def switch_setting(window: Window, section: str, label: str) -> None:
    """Settings: switches what is on or off."""
    window.open("Settings", section)
    window.press(label)


def add_token(window: Window, name: str, days: str = "Never") -> str:
    """Settings, Access tokens: makes one, whose secret is on show then."""
    window.open("Settings", "Access tokens", "Add token")
    _type(window, "Name", name)
    if days != "Never":
        window.press("Ends: Never")
        window.choose(days)
    window.press_in_sheet("Make token")
    window.see("Copy it now: it is not shown again.")
    return window.code_in_sheet()


def revoke_token(window: Window, name: str) -> None:
    """Settings, Access tokens: takes one back, and means it."""
    window.open("Settings", "Access tokens", f"Revoke {name}")
    window.see(f"Revoke {name}?")
    window.press_in_sheet("Revoke")


def _type(window: Window, label: str, text: str) -> None:
    """Types over what stands in a field."""
    field = window.field(label)
    field.send_keys(Keys.CONTROL, "a")
    # In a call of its own, before which the modifier is let go.
    field.send_keys(text)
