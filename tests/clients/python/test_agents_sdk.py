"""OpenAI's agents SDK, over Responses (its default) and over chat completions."""

from collections.abc import AsyncIterator, Callable

import pytest
from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from openai import AsyncOpenAI
from pydantic import BaseModel

from support import MODEL, Mock, answer, call

pytestmark = pytest.mark.anyio

# Traces would go to OpenAI.
set_tracing_disabled(True)

MODELS = {"responses": OpenAIResponsesModel, "chat": OpenAIChatCompletionsModel}


@pytest.fixture(params=MODELS)
async def model(request: pytest.FixtureRequest, async_client: AsyncOpenAI) -> AsyncIterator[object]:
    """A model of either API."""
    yield MODELS[request.param](model=MODEL, openai_client=async_client)


def weather(asked: list[str]) -> Callable:
    @function_tool
    def get_weather(city: str) -> str:
        """The weather of a city."""
        asked.append(city)
        return f"20 degrees in {city}"

    return get_weather


class Person(BaseModel):
    name: str
    age: int


async def test_a_tool_is_run_and_its_result_answered(model: object, mock: Mock) -> None:
    mock.script(answer(f"Let me look.\n{call('get_weather', city='Paris')}"), answer("20 degrees."))
    asked: list[str] = []
    agent = Agent(name="A", instructions="Be terse.", model=model, tools=[weather(asked)])
    result = await Runner.run(agent, "How is the weather in Paris?")
    assert (result.final_output, asked) == ("20 degrees.", ["Paris"])
    first, second = (call.prompt for call in mock.received())
    assert "Be terse." in first and "The weather of a city." in first
    assert "20 degrees in Paris" in second


async def test_a_tool_is_run_in_a_stream(model: object, mock: Mock) -> None:
    mock.script(answer(call("get_weather", city="Paris"), delta_chars=1), answer("20 degrees.", delta_chars=1))
    asked: list[str] = []
    agent = Agent(name="A", model=model, tools=[weather(asked)])
    result = Runner.run_streamed(agent, "How is the weather in Paris?")
    async for _ in result.stream_events():
        pass
    assert (result.final_output, asked) == ("20 degrees.", ["Paris"])
    assert mock.calls() == 2


async def test_an_agent_hands_over_to_another(model: object, mock: Mock) -> None:
    mock.script(answer(call("transfer_to_b")), answer("I am B."))
    second = Agent(name="B", instructions="You are B.", model=model)
    first = Agent(name="A", instructions="You are A.", model=model, handoffs=[second])
    result = await Runner.run(first, "Who are you?")
    assert (result.final_output, result.last_agent.name) == ("I am B.", "B")
    assert mock.calls() == 2


async def test_an_answer_of_a_type(model: object, mock: Mock) -> None:
    mock.script(answer('Sure!\n```json\n{"name": "Ada", "age": 36}\n```'))
    agent = Agent(name="A", model=model, output_type=Person)
    result = await Runner.run(agent, "Ada is 36.")
    assert result.final_output == Person(name="Ada", age=36)
    assert mock.calls() == 1


async def test_a_tool_that_must_be_called_is_asked_for_once_more(model: object, mock: Mock) -> None:
    mock.script(answer("It is warm."), answer(call("get_weather", city="Paris")), answer("20 degrees."))
    asked: list[str] = []
    agent = Agent(name="A", model=model, tools=[weather(asked)], model_settings=ModelSettings(tool_choice="required"))
    result = await Runner.run(agent, "How is the weather in Paris?")
    assert (result.final_output, asked) == ("20 degrees.", ["Paris"])
    assert mock.calls() == 3
