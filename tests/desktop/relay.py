"""The relay of the application, as apps on this machine use it."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

from support import CLIENT_KEY, MODEL, Answered, send
from wait import wait_until


class Relay:
    """The relay at a port of this machine."""

    def __init__(self, port: int):
        self.port = port

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def is_open(self) -> bool:
        """Whether it answers. One that is stopping may, and closes the connection afterwards."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except ConnectionError:
            return False
        finally:
            connection.close()

    def wait_until_open(self) -> None:
        wait_until(f"port {self.port} is open", self.is_open)

    def wait_until_closed(self) -> None:
        wait_until(f"port {self.port} is closed", lambda: not self.is_open())

    def chat(self, model: str = MODEL, key: str | None = CLIENT_KEY) -> Answered:
        """A chat of one question; without a key it is the relay that must have one."""
        return send(self.base_url, "POST", "/v1/chat/completions", _headers(key), _question(model))

    def stream(self) -> "Stream":
        """A chat of one question whose answer comes in pieces."""
        return Stream(self.port)


class Stream:
    """An answer that comes in pieces."""

    def __init__(self, port: int):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self._connection.request("POST", "/v1/chat/completions", _question(MODEL, stream=True), _headers(CLIENT_KEY))
        self._response = self._connection.getresponse()
        assert self._response.status == 200, self._response.read()
        self._texts = self._read()

    def _read(self) -> Iterator[str]:
        for line in self._response:
            if line.startswith(b"data: {"):
                for choice in json.loads(line.removeprefix(b"data: "))["choices"]:
                    if text := choice["delta"].get("content"):
                        yield text
            elif line == b"data: [DONE]\n":
                return
        raise AssertionError("the stream ended without its last word")

    def piece(self) -> str:
        """The next piece."""
        return next(self._texts)

    def rest(self) -> str:
        """All further pieces, to a good end."""
        return "".join(self._texts)

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._connection.close()


def _headers(key: str | None) -> dict[str, str]:
    return {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})


def _question(model: str, **fields: Any) -> bytes:
    return json.dumps({"model": model, "messages": [{"role": "user", "content": "hello"}], **fields}).encode()
