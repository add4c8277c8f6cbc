"""What the tests of pictures share: models, pictures of their own, and what an answer gave."""

import base64
import hashlib
from typing import Any

import pytest
from openai.types import ImagesResponse

from support import Mock, fetch, png

# Its pictures come in the answer itself, unless the request says otherwise; it edits, also a part of a picture.
MINI = "gpt-image-1-mini"
# It makes several pictures a call, and varies them.
COUNTING = "dall-e-2"
# It makes one picture a call.
SINGLE = "black-forest-labs/flux-dev"
# It edits up to three pictures at once.
BLENDING = "qwen-image-edit-plus"

BLUE, NOTHING = b"\0\0\xff\xff", b"\0\0\0\0"
OPAQUE = png(BLUE, BLUE)

MEDIA_TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}

# The SDK warns of it, and apps still call it.
varies = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> bytes:
    """A picture of this test alone: what was uploaded once is not uploaded again."""
    return png(hashlib.sha256(request.node.nodeid.encode()).digest()[:3] + b"\xff", BLUE)


@pytest.fixture
def mask(request: pytest.FixtureRequest) -> bytes:
    """A mask that leaves one of its pixels as it is."""
    return png(NOTHING, hashlib.sha256(request.node.nodeid.encode()).digest()[:3] + b"\xff")


def media_type(picture: bytes) -> str:
    """What a picture is, by its first bytes."""
    return next(kind for begin, kind in MEDIA_TYPES.items() if picture.startswith(begin))


def given(response: ImagesResponse) -> list[bytes]:
    """The pictures of an answer, in whichever way they came."""
    pictures = []
    for image in response.data:
        assert (image.b64_json is None) != (image.url is None)
        if image.b64_json is not None:
            pictures.append(base64.b64decode(image.b64_json, validate=True))
            continue
        answered = fetch(image.url)
        assert (answered.status, answered.headers["content-type"]) == (200, media_type(answered.body))
        pictures.append(answered.body)
    return pictures


def asked(mock: Mock) -> list[tuple[str, str]]:
    return [(feature.body["type"], feature.body["model"]) for feature in mock.features()]


def fields(mock: Mock) -> dict[str, Any]:
    """What the only call says."""
    [feature] = mock.features()
    return feature.body["promptObject"]
