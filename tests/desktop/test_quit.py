"""The end of the application: nothing of it is left, and what runs may finish."""

import signal

import pytest
from application import Desktop, Process
from relay import Relay
from support import Mock, content, done, stream
from tray import TrayHost

GATED = stream(content("one "), "gate", content("two"), done())


@pytest.fixture
def process(desktop: Desktop, tray: TrayHost, relay: Relay) -> Process:
    """The application with its window, its icon, and its relay on."""
    process = desktop.launch()
    desktop.wait_for_window()
    relay.wait_until_open()
    return process


def test_quit_leaves_nothing(desktop: Desktop, process: Process, tray: TrayHost, relay: Relay) -> None:
    # The window has processes of its own.
    assert len(desktop.session.processes()) > 1
    tray.icon().click("Quit")
    assert process.wait() == 0
    desktop.wait_for_no_process()
    assert not relay.is_open()
    tray.wait_for_none()


def test_closing_the_window_leaves_the_tray(desktop: Desktop, process: Process, tray: TrayHost, relay: Relay) -> None:
    desktop.session.run("wmctrl", "-c", "1min Relay")
    desktop.wait_for_no_window()
    tray.icon().click("Open window")
    desktop.wait_for_window()
    assert process.is_running() and relay.is_open()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_a_stream_finish(
    desktop: Desktop, process: Process, relay: Relay, mock: Mock, number: signal.Signals
) -> None:
    mock.script(GATED)
    with relay.stream() as answer:
        assert answer.piece() == "one "
        process.send(number)
        relay.wait_until_closed()
        assert process.is_running()
        mock.open_gate()
        assert answer.rest() == "two"
    assert process.wait() == 0
    desktop.wait_for_no_process()
