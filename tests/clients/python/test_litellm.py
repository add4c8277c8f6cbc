"""LiteLLM, through which aider and many others speak the OpenAI API."""

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import litellm
import pytest
from litellm.exceptions import MidStreamFallbackError

from support import CLIENT_KEY, CUT, FINAL, MODEL, UNAVAILABLE, Mock, answer, call, content, error, stream

HI = [{"role": "user", "content": "Say hello."}]

pytestmark = [
    # LiteLLM looks at every field of a chunk, also at those that pydantic will no longer have.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211"),
    # It has types that pydantic can't hold it to.
    pytest.mark.filterwarnings("ignore:.*`ReadOnly` qualifier:UserWarning"),
]

RAISED = {
    "key": (litellm.AuthenticationError, 401),
    "model": (litellm.NotFoundError, 404),
    "request": (litellm.BadRequestError, 400),
    "credits": (litellm.RateLimitError, 429),
    "perhaps billed": (litellm.BadGatewayError, 502),
}


@pytest.fixture(scope="module", autouse=True)
def loop() -> Iterator[None]:
    """An event loop to find, because LiteLLM would make one and leave it open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def ask(relay: str) -> Callable[..., Any]:
    """Chats with nothing set but where the relay is."""
    return partial(litellm.completion, model=f"openai/{MODEL}", messages=HI, api_base=relay, api_key=CLIENT_KEY)


@pytest.fixture
def complete(relay: str) -> Callable[..., Any]:
    """Completes a text with nothing set but where the relay is."""
    model = f"text-completion-openai/{MODEL}"
    return partial(litellm.text_completion, model=model, prompt="1, 2, 3, ", api_base=relay, api_key=CLIENT_KEY)


def test_a_whole_answer_has_text_and_usage(ask: Callable[..., Any], mock: Mock) -> None:
    mock.script(always=answer("Hello 🙂"))
    completion = ask()
    [choice] = completion.choices
    assert (choice.message.content, choice.finish_reason) == ("Hello 🙂", "stop")
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (98, 3)
    [call] = mock.received()
    assert (call.body["model"], call.prompt) == (MODEL, "Say hello.")


def test_a_stream_has_text_finish_reason_and_usage(ask: Callable[..., Any], mock: Mock) -> None:
    mock.script(always=answer("Hello 🙂 world", delta_chars=1))
    chunks = list(ask(stream=True, stream_options={"include_usage": True}))
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert "".join(choice.delta.content or "" for choice in choices) == "Hello 🙂 world"
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["stop"]
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (98, 3)
    assert mock.calls() == 1


TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
def test_a_tool_is_called_and_its_result_answered(ask: Callable[..., Any], mock: Mock, is_streaming: bool) -> None:
    mock.script(answer(call("get_weather", city="Paris"), delta_chars=1), answer("20 degrees."))

    def turn(messages: list) -> Any:
        completion = ask(messages=messages, tools=[TOOL], stream=is_streaming)
        if is_streaming:
            completion = litellm.stream_chunk_builder(list(completion))
        return completion.choices[0]

    first = turn(HI)
    [made] = first.message.tool_calls
    assert (first.finish_reason, made.function.name) == ("tool_calls", "get_weather")
    assert json.loads(made.function.arguments) == {"city": "Paris"}
    result = {"role": "tool", "tool_call_id": made.id, "content": "20 degrees in Paris"}
    assert turn([*HI, first.message.model_dump(), result]).message.content == "20 degrees."
    assert "20 degrees in Paris" in mock.received()[1].prompt
    assert mock.calls() == 2


def test_a_text_is_completed_whole_and_streamed(complete: Callable[..., Any], mock: Mock) -> None:
    mock.script(always=answer("4, 5", delta_chars=1))
    whole = complete()
    assert (whole.choices[0].text, whole.usage.total_tokens) == ("4, 5", 101)
    assert "".join(chunk.choices[0].text or "" for chunk in complete(stream=True)) == "4, 5"
    assert [call.prompt for call in mock.received()] == ["1, 2, 3, "] * 2


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", FINAL)
def test_a_final_failure_is_raised_by_its_class_after_one_call(
    ask: Callable[..., Any], mock: Mock, name: str, is_streaming: bool
) -> None:
    turn, words = FINAL[name]
    raised, status = RAISED[name]
    mock.script(always=turn)
    with pytest.raises(raised) as caught:
        ask(stream=is_streaming)
    assert (type(caught.value), caught.value.status_code) == (raised, status)
    assert words in str(caught.value)
    assert mock.calls() == 1


@pytest.mark.parametrize("ending", [[error("The vendor fell over")], CUT], ids=["error", "cut"])
def test_a_stream_that_breaks_raises_after_its_text_and_is_not_asked_for_again(
    ask: Callable[..., Any], mock: Mock, ending: list
) -> None:
    mock.script(always=stream(content("Hello"), *ending))
    text = ""
    with pytest.raises(MidStreamFallbackError, match="may have been billed"):
        for chunk in ask(stream=True):
            text += chunk.choices[0].delta.content or ""
    assert (text, mock.calls()) == ("Hello", 1)


def test_what_was_not_carried_out_is_asked_twice_for_each_try_of_the_sdk_below(
    ask: Callable[..., Any], mock: Mock
) -> None:
    mock.script(always=UNAVAILABLE)
    with pytest.raises(litellm.ServiceUnavailableError, match="Down for repairs"):
        ask()
    assert mock.calls() == 6
