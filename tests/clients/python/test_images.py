"""Pictures by the official SDK: what comes is what 1min.ai made, byte by byte."""

import asyncio
import base64
import hashlib
import re
from io import BytesIO

import pytest
from openai import AsyncOpenAI, OpenAI

from pictures import BLENDING, COUNTING, MINI, SINGLE, asked, fields, given, mask, media_type, picture, varies  # noqa: F401
from support import MODEL, Mock, act, answer, call, fetch


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
