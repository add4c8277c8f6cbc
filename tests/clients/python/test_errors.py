"""Failures of 1min.ai before anything was answered: the SDK's exception, and how often 1min.ai was asked."""

from collections.abc import Callable
from typing import Any, NamedTuple

import openai
import pytest
from openai import OpenAI

from support import MODEL, RATE_LIMITED, UNAVAILABLE, Mock, Turn, answer, content, error, refusal, silent, stream

HI = [{"role": "user", "content": "Say hello."}]


class Case(NamedTuple):
    """A failure and what it must be for the client."""

    turn: Turn
    raised: type[openai.APIStatusError]
    status: int
    code: str | None
    words: str
    kind: str = "invalid_request_error"
    param: str | None = None


def documented(code: str, message: str) -> dict[str, Any]:
    """An error of 1min.ai in the shape of its documentation."""
    return {"success": False, "error": {"code": code, "message": message}}


# What asking again can't change.
REFUSED = {
    "key": Case(
        refusal(401, {"errorCode": "UNAUTHORIZED", "message": "Bad token"}),
        openai.AuthenticationError,
        401,
        "invalid_api_key",
        "Bad token",
    ),
    "forbidden": Case(
        refusal(403, {"message": "Not for you"}),
        openai.PermissionDeniedError,
        403,
        "upstream_forbidden",
        "Not for you",
    ),
    "model": Case(
        refusal(400, documented("UNSUPPORTED_MODEL", "No nope here")),
        openai.NotFoundError,
        404,
        "model_not_found",
        "No nope here",
        param="model",
    ),
    "request": Case(
        refusal(400, documented("VALIDATION_ERROR", "That is odd")),
        openai.BadRequestError,
        400,
        None,
        "That is odd",
    ),
    "context": Case(
        refusal(400, {"message": "This model's maximum context length is 8192 tokens"}),
        openai.BadRequestError,
        400,
        "context_length_exceeded",
        "8192",
        param="messages",
    ),
    "policy": Case(
        refusal(400, {"message": "Rejected by the safety system"}),
        openai.BadRequestError,
        400,
        "content_policy_violation",
        "safety system",
    ),
    "credits by status": Case(
        refusal(402, {"message": "Pay first"}),
        openai.RateLimitError,
        429,
        "insufficient_quota",
        "Pay first",
        kind="insufficient_quota",
    ),
    "credits by words": Case(
        refusal(429, documented("LIMIT", "Not enough credits")),
        openai.RateLimitError,
        429,
        "insufficient_quota",
        "Not enough credits",
        kind="insufficient_quota",
    ),
}

# What may have been billed.
PERHAPS_CARRIED_OUT = {
    f"status {status}": Case(
        refusal(status, {"message": "It broke"}, retry_after="0"),
        openai.InternalServerError,
        502,
        "upstream_error",
        "It broke",
        kind="server_error",
    )
    for status in (500, 502, 504, 520, 524)
} | {
    "cut before the headers": Case(
        {"reply": {"before_headers": ["cut"]}},
        openai.InternalServerError,
        502,
        "upstream_error",
        "cut off",
        kind="server_error",
    ),
    "cut in the body": Case(
        {"reply": {"body": [{"send": '{"aiRecord": {'}, "cut"]}},
        openai.InternalServerError,
        502,
        "upstream_error",
        "may have been billed",
        kind="server_error",
    ),
}

FINAL = REFUSED | PERHAPS_CARRIED_OUT


def check(caught: openai.APIStatusError, case: Case) -> None:
    """The exception tells what happened, in OpenAI's envelope, and can be reported by its id."""
    assert (type(caught), caught.status_code) == (case.raised, case.status)
    assert (caught.type, caught.code, caught.param) == (case.kind, case.code, case.param)
    assert set(caught.body) == {"message", "type", "param", "code"}
    assert case.words in caught.body["message"]
    assert caught.request_id.startswith("req_")
    assert int(caught.response.headers["openai-processing-ms"]) >= 0
    assert caught.response.headers["openai-version"] == "2020-10-01"


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("case", FINAL.values(), ids=FINAL)
def test_a_final_failure_is_raised_by_its_class_after_one_call(
    client: OpenAI, mock: Mock, case: Case, is_streaming: bool
) -> None:
    mock.script(always=case.turn)
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model=MODEL, messages=HI, stream=is_streaming)
    check(caught.value, case)
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert mock.calls() == 1


@pytest.mark.parametrize(
    ("ask", "case"),
    [
        (
            lambda client: client.models.list(extra_headers={"Origin": "https://page.example"}),
            Case({}, openai.PermissionDeniedError, 403, "origin_not_allowed", "page"),
        ),
        (
            lambda client: client.models.retrieve("openai/no such:model"),
            Case({}, openai.NotFoundError, 404, "model_not_found", "`openai/no such:model`", param="model"),
        ),
        (
            lambda client: client.put("/models", cast_to=object),
            Case({}, openai.APIStatusError, 405, "method_not_allowed", "PUT"),
        ),
        (
            lambda client: client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "x" * (1 << 20)}]
            ),
            Case({}, openai.APIStatusError, 413, "request_too_large", "1 MiB"),
        ),
    ],
    ids=["origin", "model", "method", "size"],
)
def test_what_the_relay_itself_refuses_is_raised_by_its_class_and_costs_nothing(
    connect: Callable[..., OpenAI], narrow_relay: str, mock: Mock, ask: Callable[[OpenAI], object], case: Case
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        ask(connect(narrow_relay))
    check(caught.value, case)
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert mock.calls() == 0


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
def test_silence_is_a_timeout_after_one_call(
    connect: Callable[..., OpenAI], impatient_relay: str, mock: Mock, is_streaming: bool
) -> None:
    mock.script(always=silent())
    with pytest.raises(openai.InternalServerError) as caught:
        connect(impatient_relay).chat.completions.create(model=MODEL, messages=HI, stream=is_streaming)
    words = "1min.ai sent no answer within 1 s"
    check(caught.value, Case({}, openai.InternalServerError, 504, "upstream_timeout", words, "server_error"))
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert mock.calls() == 1
    mock.wait_for_cancelled(1)


@pytest.mark.parametrize(
    ("steps", "raised", "status", "code"),
    [
        ([error("Model nope is not supported")], openai.NotFoundError, 404, "model_not_found"),
        ([error("You have run out of credits")], openai.RateLimitError, 429, "insufficient_quota"),
        ([error("The model is overloaded")], openai.InternalServerError, 502, "upstream_error"),
        (["cut"], openai.InternalServerError, 502, "upstream_error"),
        ([], openai.InternalServerError, 502, "upstream_error"),
    ],
    ids=["model", "credits", "overloaded", "cut at once", "empty"],
)
def test_a_stream_refused_at_its_start_is_an_http_error(
    client: OpenAI, mock: Mock, steps: list, raised: type[openai.APIStatusError], status: int, code: str
) -> None:
    mock.script(always=stream(*steps))
    with pytest.raises(raised) as caught:
        client.chat.completions.create(model=MODEL, messages=HI, stream=True)
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert caught.value.response.headers["content-type"] == "application/json"
    assert mock.calls() == 1


@pytest.mark.parametrize("is_streaming", [False, True])
def test_a_model_nobody_lists_is_refused_with_the_nearest_names(client: OpenAI, mock: Mock, is_streaming: bool) -> None:
    with pytest.raises(openai.NotFoundError, match="Did you mean `gpt-4o-mini`") as caught:
        client.chat.completions.create(model="gpt-4o-mni", messages=HI, stream=is_streaming)
    assert (caught.value.code, caught.value.param, mock.calls()) == ("model_not_found", "model", 0)


def test_one_refused_choice_refuses_all(client: OpenAI, mock: Mock) -> None:
    mock.script(stream(content("text"), "hang"), stream(error("Model nope is not supported")))
    with pytest.raises(openai.APIError) as caught:
        list(client.chat.completions.create(model=MODEL, messages=HI, n=2, stream=True))
    assert caught.value.code == "model_not_found"
    mock.wait_for(lambda counts: counts == {"open": 0, "finished": 1, "cancelled": 1})


@pytest.mark.parametrize(
    ("turn", "raised", "code", "kind"),
    [
        (UNAVAILABLE, openai.InternalServerError, "service_unavailable", "server_error"),
        (RATE_LIMITED, openai.RateLimitError, "rate_limit_exceeded", "requests"),
    ],
    ids=["unavailable", "rate limited"],
)
def test_what_was_not_carried_out_is_asked_twice_for_each_try_of_the_client(
    client: OpenAI, mock: Mock, turn: Turn, raised: type[openai.APIStatusError], code: str, kind: str
) -> None:
    mock.script(always=turn)
    with pytest.raises(raised) as caught:
        client.chat.completions.create(model=MODEL, messages=HI)
    assert (caught.value.code, caught.value.type) == (code, kind)
    assert caught.value.response.headers["retry-after"] == "0"
    assert "x-should-retry" not in caught.value.response.headers
    assert mock.calls() == 6


@pytest.mark.parametrize(
    "turn",
    [UNAVAILABLE, refusal(521, {}, retry_after="0"), refusal(522, {}, retry_after="0"), RATE_LIMITED],
    ids=["503", "521", "522", "429"],
)
@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
def test_the_relay_recovers_before_a_client_that_never_retries_notices(
    client: OpenAI, mock: Mock, turn: Turn, is_streaming: bool
) -> None:
    mock.script(turn, answer("recovered"))
    reply = client.with_options(max_retries=0).chat.completions.create(model=MODEL, messages=HI, stream=is_streaming)
    if is_streaming:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in reply)
    else:
        text = reply.choices[0].message.content
    assert (text, mock.calls()) == ("recovered", 2)


def test_the_client_recovers_where_the_relay_gave_up(client: OpenAI, mock: Mock) -> None:
    mock.script(UNAVAILABLE, UNAVAILABLE, answer("recovered"))
    completion = client.chat.completions.create(model=MODEL, messages=HI)
    assert (completion.choices[0].message.content, mock.calls()) == ("recovered", 3)


def test_an_unreachable_1min_may_be_tried_again(connect: Callable[..., OpenAI], stranded_relay: str) -> None:
    client = connect(stranded_relay, max_retries=0)
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model=MODEL, messages=HI)
    assert (caught.value.status_code, caught.value.code) == (502, "upstream_error")
    assert "can't be reached" in caught.value.message
    assert "x-should-retry" not in caught.value.response.headers
