"""Objects of a schema: `parse` of the SDK over chat completions."""

import json

import pytest
from openai import OpenAI
from pydantic import BaseModel

from support import MODEL, Mock, answer

ASK = [{"role": "user", "content": "Ada is 36 and knows Charles."}]
ADA = '{"name": "Ada", "age": 36, "knows": [{"name": "Charles", "age": null, "knows": []}]}'


class Person(BaseModel):
    name: str
    age: int | None
    knows: list["Person"]


def test_parse_gives_an_object_of_the_schema_whatever_stands_around_it(client: OpenAI, mock: Mock) -> None:
    mock.script(answer(f"Sure!\n```json\n{ADA}\n```\nAnything else?"))
    completion = client.chat.completions.parse(model=MODEL, messages=ASK, response_format=Person)
    person = completion.choices[0].message.parsed
    assert (person.name, person.age, person.knows[0].name) == ("Ada", 36, "Charles")
    [received] = mock.received()
    assert "Ada is 36 and knows Charles." in received.prompt and '"knows"' in received.prompt


def test_a_stream_holds_the_object_and_nothing_else(client: OpenAI, mock: Mock) -> None:
    mock.script(answer(f"Sure!\n```json\n{ADA}\n```\nAnything else?", delta_chars=1))
    with client.chat.completions.stream(model=MODEL, messages=ASK, response_format=Person) as stream:
        completion = stream.get_final_completion()
    [choice] = completion.choices
    assert (choice.finish_reason, choice.message.content) == ("stop", ADA)
    assert choice.message.parsed.name == "Ada"
    assert mock.calls() == 1


def test_what_does_not_fit_is_asked_for_once_more(client: OpenAI, mock: Mock) -> None:
    mock.script(answer('{"name": "Ada"}'), answer(ADA))
    completion = client.chat.completions.parse(model=MODEL, messages=ASK, response_format=Person)
    assert completion.choices[0].message.parsed.age == 36
    assert mock.calls() == 2


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
def test_a_json_object_is_an_object_alone(client: OpenAI, mock: Mock, is_streaming: bool) -> None:
    mock.script(answer(f"Here:\n```json\n{ADA}\n```", delta_chars=2))
    request = {"model": MODEL, "messages": ASK, "response_format": {"type": "json_object"}}
    if is_streaming:
        chunks = client.chat.completions.create(**request, stream=True)
        text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    else:
        text = client.chat.completions.create(**request).choices[0].message.content
    assert json.loads(text)["name"] == "Ada"
    assert mock.calls() == 1
