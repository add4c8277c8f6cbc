"""The command `llm`, with the relay among its models of the OpenAI API."""

import socket
import subprocess
import sysconfig
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from support import CLIENT_KEY, FINAL, MODEL, Mock, answer, content, done, error, stream

Llm = Callable[..., AbstractContextManager[subprocess.Popen[str]]]

# How long the command may take; a second or two are its start.
PATIENCE_S = 30

MODELS = """
- model_id: relay
  model_name: {model}
  api_base: {relay}
- model_id: relay-text
  model_name: {model}
  api_base: {relay}
  completion: true
"""


@pytest.fixture
def unused_proxy() -> Iterator[str]:
    """A proxy that fails the test if anything asks it for a way out of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        yield f"http://127.0.0.1:{proxy.getsockname()[1]}"
        proxy.setblocking(False)
        with pytest.raises(BlockingIOError):
            proxy.accept()


@pytest.fixture
def llm(relay: str, tmp_path: Path, unused_proxy: str) -> Llm:
    """Runs the command in a home of its own and reaps it."""
    (tmp_path / "extra-openai-models.yaml").write_text(MODELS.format(model=MODEL, relay=relay))
    variables = {
        "LLM_USER_PATH": str(tmp_path),
        "OPENAI_API_KEY": CLIENT_KEY,
        "ALL_PROXY": unused_proxy,
        "HTTP_PROXY": unused_proxy,
        "HTTPS_PROXY": unused_proxy,
        "NO_PROXY": "127.0.0.1",
        "PYTHONUTF8": "1",
    }

    @contextmanager
    def run(*arguments: str) -> Iterator[subprocess.Popen[str]]:
        command = [Path(sysconfig.get_path("scripts"), "llm"), "prompt", *arguments]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, cwd=tmp_path, env=variables, encoding="utf-8", **pipes) as process:
            # One that waits for ever is killed, which ends its output.
            patience = threading.Timer(PATIENCE_S, process.kill)
            patience.start()
            try:
                yield process
            finally:
                patience.cancel()
                process.kill()

    return run


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Its exit status, and all of its output and its errors that were not read yet."""
    output, errors = process.communicate()
    return process.returncode, output, errors


@pytest.mark.parametrize("options", [[], ["--no-stream"]], ids=["streamed", "whole"])
def test_a_chat_prints_the_answer_and_its_usage(llm: Llm, mock: Mock, options: list[str]) -> None:
    mock.script(always=answer("Hello 🙂", delta_chars=1))
    with llm("-m", "relay", "-s", "Be kind.", *options, "--usage", "Say hello.") as process:
        status, output, errors = end(process)
    assert (status, output) == (0, "Hello 🙂\n")
    assert "Token usage: 98 input, 3 output" in errors
    [call] = mock.received()
    assert call.prompt.startswith("[System]\nBe kind.\n\n[User]\nSay hello.\n\n")
    assert ("isStreaming=true" in call.path) == (not options)


def test_text_is_printed_while_the_model_still_writes(llm: Llm, mock: Mock) -> None:
    mock.script(stream(content("first "), "gate", content("second"), done()))
    with llm("-m", "relay", "Say hello.") as process:
        assert process.stdout.read(len("first ")) == "first "
        mock.open_gate()
        assert end(process) == (0, "second\n", "")


@pytest.mark.parametrize("options", [[], ["--no-stream"]], ids=["streamed", "whole"])
def test_a_text_is_completed(llm: Llm, mock: Mock, options: list[str]) -> None:
    mock.script(always=answer("4, 5", delta_chars=1))
    with llm("-m", "relay-text", *options, "1, 2, 3, ") as process:
        assert end(process) == (0, "4, 5\n", "")
    [call] = mock.received()
    assert call.prompt == "1, 2, 3, "
    assert ("isStreaming=true" in call.path) == (not options)


@pytest.mark.parametrize("name", ["key", "credits", "perhaps billed"])
def test_a_final_failure_ends_it_with_the_message_after_one_call(llm: Llm, mock: Mock, name: str) -> None:
    turn, words = FINAL[name]
    mock.script(always=turn)
    with llm("-m", "relay", "Say hello.") as process:
        status, output, errors = end(process)
    assert (status, output) == (1, "")
    assert errors.startswith("Error: ")
    assert words in errors
    assert mock.calls() == 1


def test_a_stream_that_breaks_ends_it_with_the_message_after_its_text(llm: Llm, mock: Mock) -> None:
    mock.script(always=stream(content("Hello"), error("The vendor fell over")))
    with llm("-m", "relay", "Say hello.") as process:
        status, output, errors = end(process)
    assert (status, output) == (1, "Hello")
    assert "The vendor fell over" in errors
    assert mock.calls() == 1
