"""One stand-in for 1min.ai for all tests; a desktop of its own for each."""

import signal
from collections.abc import Callable, Iterator

import pytest
from application import Desktop
from relay import Relay
from session import Session
from support import Mock, Program, program
from tray import Icon, TrayHost
from window import Window


def pytest_configure() -> None:
    # As Ctrl+C does: fixtures are taken down, so that nothing is left behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: pytest.exit("ended by a signal", returncode=1))


@pytest.fixture(scope="session")
def mock_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Program(program("MOCK_BIN", "mock-onemin"), "--port", "0", folder=tmp_path_factory.mktemp("mock")) as running:
        yield running.url


@pytest.fixture(autouse=True)
def mock(mock_url: str) -> Mock:
    """The stand-in without a script or a past."""
    mock = Mock(mock_url)
    mock.reset()
    return mock


@pytest.fixture
def make_desktop(mock_url: str) -> Iterator[Callable[..., Desktop]]:
    """Makes desktops: `has_screen=False`, `has_keyring=False`."""
    desktops: list[Desktop] = []

    def make(**parts: bool) -> Desktop:
        session = Session(**parts)
        desktops.append(Desktop(session, mock_url))
        return desktops[-1]

    yield make
    for desktop in desktops:
        # Shown for a test that failed.
        print(desktop.story())
        desktop.session.close()
        desktop.close()


@pytest.fixture
def desktop(make_desktop: Callable[..., Desktop]) -> Desktop:
    """A desktop with everything but a place for tray icons."""
    return make_desktop()


@pytest.fixture
def relay(desktop: Desktop) -> Relay:
    """The relay of the application on that desktop."""
    return Relay(desktop.port)


@pytest.fixture
def tray(desktop: Desktop) -> Iterator[TrayHost]:
    """A place for tray icons on that desktop."""
    host = desktop.host_tray()
    yield host
    host.close()


@pytest.fixture
def icon(desktop: Desktop, tray: TrayHost, relay: Relay) -> Icon:
    """The icon of the application, which runs as after a login: without a window, its relay on."""
    desktop.launch("--tray")
    relay.wait_until_open()
    return tray.icon()


@pytest.fixture
def window(desktop: Desktop, relay: Relay) -> Iterator[Window]:
    """The window of the application, whose relay is on."""
    window = Window(desktop)
    relay.wait_until_open()
    yield window
    window.close()
