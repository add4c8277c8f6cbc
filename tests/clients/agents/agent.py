"""Agents as users run them: programs in a home of their own, with nothing but loopback to talk to."""

import contextlib
import os
import re
import shutil
import signal
import socketserver
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent


# Where the README says that the relay is.
README_HOST = "http://127.0.0.1:5001"


def readme(holding: str, relay: str) -> str:
    """The example of the README that holds these words, with the address of a relay that runs."""
    text = FOLDER.parents[2].joinpath("README.md").read_text("utf-8")
    [example] = [block for block in re.findall(r"```\w+\n(.*?)```", text, re.DOTALL) if holding in block]
    return example.replace(README_HOST, relay.removesuffix("/v1"))


def exports(example: str) -> dict[str, str]:
    """The variables that an example for the shell sets."""
    return dict(re.findall(r"^export (\w+)=(\S+)", example, re.MULTILINE))


class Ran(NamedTuple):
    """How a run of an agent ended, and what it said."""

    code: int
    out: str
    err: str


class Doorkeeper:
    """The only way out that agents are told of: a proxy that lets nobody out and remembers who asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Refusal(socketserver.StreamRequestHandler):
            timeout = 5

            def handle(self) -> None:
                asked.append(self.rfile.readline(1000).decode("latin-1").strip())
                self.wfile.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusal)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Desk:
    """Where agents work: a home, a folder with what they work on, and the door that is shut."""

    def __init__(self, folder: Path, door: Doorkeeper):
        self.home = folder / "home"
        self.work = folder / "work"
        self.home.mkdir()
        self.work.mkdir()
        proxies = {name: door.url for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY")}
        around = {name: "127.0.0.1,localhost" for name in ("NO_PROXY", "no_proxy")}
        self.variables = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"} | proxies | around

    def run(self, *command: str | Path, within: float = 60, **variables: str) -> Ran:
        """Runs a command to its end. What takes too long is killed, with all that it started, and fails the test."""
        process = subprocess.Popen(
            command,
            cwd=self.work,
            env=self.variables | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            end_all(process.pid)
            out, err = process.communicate()
            raise AssertionError(f"{command[0]} took more than {within} s.\n{out}\n{err}") from None
        finally:
            end_all(process.pid)
        return Ran(process.returncode, out, err)


def end_all(group: int) -> None:
    """Kills what is left of a command and of all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def npm_program(name: str) -> Path:
    """A program of the npm packages beside this file."""
    path = FOLDER / "node_modules" / ".bin" / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run `npm ci` in {FOLDER} first.")
    return path


def python_program(name: str) -> Path:
    """A program of the Python that runs this."""
    found = shutil.which(name, path=Path(sys.executable).parent)
    if not found:
        raise FileNotFoundError(f"{name} is not beside {sys.executable}: install requirements.txt first.")
    return Path(found)
