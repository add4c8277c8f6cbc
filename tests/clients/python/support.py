"""The programs under test as processes, the stand-in's control, and the turns it plays."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

REPO = Path(__file__).resolve().parents[3]

MODEL = "gpt-4o-mini"
STORED_KEY = "the-key-the-relay-holds"
CLIENT_KEY = "the-key-the-client-sends"

Turn = dict[str, Any]
Rule = dict[str, Any]
Step = dict[str, Any] | str

# Ends a connection in the middle of an answer.
CUT: list[Step] = ["cut"]

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def program(variable: str, name: str) -> Path:
    """The path of a built program: what the variable says, else where cargo puts it."""
    target = REPO / os.environ.get("CARGO_TARGET_DIR", "target")
    suffix = ".exe" if sys.platform == "win32" else ""
    path = Path(os.environ.get(variable) or target / "debug" / f"{name}{suffix}").absolute()
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: build {name} first, or set {variable} to where it is.")
    return path


class Program:
    """A program that says its address in the first line of its output; killed and reaped at the end of a `with`."""

    def __init__(self, path: Path, *arguments: str, folder: Path, variables: dict[str, str] | None = None):
        self.process = subprocess.Popen(
            [path, *arguments],
            cwd=folder,
            env={"RELAY_DATA_DIR": str(folder / "data")} | (variables or {}),
            stdout=subprocess.PIPE,
            text=True,
        )
        # A program that stays silent is killed, which ends the line.
        silence = threading.Timer(10, self.process.kill)
        silence.start()
        line = self.process.stdout.readline()
        silence.cancel()
        _, found, address = line.strip().rpartition(" http://")
        if not found:
            self.stop()
            raise RuntimeError(f"{path.name} did not say where it listens but {line!r}")
        self.url = f"http://{address}"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Answered(NamedTuple):
    """An answer of the relay, as it came over the wire."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def send(
    url: str, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | Iterable[bytes] | None = None
) -> Answered:
    """A request to `path` of the host of `url`, on a connection that stays open: it is the body's own end that ends it.

    A body in pieces is sent chunked.
    """
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=20)
    try:
        is_chunked = not isinstance(body, bytes | None)
        connection.request(method, path, body, headers or {}, encode_chunked=is_chunked)
        response = connection.getresponse()
        answered = Answered(response.status, response.headers, response.read())
        assert not response.will_close
        return answered
    finally:
        connection.close()


def fetch(url: str) -> Answered:
    """What is at an address, for whoever knows it: without a key, and without what else apps send."""
    parts = urllib.parse.urlsplit(url)
    return send(url, "GET", parts.path + (f"?{parts.query}" if parts.query else ""))


class Received:
    """One call as 1min.ai would have received it."""

    def __init__(self, call: dict[str, Any]):
        self.path: str = call["path"]
        self.headers: dict[str, str] = dict(call["headers"])
        self.body: dict[str, Any] = call["body"]

    @property
    def prompt(self) -> str:
        return self.body["promptObject"]["prompt"]


class Mock:
    """The stand-in for 1min.ai, by its control over HTTP."""

    def __init__(self, url: str):
        self.url = url

    def script(self, *turns: Turn, always: Turn | None = None, rules: Iterable[Rule] = ()) -> None:
        """Plays the first of `rules` that fits a prompt, else `turns` for the next calls, one each, then `always`."""
        self._ask("POST", "/mock/script", {"rules": list(rules), "turns": turns, "always": always})

    def script_features(self, *turns: Turn, always: Turn | None = None, processing: int = 1) -> None:
        """Plays `turns` for the next calls of features, one each, then `always`; with neither they are acted.

        The result of a call that was not waited for is still being processed the first `processing` times.
        """
        lines = {"features": turns, "always_feature": always, "processing": processing}
        self._ask("POST", "/mock/script", lines)

    def size_files(self, size_bytes: int) -> None:
        """Makes every file of a feature so large."""
        self._ask("POST", "/mock/script", {"file_bytes": size_bytes})

    def features(self) -> list[Received]:
        """The calls of pictures, speech and transcripts."""
        return [Received(call) for call in self._ask("GET", "/mock/calls")["features"]]

    def downloads(self) -> list[dict[str, Any]]:
        """The fetches of files that features made: each `path`, and whether it `has_api_key`."""
        return self._ask("GET", "/mock/calls")["downloads"]

    def made(self) -> list[bytes]:
        """What features made, in the order it was fetched: the bytes that 1min.ai has."""
        return [fetch(self.url + download["path"]).body for download in self.downloads()]

    def uploads(self) -> list[dict[str, Any]]:
        """What was uploaded: each `file_name`, `content_type`, `size_bytes`, `sha256`, and its `path` and `uuid`."""
        return self._ask("GET", "/mock/calls")["uploads"]

    def refuse_keys(self) -> None:
        """Refuses every key, where no turn is played."""
        self._ask("POST", "/mock/script", {"refuses_keys": True})

    def open_gate(self) -> None:
        """Lets the calls that wait at a gate go on."""
        self._ask("POST", "/mock/gate")

    def reset(self) -> None:
        self._ask("DELETE", "/mock")

    def received(self) -> list[Received]:
        return [Received(call) for call in self._ask("GET", "/mock/calls")["received"]]

    def calls(self) -> int:
        """How many calls 1min.ai would have had to carry out."""
        return len(self.received())

    def wait_for(
        self, is_reached: Callable[[dict[str, int]], bool], within: float = 1.0, of: str = "counts"
    ) -> None:
        """Polls the counts of open, finished and cancelled calls; fails when they are not as wanted in time."""
        deadline = time.monotonic() + within
        while not is_reached(counts := self._ask("GET", "/mock/calls")[of]):
            assert time.monotonic() < deadline, f"still {counts} after {within} s"

    def wait_for_features(self, is_reached: Callable[[dict[str, int]], bool], within: float = 5.0) -> None:
        """The same for the calls of features, which no client that leaves cancels."""
        self.wait_for(is_reached, within, of="feature_counts")

    def wait_for_open(self, calls: int) -> None:
        self.wait_for(lambda counts: counts["open"] == calls, within=5.0)

    def wait_for_cancelled(self, calls: int) -> None:
        self.wait_for(lambda counts: counts == {"open": 0, "finished": 0, "cancelled": calls})

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with _direct.open(request, timeout=5) as response:
            text = response.read()
        return json.loads(text) if text else None


def png(*pixels: bytes) -> bytes:
    """A row of pixels, each red, green, blue and how opaque it is, as a PNG."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    head = len(pixels).to_bytes(4) + (1).to_bytes(4) + bytes([8, 6, 0, 0, 0])
    rows = zlib.compress(b"\0" + b"".join(pixels))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def answer(text: str = "ok", **fields: Any) -> Turn:
    """A good answer, whole or streamed as it is asked for."""
    return {"answer": {"text": {"literal": text}, **fields}}


def call(name: str, /, **arguments: Any) -> str:
    """How a model writes that it wants a tool."""
    return f"<tool_call>{json.dumps({'name': name, 'arguments': arguments})}</tool_call>"


def quote(after: str, before: str = "", **fields: Any) -> Turn:
    """An answer that says what the prompt holds between these two, where the first stands last."""
    return {"answer": {"text": {"quote": {"after": after, "before": before}}, **fields}}


def when(*contains: str, turn: Turn, without: Iterable[str] = ()) -> Rule:
    """The turn for every call whose prompt holds all of `contains` and nothing of `without`."""
    return {"contains": contains, "not_contains": list(without), "turn": turn}


def echo(**fields: Any) -> Turn:
    """An answer that says the prompt it received."""
    return {"answer": {"text": "echo_prompt", **fields}}


def refusal(status: int, body: Any, **headers: str) -> Turn:
    """A JSON answer with this status; an underscore in a header's name stands for its dash."""
    named = [[name.replace("_", "-"), value] for name, value in headers.items()]
    return {"reply": {"status": status, "headers": named, "body": [{"send": json.dumps(body)}]}}


# Failures that every client must tell apart and none may repeat: what 1min.ai answers, and words the user must see.
FINAL: dict[str, tuple[Turn, str]] = {
    "key": (refusal(401, {"message": "Bad token"}), "1min.ai refused the key"),
    "model": (refusal(400, {"error": {"code": "UNSUPPORTED_MODEL", "message": "No nope"}}), "No nope"),
    "request": (refusal(400, {"message": "That is odd"}), "1min.ai refused this request"),
    "credits": (refusal(402, {"message": "Pay first"}), "out of credits"),
    "perhaps billed": (refusal(500, {"message": "It broke"}, retry_after="0"), "may have been billed"),
}

# Failures that were not carried out, and so may be repeated by everybody.
UNAVAILABLE: Turn = refusal(503, {"message": "Down for repairs"}, retry_after="0")
RATE_LIMITED: Turn = refusal(429, {"errorCode": "RATE_LIMITED", "message": "Slow down"}, retry_after="0")


def stream(*steps: Step) -> Turn:
    """An event stream of these steps."""
    return {"reply": {"content_type": "text/event-stream", "body": steps}}


def act(*before_headers: Step, **metadata: Any) -> Turn:
    """What the stand-in does of itself, after these steps, and with these metadata in the record."""
    return {"act": {"before_headers": before_headers, "metadata": metadata}}


def silent() -> Turn:
    """A call that is taken and never answered."""
    return {"reply": {"before_headers": ["hang"]}}


def content(text: str) -> Step:
    return _frame("content", {"content": text})


def error(message: str) -> Step:
    return _frame("error", {"error": message})


def done() -> Step:
    return _frame("done", {"message": "Stream completed"})


def _frame(name: str, data: Any) -> Step:
    return {"send": f"event: {name}\ndata: {json.dumps(data)}\n\n"}
