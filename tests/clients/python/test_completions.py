"""The older text route, as the SDK still offers it."""

from openai import OpenAI

from support import MODEL, Mock, answer, echo


def test_a_prompt_is_completed_whole(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("4, 5"))
    completion = client.completions.create(model=MODEL, prompt="1, 2, 3, ", max_tokens=50)
    assert (completion.object, completion.choices[0].text, completion.choices[0].finish_reason) == (
        "text_completion",
        "4, 5",
        "stop",
    )
    assert completion.usage.total_tokens > 0
    assert [call.prompt for call in mock.received()] == ["1, 2, 3, "]


def test_a_prompt_is_completed_as_a_stream(client: OpenAI, mock: Mock) -> None:
    mock.script(always=echo(delta_chars=1, piece_bytes=1))
    chunks = list(
        client.completions.create(
            model=MODEL, prompt="naïve \u2603", stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == "naïve \u2603"
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason] == ["stop"]


def test_each_of_several_prompts_has_its_own_answer(client: OpenAI, mock: Mock) -> None:
    mock.script(always=echo())
    completion = client.completions.create(model=MODEL, prompt=["one", "two"], n=2)
    assert [choice.text for choice in completion.choices] == ["one", "one", "two", "two"]
    assert mock.calls() == 4
