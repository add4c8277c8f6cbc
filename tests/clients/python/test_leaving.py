"""A client that leaves: its call at 1min.ai is cancelled within a second, whatever the client was waiting for."""

from collections.abc import Callable

import openai
import pytest
from openai import OpenAI

from support import MODEL, Mock, content, done, silent, stream

HI = [{"role": "user", "content": "Say hello."}]


def test_closing_a_stream_cancels_the_call(client: OpenAI, mock: Mock) -> None:
    mock.script(always=stream(content("Hello"), "hang"))
    chunks = client.chat.completions.create(model=MODEL, messages=HI, stream=True)
    assert next(chunk.choices[0].delta.content for chunk in chunks if chunk.choices[0].delta.content) == "Hello"
    chunks.close()
    mock.wait_for_cancelled(1)


def test_leaving_the_block_of_the_stream_helper_cancels_the_call(client: OpenAI, mock: Mock) -> None:
    mock.script(always=stream(content("Hello"), "hang"))
    with client.chat.completions.stream(model=MODEL, messages=HI) as events:
        assert next(event.delta for event in events if event.type == "content.delta" and event.delta) == "Hello"
    mock.wait_for_cancelled(1)


def test_closing_a_stream_of_several_choices_cancels_every_call(client: OpenAI, mock: Mock) -> None:
    mock.script(always=stream(content("Hello"), "hang"))
    chunks = client.chat.completions.create(model=MODEL, messages=HI, stream=True, n=3)
    next(chunks)
    mock.wait_for_open(3)
    chunks.close()
    mock.wait_for_cancelled(3)


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
def test_a_client_that_runs_out_of_patience_cancels_the_call(client: OpenAI, mock: Mock, is_streaming: bool) -> None:
    mock.script(always=silent())
    hurried = client.with_options(timeout=1, max_retries=0)
    with pytest.raises(openai.APITimeoutError):
        hurried.chat.completions.create(model=MODEL, messages=HI, stream=is_streaming)
    mock.wait_for_cancelled(1)


def test_one_client_that_leaves_does_not_end_the_call_of_another(
    connect: Callable[..., OpenAI], relay: str, mock: Mock
) -> None:
    mock.script(stream(content("one"), "hang"))
    leaving = connect(relay).chat.completions.create(model=MODEL, messages=HI, stream=True)
    next(leaving)
    mock.script(stream(content("two"), "gate", content(" three"), done()))
    staying = connect(relay).chat.completions.create(model=MODEL, messages=HI, stream=True)
    text = next(chunk.choices[0].delta.content for chunk in staying if chunk.choices[0].delta.content)
    leaving.close()
    mock.wait_for(lambda counts: counts == {"open": 1, "finished": 0, "cancelled": 1})
    mock.open_gate()
    assert text + "".join(chunk.choices[0].delta.content or "" for chunk in staying) == "two three"
