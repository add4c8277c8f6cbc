"""Aider, which changes files by what the model writes and commits them with words of a smaller model."""

import subprocess

import pytest

from agent import Desk, Ran, exports, python_program, readme
from support import FINAL, Mock, answer, when

BEFORE = "def greet():\n    return 'hello'\n"
AFTER = "def greet():\n    return 'goodbye'\n"
ASK = "Let greet say goodbye."

EDIT = answer(
    "It says goodbye now.\n\ngreet.py\n```python\n"
    "<<<<<<< SEARCH\n    return 'hello'\n=======\n    return 'goodbye'\n>>>>>>> REPLACE\n```\n"
)
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
    example = readme("aider --model", relay)
    program, *models = example.splitlines()[-1].split()
    quiet = ["--yes-always", "--no-check-update", "--analytics-disable", "--no-show-model-warnings", "--no-gitignore"]
    variables = exports(example) | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    return desk.run(python_program(program), *models, *quiet, *options, "--message", ASK, "greet.py", **variables)


@pytest.mark.parametrize("options", [[], ["--no-stream"]], ids=["streamed", "whole"])
def test_it_changes_a_file_and_commits_it_with_two_calls(work: Desk, relay: str, mock: Mock, options: list) -> None:
    mock.script(EDIT, rules=[when("one-line Git commit messages", turn=COMMIT)])
    ran = aider(work, relay, *options)
    assert ran.code == 0, ran
    assert work.work.joinpath("greet.py").read_text() == AFTER
    assert git(work, "log", "--format=%s") == "fix: Say goodbye\nfirst\n"
    edit, commit = mock.received()
    assert BEFORE in edit.prompt and ASK in edit.prompt
    assert (edit.body["model"], commit.body["model"]) == ("gpt-4o", "gpt-4o-mini")


def test_a_refused_key_is_told_after_one_call(work: Desk, relay: str, mock: Mock) -> None:
    turn, words = FINAL["key"]
    mock.script(always=turn)
    ran = aider(work, relay)
    assert words in " ".join(ran.out.split())
    assert work.work.joinpath("greet.py").read_text() == BEFORE
    assert mock.calls() == 1
