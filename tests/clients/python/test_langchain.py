"""LangChain's models for the OpenAI API."""

from collections.abc import Callable

import openai
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langchain_openai import OpenAI as TextOpenAI
from pydantic import BaseModel

from support import CLIENT_KEY, CUT, FINAL, MODEL, UNAVAILABLE, Mock, answer, call, content, error, stream

RAISED = {
    "key": (openai.AuthenticationError, 401),
    "model": (openai.NotFoundError, 404),
    "request": (openai.BadRequestError, 400),
    "credits": (openai.RateLimitError, 429),
    "perhaps billed": (openai.InternalServerError, 502),
}


@pytest.fixture
def chat(relay: str) -> ChatOpenAI:
    """A chat model with nothing set but where the relay is."""
    return ChatOpenAI(model=MODEL, base_url=relay, api_key=CLIENT_KEY)


def test_a_whole_answer_has_text_and_usage(chat: ChatOpenAI, mock: Mock) -> None:
    mock.script(always=answer("Hello 🙂"))
    message = chat.invoke("Say hello.")
    assert message.content == "Hello 🙂"
    assert (message.usage_metadata["input_tokens"], message.usage_metadata["output_tokens"]) == (98, 3)
    assert message.response_metadata["finish_reason"] == "stop"
    assert [call.prompt for call in mock.received()] == ["Say hello."]


def test_a_stream_has_text_and_usage(chat: ChatOpenAI, mock: Mock) -> None:
    mock.script(always=answer("Hello 🙂 world", delta_chars=1))
    chunks = list(chat.stream("Say hello.", stream_usage=True))
    assert len([chunk for chunk in chunks if chunk.content]) > 1
    whole = sum(chunks[1:], start=chunks[0])
    assert whole.content == "Hello 🙂 world"
    assert (whole.usage_metadata["input_tokens"], whole.usage_metadata["output_tokens"]) == (98, 3)
    assert mock.calls() == 1


def test_messages_become_a_transcript_in_their_order(chat: ChatOpenAI, mock: Mock) -> None:
    mock.script(always=answer("ok"))
    chat.invoke([SystemMessage("Be terse."), HumanMessage("one"), AIMessage("two"), HumanMessage("three")])
    turns = "[System]\nBe terse.\n\n[User]\none\n\n[Assistant]\ntwo\n\n[User]\nthree\n\n"
    assert mock.received()[0].prompt.startswith(turns)


def test_a_text_is_completed_whole_and_streamed(relay: str, mock: Mock) -> None:
    mock.script(always=answer("4, 5", delta_chars=1))
    model = TextOpenAI(model=MODEL, base_url=relay, api_key=CLIENT_KEY)
    assert model.invoke("1, 2, 3, ") == "4, 5"
    assert "".join(model.stream("1, 2, 3, ")) == "4, 5"
    assert [call.prompt for call in mock.received()] == ["1, 2, 3, "] * 2


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"20 degrees in {city}"


class Person(BaseModel):
    """A person."""

    name: str
    age: int


@pytest.fixture(params=[False, True], ids=["chat", "responses"])
def either(request: pytest.FixtureRequest, relay: str) -> ChatOpenAI:
    """A chat model over either API."""
    return ChatOpenAI(model=MODEL, base_url=relay, api_key=CLIENT_KEY, use_responses_api=request.param)


def test_a_bound_tool_is_called_and_its_result_answered(either: ChatOpenAI, mock: Mock) -> None:
    mock.script(answer(f"Let me look.\n{call('get_weather', city='Paris')}"), answer("20 degrees."))
    model = either.bind_tools([get_weather])
    ask = HumanMessage("How is the weather in Paris?")
    turn = model.invoke([ask])
    [made] = turn.tool_calls
    assert (made["name"], made["args"]) == ("get_weather", {"city": "Paris"})
    assert model.invoke([ask, turn, get_weather.invoke(made)]).text == "20 degrees."
    first, second = (call.prompt for call in mock.received())
    assert "The weather of a city." in first
    assert "20 degrees in Paris" in second


def test_a_bound_tool_is_called_in_a_stream(either: ChatOpenAI, mock: Mock) -> None:
    mock.script(answer(call("get_weather", city="Paris"), delta_chars=1))
    first, *others = either.bind_tools([get_weather]).stream("How is the weather in Paris?")
    whole = sum(others, start=first)
    assert [(made["name"], made["args"]) for made in whole.tool_calls] == [("get_weather", {"city": "Paris"})]
    assert mock.calls() == 1


STRUCTURED = {
    "json_schema": '```json\n{"name": "Ada", "age": 36}\n```',
    "function_calling": call("Person", name="Ada", age=36),
    "json_mode": 'Sure! {"name": "Ada", "age": 36}',
}


@pytest.mark.parametrize("method", STRUCTURED)
def test_an_object_is_had_by_one_call(either: ChatOpenAI, mock: Mock, method: str) -> None:
    mock.script(answer(STRUCTURED[method]))
    # Its mode of plain JSON tells the model nothing of the object.
    person = either.with_structured_output(Person, method=method).invoke("Ada is 36. JSON with name and age.")
    assert person == Person(name="Ada", age=36)
    assert mock.calls() == 1


def ask_whole(chat: ChatOpenAI) -> None:
    chat.invoke("Say hello.")


def ask_streamed(chat: ChatOpenAI) -> None:
    list(chat.stream("Say hello."))


@pytest.mark.parametrize("ask", [ask_whole, ask_streamed])
@pytest.mark.parametrize("name", FINAL)
def test_a_final_failure_is_raised_by_its_class_after_one_call(
    chat: ChatOpenAI, mock: Mock, name: str, ask: Callable[[ChatOpenAI], None]
) -> None:
    turn, words = FINAL[name]
    raised, status = RAISED[name]
    mock.script(always=turn)
    with pytest.raises(raised) as caught:
        ask(chat)
    assert caught.value.status_code == status
    assert words in str(caught.value)
    assert mock.calls() == 1


@pytest.mark.parametrize("ending", [[error("The vendor fell over")], CUT], ids=["error", "cut"])
def test_a_stream_that_breaks_raises_after_its_text_and_is_not_asked_for_again(
    chat: ChatOpenAI, mock: Mock, ending: list
) -> None:
    mock.script(always=stream(content("Hello"), *ending))
    text = ""
    with pytest.raises(openai.APIError, match="may have been billed"):
        for chunk in chat.stream("Say hello."):
            text += chunk.content
    assert (text, mock.calls()) == ("Hello", 1)


def test_what_was_not_carried_out_is_asked_twice_for_each_try_of_the_sdk_below(chat: ChatOpenAI, mock: Mock) -> None:
    mock.script(always=UNAVAILABLE)
    with pytest.raises(openai.InternalServerError, match="Down for repairs"):
        chat.invoke("Say hello.")
    assert mock.calls() == 6
