"""The application on a desktop: its process, what it keeps, its tray, its windows."""

import contextlib
import json
import random
import socket
import subprocess
from pathlib import Path
from typing import Any

from session import Session
from support import program
from tray import TrayHost
from wait import wait_until

# The application's folder, and what its keys are called in a keyring.
IDENTIFIER = "app.oneminrelay.tray"

TITLE = "1min Relay"


def free_port() -> int:
    """A port that nobody has, and that no outgoing connection will be given: those get higher ones."""
    while True:
        port = random.randrange(20_000, 32_000)
        with (
            contextlib.suppress(OSError),
            socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True),
        ):
            return port


class Process:
    """A running application."""

    def __init__(self, desktop: "Desktop", popen: subprocess.Popen[bytes]):
        self._desktop, self._popen = desktop, popen
        self.pid = popen.pid

    def is_running(self) -> bool:
        return self._popen.poll() is None

    def wait(self, within: float = 15.0) -> int:
        """Its exit status."""
        try:
            return self._popen.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {within:g} s: {self._desktop.session.processes()}") from None

    def send(self, number: int) -> None:
        self._popen.send_signal(number)


class Desktop:
    """A desktop with the application on it, whose 1min.ai is the stand-in at `upstream`."""

    def __init__(self, session: Session, upstream: str):
        self.session = session
        self.port = free_port()
        # What is launched.
        self.binary = program("APP_BIN", "1min-relay-app")
        # What the application's environment has besides the desktop's own.
        self.variables = {"ONE_MIN_API_URL": upstream}
        self._processes: list[Process] = []
        # The guide of the first start would cover the window.
        self.keep("app.json", {"preferences": {"is_set_up": True}})
        self.keep("settings.json", {"version": 1, "port": self.port})

    @property
    def folder(self) -> Path:
        """The application's data folder."""
        return self.session.place("XDG_DATA_HOME") / IDENTIFIER

    def keep(self, file: str, content: dict[str, Any] | str) -> None:
        """Writes a file of the application, as an earlier run has left it."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / file).write_text(content if isinstance(content, str) else json.dumps(content))

    def kept(self, file: str) -> dict[str, Any]:
        """A file of the application."""
        return json.loads((self.folder / file).read_text())

    def launch(self, *arguments: str) -> Process:
        """Starts the application as a menu or a login would."""
        popen = self.session.start("application", self.binary, *arguments, **self.variables)
        self._processes.append(Process(self, popen))
        return self._processes[-1]

    def files_with(self, text: str) -> list[Path]:
        """Every file of the desktop that has this text in it, in one of the encodings programs keep text in."""
        wanted = [text.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")]

        def has_text(file: Path) -> bool:
            content = file.read_bytes()
            return any(each in content for each in wanted)

        return [file for file in self.session.folder.rglob("*") if file.is_file() and has_text(file)]

    def stored_keys(self) -> str:
        """What the keyring says of the application's keys; empty when there is none."""
        found = self.session.run("secret-tool", "search", "--all", "service", IDENTIFIER)
        assert found is not None, "the keyring does not answer"
        return found

    def host_tray(self) -> TrayHost:
        """Puts a place for tray icons onto the desktop."""
        return TrayHost(self.session.bus)

    def windows(self) -> list[str]:
        """The titles of the windows that are shown."""
        while (listing := self.session.run("wmctrl", "-l")) is None:
            # It stumbled over a window that went while it was looked at.
            continue
        return [line.split(maxsplit=3)[3] for line in listing.splitlines()]

    def wait_for_window(self) -> None:
        wait_until("the window is shown", lambda: TITLE in self.windows())

    def wait_for_no_window(self) -> None:
        wait_until("the window is gone", lambda: TITLE not in self.windows())

    def wait_for_no_process(self) -> None:
        """Waits until nothing of the application is left; the window's own processes follow it by themselves."""
        wait_until("no process is left", lambda: self.session.processes() == {})

    def clipboard(self) -> str:
        """The text that would be pasted; none while nobody has copied any."""
        return self.session.run("xclip", "-selection", "clipboard", "-o") or ""

    def log(self) -> str:
        """What the application has logged so far."""
        return "".join(file.read_text() for file in sorted((self.folder / "logs").glob("*")))

    def story(self) -> str:
        """The end of everything that was logged, for whoever has to find out why a test failed."""
        logs = [*(self.session.folder / "log").iterdir(), *(self.folder / "logs").glob("*")]
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}" for log in sorted(logs))

    def close(self) -> None:
        """Reaps what was started; the session has ended it."""
        for process in self._processes:
            process.wait()
