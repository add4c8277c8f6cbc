"""The Anthropic SDK."""

from collections.abc import Iterator

import anthropic
import pytest
from anthropic import Anthropic

from support import CLIENT_KEY, CUT, FINAL, MODEL, Mock, answer, call, content, error, stream

HI = [{"role": "user", "content": "Say hello."}]
TOOL = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
ASK = [{"role": "user", "content": "How is the weather in Paris?"}]
PARIS = call("get_weather", city="Paris")

RAISED = {
    "key": (anthropic.AuthenticationError, 401),
    "model": (anthropic.NotFoundError, 404),
    "request": (anthropic.BadRequestError, 400),
}


@pytest.fixture
def claude(relay: str) -> Iterator[Anthropic]:
    """A client with nothing set but the address, which has no /v1, and a key."""
    with Anthropic(base_url=relay.removesuffix("/v1"), api_key=CLIENT_KEY, timeout=20) as client:
        yield client


def test_a_whole_answer_has_text_and_usage(claude: Anthropic, mock: Mock) -> None:
    mock.script(answer("Hello 🙂"))
    message = claude.messages.create(model=MODEL, max_tokens=100, messages=HI)
    assert [block.text for block in message.content] == ["Hello 🙂"]
    assert (message.role, message.stop_reason) == ("assistant", "end_turn")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (98, 3)
    assert [call.prompt for call in mock.received()] == ["Say hello."]


def test_a_stream_has_text_and_the_final_message(claude: Anthropic, mock: Mock) -> None:
    mock.script(answer("Hello 🙂 world", delta_chars=1))
    with claude.messages.stream(model=MODEL, max_tokens=100, messages=HI) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    assert len(pieces) > 1 and "".join(pieces) == "Hello 🙂 world"
    assert (message.content[0].text, message.stop_reason) == ("Hello 🙂 world", "end_turn")
    assert message.usage.output_tokens == 3
    assert mock.calls() == 1


def test_raw_events_come_in_the_order_of_the_protocol(claude: Anthropic, mock: Mock) -> None:
    mock.script(answer("Hello", delta_chars=0))
    events = [event.type for event in claude.messages.create(model=MODEL, max_tokens=9, messages=HI, stream=True)]
    assert [event for event in events if event != "ping"] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert mock.calls() == 1


def test_the_system_prompt_goes_first(claude: Anthropic, mock: Mock) -> None:
    mock.script(answer())
    system = [{"type": "text", "text": "Be terse.", "cache_control": {"type": "ephemeral"}}]
    claude.messages.create(model=MODEL, max_tokens=100, system=system, messages=HI)
    assert mock.received()[0].prompt.startswith("[System]\nBe terse.\n\n[User]\nSay hello.")


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
def test_a_tool_is_used_and_its_result_answered(claude: Anthropic, mock: Mock, is_streaming: bool) -> None:
    mock.script(answer(f"Let me look.\n{PARIS}"), answer("20 degrees."))

    def ask(messages: list) -> anthropic.types.Message:
        request = {"model": MODEL, "max_tokens": 100, "tools": [TOOL], "messages": messages}
        if not is_streaming:
            return claude.messages.create(**request)
        with claude.messages.stream(**request) as stream:
            return stream.get_final_message()

    turn = ask(ASK)
    text, use = turn.content
    assert (text.text, turn.stop_reason) == ("Let me look.", "tool_use")
    assert (use.type, use.name, use.input) == ("tool_use", "get_weather", {"city": "Paris"})
    result = {"type": "tool_result", "tool_use_id": use.id, "content": [{"type": "text", "text": "20 degrees"}]}
    said = {"role": "assistant", "content": turn.to_dict()["content"]}
    final = ask([*ASK, said, {"role": "user", "content": [result]}])
    assert (final.content[0].text, final.stop_reason) == ("20 degrees.", "end_turn")
    first, second = (call.prompt for call in mock.received())
    assert "The weather of a city." in first
    assert "20 degrees\n</tool_response>" in second or "20 degrees</tool_response>" in second


def test_tokens_are_counted_without_a_call(claude: Anthropic, mock: Mock) -> None:
    short = claude.messages.count_tokens(model=MODEL, messages=HI).input_tokens
    long = claude.messages.count_tokens(model=MODEL, messages=HI, tools=[TOOL], system="Be terse. " * 50).input_tokens
    assert 0 < short < long
    assert mock.calls() == 0


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", RAISED)
def test_a_final_failure_is_raised_by_its_class_after_one_call(
    claude: Anthropic, mock: Mock, name: str, is_streaming: bool
) -> None:
    turn, words = FINAL[name]
    raised, status = RAISED[name]
    mock.script(always=turn)
    with pytest.raises(raised) as caught:
        claude.messages.create(model=MODEL, max_tokens=100, messages=HI, stream=is_streaming)
    assert caught.value.status_code == status
    assert (caught.value.body["type"], words in caught.value.body["error"]["message"]) == ("error", True)
    assert mock.calls() == 1


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", ["credits", "perhaps billed"])
def test_what_must_not_be_repeated_is_asked_for_once(
    claude: Anthropic, mock: Mock, name: str, is_streaming: bool
) -> None:
    turn, words = FINAL[name]
    mock.script(always=turn)
    with pytest.raises(anthropic.APIStatusError, match=words):
        claude.messages.create(model=MODEL, max_tokens=100, messages=HI, stream=is_streaming)
    assert mock.calls() == 1


@pytest.mark.parametrize("ending", [[error("The vendor fell over")], CUT], ids=["error", "cut"])
def test_a_stream_that_breaks_raises_after_its_text(claude: Anthropic, mock: Mock, ending: list) -> None:
    mock.script(always=stream(content("Hello"), *ending))
    text = ""
    with pytest.raises(anthropic.APIError, match="may have been billed"):
        with claude.messages.stream(model=MODEL, max_tokens=100, messages=HI) as events:
            for piece in events.text_stream:
                text += piece
    assert (text, mock.calls()) == ("Hello", 1)
