"""Speech and transcripts as apps ask for them, answered as those apps read.

What each sends stands in `tests/clients/recorded/audio/`, with the source it follows.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from support import FINAL, Answered, Mock, answer, send

RECORDED = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted(Path(__file__).parents[1].joinpath("recorded", "audio").glob("*.json"))
}

# What a browser records begins like this; 1min.ai alone looks further.
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm" + bytes(300)

# Half a second: 8 kHz, 8 bits, one channel.
WAV = b"RIFF\xc4\x0f\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\xa0\x0f\0\0" + b"\x80" * 4_000


def form(request: dict[str, Any]) -> bytes:
    """The form of a recorded request, part by part."""
    boundary, body = request["boundary"].encode(), b""
    for part in request["parts"]:
        body += b"--" + boundary + b'\r\nContent-Disposition: form-data; name="' + part["name"].encode() + b'"'
        if file_name := part.get("file_name"):
            body += b'; filename="' + file_name.encode() + b'"'
        if media_type := part.get("media_type"):
            body += b"\r\nContent-Type: " + media_type.encode()
        sound = WEBM if part.get("file_name", "").endswith(".webm") else WAV
        body += b"\r\n\r\n" + (sound if part.get("file_name") else part["text"].encode()) + b"\r\n"
    return body + b"--" + boundary + b"--\r\n"


def transcribe(relay: str, app: str) -> Answered:
    request = RECORDED[app]["transcription"]
    body = form(request)
    headers = request["headers"] | {"content-type": f"multipart/form-data; boundary={request['boundary']}"}
    pieces = [body[at : at + 1_000] for at in range(0, len(body), 1_000)] if request["is_chunked"] else body
    if request["is_chunked"]:
        headers["transfer-encoding"] = "chunked"
    return send(relay, "POST", request["path"], headers, pieces)


def speak(relay: str, app: str) -> Answered:
    request = RECORDED[app]["speech"]
    return send(relay, "POST", request["path"], request["headers"], json.dumps(request["body"]).encode())


@pytest.mark.parametrize("app", RECORDED)
def test_an_app_gets_the_mp3_it_takes_for_granted(relay: str, mock: Mock, app: str) -> None:
    spoken = speak(relay, app)
    # Each keeps or plays the bytes as MP3, whatever the answer says they are.
    assert (spoken.status, spoken.headers["content-type"]) == (200, "audio/mpeg")
    assert spoken.body[:2] in (b"\xff\xf3", b"\xff\xfb", b"ID")
    [call] = mock.features()
    body = RECORDED[app]["speech"]["body"]
    fields = {"text": body["input"], "voice": body["voice"], "response_format": "mp3"}
    assert (call.body["model"], call.body["promptObject"]) == (body["model"], fields)
    # The names of its users are nobody else's business.
    assert "ann@example.org" not in str([call.headers, call.body])


@pytest.mark.parametrize("app", RECORDED)
def test_an_app_reads_the_text(relay: str, mock: Mock, app: str) -> None:
    mock.script_features(always=answer(" Hello there.\n"))
    heard = transcribe(relay, app)
    assert (heard.status, heard.json()["text"].strip()) == (200, "Hello there.")
    [call] = mock.features()
    assert (call.body["model"], call.body["promptObject"]["language"]) == ("whisper-1", "en")


@pytest.mark.parametrize("failure", FINAL)
@pytest.mark.parametrize("app", RECORDED)
@pytest.mark.parametrize("ask", [speak, transcribe])
def test_a_refusal_is_an_object_with_a_message(relay: str, mock: Mock, ask: Any, app: str, failure: str) -> None:
    turn, words = FINAL[failure]
    mock.script_features(always=turn)
    answered = ask(relay, app)
    assert (answered.status >= 400, answered.headers["content-type"]) == (True, "application/json")
    # Open WebUI shows these words, and looks for them nowhere else.
    assert words in answered.json()["error"]["message"]
    assert len(mock.features()) == 1
