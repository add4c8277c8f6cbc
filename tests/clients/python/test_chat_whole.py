"""A chat answered whole."""

from openai import OpenAI

from support import MODEL, Mock, answer

HI = [{"role": "user", "content": "Say hello."}]


def test_an_answer_has_text_finish_reason_and_usage(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("Hello ☃"))
    completion = client.chat.completions.create(model=MODEL, messages=HI)
    assert completion.object == "chat.completion"
    assert completion.id.startswith("chatcmpl-")
    assert completion.created > 1_700_000_000
    assert completion.model == MODEL
    [choice] = completion.choices
    assert (choice.index, choice.finish_reason, choice.logprobs) == (0, "stop", None)
    assert (choice.message.role, choice.message.content) == ("assistant", "Hello ☃")
    assert (choice.message.tool_calls, choice.message.refusal) == (None, None)
    usage = completion.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (98, 3, 101)
    assert usage.prompt_tokens_details.cached_tokens == 0
    assert usage.completion_tokens_details.reasoning_tokens == 0
    assert usage.credits == 45


def test_multi_byte_text_is_intact_however_the_bytes_arrive(client: OpenAI, mock: Mock) -> None:
    text = 'naïve — ☃ 🙂👩‍👩‍👧 日本語 \U0010ffff\n"\\'
    mock.script(always=answer(text, piece_bytes=1))
    completion = client.chat.completions.create(model=MODEL, messages=HI)
    assert completion.choices[0].message.content == text


def test_usage_is_estimated_where_1min_gives_none(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("one two three", metadata=None))
    usage = client.chat.completions.create(model=MODEL, messages=HI).usage
    assert usage.prompt_tokens > 0
    assert usage.completion_tokens > 0
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_the_raw_answer_has_the_headers_that_support_asks_for(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer())
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=HI)
    assert raw.status_code == 200
    assert raw.headers["content-type"] == "application/json"
    assert raw.headers["x-request-id"].startswith("req_")
    assert raw.request_id == raw.headers["x-request-id"] == raw.parse()._request_id
    assert int(raw.headers["openai-processing-ms"]) >= 0
    assert raw.headers["openai-version"] == "2020-10-01"
    assert raw.headers["x-relay-credits"] == "45"


def test_every_answer_has_an_id_of_its_own(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer())
    first, second = (client.chat.completions.create(model=MODEL, messages=HI) for _ in range(2))
    assert first.id != second.id
    assert first._request_id != second._request_id


def test_n_gives_as_many_choices_for_as_many_calls(client: OpenAI, mock: Mock) -> None:
    mock.script(answer("one"), answer("two"))
    completion = client.chat.completions.create(model=MODEL, messages=HI, n=2)
    assert [choice.index for choice in completion.choices] == [0, 1]
    assert {choice.message.content for choice in completion.choices} == {"one", "two"}
    assert {choice.finish_reason for choice in completion.choices} == {"stop"}
    assert completion.usage.total_tokens == 202
    assert mock.calls() == 2


def test_a_stop_sequence_ends_the_answer_and_is_no_part_of_it(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("one two END three", delta_chars=1))
    for stop, text in [("END", "one two "), (["zzz", " END"], "one two"), (["absent"], "one two END three")]:
        [choice] = client.chat.completions.create(model=MODEL, messages=HI, stop=stop).choices
        assert (choice.message.content, choice.finish_reason) == (text, "stop")


def test_a_length_limit_cuts_the_answer_and_says_so(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("one two three four five six seven eight nine ten"))
    for limit in [{"max_tokens": 3}, {"max_completion_tokens": 3}]:
        completion = client.chat.completions.create(model=MODEL, messages=HI, **limit)
        [choice] = completion.choices
        assert choice.finish_reason == "length"
        assert choice.message.content.startswith("one")
        assert "five" not in choice.message.content
        assert completion.usage.completion_tokens == 3


def test_a_limit_that_is_not_reached_changes_nothing(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("one two three"))
    [choice] = client.chat.completions.create(model=MODEL, messages=HI, max_completion_tokens=100).choices
    assert (choice.message.content, choice.finish_reason) == ("one two three", "stop")


def test_an_answer_that_the_model_cut_says_so(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("one two", metadata={"inputToken": 1, "outputToken": 2, "finishReason": "MAX_TOKENS"}))
    assert client.chat.completions.create(model=MODEL, messages=HI).choices[0].finish_reason == "length"


def test_a_label_in_front_of_an_answer_to_a_transcript_is_taken_off(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("Assistant: Hello"))
    transcript = [{"role": "system", "content": "Be kind."}, *HI]
    completion = client.chat.completions.create(model=MODEL, messages=transcript)
    assert completion.choices[0].message.content == "Hello"
