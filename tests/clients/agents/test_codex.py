"""Codex, which speaks the Responses API alone and repeats much that others would not."""

import secrets

import pytest

from agent import Desk, Ran, npm_program, readme
from support import CLIENT_KEY, CUT, FINAL, RATE_LIMITED, UNAVAILABLE, Mock, answer, call, content, error, quote, stream

# Beside what the README says: nothing is sent to its makers or fetched from them.
QUIET = """
[analytics]
enabled = false

[features]
plugins = false
"""


def codex(desk: Desk, relay: str, ask: str, repeats: bool = False) -> Ran:
    """One turn of Codex, set up as the README says, which may run what it wants at its desk. `repeats`: broken streams are
    asked for again as often as it comes to its makers' mind."""
    home = desk.home / ".codex"
    home.mkdir()
    lines = readme("wire_api", relay).splitlines(keepends=True)
    config = [line for line in lines if not (repeats and line.startswith("stream_max_retries"))]
    assert len(config) == len(lines) - repeats
    home.joinpath("config.toml").write_text("".join(config) + QUIET)
    options = ["--skip-git-repo-check", "--sandbox", "danger-full-access"]
    return desk.run(npm_program("codex"), "exec", *options, ask, RELAY_KEY=CLIENT_KEY)


@pytest.mark.parametrize("delta_chars", [0, 3], ids=["at once", "in pieces"])
def test_it_runs_a_command_and_answers_with_its_result(desk: Desk, relay: str, mock: Mock, delta_chars: int) -> None:
    word = secrets.token_hex(8)
    desk.work.joinpath("note.txt").write_text(f"The magic word is {word}.\n")
    run = f"I will look.\n{call('exec_command', cmd='cat note.txt')}"
    mock.script(answer(run, delta_chars=delta_chars), quote("The magic word is ", ".", delta_chars=delta_chars))
    ran = codex(desk, relay, "What is the magic word in note.txt?")
    assert (ran.code, ran.out.strip()) == (0, word), ran
    first, second = (call.prompt for call in mock.received())
    assert "What is the magic word in note.txt?" in first and "exec_command" in first
    assert not any("webSearch" in str(received.body) for received in mock.received())
    assert f"The magic word is {word}." in second


def test_it_changes_a_file(desk: Desk, relay: str, mock: Mock) -> None:
    desk.work.joinpath("greet.txt").write_text("hello\n")
    patch = "*** Begin Patch\n*** Update File: greet.txt\n@@\n-hello\n+goodbye\n*** End Patch"
    mock.script(answer(call("exec_command", cmd=f"apply_patch <<'EOF'\n{patch}\nEOF")), answer("It says goodbye now."))
    ran = codex(desk, relay, "Let greet.txt say goodbye.")
    assert (ran.code, ran.out.strip()) == (0, "It says goodbye now."), ran
    assert desk.work.joinpath("greet.txt").read_text() == "goodbye\n"
    assert mock.calls() == 2


@pytest.mark.parametrize("name", FINAL)
def test_a_final_failure_is_told_after_one_call(desk: Desk, relay: str, mock: Mock, name: str) -> None:
    turn, words = FINAL[name]
    mock.script(always=turn)
    ran = codex(desk, relay, "Say hello.")
    assert ran.code != 0
    assert mock.calls() == 1
    # Of a quota it has words of its own.
    assert ("Quota exceeded" if name == "credits" else words) in ran.err


@pytest.mark.parametrize("ending", [[error("The vendor fell over")], CUT], ids=["error", "cut"])
def test_a_stream_that_breaks_is_not_asked_for_again(desk: Desk, relay: str, mock: Mock, ending: list) -> None:
    mock.script(always=stream(content("Hello"), *ending))
    ran = codex(desk, relay, "Say hello.")
    assert ran.code != 0
    assert mock.calls() == 1
    assert "may have been billed" in ran.err


BILLED = {
    "at once": FINAL["perhaps billed"][0],
    "error": stream(content("Hello"), error("The vendor fell over")),
    "cut": stream(content("Hello"), *CUT),
}


@pytest.mark.parametrize("name", BILLED)
def test_what_may_be_billed_is_asked_once_though_it_would_repeat(desk: Desk, relay: str, mock: Mock, name: str) -> None:
    mock.script(always=BILLED[name])
    ran = codex(desk, relay, "Say hello.", repeats=True)
    assert ran.code != 0
    assert mock.calls() == 1, ran


@pytest.mark.parametrize("turn", [UNAVAILABLE, RATE_LIMITED], ids=["unavailable", "rate limited"])
def test_the_relay_recovers_from_what_was_not_carried_out(desk: Desk, relay: str, mock: Mock, turn: dict) -> None:
    mock.script(turn, answer("Hello"))
    ran = codex(desk, relay, "Say hello.")
    assert (ran.code, ran.out.strip()) == (0, "Hello"), ran
    assert mock.calls() == 2


def test_it_recovers_where_the_relay_gave_up(desk: Desk, relay: str, mock: Mock) -> None:
    mock.script(UNAVAILABLE, UNAVAILABLE, answer("Hello"))
    ran = codex(desk, relay, "Say hello.")
    assert (ran.code, ran.out.strip()) == (0, "Hello"), ran
    assert mock.calls() == 3


def test_it_takes_a_call_of_a_tool_in_a_namespace(desk: Desk, relay: str, mock: Mock) -> None:
    mock.script(answer(call("multi_agent_v1__close_agent", target="nobody")), answer("There was none."))
    ran = codex(desk, relay, "Close the agent that is called nobody.")
    assert (ran.code, ran.out.strip()) == (0, "There was none."), ran
    _, second = (received.prompt for received in mock.received())
    assert "invalid agent id nobody" in second
