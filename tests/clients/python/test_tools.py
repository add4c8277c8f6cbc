"""Tools over chat completions: one turn, whole and streamed, and the turn after it."""

import json
import re

import pytest
from openai import OpenAI
from openai.lib.streaming.chat import FunctionToolCallArgumentsDoneEvent

from support import MODEL, Mock, answer, call

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city"],
        },
    },
}
ASK = [{"role": "user", "content": "How is the weather in Paris?"}]
PARIS = call("get_weather", city="Paris")
OSLO = call("get_weather", city="Oslo")


def test_a_call_is_an_object_of_the_sdk(client: OpenAI, mock: Mock) -> None:
    mock.script(answer(f"Let me look.\n{PARIS}"))
    completion = client.chat.completions.create(model=MODEL, messages=ASK, tools=[WEATHER])
    [choice] = completion.choices
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", "Let me look.")
    [tool_call] = choice.message.tool_calls
    assert (tool_call.type, tool_call.function.name) == ("function", "get_weather")
    assert json.loads(tool_call.function.arguments) == {"city": "Paris"}
    assert re.match(r"call_\w{8,}$", tool_call.id)
    [received] = mock.received()
    assert "get_weather" in received.prompt and "The weather of a city." in received.prompt


def test_two_calls_come_streamed_with_an_index_and_an_id_each(client: OpenAI, mock: Mock) -> None:
    mock.script(answer(f"Let me look.\n{PARIS}\n{OSLO}", delta_chars=1))
    chunks = list(client.chat.completions.create(model=MODEL, messages=ASK, tools=[WEATHER], stream=True))
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert "".join(choice.delta.content or "" for choice in choices) == "Let me look."
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["tool_calls"]
    deltas = [delta for choice in choices for delta in choice.delta.tool_calls or []]
    arguments = {0: "", 1: ""}
    for delta in deltas:
        arguments[delta.index] += delta.function.arguments or ""
    assert {index: json.loads(text) for index, text in arguments.items()} == {0: {"city": "Paris"}, 1: {"city": "Oslo"}}
    assert len({delta.id for delta in deltas if delta.id}) == 2
    assert mock.calls() == 1


def test_the_stream_helper_gathers_calls(client: OpenAI, mock: Mock) -> None:
    mock.script(answer(f"{PARIS}\n{OSLO}", delta_chars=3))
    with client.chat.completions.stream(model=MODEL, messages=ASK, tools=[WEATHER]) as stream:
        done = [event for event in stream if isinstance(event, FunctionToolCallArgumentsDoneEvent)]
        completion = stream.get_final_completion()
    assert [json.loads(event.arguments)["city"] for event in done] == ["Paris", "Oslo"]
    assert [call.function.name for call in completion.choices[0].message.tool_calls] == ["get_weather"] * 2
    assert mock.calls() == 1


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
def test_results_go_back_and_are_answered(client: OpenAI, mock: Mock, is_streaming: bool) -> None:
    mock.script(answer(f"{PARIS}\n{OSLO}"), answer("20 degrees, and 5."))
    turn = client.chat.completions.create(model=MODEL, messages=ASK, tools=[WEATHER]).choices[0].message
    results = [
        {"role": "tool", "tool_call_id": tool_call.id, "content": json.dumps({"degrees": degrees})}
        for tool_call, degrees in zip(turn.tool_calls, (20, 5), strict=True)
    ]
    request = {"model": MODEL, "messages": [*ASK, turn.to_dict(), *results], "tools": [WEATHER]}
    if is_streaming:
        chunks = client.chat.completions.create(**request, stream=True)
        text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    else:
        text = client.chat.completions.create(**request).choices[0].message.content
    assert text == "20 degrees, and 5."
    _, second = (received.prompt for received in mock.received())
    for tool_call, degrees in zip(turn.tool_calls, (20, 5), strict=True):
        given = f'{{"degrees": {degrees}}}'
        assert re.search(rf"<tool_response[^>]*{tool_call.id}[^>]*>\s*{given}\s*</tool_response>", second)


def test_a_forced_tool_is_called_also_if_the_model_writes_its_arguments_alone(client: OpenAI, mock: Mock) -> None:
    mock.script(answer('{"city": "Paris"}'))
    choice = {"type": "function", "function": {"name": "get_weather"}}
    completion = client.chat.completions.create(model=MODEL, messages=ASK, tools=[WEATHER], tool_choice=choice)
    [tool_call] = completion.choices[0].message.tool_calls
    assert json.loads(tool_call.function.arguments) == {"city": "Paris"}
    assert mock.calls() == 1


def test_one_call_at_a_time_if_asked_for(client: OpenAI, mock: Mock) -> None:
    mock.script(answer(f"{PARIS}\n{OSLO}"))
    completion = client.chat.completions.create(
        model=MODEL, messages=ASK, tools=[WEATHER], parallel_tool_calls=False
    )
    assert len(completion.choices[0].message.tool_calls) == 1
    assert mock.calls() == 1


def test_a_tool_that_may_not_be_called_is_text(client: OpenAI, mock: Mock) -> None:
    mock.script(answer(PARIS))
    completion = client.chat.completions.create(model=MODEL, messages=ASK, tools=[WEATHER], tool_choice="none")
    [choice] = completion.choices
    assert (choice.message.content, choice.message.tool_calls, choice.finish_reason) == (PARIS, None, "stop")
    assert mock.calls() == 1
