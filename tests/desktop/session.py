"""A desktop session of its own around a test: a screen nobody sees, a bus, a keyring, a window manager, empty folders.

Everything lives under one folder, and every process carries that folder in its environment; by this they are found and
ended, whatever became of the one that started them.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bus import Bus
from wait import wait_until

# Debian's package of each program that a session needs.
_PROGRAMS = {
    "Xvfb": "xvfb",
    "dbus-daemon": "dbus",
    "gnome-keyring-daemon": "gnome-keyring",
    "secret-tool": "libsecret-tools",
    "openbox": "openbox",
    "wmctrl": "wmctrl",
    "xclip": "xclip",
    "WebKitWebDriver": "webkit2gtk-driver",
    "setpriv": "util-linux",
}

# A bus that starts no services by itself: with the usual one, the first call would start a keyring.
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <keep_umask/>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

# By this variable the processes of a session are known.
_MARK = "DESKTOP_SESSION_DIR"


def check_programs() -> None:
    """Fails with what to install, if a program is missing."""
    missing = sorted({package for name, package in _PROGRAMS.items() if not shutil.which(name)})
    if missing:
        raise FileNotFoundError(
            f"Install {' '.join(missing)}, which a desktop for tests needs; `npm test desktop` does."
        )


class Session:
    """A desktop session. `close` ends everything in it and removes its folders."""

    def __init__(self, *, has_screen: bool = True, has_keyring: bool = True):
        check_programs()
        # Short, because a socket's path may have 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="desktop-", dir="/tmp"))
        self.daemons: list[subprocess.Popen[bytes]] = []
        self._bus: Bus | None = None
        self.environment = self._make_environment()
        try:
            if has_screen:
                self._start_screen()
            self._start_bus()
            if has_keyring:
                self._start_keyring()
            if has_screen:
                self._start_window_manager()
        except BaseException:
            self.close()
            raise

    def _make_environment(self) -> dict[str, str]:
        """Nothing of the surroundings but where programs are."""
        places = {
            "HOME": "home",
            "XDG_RUNTIME_DIR": "run",
            "XDG_CONFIG_HOME": "config",
            "XDG_DATA_HOME": "data",
            "XDG_CACHE_HOME": "cache",
            "TMPDIR": "tmp",
        }
        for name in (*places.values(), "log"):
            (self.folder / name).mkdir(mode=0o700)
        fixed = {
            _MARK: str(self.folder),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "XDG_SESSION_TYPE": "x11",
            "GDK_BACKEND": "x11",
            "GSETTINGS_BACKEND": "memory",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            # No bridge to screen readers, which would look for another bus.
            "NO_AT_BRIDGE": "1",
            "GTK_A11Y": "none",
        }
        return fixed | {variable: str(self.folder / name) for variable, name in places.items()}

    @property
    def bus(self) -> Bus:
        """The test's own connection to the session's bus."""
        assert self._bus is not None
        return self._bus

    def place(self, variable: str) -> Path:
        """A folder of the session, by its variable."""
        return Path(self.environment[variable])

    def log(self, name: str) -> str:
        """What a process of this name has written so far."""
        return (self.folder / "log" / name).read_text(errors="replace")

    def start(
        self, name: str, *command: str | Path, pass_fds: tuple[int, ...] = (), **variables: str
    ) -> subprocess.Popen[bytes]:
        """Starts a program of the session; it ends with the tests, even if those are killed."""
        with (self.folder / "log" / name).open("ab") as log:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *command],
                cwd=self.folder / "home",
                env=self.environment | variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=pass_fds,
            )

    def run(self, *command: str) -> str | None:
        """The output of a short program of the session; none if it fails."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=10, check=False)
        return done.stdout if done.returncode == 0 else None

    def processes(self) -> dict[int, str]:
        """Every process of the session but its own daemons: the name of its program by its number."""
        own = {daemon.pid for daemon in self.daemons}
        return {pid: name for pid, name in self._all_processes() if pid not in own}

    def _all_processes(self) -> Iterator[tuple[int, str]]:
        mark = f"{_MARK}={self.folder}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    yield int(process.name), (process / "comm").read_text().strip()
            except OSError:
                # It ended while it was looked at, or is another user's.
                continue

    def start_daemon(
        self, name: str, *command: str, pass_fds: tuple[int, ...] = (), **variables: str
    ) -> subprocess.Popen[bytes]:
        """Starts a part of the session itself."""
        daemon = self.start(name, *command, pass_fds=pass_fds, **variables)
        self.daemons.append(daemon)
        return daemon

    def end_daemon(self, daemon: subprocess.Popen[bytes]) -> None:
        """Ends a part of the session."""
        daemon.kill()
        daemon.wait()
        self.daemons.remove(daemon)

    def _start_screen(self) -> None:
        # The server itself picks a number that is free.
        server = ("Xvfb", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset", "-displayfd")
        self.environment["DISPLAY"] = ":" + self._start_telling("screen", lambda to: (*server, to))

    def _start_bus(self) -> None:
        configuration = self.folder / "run" / "bus.conf"
        configuration.write_text(_BUS.format(socket=self.folder / "run" / "bus"))
        daemon = ("dbus-daemon", f"--config-file={configuration}", "--nofork")
        address = self._start_telling("bus", lambda to: (*daemon, f"--print-address={to}"))
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = address
        self._bus = Bus(address)

    def _start_telling(self, name: str, command: Callable[[str], tuple[str, ...]]) -> str:
        """Starts a daemon that writes a line to a descriptor (a number) when it is ready; returns the line."""
        reader, writer = os.pipe()
        with os.fdopen(reader, "rb") as answers:
            self.start_daemon(name, *command(str(writer)), pass_fds=(writer,))
            os.close(writer)
            is_ready, _, _ = select.select([answers], [], [], 20)
            line = answers.readline().decode().strip() if is_ready else ""
        assert line, f"{name} did not start: {self.log(name)}"
        return line

    def _start_keyring(self) -> None:
        """Starts an empty keyring that is unlocked; encrypted with this password."""
        password = self.folder / "run" / "password"
        password.write_text("only-for-tests")
        unlock = 'exec gnome-keyring-daemon --unlock --components=secrets --foreground < "$0"'
        self.start_daemon("keyring", "sh", "-c", unlock, str(password))
        wait_until("the keyring answers", lambda: self.bus.has("org.freedesktop.secrets"))
        password.unlink()

    def _start_window_manager(self) -> None:
        self.start_daemon("window-manager", "openbox")
        wait_until("the window manager has a list of windows", lambda: self.run("wmctrl", "-l") is not None)

    def end_processes(self) -> None:
        """Ends every process of the session but its own daemons: politely, then for certain."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.processes():
                _send(pid, number)
            try:
                wait_until("every process ended", lambda: not self.processes(), within=5)
            except AssertionError:
                continue
            return

    def close(self) -> None:
        """Ends every process of the session, the application's first, and removes its folders."""
        self.end_processes()
        if self._bus is not None:
            self._bus.close()
        for daemon in reversed(list(self.daemons)):
            self.end_daemon(daemon)
        shutil.rmtree(self.folder)


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
