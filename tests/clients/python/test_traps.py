"""What only a raw client sends.

Traps that are not here stand in Rust: in the tables of `dialect/` and in `tests/behaviour/`.
"""

import json
import socket
from urllib.parse import urlsplit

import pytest

from support import MODEL, Mock, answer, echo, send

BODY = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "Say hello."}]}).encode()
STREAMED = BODY.replace(b"{", b'{"stream":true,', 1)
CHAT = "/v1/chat/completions"


def dial(relay: str) -> socket.socket:
    host, _, port = urlsplit(relay).netloc.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=20)


def head(version: str, *lines: str, length: int = len(BODY)) -> bytes:
    return "\r\n".join([f"POST {CHAT} HTTP/{version}", f"content-length: {length}", *lines, "", ""]).encode()


def test_a_body_is_asked_for_where_the_client_waits_for_that(relay: str, mock: Mock) -> None:
    mock.script(always=answer("Hello"))
    with dial(relay) as connection, connection.makefile("rb") as answers:
        connection.sendall(head("1.1", "host: localhost", "expect: 100-continue", "connection: close"))
        assert answers.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert answers.readline() == b"\r\n"
        connection.sendall(BODY)
        assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
        assert b'"content":"Hello"' in answers.read()


def test_a_body_is_not_asked_for_where_the_request_is_refused(keyless_relay: str, mock: Mock) -> None:
    with dial(keyless_relay) as connection, connection.makefile("rb") as answers:
        connection.sendall(head("1.1", "host: localhost", "expect: 100-continue"))
        assert answers.readline() == b"HTTP/1.1 401 Unauthorized\r\n"
    assert mock.calls() == 0


@pytest.mark.parametrize("pieces", [1, 7, len(BODY)])
def test_a_body_without_a_length_is_read_to_its_end(relay: str, mock: Mock, pieces: int) -> None:
    mock.script(always=echo())
    body = (BODY[at : at + pieces] for at in range(0, len(BODY), pieces))
    answered = send(relay, "POST", CHAT, body=body)
    assert (answered.status, answered.json()["choices"][0]["message"]["content"]) == (200, "Say hello.")


@pytest.mark.parametrize("lines", [[], ["host: localhost"]], ids=["no host", "host"])
def test_http_1_0_gets_a_whole_answer_it_can_read(relay: str, mock: Mock, lines: list[str]) -> None:
    mock.script(always=answer("Hello"))
    with dial(relay) as connection, connection.makefile("rb") as answers:
        connection.sendall(head("1.0", *lines) + BODY)
        headers, _, body = answers.read().partition(b"\r\n\r\n")
    assert headers.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"transfer-encoding" not in headers.lower()
    assert json.loads(body)["choices"][0]["message"]["content"] == "Hello"


def test_http_1_0_gets_a_stream_that_ends_with_its_connection(relay: str, mock: Mock) -> None:
    mock.script(always=answer("Hello", delta_chars=1))
    with dial(relay) as connection, connection.makefile("rb") as answers:
        # Even if it asks for the connection to be kept: nothing else could tell it where the stream ends.
        connection.sendall(head("1.0", "connection: keep-alive", length=len(STREAMED)) + STREAMED)
        headers, _, body = answers.read().partition(b"\r\n\r\n")
    assert headers.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"transfer-encoding" not in headers.lower()
    assert all(event.startswith(b"data: ") for event in body.removesuffix(b"\n\n").split(b"\n\n"))
    assert body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("fields", "prompt", "is_streamed"),
    [
        ('"model":"gpt-4o","model":"gpt-4.1"', "x", False),
        ('"stream":true,"stream":false', "x", False),
        ('"stream":false,"stream":true', "x", True),
        ('"stream":null', "x", False),
        ('"messages":[{"role":"user","content":"y"}]', "y", False),
        ('"messages":[{"role":"user","content":"y","role":"user","content":"z"}]', "z", False),
        ('"max_tokens":0,"max_tokens":-1,"stop":"x","stop":null', "x", False),
        ('"stop":"x","stop":"","stop":[]', "x", False),
        ('"tools":[{"type":"function","function":{"name":"f"}}],"tools":null', "x", False),
    ],
)
def test_of_a_key_that_stands_twice_the_last_counts(
    relay: str, mock: Mock, fields: str, prompt: str, is_streamed: bool
) -> None:
    mock.script(always=echo())
    body = '\ufeff \r\n{"model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}],' + fields + "}\n"
    answered = send(relay, "POST", CHAT, body=body.encode())
    assert answered.status == 200, answered.body
    assert answered.headers["content-type"].startswith("text/event-stream") == is_streamed
    [call] = mock.received()
    assert (call.prompt, call.body["model"]) == (prompt, "gpt-4.1" if "model" in fields else MODEL)
    if not is_streamed:
        assert answered.json()["choices"][0]["message"]["content"] == prompt


@pytest.mark.parametrize("path", [CHAT, "/v1/completions"])
@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", None),
        (b"{", None),
        (b"[]", None),
        (b"null", None),
        (b'"text"', None),
        (b"{} {}", None),
        (b'{"model":"\xff"}', None),
        (b'{"model":"m","stream":"true"}', "stream"),
        (b'{"model":"m","stream":1}', "stream"),
    ],
)
def test_a_body_that_says_nothing_is_refused_and_costs_nothing(
    relay: str, mock: Mock, path: str, body: bytes, param: str | None
) -> None:
    answered = send(relay, "POST", path, body=body)
    refused = answered.json()["error"]
    assert (answered.status, refused["type"], refused["param"]) == (400, "invalid_request_error", param)
    assert answered.headers["x-should-retry"] == "false"
    assert mock.calls() == 0


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    "host",
    ["localhost", pytest.param("[::1]", marks=pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6"))],
)
def test_every_name_of_this_machine_leads_to_the_relay(relay: str, mock: Mock, host: str) -> None:
    mock.script(always=answer("Hello"))
    url = f"http://{host}:{urlsplit(relay).port}"
    assert send(url, "POST", CHAT, body=BODY).json()["choices"][0]["message"]["content"] == "Hello"
    assert send(url, "POST", CHAT, body=STREAMED).body.endswith(b"data: [DONE]\n\n")
