"""A chat answered as a stream."""

from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI
from openai.types.chat import ChatCompletionChunk

from support import MODEL, Mock, answer, content, done, echo, stream

HI = [{"role": "user", "content": "Say hello."}]


def text_of(chunks: list[ChatCompletionChunk], index: int = 0) -> str:
    choices = [choice for chunk in chunks for choice in chunk.choices if choice.index == index]
    return "".join(choice.delta.content or "" for choice in choices)


def finishes_of(chunks: list[ChatCompletionChunk], index: int = 0) -> list[str]:
    choices = [choice for chunk in chunks for choice in chunk.choices if choice.index == index]
    return [choice.finish_reason for choice in choices if choice.finish_reason]


def test_multi_byte_text_is_intact_however_the_bytes_arrive(client: OpenAI, mock: Mock) -> None:
    text = 'naïve — ☃ 🙂👩‍👩‍👧 日本語 \U0010ffff\n"\\'
    for delta_chars in (1, 3, 0):
        mock.script(always=answer(text, delta_chars=delta_chars, piece_bytes=1))
        assert text_of(list(client.chat.completions.create(model=MODEL, messages=HI, stream=True))) == text


def test_chunks_come_in_the_published_order(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("Hello world", delta_chars=3))
    chunks = list(client.chat.completions.create(model=MODEL, messages=HI, stream=True))
    assert {(chunk.id, chunk.created, chunk.model, chunk.object) for chunk in chunks} == {
        (chunks[0].id, chunks[0].created, MODEL, "chat.completion.chunk")
    }
    assert chunks[0].id.startswith("chatcmpl-")
    first, *_, last = (choice for chunk in chunks for choice in chunk.choices)
    assert (first.delta.role, first.delta.content, first.finish_reason) == ("assistant", "", None)
    assert [chunk.choices[0].delta.role for chunk in chunks[1:]] == [None] * (len(chunks) - 1)
    assert (last.delta.content, last.finish_reason) == (None, "stop")
    assert (text_of(chunks), finishes_of(chunks)) == ("Hello world", ["stop"])


def test_text_arrives_while_the_model_still_writes(client: OpenAI, mock: Mock) -> None:
    mock.script(stream(content("first "), "gate", content("second"), done()))
    chunks = client.chat.completions.create(model=MODEL, messages=HI, stream=True)
    early = next(chunk for chunk in chunks if text_of([chunk]))
    assert text_of([early]) == "first "
    mock.open_gate()
    assert text_of(list(chunks)) == "second"


def test_a_chunk_of_usage_comes_last_when_it_is_asked_for(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("Hello world"))
    options = {"include_usage": True}
    *chunks, last = client.chat.completions.create(model=MODEL, messages=HI, stream=True, stream_options=options)
    assert last.choices == []
    usage = last.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, usage.credits) == (98, 3, 101, 45)
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)
    assert finishes_of(chunks) == ["stop"]


def test_no_chunk_of_usage_comes_unasked(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("Hello world"))
    for options in [{}, {"stream_options": {"include_usage": False}}]:
        chunks = list(client.chat.completions.create(model=MODEL, messages=HI, stream=True, **options))
        assert all(chunk.usage is None and chunk.choices for chunk in chunks)


def test_n_streams_as_many_choices(client: OpenAI, mock: Mock) -> None:
    mock.script(answer("one", delta_chars=1), answer("two", delta_chars=1))
    options = {"include_usage": True}
    request = client.chat.completions.create(model=MODEL, messages=HI, n=2, stream=True, stream_options=options)
    chunks = list(request)
    assert {text_of(chunks, 0), text_of(chunks, 1)} == {"one", "two"}
    assert (finishes_of(chunks, 0), finishes_of(chunks, 1)) == (["stop"], ["stop"])
    assert chunks[-1].usage.total_tokens == 202
    assert mock.calls() == 2


def test_a_stop_sequence_across_chunks_ends_the_answer_and_cancels_the_rest(client: OpenAI, mock: Mock) -> None:
    mock.script(stream(content("one E"), content("N"), content("D two"), "hang"))
    chunks = list(client.chat.completions.create(model=MODEL, messages=HI, stream=True, stop="END"))
    assert (text_of(chunks), finishes_of(chunks)) == ("one ", ["stop"])
    mock.wait_for_cancelled(1)


def test_a_length_limit_cuts_the_answer_and_cancels_the_rest(client: OpenAI, mock: Mock) -> None:
    for limit in [{"max_tokens": 3}, {"max_completion_tokens": 3}]:
        mock.reset()
        mock.script(stream(content("one two three four "), content("five six seven"), "hang"))
        chunks = list(client.chat.completions.create(model=MODEL, messages=HI, stream=True, **limit))
        assert text_of(chunks).startswith("one")
        assert "five" not in text_of(chunks)
        assert finishes_of(chunks) == ["length"]
        mock.wait_for_cancelled(1)


def test_the_stream_helper_tells_deltas_and_folds_the_answer(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("Hello 🙂 world", delta_chars=3))
    options = {"include_usage": True}
    with client.chat.completions.stream(model=MODEL, messages=HI, stream_options=options) as events:
        deltas = [event.delta for event in events if event.type == "content.delta"]
        completion = events.get_final_completion()
    assert len(deltas) > 1
    assert "".join(deltas) == completion.choices[0].message.content == "Hello 🙂 world"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == 101


def test_the_wire_is_an_event_stream_that_ends_with_done(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("Hello world"))
    request = client.chat.completions.with_streaming_response.create(model=MODEL, messages=HI, stream=True)
    with request as response:
        lines = [line for line in response.iter_lines() if line]
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache, no-transform"
    assert response.headers["x-request-id"].startswith("req_")
    assert int(response.headers["openai-processing-ms"]) >= 0
    assert response.headers["openai-version"] == "2020-10-01"
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"


def test_a_label_in_front_of_an_answer_to_a_transcript_is_taken_off(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("Assistant: Hello", delta_chars=1))
    transcript = [{"role": "system", "content": "Be kind."}, *HI]
    assert text_of(list(client.chat.completions.create(model=MODEL, messages=transcript, stream=True))) == "Hello"


def test_many_threads_of_one_client_each_get_their_own_answer(client: OpenAI, mock: Mock) -> None:
    mock.script(always=echo(delta_chars=1))

    def ask(number: int) -> str:
        messages = [{"role": "user", "content": f"I am number {number}."}]
        chunks = client.chat.completions.create(model=MODEL, messages=messages, stream=True)
        return text_of(list(chunks))

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask, range(48)))
    assert answers == [f"I am number {number}." for number in range(48)]
