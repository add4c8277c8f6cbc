"""What all tests have: one stand-in for 1min.ai, a relay in front of it, and a fresh script for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support import STORED_KEY, Mock, Program, program


@pytest.fixture(scope="session")
def mock_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("mock")
    with Program(program("MOCK_BIN", "mock-onemin"), "--port", "0", folder=folder) as running:
        yield running.url


def run_relay(folder: Path, upstream: str, *settings: str, key: str | None = STORED_KEY) -> Program:
    """A relay in an empty folder with nothing but these variables. It gives up on 1min.ai soon, so no test can hang."""
    variables = {"ONE_MIN_API_URL": upstream} | ({"ONE_MIN_API_KEY": key} if key else {})
    arguments = ["serve", "--port", "0", "--log", "warn"]
    for setting in ("total_timeout=10", "requests_per_minute=0", *settings):
        arguments += ["--set", setting]
    return Program(program("RELAY_BIN", "1min-relay"), *arguments, folder=folder, variables=variables)


@pytest.fixture(scope="session")
def relay(mock_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a relay that holds a key."""
    with run_relay(tmp_path_factory.mktemp("relay"), mock_url) as running:
        yield running.url


@pytest.fixture(autouse=True)
def mock(mock_url: str) -> Iterator[Mock]:
    """The stand-in without a script or a past. After every test, no call may be left open at 1min.ai."""
    mock = Mock(mock_url)
    mock.reset()
    yield mock
    mock.wait_for(lambda counts: counts["open"] == 0)
    mock.wait_for_features(lambda counts: counts["open"] == 0)
