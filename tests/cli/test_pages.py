"""The pages say what the program takes: each option and command, and no other."""

import importlib.util
import re
import shlex
from pathlib import Path

import click
import pytest

from smalti.cli.app import COMMANDS, app

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cli.md"

# Pages of the program alone: the others have options of other tools, too.
PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / name for name in ("folders.md", "python.md", "segmentation.md")),
]

_SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OPTION_IN_PROSE = re.compile(r"`(--?[a-z][a-z-]*)[^`]*`")


def sections():
    """The help text of each command on the page, by its title."""
    _, *parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def documented_options(help_text):
    """The names before the descriptions in the list of options."""
    options = help_text.split("\nExamples:\n")[0]
    # Lines of a description are indented further.
    heads = re.findall(r"^  (-\S.*?)(?:  .*)?$", options, re.MULTILINE)
    return {name for head in heads for name in re.findall(r"(?<!\S)--?[a-z][a-z-]*", head)}


def command_named(name):
    return app.get_command(click.Context(app), name)


def options_of(command):
    with click.Context(command, info_name="smalti") as context:
        context.help_option_names = ["-h", "--help"]
        return {
            name
            for parameter in command.get_params(context)
            if isinstance(parameter, click.Option)
            for name in (*parameter.opts, *parameter.secondary_opts)
        }


def test_every_command_has_a_section_and_no_other_is_there():
    assert list(sections()) == ["smalti", *(f"smalti {name}" for name in COMMANDS)]


@pytest.mark.parametrize("title", ["smalti", *(f"smalti {name}" for name in COMMANDS)])
def test_options_on_the_command_line_page_are_those_of_the_command(title):
    command = app if title == "smalti" else command_named(title.split()[1])
    documented = documented_options(sections()[title])
    assert {"-h", "--help"} <= documented
    assert documented == options_of(command)


def test_the_list_of_commands_on_the_page_is_whole():
    listed = sections()["smalti"].split("\nCommands:\n")[1].split("\n\n")[0]
    assert re.findall(r"^  (\w+)", listed, re.MULTILINE) == list(COMMANDS)


def test_the_page_is_as_it_is_generated():
    pytest.importorskip("matplotlib", reason="needs the extra smalti[plot]")
    pytest.importorskip("skimage", reason="needs the extra smalti[demo]")
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert PAGE.read_text(encoding="utf-8") == generate.command_line_page(), "run `make docs`"


def command_lines():
    """The calls of the program in the examples for the shell."""
    return [
        line
        for page in PAGES
        for block in _SHELL.findall(page.read_text(encoding="utf-8"))
        for line in block.splitlines()
        if line.startswith("smalti ")
    ]


def test_the_examples_are_found():
    assert len(command_lines()) > 15


@pytest.mark.parametrize("line", command_lines())
def test_examples_of_the_command_line_are_understood(line):
    arguments = shlex.split(line, comments=True)[1:]
    if ">" in arguments:
        arguments = arguments[: arguments.index(">")]
    if arguments == ["--help"]:
        return
    if arguments[0] not in COMMANDS:
        arguments = ["compress", *arguments]
    command = command_named(arguments[0])
    # Raises an error of usage for a name or a value that the command does not take.
    context = command.make_context(arguments[0], arguments[1:])
    assert context.params


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda path: path.name)
def test_options_named_in_prose_exist(page):
    named = _OPTION_IN_PROSE.findall(page.read_text(encoding="utf-8"))
    every = {name for command in COMMANDS for name in options_of(command_named(command))}
    assert named
    assert set(named) <= every
