"""Instructor, which asks for objects: by a tool it forces, by a format, by a schema."""

import instructor
import pytest
from openai import OpenAI
from pydantic import BaseModel

from support import CLIENT_KEY, MODEL, Mock, answer, call

ASK = [{"role": "user", "content": "Ada is 36."}]
ADA = '{"name": "Ada", "age": 36}'


class Person(BaseModel):
    name: str
    age: int


# What each way asks of the SDK, and what a model writes then.
WAYS = {
    "tool": (instructor.Mode.TOOLS, call("Person", name="Ada", age=36)),
    "json": (instructor.Mode.JSON, f"Here you are:\n```json\n{ADA}\n```"),
    "schema": (instructor.Mode.JSON_SCHEMA, f"Sure! {ADA}"),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_object_is_had_by_one_call(relay: str, mock: Mock, way: str) -> None:
    mode, text = WAYS[way]
    mock.script(answer(text))
    with OpenAI(base_url=relay, api_key=CLIENT_KEY) as sdk:
        client = instructor.from_openai(sdk, mode=mode)
        person = client.chat.completions.create(model=MODEL, messages=ASK, response_model=Person)
    assert (person.name, person.age) == ("Ada", 36)
    [received] = mock.received()
    assert "Ada is 36." in received.prompt and "age" in received.prompt


def test_what_does_not_fit_is_asked_for_again_with_the_reason(relay: str, mock: Mock) -> None:
    mock.script(answer(call("Person", name="Ada", age="old")), answer(call("Person", name="Ada", age=36)))
    with OpenAI(base_url=relay, api_key=CLIENT_KEY) as sdk:
        client = instructor.from_openai(sdk)
        person = client.chat.completions.create(model=MODEL, messages=ASK, response_model=Person, max_retries=2)
    assert person.age == 36
    first, second = (call.prompt for call in mock.received())
    assert "valid integer" not in first and "valid integer" in second
