"""Claude Code, which speaks the Messages API."""

import secrets

import pytest

from agent import Desk, Ran, exports, npm_program, readme
from support import CUT, FINAL, RATE_LIMITED, UNAVAILABLE, Mock, answer, call, content, error, quote, stream, when


def claude(desk: Desk, relay: str, ask: str, *options: str) -> Ran:
    """One turn of Claude Code, set up as the README says, which may run what it wants at its desk."""
    variables = exports(readme("ANTHROPIC_BASE_URL", relay))
    return desk.run(npm_program("claude"), "-p", ask, "--allowedTools", "Bash,Edit,Read", *options, **variables)


@pytest.mark.parametrize("delta_chars", [0, 3], ids=["at once", "in pieces"])
def test_it_runs_a_command_and_answers_with_its_result(desk: Desk, relay: str, mock: Mock, delta_chars: int) -> None:
    word = secrets.token_hex(8)
    desk.work.joinpath("note.txt").write_text(f"The magic word is {word}.\n")
    run = f"I will look.\n{call('Bash', command='cat note.txt', description='Look')}"
    mock.script(answer(run, delta_chars=delta_chars), quote("The magic word is ", ".", delta_chars=delta_chars))
    ran = claude(desk, relay, "What is the magic word in note.txt?")
    assert (ran.code, ran.out.strip()) == (0, word), ran
    first, second = mock.received()
    assert first.body["model"] == second.body["model"] == "claude-sonnet-4-6"
    assert "What is the magic word in note.txt?" in first.prompt
    assert word in second.prompt


def test_it_reads_and_changes_a_file(desk: Desk, relay: str, mock: Mock) -> None:
    path = desk.work / "greet.txt"
    path.write_text("hello\n")
    read = call("Read", file_path=str(path))
    edit = call("Edit", file_path=str(path), old_string="hello", new_string="goodbye")
    mock.script(answer(read), answer(edit), answer("It says goodbye now."))
    ran = claude(desk, relay, "Let greet.txt say goodbye.")
    assert (ran.code, ran.out.strip()) == (0, "It says goodbye now."), ran
    assert path.read_text() == "goodbye\n"
    assert mock.calls() == 3


# How often it asks where each answer is this failure. Of a 400 it thinks that the server does not know its newest
# features, and of a 404 that it does not stream; neither was carried out.
TIMES = {"key": 1, "model": 2, "request": 6, "credits": 1, "perhaps billed": 1}


@pytest.mark.parametrize("name", FINAL)
def test_a_final_failure_is_told(desk: Desk, relay: str, mock: Mock, name: str) -> None:
    turn, words = FINAL[name]
    mock.script(always=turn)
    ran = claude(desk, relay, "Say hello.")
    assert ran.code != 0
    # Of a model that is not there it has words of its own.
    assert ("issue with the selected model" if name == "model" else words) in ran.out
    assert mock.calls() == TIMES[name]


@pytest.mark.parametrize("ending", [[error("The vendor fell over")], CUT], ids=["error", "cut"])
def test_a_stream_that_breaks_is_not_asked_for_again(desk: Desk, relay: str, mock: Mock, ending: list) -> None:
    mock.script(always=stream(content("Hello"), *ending))
    ran = claude(desk, relay, "Say hello.")
    assert ran.code != 0
    assert "may have been billed" in ran.out
    assert mock.calls() == 1


@pytest.mark.parametrize("turn", [UNAVAILABLE, RATE_LIMITED], ids=["unavailable", "rate limited"])
def test_the_relay_recovers_from_what_was_not_carried_out(desk: Desk, relay: str, mock: Mock, turn: dict) -> None:
    mock.script(turn, answer("Hello"))
    ran = claude(desk, relay, "Say hello.")
    assert (ran.code, ran.out.strip()) == (0, "Hello"), ran
    assert mock.calls() == 2


def test_it_recovers_where_the_relay_gave_up(desk: Desk, relay: str, mock: Mock) -> None:
    mock.script(UNAVAILABLE, UNAVAILABLE, answer("Hello"))
    ran = claude(desk, relay, "Say hello.")
    assert (ran.code, ran.out.strip()) == (0, "Hello"), ran
    assert mock.calls() == 3


def test_it_looks_up_a_tool_that_it_had_kept_back(desk: Desk, relay: str, mock: Mock) -> None:
    create = call("TaskCreate", subject="Tidy up", description="All of it")
    mock.script(answer(call("ToolSearch", query="select:TaskCreate")), answer(create), answer("It is noted."))
    ran = claude(desk, relay, "Note that I must tidy up.")
    assert (ran.code, ran.out.strip()) == (0, "It is noted."), ran
    first, second, third = (received.prompt for received in mock.received())
    assert '"name":"TaskCreate"' not in first and '"name":"TaskCreate"' in second
    assert "Task #1 created" in third


def test_an_agent_of_its_own_does_a_part(desk: Desk, relay: str, mock: Mock) -> None:
    kind = {"subagent_type": "general-purpose", "run_in_background": False}
    part = call("Agent", description="Say a word", prompt="Say the word plum.", **kind)
    mock.script(
        answer(part),
        quote("The word is ", "."),
        rules=[when("Say the word plum.", without=["Ask an agent"], turn=answer("The word is plum."))],
    )
    ran = claude(desk, relay, "Ask an agent for a word.", "--allowedTools", "Agent")
    assert (ran.code, ran.out.strip()) == (0, "plum"), ran
    assert mock.calls() == 3
