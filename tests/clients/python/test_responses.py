"""The Responses API by the official SDK."""

import json
import re

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel

from support import CUT, FINAL, MODEL, Mock, answer, call, content, error, stream

TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}
RAISED = {
    "key": (openai.AuthenticationError, 401),
    "model": (openai.NotFoundError, 404),
    "request": (openai.BadRequestError, 400),
    "credits": (openai.RateLimitError, 429),
}


def test_a_whole_answer_has_text_and_usage(client: OpenAI, mock: Mock) -> None:
    mock.script(answer("Hello 🙂"))
    response = client.responses.create(model=MODEL, input="Say hello.")
    assert (response.status, response.output_text) == ("completed", "Hello 🙂")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (98, 3)
    assert [call.prompt for call in mock.received()] == ["Say hello."]


def test_a_stream_tells_its_text_and_ends_with_the_whole(client: OpenAI, mock: Mock) -> None:
    mock.script(answer("Hello 🙂 world", delta_chars=1))
    events = list(client.responses.create(model=MODEL, input="Say hello.", stream=True))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "Hello 🙂 world"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    assert events[-1].response.output_text == "Hello 🙂 world"
    assert mock.calls() == 1


def test_the_stream_helper_gives_the_final_response(client: OpenAI, mock: Mock) -> None:
    mock.script(answer("Hello", delta_chars=1))
    with client.responses.stream(model=MODEL, input="Say hello.") as stream:
        assert stream.get_final_response().output_text == "Hello"
    assert mock.calls() == 1


def test_a_response_is_kept_and_goes_on_and_can_be_removed(client: OpenAI, mock: Mock) -> None:
    mock.script(answer("I am Ada."), answer("Ada, as I said."))
    first = client.responses.create(model=MODEL, input="Who are you?", instructions="Be terse.")
    assert client.responses.retrieve(first.id).output_text == "I am Ada."
    second = client.responses.create(model=MODEL, input="Who?", previous_response_id=first.id)
    assert (second.output_text, second.previous_response_id) == ("Ada, as I said.", first.id)
    _, prompt = (call.prompt for call in mock.received())
    assert re.search(r"Who are you\?.*I am Ada\..*Who\?", prompt, re.DOTALL)
    assert "Be terse" not in prompt
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)
    with pytest.raises(openai.APIStatusError):
        client.responses.create(model=MODEL, input="Who?", previous_response_id=first.id)
    assert mock.calls() == 2


def test_what_is_not_stored_is_not_kept(client: OpenAI, mock: Mock) -> None:
    mock.script(answer("Hello"))
    response = client.responses.create(model=MODEL, input="Say hello.", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)
    assert mock.calls() == 1


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
def test_a_tool_is_called_and_its_output_goes_back(client: OpenAI, mock: Mock, is_streaming: bool) -> None:
    mock.script(answer(f"Let me look.\n{call('get_weather', city='Paris')}"), answer("Twenty."))

    def ask(**fields: object) -> openai.types.responses.Response:
        request = {"model": MODEL, "tools": [TOOL], **fields}
        if not is_streaming:
            return client.responses.create(**request)
        return list(client.responses.create(**request, stream=True))[-1].response

    first = ask(input="How is the weather in Paris?")
    [made] = [item for item in first.output if item.type == "function_call"]
    assert (made.name, json.loads(made.arguments)) == ("get_weather", {"city": "Paris"})
    output = {"type": "function_call_output", "call_id": made.call_id, "output": "20 degrees"}
    second = ask(input=[output], previous_response_id=first.id)
    assert second.output_text == "Twenty."
    _, prompt = (call.prompt for call in mock.received())
    assert re.search(r"<tool_response[^>]*>\s*20 degrees\s*</tool_response>", prompt)


class Person(BaseModel):
    name: str
    age: int


def test_parse_gives_an_object_of_the_schema(client: OpenAI, mock: Mock) -> None:
    mock.script(answer('Sure!\n```json\n{"name": "Ada", "age": 36}\n```'))
    response = client.responses.parse(model=MODEL, input="Ada is 36.", text_format=Person)
    assert response.output_parsed == Person(name="Ada", age=36)
    assert mock.calls() == 1


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", RAISED)
def test_a_final_failure_is_raised_by_its_class_after_one_call(
    client: OpenAI, mock: Mock, name: str, is_streaming: bool
) -> None:
    turn, words = FINAL[name]
    raised, status = RAISED[name]
    mock.script(always=turn)
    with pytest.raises(raised) as caught:
        client.responses.create(model=MODEL, input="Say hello.", stream=is_streaming)
    assert (caught.value.status_code, words in caught.value.message) == (status, True)
    assert mock.calls() == 1


def test_what_may_have_been_billed_is_not_asked_for_again(client: OpenAI, mock: Mock) -> None:
    turn, words = FINAL["perhaps billed"]
    mock.script(always=turn)
    with pytest.raises(openai.APIStatusError, match=words):
        client.responses.create(model=MODEL, input="Say hello.")
    assert mock.calls() == 1


@pytest.mark.parametrize("ending", [[error("The vendor fell over")], CUT], ids=["error", "cut"])
def test_a_stream_that_breaks_says_that_it_failed(client: OpenAI, mock: Mock, ending: list) -> None:
    mock.script(always=stream(content("Hello"), *ending))
    events = list(client.responses.create(model=MODEL, input="Say hello.", stream=True))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "Hello"
    assert events[-1].type == "response.failed"
    assert "may have been billed" in events[-1].response.error.message
    assert mock.calls() == 1
