"""Aider, which changes files by what the model writes and commits them with words of a smaller model."""

import subprocess

import pytest

from agent import Desk, Ran, python_program
from support import CLIENT_KEY, FINAL, MODEL, Mock, answer, when

BEFORE = "def greet():\n    return 'hello'\n"
AFTER = "def greet():\n    return 'goodbye'\n"
ASK = "Let greet say goodbye."

EDIT = answer(f"It says goodbye now.\n\ngreet.py\n```\n{AFTER}```\n")
COMMIT = answer("fix: Say goodbye")


@pytest.fixture
def work(desk: Desk) -> Desk:
    """A desk with one file in a git repository."""
    desk.work.joinpath("greet.py").write_text(BEFORE)
    git(desk, "init", "--quiet")
    git(desk, "config", "user.name", "A")
    git(desk, "config", "user.email", "a@example.com")
    git(desk, "add", "greet.py")
    git(desk, "commit", "--quiet", "--message", "first")
    # The list of prices that it would fetch: one it takes for fresh, without the model.
    prices = desk.home / ".aider" / "caches" / "model_prices_and_context_window.json"
    prices.parent.mkdir(parents=True)
    prices.write_text('{"other": {}}')
    return desk


def git(desk: Desk, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=desk.work, env=desk.variables, check=True, capture_output=True, text=True
    )
    return done.stdout


def aider(desk: Desk, relay: str, *options: str) -> Ran:
    """One message to aider, set up as the README says, and told to ask nothing and to look for no update."""
    models = ["--model", f"openai/{MODEL}", "--weak-model", f"openai/{MODEL}"]
    quiet = ["--yes-always", "--no-check-update", "--analytics-disable", "--no-show-model-warnings", "--no-gitignore"]
    variables = {"OPENAI_API_BASE": relay, "OPENAI_API_KEY": CLIENT_KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    return desk.run(python_program("aider"), *models, *quiet, *options, "--message", ASK, "greet.py", **variables)


@pytest.mark.parametrize("options", [[], ["--no-stream"]], ids=["streamed", "whole"])
def test_it_changes_a_file_and_commits_it_with_two_calls(work: Desk, relay: str, mock: Mock, options: list) -> None:
    mock.script(EDIT, rules=[when("one-line Git commit messages", turn=COMMIT)])
    ran = aider(work, relay, *options)
    assert ran.code == 0, ran
    assert work.work.joinpath("greet.py").read_text() == AFTER
    assert git(work, "log", "--format=%s") == "fix: Say goodbye\nfirst\n"
    prompts = [call.prompt for call in mock.received()]
    assert len(prompts) == 2
    assert BEFORE in prompts[0] and ASK in prompts[0]


def test_a_refused_key_is_told_after_one_call(work: Desk, relay: str, mock: Mock) -> None:
    turn, words = FINAL["key"]
    mock.script(always=turn)
    ran = aider(work, relay)
    assert words in " ".join(ran.out.split())
    assert work.work.joinpath("greet.py").read_text() == BEFORE
    assert mock.calls() == 1
