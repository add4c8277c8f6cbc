"""Pictures as apps ask for them, answered as those apps read.

What each sends stands in `tests/clients/recorded/pictures/`, with the source it follows.
"""

import base64
import hashlib
import json
import os.path
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from support import FINAL, Answered, Mock, fetch, png, send

RECORDED = {
    f"{path.stem}, {name}": request
    for path in sorted(Path(__file__).parents[1].joinpath("recorded", "pictures").glob("*.json"))
    for name, request in json.loads(path.read_text("utf-8"))["requests"].items()
}
EDITS = [name for name, request in RECORDED.items() if "parts" in request]


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> bytes:
    """A picture of this test alone: what was uploaded once is not uploaded again."""
    return png(hashlib.sha256(request.node.nodeid.encode()).digest()[:4])


def form(request: dict[str, Any], picture: bytes) -> bytes:
    """The form of a recorded request, part by part, with the picture where a file is."""
    body = b""
    for headers, text in request["parts"]:
        head = "\r\n".join([f"--{request['boundary']}", *headers])
        body += head.encode() + b"\r\n\r\n" + (picture if text is None else text.encode()) + b"\r\n"
    return body + f"--{request['boundary']}--\r\n".encode()


def replay(relay: str, name: str, picture: bytes) -> Answered:
    """The answer to a recorded request."""
    request = RECORDED[name]
    if name not in EDITS:
        body = json.dumps(request["body"]).encode()
        return send(relay, "POST", request["path"], request["headers"], body)
    headers = {"content-type": f"multipart/form-data; boundary={request['boundary']}"}
    return send(relay, "POST", request["path"], request["headers"] | headers, form(request, picture))


def open_webui_reads(answered: Answered) -> list[bytes]:
    """Every picture: an address goes first, and one of this machine would be refused."""
    assert not any(image.get("url") for image in answered.json()["data"])
    return [base64.b64decode(image["b64_json"]) for image in answered.json()["data"]]


def librechat_reads(answered: Answered) -> list[bytes]:
    """The first picture, from the answer."""
    return [base64.b64decode(answered.json()["data"][0]["b64_json"])]


def librechat_fetches(answered: Answered) -> list[bytes]:
    """The first picture, from its address, which tells what kind it is."""
    url = answered.json()["data"][0]["url"]
    assert os.path.splitext(urllib.parse.urlsplit(url).path)[1] == ".png"
    return [fetch(url).body]


def reads(name: str, answered: Answered) -> list[bytes]:
    if name == "librechat, picture by DALL-E":
        return librechat_fetches(answered)
    return (librechat_reads if name.startswith("librechat") else open_webui_reads)(answered)


@pytest.mark.parametrize("name", RECORDED)
def test_an_app_finds_the_pictures_that_1min_made(relay: str, mock: Mock, picture: bytes, name: str) -> None:
    answered = replay(relay, name, picture)
    assert (answered.status, answered.headers["content-type"]) == (200, "application/json"), answered.body
    pictures = reads(name, answered)
    assert pictures == mock.made()
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    [call] = mock.features()
    request = RECORDED[name]
    sent = request.get("body", {"prompt": "Make it blue.", "model": "gpt-image-1"})
    assert len(pictures) == sent.get("n", 1)
    assert (call.body["model"], call.body["promptObject"]["prompt"]) == (sent["model"], sent["prompt"])
    # The names of its users are nobody else's business.
    assert "ann@example.org" not in str([call.headers, call.body])


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_starts_from_the_picture_that_was_sent(relay: str, mock: Mock, picture: bytes, name: str) -> None:
    assert replay(relay, name, picture).status == 200
    [upload] = mock.uploads()
    assert (upload["sha256"], upload["content_type"]) == (hashlib.sha256(picture).hexdigest(), "image/png")
    [call] = mock.features()
    assert (call.body["type"], call.body["promptObject"]["imageUrl"]) == ("IMAGE_EDITOR", upload["path"])


def test_what_an_app_says_of_the_look_is_heeded(relay: str, mock: Mock, picture: bytes) -> None:
    for name in ("open-webui, picture", "open-webui, edit of one", "librechat, picture by DALL-E"):
        replay(relay, name, picture)
    small, clear, vivid = [call.body["promptObject"] for call in mock.features()]
    assert (small["n"], small["size"]) == (1, "512x512")
    assert (clear["n"], clear["size"], clear["background"]) == (1, "1024x1024", "transparent")
    assert (vivid["size"], vivid["quality"], vivid["style"]) == ("1024x1024", "standard", "vivid")


@pytest.mark.parametrize("failure", FINAL)
@pytest.mark.parametrize("name", RECORDED)
def test_a_refusal_is_an_object_with_a_message(
    relay: str, mock: Mock, picture: bytes, name: str, failure: str
) -> None:
    turn, words = FINAL[failure]
    mock.script_features(always=turn)
    answered = replay(relay, name, picture)
    assert (answered.status >= 400, answered.headers["content-type"]) == (True, "application/json")
    assert words in answered.json()["error"]["message"]
    assert len(mock.features()) == 1
