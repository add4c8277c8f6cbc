"""The relays in front of the stand-in for all tests, and a fresh client for each."""

import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from openai import AsyncOpenAI, OpenAI

from pair import mock, mock_url, relay, run_relay  # noqa: F401
from support import CLIENT_KEY, Mock

# What the surroundings say about proxies and accounts must not reach the clients.
for name in list(os.environ):
    if name.upper().startswith(("OPENAI_", "LANGCHAIN_", "LANGSMITH_", "LITELLM_")) or name.upper().endswith("_PROXY"):
        del os.environ[name]

# Its list of prices, which it would fetch as soon as it is imported.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

# Hosts beyond this machine that a client tried to reach.
strangers: list[object] = []


def keep_to_this_machine(event: str, arguments: tuple) -> None:
    """Refuses and remembers every connection and every look-up that would leave this machine."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host not in (None, "localhost", b"localhost", "127.0.0.1", b"127.0.0.1", "::1", b"::1"):
        strangers.append(host)
        raise OSError(f"{host!r} is beyond this machine")


sys.addaudithook(keep_to_this_machine)


@pytest.fixture(autouse=True)
def nobody_phones_home() -> Iterator[None]:
    yield
    assert strangers == []


@pytest.fixture(scope="session")
def keyless_relay(mock_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a relay that holds no key."""
    with run_relay(tmp_path_factory.mktemp("keyless"), mock_url, key=None) as running:
        yield running.url


@pytest.fixture(scope="session")
def impatient_relay(mock_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a relay that waits one second for 1min.ai."""
    folder = tmp_path_factory.mktemp("impatient")
    with run_relay(folder, mock_url, "first_byte_timeout=1", "idle_timeout=1") as running:
        yield running.url


@pytest.fixture(scope="session")
def narrow_relay(mock_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a relay that takes bodies of one MiB at most."""
    with run_relay(tmp_path_factory.mktemp("narrow"), mock_url, "body_max_mb=1") as running:
        yield running.url


@pytest.fixture(scope="session")
def small_files_relay(mock_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a relay that takes files of one MiB at most."""
    with run_relay(tmp_path_factory.mktemp("small-files"), mock_url, "file_max_mb=1") as running:
        yield running.url


@pytest.fixture(scope="session")
def stranded_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a relay whose 1min.ai refuses connections."""
    with socket.socket() as closed:
        # Bound, so that nobody else gets the port, and not listening.
        closed.bind(("127.0.0.1", 0))
        upstream = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with run_relay(tmp_path_factory.mktemp("stranded"), upstream) as running:
            yield running.url


@pytest.fixture
def connect(mock: Mock) -> Iterator[Callable[..., OpenAI]]:
    """Makes clients of the relay at a URL, set up as an app would: the address, a key, and nothing else."""
    clients: list[OpenAI] = []

    def connect(base_url: str, *, api_key: str = CLIENT_KEY, timeout: float = 20, **options: object) -> OpenAI:
        clients.append(OpenAI(base_url=base_url, api_key=api_key, timeout=timeout, **options))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def client(connect: Callable[..., OpenAI], relay: str) -> OpenAI:
    """A client of the relay that holds a key."""
    return connect(relay)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def async_client(mock: Mock, relay: str) -> AsyncIterator[AsyncOpenAI]:
    """An asynchronous client of the relay that holds a key."""
    async with AsyncOpenAI(base_url=relay, api_key=CLIENT_KEY, timeout=20) as client:
        yield client
