"""Says what the application costs: memory of all its processes, and the time from its start to an open port.

    npm run test:desktop      # builds what is measured
    .tools/desktop/bin/python tests/desktop/measure.py [PROGRAM]

RSS counts pages that processes share in each of them; PSS counts them once.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "clients" / "python")]

from application import Desktop, Process
from relay import Relay
from session import Session
from support import Program, program
from wait import wait_until

# Memory is read when it has stood still for so many seconds.
_QUIET = 4.0


def memory(pids: list[int]) -> dict[str, int]:
    """RSS and PSS of these processes together, in MB."""
    sums = {"Rss": 0, "Pss": 0}
    for pid in pids:
        # One that ends while it is looked at has none.
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name, _, rest = line.partition(":")
                if name in sums:
                    sums[name] += int(rest.split()[0])
    return {name: kilobytes // 1000 for name, kilobytes in sums.items()}


def settled(desktop: Desktop) -> str:
    """The memory of the application once it stands still, and how many processes it has."""
    since, last = time.monotonic(), 0

    def stands_still() -> bool:
        nonlocal since, last
        seen = memory(list(desktop.session.processes()))["Rss"]
        if abs(seen - last) > 1:
            since, last = time.monotonic(), seen
        return time.monotonic() - since > _QUIET

    wait_until("the memory stands still", stands_still, within=60)
    figures = memory(list(desktop.session.processes()))
    return f"{figures['Rss']:4} MB RSS, {figures['Pss']:4} MB PSS, {len(desktop.session.processes())} processes"


def start(desktop: Desktop, *arguments: str) -> tuple[Process, float]:
    """The application, and the milliseconds until its port was open."""
    relay, begin = Relay(desktop.port), time.monotonic()
    process = desktop.launch(*arguments)
    relay.wait_until_open()
    return process, (time.monotonic() - begin) * 1000


def measure(desktop: Desktop) -> None:
    """Prints one run."""
    tray = desktop.host_tray()
    # The very first start of an account also fills caches of the system's libraries, such as the list of media plugins.
    process, milliseconds = start(desktop, "--tray")
    print(f"first start ever, no window    {milliseconds:4.0f} ms, {settled(desktop)}")
    tray.icon().click("Quit")
    process.wait()
    process, milliseconds = start(desktop, "--tray")
    print(f"start to open port, no window  {milliseconds:4.0f} ms")
    print(f"window never opened            {settled(desktop)}")
    tray.icon().click("Open window")
    desktop.wait_for_window()
    print(f"window open                    {settled(desktop)}")
    desktop.session.run("wmctrl", "-c", "1min Relay")
    desktop.wait_for_no_window()
    print(f"window closed again            {settled(desktop)}")
    tray.icon().click("Quit")
    process.wait()
    desktop.wait_for_no_process()
    process, milliseconds = start(desktop)
    print(f"start to open port, window     {milliseconds:4.0f} ms")
    tray.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program", nargs="?", type=Path, help="what is measured; the debug build if unset")
    arguments.add_argument("--runs", type=int, default=3)
    asked = arguments.parse_args()
    if asked.program:
        os.environ["APP_BIN"] = str(asked.program.absolute())
    with (
        tempfile.TemporaryDirectory() as folder,
        Program(program("MOCK_BIN", "mock-onemin"), "--port", "0", folder=Path(folder)) as mock,
    ):
        for run in range(asked.runs):
            print(f"run {run + 1}")
            session = Session()
            try:
                measure(Desktop(session, mock.url))
            finally:
                session.close()


main()
