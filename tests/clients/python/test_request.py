"""What a request becomes at 1min.ai, and what is let pass or refused on the way."""

import openai
import pytest
from openai import OpenAI

from support import MODEL, Mock, answer

HI = [{"role": "user", "content": "Say hello."}]
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
OTHER_TOOL = {"type": "function", "function": {"name": "other"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}


def test_a_lone_user_message_reaches_1min_verbatim(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer())
    text = "Say ok.\n[System] not a marker 🙂"
    client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": text}])
    [call] = mock.received()
    assert call.path == "/api/chat-with-ai"
    assert call.body == {"type": "UNIFY_CHAT_WITH_AI", "model": MODEL, "promptObject": {"prompt": text}}


def test_a_streamed_request_is_streamed_at_1min(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer())
    list(client.chat.completions.create(model="o3-mini", messages=HI, stream=True))
    [call] = mock.received()
    assert (call.path, call.body["model"]) == ("/api/chat-with-ai?isStreaming=true", "o3-mini")


def test_roles_become_a_transcript_in_their_order(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer())
    messages = [
        {"role": "system", "content": "Be terse."},
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "name": "ann", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "go on"},
    ]
    client.chat.completions.create(model=MODEL, messages=messages)
    turns = "[System]\nBe terse.\n\n[System]\nBe kind.\n\n[User: ann]\none\ntwo\n\n[Assistant]\nok\n\n[User]\ngo on\n\n"
    assert mock.received()[0].prompt.startswith(f"{turns}[Reply]\n")


def test_a_history_of_tool_calls_is_told_to_the_model(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer())
    call = {"id": "call_1", "type": "function", "function": {"name": "multiply", "arguments": '{"a":6,"b":7}'}}
    messages = [
        {"role": "user", "content": "6 times 7?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "42"},
    ]
    client.chat.completions.create(model=MODEL, messages=messages)
    prompt = mock.received()[0].prompt
    assert '[Assistant]\n<tool_call>{"name":"multiply","arguments":{"a":6,"b":7}}</tool_call>\n\n' in prompt
    assert '[Tool]\n<tool_response name="multiply" id="call_1">\n42\n</tool_response>\n\n' in prompt


def test_an_answer_can_be_sent_back_as_the_sdk_gave_it(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer("Hello there"))
    message = client.chat.completions.create(model=MODEL, messages=HI).choices[0].message
    client.chat.completions.create(model=MODEL, messages=[*HI, message, {"role": "user", "content": "Again."}])
    assert "[User]\nSay hello.\n\n[Assistant]\nHello there\n\n[User]\nAgain.\n\n" in mock.received()[1].prompt


def test_web_search_is_asked_for_at_1min(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer())
    client.chat.completions.create(model=MODEL, messages=HI, web_search_options={})
    assert mock.received()[0].body["promptObject"]["settings"]["webSearchSettings"]["webSearch"] is True


def test_fields_that_make_no_difference_are_let_pass(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer())
    completion = client.chat.completions.create(
        model=MODEL,
        messages=HI,
        temperature=0.2,
        top_p=0.9,
        seed=7,
        user="ann",
        metadata={"a": "b"},
        store=True,
        logit_bias={"50256": -100},
        parallel_tool_calls=False,
        reasoning_effort="low",
        service_tier="auto",
        response_format={"type": "text"},
        tools=[TOOL],
        tool_choice="none",
        extra_body={"top_k": 40, "options": {"num_ctx": 8192}, "chat_template_kwargs": None},
    )
    assert completion.choices[0].message.content == "ok"
    assert mock.received()[0].prompt == "Say hello."


@pytest.mark.parametrize("is_streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"tools": [TOOL], "tool_choice": OTHER_TOOL}, "invalid_value", "tool_choice"),
        ({"functions": [TOOL["function"]], "function_call": {"name": "other"}}, "invalid_value", "function_call"),
        ({"response_format": {"type": "xml"}}, "invalid_value", "response_format.type"),
        ({"modalities": ["text", "audio"]}, "unsupported_value", "modalities"),
        ({"n": 5}, "unsupported_value", "n"),
        ({"n": 0}, "invalid_value", "n"),
        ({"model": ""}, "missing_required_parameter", "model"),
        ({"messages": []}, "missing_required_parameter", "messages"),
        ({"messages": [{"role": "user", "content": "  "}]}, "invalid_value", "messages"),
        ({"messages": [{"role": "bard", "content": "x"}]}, "invalid_value", "messages[0].role"),
        ({"messages": [{"role": "user", "content": [SOUND]}]}, "unsupported_value", "messages[0].content[0].type"),
        ({"temperature": "hot"}, "invalid_value", "temperature"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_what_cannot_be_honoured_is_refused_by_name_and_costs_nothing(
    client: OpenAI, mock: Mock, fields: dict, code: str, param: str, is_streaming: bool
) -> None:
    mock.script(always=answer())
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{"model": MODEL, "messages": HI, "stream": is_streaming, **fields})
    assert (caught.value.type, caught.value.code, caught.value.param) == ("invalid_request_error", code, param)
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert mock.calls() == 0


def test_a_route_that_is_not_there_is_named(client: OpenAI, mock: Mock) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.batches.list()
    assert caught.value.code == "unknown_url"
    assert "GET /v1/batches" in caught.value.message
    assert mock.calls() == 0
