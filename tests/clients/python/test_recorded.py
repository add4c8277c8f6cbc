"""Requests as five apps send them, answered as those apps read.

What each sends stands in `tests/clients/recorded/`, with the source it follows; how it reads is told here as strictly
as that source does.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from support import CLIENT_KEY, CUT, FINAL, MODEL, Answered, Mock, answer, content, error, send, stream

Recorded = dict[str, Any]

RECORDED = {
    f"{path.stem}, {name}": request
    for path in sorted(Path(__file__).parents[1].joinpath("recorded").glob("*.json"))
    for name, request in json.loads(path.read_text("utf-8"))["requests"].items()
}

# What Continue sends only to models that can, and the relay does not know.
UNKNOWN = "continue, fill in the middle"


def replay(relay: str, name: str) -> Answered:
    """The answer to a recorded request."""
    request = RECORDED[name]
    body = request["body"] and json.dumps(request["body"], ensure_ascii=False).encode()
    answered = send(relay, request["method"], request["path"], request["headers"], body)
    # Compressing an event stream would hold it back.
    assert "content-encoding" not in answered.headers
    return answered


# Names that apps still have built in, and what 1min.ai has instead.
GONE = {"o1-mini": "o3-mini"}


def is_streamed(request: Recorded) -> bool:
    return bool(request["body"] and request["body"].get("stream"))


@pytest.mark.parametrize("name", [name for name in RECORDED if name != UNKNOWN])
def test_it_is_answered_by_one_call_at_most(relay: str, mock: Mock, name: str) -> None:
    request = RECORDED[name]
    mock.script(always=answer("Hello"))
    answered = replay(relay, name)
    content_type = "text/event-stream; charset=utf-8" if is_streamed(request) else "application/json"
    assert (answered.status, answered.headers["content-type"]) == (200, content_type)
    asked = request["body"]["model"] if request["body"] else None
    assert [call.body["model"] for call in mock.received()] == ([GONE.get(asked, asked)] if asked else [])


@pytest.mark.parametrize("failure", FINAL)
@pytest.mark.parametrize("name", [name for name, request in RECORDED.items() if request["body"] and name != UNKNOWN])
def test_a_refusal_is_an_object_with_a_message(relay: str, mock: Mock, name: str, failure: str) -> None:
    turn, words = FINAL[failure]
    mock.script(always=turn)
    answered = replay(relay, name)
    assert (answered.status >= 400, answered.headers["content-type"]) == (True, "application/json")
    assert words in answered.json()["error"]["message"]
    assert mock.calls() == 1


# Open WebUI: routers/openai.py and utils/middleware.py.


def open_webui_reads(body: bytes) -> tuple[str, dict[str, Any]]:
    """Text and usage of a stream: what is no JSON is passed over, an error comes without choices."""
    text, usage = "", {}
    for line in body.decode().split("\n"):
        if not line.startswith("data:"):
            continue
        try:
            chunk = json.loads(line.removeprefix("data:").strip())
        except json.JSONDecodeError:
            assert "data: [DONE]" in line
            continue
        usage.update(chunk.get("usage") or {})
        choices = chunk.get("choices", [])
        if not choices:
            assert not chunk.get("error"), chunk["error"]
            continue
        text += choices[0].get("delta", {}).get("content") or ""
    return text, usage


def test_open_webui_lists_every_model(relay: str) -> None:
    listed = replay(relay, "open-webui, models").json()
    # An error beside the models would hide them all; a name that is null was once shown as such.
    assert "error" not in listed
    assert MODEL in [model["id"] for model in listed["data"]]
    assert all(model["id"] and model["name"] is not None for model in listed["data"])


def test_open_webui_streams_text_and_usage(relay: str, mock: Mock) -> None:
    mock.script(always=answer("Hello 🙂 world", delta_chars=1, piece_bytes=1))
    text, usage = open_webui_reads(replay(relay, "open-webui, chat").body)
    assert (text, usage["prompt_tokens"], usage["completion_tokens"]) == ("Hello 🙂 world", 98, 3)
    [call] = mock.received()
    # The names of its users are nobody else's business.
    assert "ann@example.org" not in str([call.headers, call.body])


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("open-webui, title", '```json\n{ "title": "🙂 A Greeting" }\n```', {"title": "🙂 A Greeting"}),
        ("open-webui, tags", 'Sure: { "tags": ["Hello"] }', {"tags": ["Hello"]}),
    ],
)
def test_open_webui_finds_the_json_of_a_task(
    relay: str, mock: Mock, name: str, written: str, read: dict[str, Any]
) -> None:
    mock.script(always=answer(written))
    answered = replay(relay, name).json()
    text = answered["choices"][0]["message"]["content"]
    assert json.loads(text[text.find("{") : text.rfind("}") + 1]) == read
    assert answered["choices"][0]["finish_reason"] == "stop"


# LibreChat: endpoints/models.ts, and LangChain over the SDK for Node.


def test_librechat_lists_every_model(relay: str) -> None:
    ids = [model["id"] for model in replay(relay, "librechat, models").json()["data"]]
    assert MODEL in ids
    assert all(isinstance(model, str) and model for model in ids)


def test_librechat_streams_text_up_to_its_stops_and_usage(relay: str, mock: Mock) -> None:
    mock.script(stream(content("Hello"), content("\nUs"), content("er: and you?"), "hang"))
    *lines, last = [line for line in replay(relay, "librechat, chat").body.decode().split("\n") if line]
    assert last == "data: [DONE]"
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    assert "".join(choice["delta"].get("content") or "" for choice in choices) == "Hello"
    assert {choice["delta"]["role"] for choice in choices if "role" in choice["delta"]} == {"assistant"}
    assert [choice["finish_reason"] for choice in choices if choice["finish_reason"]] == ["stop"]
    assert chunks[-1]["usage"]["total_tokens"] > 0
    mock.wait_for_cancelled(1)


def test_librechat_titles_with_a_model_nobody_chose(relay: str, mock: Mock) -> None:
    mock.script(always=answer("A Friendly Greeting"))
    answered = replay(relay, "librechat, title").json()
    assert answered["choices"][0]["message"]["content"] == "A Friendly Greeting"
    [call] = mock.received()
    assert call.body["model"] == "gpt-3.5-turbo"
    assert "Please generate a title of at most five words" in call.prompt


# Zed: open_ai.rs.


class ZedError(Exception):
    """An error that Zed shows."""


def is_natural(value: Any) -> bool:
    return type(value) is int and value >= 0


def zed_reads_usage(usage: dict[str, Any]) -> dict[str, Any]:
    """`Usage`: once it is there, all three."""
    assert all(is_natural(usage[field]) for field in ("prompt_tokens", "completion_tokens", "total_tokens"))
    return usage


def zed_reads(body: bytes) -> tuple[str, list[str], dict[str, Any] | None]:
    """Text, finish reasons and usage of a stream; any line it can't type ends the turn."""
    text, finishes, usage = "", [], None
    for line in body.decode().split("\n"):
        data = line.removesuffix("\r").removeprefix("data:").removeprefix(" ")
        if not line.startswith("data:") or data == "[DONE]":
            continue
        event = json.loads(data)
        if "choices" not in event:
            raise ZedError(event["error"]["message"])
        for choice in event["choices"]:
            assert is_natural(choice["index"])
            delta = choice.get("delta") or {}
            assert delta.get("role") in (None, "user", "assistant", "system", "tool")
            assert isinstance(delta.get("content"), str | None)
            assert isinstance(choice.get("finish_reason"), str | None)
            text += delta.get("content") or ""
            finishes += [choice["finish_reason"]] if choice.get("finish_reason") else []
        if event.get("usage") is not None:
            usage = zed_reads_usage(event["usage"])
    return text, finishes, usage


def test_zed_streams_text_and_usage_and_is_not_kept_waiting(relay: str, mock: Mock) -> None:
    mock.script(always=answer("Hello 🙂 world", delta_chars=1, piece_bytes=1))
    answered = replay(relay, "zed, chat")
    text, finishes, usage = zed_reads(answered.body)
    assert (text, finishes, usage["total_tokens"]) == ("Hello 🙂 world", ["stop"], 101)
    # It waits for the end of the body, not for these words.
    assert answered.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("ending", [[error("The vendor fell over")], CUT], ids=["error", "cut"])
def test_zed_is_told_of_a_stream_that_breaks(relay: str, mock: Mock, ending: list) -> None:
    mock.script(always=stream(content("Hello"), *ending))
    with pytest.raises(ZedError, match="may have been billed"):
        zed_reads(replay(relay, "zed, chat").body)
    assert mock.calls() == 1


def test_zed_reads_a_whole_answer(relay: str, mock: Mock) -> None:
    mock.script(always=answer("Hello", metadata=None))
    answered = replay(relay, "zed, whole").json()
    # `Response`: every field, usage too.
    assert all(isinstance(answered[field], str) for field in ("id", "object", "model"))
    assert is_natural(answered["created"])
    [choice] = answered["choices"]
    assert is_natural(choice["index"])
    assert (choice["message"]["role"], choice["message"]["content"]) == ("assistant", "Hello")
    assert "tool_calls" not in choice["message"]
    zed_reads_usage(answered["usage"])


# Continue: packages/fetch/src/stream.ts and core/llm/llms/OpenAI.ts.


def continue_reads(body: bytes) -> list[dict[str, Any]]:
    """The values of a stream: a line of data must be JSON without an error, and a ping would end it early."""
    values = []
    for line in body.decode().split("\n"):
        assert not line.startswith(": ping")
        if line.startswith(("data:[DONE]", "data: [DONE]")):
            break
        if line.startswith("data:"):
            values.append(json.loads(line.removeprefix("data:")))
            assert not values[-1].get("error")
    return values


def test_continue_lists_every_model(relay: str) -> None:
    assert MODEL in [model["id"] for model in replay(relay, "continue, models").json()["data"]]


def test_continue_pays_with_the_key_it_sends_twice(keyless_relay: str, mock: Mock) -> None:
    mock.script(always=answer())
    replay(keyless_relay, "continue, chat")
    assert [call.headers["api-key"] for call in mock.received()] == [CLIENT_KEY]


def test_continue_streams_text_and_usage(relay: str, mock: Mock) -> None:
    mock.script(always=answer("Hello 🙂", delta_chars=1))
    *chunks, last = continue_reads(replay(relay, "continue, chat").body)
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks) == "Hello 🙂"
    # It holds back every chunk with a usage until the end: text in one would come too late.
    assert not any(chunk.get("usage") for chunk in chunks)
    assert last["usage"]["total_tokens"] == 101


@pytest.mark.parametrize("name", ["continue, autocomplete", "continue, autocomplete with a suffix"])
def test_continue_completes_up_to_the_first_of_its_stops(relay: str, mock: Mock, name: str) -> None:
    mock.script(stream(content("a + b"), content("\n"), content("\ndef sub"), "hang"))
    values = continue_reads(replay(relay, name).body)
    assert "".join(value["choices"][0]["text"] for value in values) == "a + b"
    mock.wait_for_cancelled(1)


def test_continue_sends_what_stands_before_and_behind(relay: str, mock: Mock) -> None:
    mock.script(always=answer())
    request = RECORDED["continue, autocomplete with a suffix"]["body"]
    replay(relay, "continue, autocomplete with a suffix")
    replay(relay, "continue, autocomplete")
    with_suffix, without = [call.prompt for call in mock.received()]
    assert f"<PREFIX>{request['prompt']}</PREFIX>\n<SUFFIX>{request['suffix']}</SUFFIX>" in with_suffix
    assert without == RECORDED["continue, autocomplete"]["body"]["prompt"]


def test_continue_is_told_that_there_is_no_route_to_fill_in_the_middle(relay: str, mock: Mock) -> None:
    answered = replay(relay, UNKNOWN)
    assert (answered.status, answered.json()["error"]["code"]) == (404, "unknown_url")
    assert mock.calls() == 0


# aider: models.py, over LiteLLM.


def test_aiders_late_system_message_stays_behind_the_question(relay: str, mock: Mock) -> None:
    mock.script(always=answer("ok"))
    replay(relay, "aider, chat")
    [call] = mock.received()
    question, reminder = "[User]\nGreet in French.\n\n", "[System]\n# *SEARCH/REPLACE block* Rules:"
    assert question + reminder in call.prompt
    assert call.prompt.startswith("[System]\nAct as an expert software developer.\n\n")


def test_aider_streams_text_without_a_usage_it_did_not_ask_for(relay: str, mock: Mock) -> None:
    block = 'hello.py\n```\n<<<<<<< SEARCH\nprint("hello")\n=======\nprint("bonjour")\n>>>>>>> REPLACE\n```'
    mock.script(always=answer(block, delta_chars=3))
    *lines, last = [line for line in replay(relay, "aider, chat").body.decode().split("\n") if line]
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines]
    # It takes the first choice of every chunk.
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks) == block
    assert (chunks[-1]["choices"][0]["finish_reason"], last) == ("stop", "data: [DONE]")


def test_aider_gets_its_commit_message_from_the_weak_model(relay: str, mock: Mock) -> None:
    mock.script(always=answer("feat: greet in French"))
    answered = replay(relay, "aider, commit message").json()
    assert answered["choices"][0]["message"]["content"] == "feat: greet in French"
    assert [call.body["model"] for call in mock.received()] == ["gpt-4o-mini"]
