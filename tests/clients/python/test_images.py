"""Pictures by the official SDK: what comes is what 1min.ai made, byte by byte."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI, DefaultHttpxClient, OpenAI
from openai.types import ImagesResponse

from support import FINAL, MODEL, RATE_LIMITED, Mock, act, answer, call, fetch, png

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


def test_a_picture_comes_in_the_answer(client: OpenAI, mock: Mock) -> None:
    response = client.images.generate(model=MINI, prompt="a fox")
    assert response.data[0].url is None
    assert given(response) == mock.made()
    assert (response.output_format, response.created > 1_700_000_000) == ("png", True)
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 0
    assert asked(mock) == [("IMAGE_GENERATOR", MINI)]
    assert fields(mock)["prompt"] == "a fox"
    # The addresses of files are signed; the key is for 1min.ai alone.
    assert [download["has_api_key"] for download in mock.downloads()[:1]] == [False]


def test_a_request_without_a_model_is_drawn_by_the_default(client: OpenAI, mock: Mock) -> None:
    response = client.images.generate(prompt="a fox")
    assert (given(response), asked(mock)) == (mock.made(), [("IMAGE_GENERATOR", MINI)])


def test_a_picture_comes_as_an_address_that_needs_no_key(client: OpenAI, relay: str, mock: Mock) -> None:
    response = client.images.generate(model=MINI, prompt="a fox", response_format="url")
    [image] = response.data
    assert image.b64_json is None
    assert re.fullmatch(re.escape(relay.removesuffix("/v1")) + r"/results/[\w-]+\.png", image.url), image.url
    assert given(response) == mock.made()
    # It stays there.
    assert given(response) == given(response)


@pytest.mark.parametrize("model", [COUNTING, "dall-e-3", SINGLE])
def test_older_models_give_addresses_and_can_give_bytes(client: OpenAI, mock: Mock, model: str) -> None:
    addresses = client.images.generate(model=model, prompt="a fox")
    in_answer = client.images.generate(model=model, prompt="a fox", response_format="b64_json")
    assert (addresses.data[0].url is None, in_answer.data[0].b64_json is None) == (False, False)
    assert given(addresses) + given(in_answer) == mock.made()


@pytest.mark.parametrize(("model", "calls"), [(COUNTING, 1), (SINGLE, 3)])
def test_several_pictures_are_one_call_or_several(client: OpenAI, mock: Mock, model: str, calls: int) -> None:
    response = client.images.generate(model=model, prompt="foxes", n=3, response_format="b64_json")
    assert asked(mock) == [("IMAGE_GENERATOR", model)] * calls
    pictures = given(response)
    # Calls side by side end in any order.
    assert (len(set(pictures)), sorted(pictures)) == (3, sorted(mock.made()))


def test_the_look_of_a_picture_reaches_1min(client: OpenAI, mock: Mock) -> None:
    response = client.images.generate(
        model=MINI,
        prompt="a fox",
        size="1536x1024",
        quality="high",
        background="opaque",
        output_format="webp",
        output_compression=50,
        moderation="low",
        user="ann",
    )
    said = {"size": "1536x1024", "quality": "high", "background": "opaque", "output_format": "webp"}
    assert fields(mock) | said == fields(mock)
    assert fields(mock)["output_compression"] == 50
    assert "ann" not in str(fields(mock))
    assert (response.size, response.quality, response.background) == ("1536x1024", "high", "opaque")
    assert (response.output_format, media_type(given(response)[0])) == ("webp", "image/webp")


def test_a_jpeg_is_served_as_one(client: OpenAI, mock: Mock) -> None:
    response = client.images.generate(model=MINI, prompt="a fox", output_format="jpeg", response_format="url")
    assert response.output_format == "jpeg"
    assert fetch(response.data[0].url).headers["content-type"] == "image/jpeg"
    assert given(response) == mock.made()


def test_a_large_picture_comes_whole(client: OpenAI, mock: Mock) -> None:
    mock.size_files(20_000_000)
    [in_answer] = given(client.images.generate(model=MINI, prompt="a fox"))
    address = client.images.generate(model=MINI, prompt="a fox", response_format="url").data[0].url
    served = fetch(address).body
    assert (len(in_answer), len(served)) == (20_000_000, 20_000_000)
    assert [in_answer, served] == mock.made()


def test_a_stream_has_one_event_for_each_picture(client: OpenAI, mock: Mock) -> None:
    mock.script_features(act(credit=12))
    events = list(client.images.generate(model=MINI, prompt="a fox", n=2, partial_images=2, stream=True))
    assert [event.type for event in events] == ["image_generation.completed"] * 2
    assert [base64.b64decode(event.b64_json) for event in events] == mock.made()
    assert {(event.output_format, event.size, event.quality) for event in events} == {("png", "auto", "auto")}
    # Whoever adds up counts the prompt once.
    assert [event.usage.total_tokens > 0 for event in events] == [True, False]


def test_a_stream_of_an_edit_has_its_own_events(client: OpenAI, mock: Mock, picture: bytes) -> None:
    events = list(client.images.edit(model=MINI, image=picture, prompt="in blue", stream=True))
    assert [event.type for event in events] == ["image_edit.completed"]
    assert [base64.b64decode(event.b64_json) for event in events] == mock.made()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


HANDED_OVER = {
    "as bytes": lambda picture: picture,
    "as a file": BytesIO,
    "with a name": lambda picture: ("fox.png", picture),
    "with a name and a type": lambda picture: ("fox.png", BytesIO(picture), "image/png"),
    "in a list": lambda picture: [picture],
}


@pytest.mark.parametrize("way", HANDED_OVER)
def test_a_picture_is_edited_however_it_is_handed_over(client: OpenAI, mock: Mock, picture: bytes, way: str) -> None:
    response = client.images.edit(model=MINI, image=HANDED_OVER[way](picture), prompt="in blue")
    assert given(response) == mock.made()
    assert asked(mock) == [("IMAGE_EDITOR", MINI)]
    [upload] = mock.uploads()
    assert (upload["sha256"], upload["content_type"]) == (sha256(picture), "image/png")
    assert (fields(mock)["imageUrl"], fields(mock)["prompt"]) == (upload["path"], "in blue")


def test_the_numbers_of_a_form_are_numbers(client: OpenAI, mock: Mock, picture: bytes) -> None:
    response = client.images.edit(
        model=MINI,
        image=picture,
        prompt="in blue",
        n=2,
        size="1024x1536",
        quality="low",
        output_format="jpeg",
        output_compression=70,
        input_fidelity="high",
    )
    said = {"n": 2, "size": "1024x1536", "quality": "low", "output_format": "jpeg", "output_compression": 70}
    assert fields(mock) | said == fields(mock)
    assert type(fields(mock)["n"]) is int
    assert given(response) == mock.made()
    assert len(response.data) == 2


def test_several_pictures_are_edited_together(client: OpenAI, mock: Mock, picture: bytes, mask: bytes) -> None:
    response = client.images.edit(
        model=BLENDING, image=[("a.png", picture), ("b.png", mask)], prompt="both", response_format="b64_json"
    )
    assert given(response) == mock.made()
    first, second = mock.uploads()
    assert [upload["sha256"] for upload in (first, second)] == [sha256(picture), sha256(mask)]
    assert (fields(mock)["imageUrl"], fields(mock)["additional_images"]) == (first["path"], [second["path"]])


def test_a_mask_is_turned_into_1mins_own(client: OpenAI, mock: Mock, picture: bytes, mask: bytes) -> None:
    response = client.images.edit(model=MINI, image=picture, mask=mask, prompt="a hat")
    assert given(response) == mock.made()
    assert asked(mock) == [("IMAGE_INPAINTER", MINI)]
    first, second = mock.uploads()
    assert first["sha256"] == sha256(picture)
    # White stands for what was transparent.
    assert (second["content_type"], second["sha256"] != sha256(mask)) == ("image/png", True)
    assert (fields(mock)["imageUrl"], fields(mock)["maskUrl"]) == (first["path"], second["path"])


def test_what_was_drawn_is_edited(client: OpenAI, mock: Mock) -> None:
    drawn = given(client.images.generate(model=MINI, prompt="a fox"))[0]
    client.images.edit(model=MINI, image=drawn, prompt="in blue")
    assert [upload["sha256"] for upload in mock.uploads()] == [sha256(drawn)]
    assert asked(mock) == [("IMAGE_GENERATOR", MINI), ("IMAGE_EDITOR", MINI)]


@varies
def test_a_picture_is_varied(client: OpenAI, mock: Mock, picture: bytes) -> None:
    response = client.images.create_variation(model=COUNTING, image=picture, n=2, size="512x512")
    assert given(response) == mock.made()
    assert asked(mock) == [("IMAGE_VARIATOR", COUNTING)]
    said = {"n": 2, "size": "512x512", "imageUrl": mock.uploads()[0]["path"]}
    assert fields(mock) | said == fields(mock)


REFUSED = {
    "a size that is none": (lambda images: images.generate(model=MINI, prompt="a fox", size="enormous"), "size"),
    "a size the model lacks": (lambda images: images.generate(model=MINI, prompt="a fox", size="100x100"), "size"),
    "no pictures": (lambda images: images.generate(model=MINI, prompt="a fox", n=0), "n"),
    "too many": (lambda images: images.generate(model=MINI, prompt="a fox", n=11), "n"),
    "no words": (lambda images: images.generate(model=MINI, prompt=""), "prompt"),
    "too many words": (lambda images: images.edit(model=MINI, prompt="x" * 4_001, image=OPAQUE), "prompt"),
    "a model that writes": (lambda images: images.generate(model=MODEL, prompt="a fox"), "model"),
    "an unknown way": (
        lambda images: images.generate(model=MINI, prompt="a fox", response_format="carrier pigeon"),
        "response_format",
    ),
    "a model that does not edit": (lambda images: images.edit(model=COUNTING, image=OPAQUE, prompt="x"), "model"),
    "a model that does not vary": (lambda images: images.create_variation(model=MINI, image=OPAQUE), "model"),
    "an empty picture": (lambda images: images.edit(model=MINI, image=("a.png", b""), prompt="x"), "image"),
    "no picture": (lambda images: images.edit(model=MINI, image=b"Dear Sir,", prompt="x"), "image"),
    "no words for an edit": (lambda images: images.edit(model=MINI, image=OPAQUE, prompt=" "), "prompt"),
    "too many pictures": (lambda images: images.edit(model=MINI, image=[OPAQUE, OPAQUE], prompt="x"), "image"),
    "a mask of another size": (
        lambda images: images.edit(model=MINI, image=OPAQUE, mask=png(NOTHING), prompt="x"),
        "mask",
    ),
    "an opaque mask": (lambda images: images.edit(model=MINI, image=OPAQUE, mask=OPAQUE, prompt="x"), "mask"),
    "a mask that is none": (lambda images: images.edit(model=MINI, image=OPAQUE, mask=b"x", prompt="x"), "mask"),
    "a mask the model ignores": (
        lambda images: images.edit(model=BLENDING, image=OPAQUE, mask=OPAQUE, prompt="x"),
        "mask",
    ),
}


@varies
@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_succeed_is_refused_by_name_and_costs_nothing(client: OpenAI, mock: Mock, name: str) -> None:
    ask, param = REFUSED[name]
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client.images)
    assert (caught.value.type, caught.value.param) == ("invalid_request_error", param)
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert mock.features() == []


def test_an_unknown_model_is_not_found(client: OpenAI, mock: Mock) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.images.generate(model="no-such-model", prompt="a fox")
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    assert mock.features() == []


FAILED = {
    "key": (openai.AuthenticationError, 401),
    "model": (openai.NotFoundError, 404),
    "request": (openai.BadRequestError, 400),
    "credits": (openai.RateLimitError, 429),
    "perhaps billed": (openai.InternalServerError, 502),
}


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", FAILED)
def test_a_final_failure_is_raised_by_its_class_after_one_call(
    client: OpenAI, mock: Mock, name: str, is_streaming: bool
) -> None:
    turn, words = FINAL[name]
    raised, status = FAILED[name]
    mock.script_features(always=turn)
    with pytest.raises(raised, match=words) as caught:
        client.images.generate(model=MINI, prompt="a fox", stream=is_streaming)
    assert (caught.value.status_code, len(mock.features())) == (status, 1)


def test_the_headers_tell_the_price_and_the_request(client: OpenAI, mock: Mock) -> None:
    mock.script_features(always=act(credit=12))
    raw = client.images.with_raw_response.generate(model=SINGLE, prompt="foxes", n=2)
    assert raw.headers["x-request-id"].startswith("req_")
    assert raw.headers["x-relay-credits"] == "24"
    response = raw.parse()
    assert (response._request_id, len(given(response))) == (raw.headers["x-request-id"], 2)


TASKS = {
    "drawn": lambda images, _: images.generate(model=MINI, prompt="a fox"),
    "edited": lambda images, picture: images.edit(model=MINI, image=picture, prompt="in blue"),
    "varied": lambda images, picture: images.create_variation(model=COUNTING, image=picture),
}


@varies
@pytest.mark.parametrize("task", TASKS)
def test_a_second_try_gets_the_picture_of_the_first(
    connect: Callable[..., OpenAI], relay: str, mock: Mock, picture: bytes, task: str
) -> None:
    mock.script_features(act("gate"))
    tries = []

    def note(request: httpx.Request) -> None:
        tries.append(request.headers["x-stainless-retry-count"])
        if len(tries) == 2:
            # The first try has left, and its call goes on.
            mock.wait_for_features(lambda counts: counts == {"open": 1, "finished": 0, "cancelled": 0})
            mock.open_gate()

    watching = DefaultHttpxClient(event_hooks={"request": [note]})
    impatient = connect(relay, timeout=2, max_retries=1, http_client=watching)
    response = TASKS[task](impatient.images, picture)
    assert tries == ["0", "1"]
    assert (len(mock.features()), given(response)) == (1, mock.made())
    assert len(mock.uploads()) == (task != "drawn")


def test_a_try_that_was_not_carried_out_is_no_ones_picture(client: OpenAI, mock: Mock) -> None:
    mock.script_features(RATE_LIMITED)
    response = client.images.generate(model=MINI, prompt="a fox")
    assert (len(mock.features()), given(response)) == (2, mock.made())


def test_whoever_asks_anew_gets_another_picture(client: OpenAI, mock: Mock) -> None:
    first, second = (client.images.generate(model=MINI, prompt="a fox") for _ in range(2))
    assert given(first) != given(second)
    assert len(mock.features()) == 2


def test_a_picture_is_drawn_to_its_end_without_its_client(client: OpenAI, mock: Mock) -> None:
    mock.script_features(act("gate"))
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=1, max_retries=0).images.generate(model=MINI, prompt="a fox")
    mock.wait_for_features(lambda counts: counts == {"open": 1, "finished": 0, "cancelled": 0})
    mock.open_gate()
    mock.wait_for_features(lambda counts: counts == {"open": 0, "finished": 1, "cancelled": 0})
    # It is there for who comes back for it.
    again = client.images.generate(model=MINI, prompt="a fox", extra_headers={"x-stainless-retry-count": "1"})
    assert (len(mock.features()), given(again)) == (1, mock.made())


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
def test_a_chat_shows_the_picture(client: OpenAI, mock: Mock, is_streaming: bool) -> None:
    request = {"model": MINI, "messages": [{"role": "user", "content": "a fox"}]}
    if is_streaming:
        chunks = client.chat.completions.create(**request, stream=True)
        text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    else:
        text = client.chat.completions.create(**request).choices[0].message.content
    [url] = re.fullmatch(r"!\[[^]]*\]\((\S+)\)\s*", text).groups()
    answered = fetch(url)
    assert (answered.status, answered.headers["content-type"]) == (200, "image/png")
    assert [answered.body] == mock.made()
    assert (asked(mock), mock.calls()) == ([("IMAGE_GENERATOR", MINI)], 0)


def test_a_chat_with_a_picture_edits_it(client: OpenAI, mock: Mock, picture: bytes) -> None:
    url = "data:image/png;base64," + base64.b64encode(picture).decode()
    content = [{"type": "text", "text": "in blue"}, {"type": "image_url", "image_url": {"url": url}}]
    client.chat.completions.create(model=MINI, messages=[{"role": "user", "content": content}])
    assert asked(mock) == [("IMAGE_EDITOR", MINI)]
    assert [upload["sha256"] for upload in mock.uploads()] == [sha256(picture)]


def test_a_response_shows_the_picture(client: OpenAI, mock: Mock) -> None:
    response = client.responses.create(model=MINI, input="a fox")
    [url] = re.fullmatch(r"!\[[^]]*\]\((\S+)\)\s*", response.output_text).groups()
    assert [fetch(url).body] == mock.made()


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
def test_a_model_draws_with_a_tool(client: OpenAI, mock: Mock, is_streaming: bool) -> None:
    mock.script(answer(f"Here it comes.\n{call('image_generation', prompt='a red fox')}"))
    tool = {"type": "image_generation", "size": "1024x1536", "quality": "low"}
    request = {"model": MODEL, "input": "Draw a fox.", "tools": [tool]}
    if is_streaming:
        events = list(client.responses.create(**request, stream=True))
        assert [event.sequence_number for event in events] == list(range(len(events)))
        assert "response.image_generation_call.completed" in [event.type for event in events]
        response = events[-1].response
    else:
        response = client.responses.create(**request)
    [drawn] = [item for item in response.output if item.type == "image_generation_call"]
    assert (drawn.status, [base64.b64decode(drawn.result)]) == ("completed", mock.made())
    assert response.output_text.strip() == "Here it comes."
    said = {"prompt": "a red fox", "size": "1024x1536", "quality": "low"}
    assert fields(mock) | said == fields(mock)
    assert mock.calls() == 1


@varies
@pytest.mark.anyio
async def test_the_asynchronous_client_draws_edits_and_varies_side_by_side(
    async_client: AsyncOpenAI, mock: Mock, picture: bytes, mask: bytes
) -> None:
    images = async_client.images
    responses = await asyncio.gather(
        images.generate(model=MINI, prompt="a fox"),
        images.edit(model=MINI, image=picture, prompt="in blue"),
        images.create_variation(model=COUNTING, image=mask),
    )
    pictures = [picture for response in responses for picture in given(response)]
    assert sorted(pictures) == sorted(mock.made())
    assert sorted(kind for kind, _ in asked(mock)) == ["IMAGE_EDITOR", "IMAGE_GENERATOR", "IMAGE_VARIATOR"]


@pytest.mark.anyio
async def test_the_asynchronous_client_streams(async_client: AsyncOpenAI, mock: Mock) -> None:
    stream = await async_client.images.generate(model=MINI, prompt="a fox", stream=True)
    events = [event async for event in stream]
    assert [(event.type, base64.b64decode(event.b64_json)) for event in events] == [
        ("image_generation.completed", mock.made()[0])
    ]
