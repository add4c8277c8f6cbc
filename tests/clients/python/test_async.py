"""The asynchronous client."""

import asyncio

import openai
import pytest
from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk

from support import MODEL, Mock, answer, content, echo, error, silent, stream

HI = [{"role": "user", "content": "Say hello."}]

pytestmark = pytest.mark.anyio


async def test_an_answer_has_text_and_usage(async_client: AsyncOpenAI, mock: Mock) -> None:
    mock.script(always=answer("Hello 🙂", piece_bytes=1))
    completion = await async_client.chat.completions.create(model=MODEL, messages=HI)
    assert completion.choices[0].message.content == "Hello 🙂"
    assert completion.usage.total_tokens == 101


async def test_a_stream_has_text_finish_reason_and_usage(async_client: AsyncOpenAI, mock: Mock) -> None:
    mock.script(always=answer("Hello 🙂 world", delta_chars=1, piece_bytes=1))
    options = {"include_usage": True}
    request = async_client.chat.completions.create(model=MODEL, messages=HI, stream=True, stream_options=options)
    chunks = [chunk async for chunk in await request]
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert "".join(choice.delta.content or "" for choice in choices) == "Hello 🙂 world"
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["stop"]
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 101)


async def test_the_stream_helper_folds_the_answer(async_client: AsyncOpenAI, mock: Mock) -> None:
    mock.script(always=answer("Hello world"))
    async with async_client.chat.completions.stream(model=MODEL, messages=HI) as events:
        completion = await events.get_final_completion()
    assert completion.choices[0].message.content == "Hello world"


async def test_models_are_listed(async_client: AsyncOpenAI) -> None:
    assert MODEL in [model.id async for model in async_client.models.list()]


async def test_requests_side_by_side_get_each_their_own_answer(async_client: AsyncOpenAI, mock: Mock) -> None:
    mock.script(always=echo())

    async def ask(number: int) -> str | None:
        messages = [{"role": "user", "content": f"I am number {number}."}]
        completion = await async_client.chat.completions.create(model=MODEL, messages=messages)
        return completion.choices[0].message.content

    answers = await asyncio.gather(*(ask(number) for number in range(32)))
    assert answers == [f"I am number {number}." for number in range(32)]


async def test_a_hundred_streams_at_once_have_each_their_own_text(async_client: AsyncOpenAI, mock: Mock) -> None:
    mock.script(always=echo(delta_chars=1))
    texts = [f"I am number {number}." for number in range(100)]

    async def begin(text: str) -> AsyncStream[ChatCompletionChunk]:
        return await async_client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": text}], stream=True
        )

    async def read(chunks: AsyncStream[ChatCompletionChunk]) -> tuple[str, str | None]:
        choices = [chunk.choices[0] async for chunk in chunks]
        return "".join(choice.delta.content or "" for choice in choices), choices[-1].finish_reason

    # None is read before all have begun.
    streams = await asyncio.gather(*map(begin, texts))
    assert await asyncio.gather(*map(read, streams)) == [(text, "stop") for text in texts]
    assert mock.calls() == 100


async def test_a_refused_stream_raises_before_any_chunk(async_client: AsyncOpenAI, mock: Mock) -> None:
    mock.script(always=stream(error("Model nope is not supported")))
    with pytest.raises(openai.NotFoundError) as caught:
        await async_client.chat.completions.create(model=MODEL, messages=HI, stream=True)
    assert caught.value.code == "model_not_found"
    assert mock.calls() == 1


async def test_a_stream_that_breaks_raises_after_its_text(async_client: AsyncOpenAI, mock: Mock) -> None:
    mock.script(always=stream(content("Hello"), error("The vendor fell over")))
    text = ""
    with pytest.raises(openai.APIError, match="The vendor fell over"):
        async for chunk in await async_client.chat.completions.create(model=MODEL, messages=HI, stream=True):
            text += chunk.choices[0].delta.content or ""
    assert (text, mock.calls()) == ("Hello", 1)


async def test_closing_a_stream_cancels_the_call(async_client: AsyncOpenAI, mock: Mock) -> None:
    mock.script(always=stream(content("Hello"), "hang"))
    chunks = await async_client.chat.completions.create(model=MODEL, messages=HI, stream=True)
    await anext(chunks)
    await chunks.close()
    await asyncio.to_thread(mock.wait_for_cancelled, 1)


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
async def test_cancelling_the_task_cancels_the_call(async_client: AsyncOpenAI, mock: Mock, is_streaming: bool) -> None:
    mock.script(always=silent())
    request = async_client.chat.completions.create(model=MODEL, messages=HI, stream=is_streaming)
    task = asyncio.create_task(request)
    await asyncio.to_thread(mock.wait_for_open, 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(mock.wait_for_cancelled, 1)
