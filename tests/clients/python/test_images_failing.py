"""Pictures that are refused, fail, or are asked for once more: nothing is billed twice, and nothing is lost."""

from collections.abc import Callable

import httpx
import openai
import pytest
from openai import DefaultHttpxClient, OpenAI

from pictures import BLENDING, COUNTING, MINI, NOTHING, OPAQUE, SINGLE, given, picture, varies  # noqa: F401
from support import FINAL, MODEL, RATE_LIMITED, Mock, act, png


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
