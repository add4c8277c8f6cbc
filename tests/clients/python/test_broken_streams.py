"""Streams that break after text has come: the text is kept, an exception is raised, and nobody asks again."""

from collections.abc import Callable

import openai
import pytest
from openai import OpenAI, Stream
from openai.types.chat import ChatCompletionChunk

from support import CUT, MODEL, Mock, content, error, stream

HI = [{"role": "user", "content": "Say hello."}]


def read_until_it_breaks(chunks: Stream[ChatCompletionChunk]) -> tuple[str, list[str], openai.APIError]:
    """The text, the finish reasons and the exception of a stream that must break."""
    text, finishes = "", []
    with pytest.raises(openai.APIError) as caught:
        for chunk in chunks:
            for choice in chunk.choices:
                text += choice.delta.content or ""
                finishes += [choice.finish_reason] if choice.finish_reason else []
    return text, finishes, caught.value


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ([error("The vendor fell over")], "The vendor fell over"),
        ([error("Model nope is not supported")], "Model nope is not supported"),
        (CUT, "cut off"),
        ([], "ended without its closing frame"),
        ([{"send": 'event: content\ndata: {"content": "half'}], "ended without its closing frame"),
        ([{"send": "event: content\ndata: {]\n\n"}], "can't be read"),
    ],
    ids=["error", "late refusal", "cut", "no end", "half a frame", "a frame that is no JSON"],
)
def test_a_stream_that_breaks_raises_after_its_text_and_is_not_asked_for_again(
    client: OpenAI, mock: Mock, ending: list, words: str
) -> None:
    mock.script(always=stream(content("Hello "), content("🙂"), *ending))
    chunks = client.chat.completions.create(model=MODEL, messages=HI, stream=True)
    text, finishes, caught = read_until_it_breaks(chunks)
    assert (text, finishes) == ("Hello 🙂", [])
    assert (caught.type, caught.code, caught.param) == ("server_error", "upstream_error", None)
    assert words in caught.message
    assert "may have been billed" in caught.message
    assert mock.calls() == 1


def test_a_stream_that_falls_silent_raises_after_its_text(
    connect: Callable[..., OpenAI], impatient_relay: str, mock: Mock
) -> None:
    mock.script(always=stream(content("Hello"), "hang"))
    chunks = connect(impatient_relay).chat.completions.create(model=MODEL, messages=HI, stream=True)
    text, finishes, caught = read_until_it_breaks(chunks)
    assert (text, finishes, caught.code) == ("Hello", [], "upstream_timeout")
    assert "nothing more of its answer within 1 s" in caught.message
    mock.wait_for_cancelled(1)


def test_a_broken_stream_is_not_closed_as_if_it_were_complete(client: OpenAI, mock: Mock) -> None:
    mock.script(always=stream(content("Hello"), *CUT))
    options = {"include_usage": True}
    request = client.chat.completions.with_streaming_response.create(
        model=MODEL, messages=HI, stream=True, stream_options=options
    )
    with request as response:
        *_, last = (line for line in response.iter_lines() if line)
    assert last.startswith('data: {"error":{')


def test_the_stream_helper_raises_as_well(client: OpenAI, mock: Mock) -> None:
    mock.script(always=stream(content("Hello"), error("The vendor fell over")))
    deltas = []
    with client.chat.completions.stream(model=MODEL, messages=HI) as events:
        with pytest.raises(openai.APIError, match="The vendor fell over"):
            for event in events:
                if event.type == "content.delta":
                    deltas.append(event.delta)
    assert "".join(deltas) == "Hello"
    assert mock.calls() == 1


def test_one_broken_choice_breaks_all_and_cancels_the_others(client: OpenAI, mock: Mock) -> None:
    mock.script(stream(content("one"), "hang"), stream(content("two"), "gate", error("The vendor fell over")))
    chunks = client.chat.completions.create(model=MODEL, messages=HI, n=2, stream=True)
    texts = {0: "", 1: ""}
    while not all(texts.values()):
        [choice] = next(chunks).choices
        texts[choice.index] += choice.delta.content or ""
    mock.open_gate()
    assert sorted(texts.values()) == ["one", "two"]
    assert read_until_it_breaks(chunks)[2].code == "upstream_error"
    mock.wait_for(lambda counts: counts == {"open": 0, "finished": 1, "cancelled": 1})
