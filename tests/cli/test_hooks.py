"""What other programs call: hooks for pre-commit, and the action."""

import re
import shlex
from pathlib import Path

import click
import pytest

from smalti.cli.app import app
from tests.batch.trees import put, state
from tests.cli.program import invoke

ROOT = Path(__file__).parents[2]
HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
ENTRIES = dict(
    zip(
        re.findall(r"^- id: (.+)$", HOOKS, re.MULTILINE),
        re.findall(r"^  entry: smalti (.+)$", HOOKS, re.MULTILINE),
        strict=True,
    )
)
QUICK = ["-k", "8", "--effort", "1"]


@pytest.fixture
def staged(tmp_path, monkeypatch):
    """What pre-commit calls a hook with: some PNG files, two of one name."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "a.png", 1)
    put(tmp_path / "sub/a.png", 2)
    return ["a.png", "sub/a.png"]


def hooked(name, files):
    return invoke(*shlex.split(ENTRIES[name]), *QUICK, *files)


def test_a_hook_compresses_in_place_and_the_other_agrees(staged):
    before = state(Path())
    assert hooked("smalti-check", staged).exit_code == 3
    assert state(Path()) == before
    assert hooked("smalti", staged).exit_code == 0
    after = state(Path())
    assert after.keys() == before.keys()
    assert all(len(after[name]) < len(before[name]) for name in before)
    for files in (staged, staged[:1]):
        assert hooked("smalti-check", files).exit_code == 0
        assert hooked("smalti", files).exit_code == 0
    assert state(Path()) == after


def test_the_page_tells_of_both_hooks():
    page = (ROOT / "docs" / "folders.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in ENTRIES)
    assert f"`{default('arguments')}`" in page


def default(name):
    return re.search(rf"^  {name}:\n.*\n    default: (.+)$", ACTION, re.MULTILINE)[1].strip('"')


def test_what_the_action_runs_is_understood():
    (line,) = re.findall(r"^ +smalti (compress .+)$", ACTION, re.MULTILINE)
    line = line.replace("$ARGUMENTS", default("arguments")).replace("$PATHS", default("paths"))
    command = app.get_command(click.Context(app), "compress")
    context = command.make_context("compress", shlex.split(line)[1:])
    assert context.params["inputs"] == ("**/*.png",)
    assert context.params["check"]
