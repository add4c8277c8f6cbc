"""What a person does on the window's pages. All tests that add a key, choose models or change a setting come by here.

The pages Models and Settings are not there yet: until then the command is sent that their controls will send.
"""

from window import Window


def add_key(window: Window, key: str, place: str = "keyring") -> None:
    """Settings, Key: types a key, says where it is to be kept, and has it checked and kept."""
    window.invoke("set_key", key=key, place=place)


def allow_model(window: Window, model: str, allowed: bool) -> None:
    """Models: allows or forbids one model."""
    window.invoke("allow_models", ids=[model], allowed=allowed)


def change_port(window: Window, port: int) -> None:
    """Settings, Server: types another port."""
    window.invoke("set_setting", name="port", value=str(port))
