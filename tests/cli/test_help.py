"""What --help looks like, and what is said of wrong usage."""

import shlex

import click
import pytest

from smalti.cli.app import COMMANDS, app
from smalti.cli.help import SectionedCommand
from tests.cli.program import invoke, run
from tests.pictures import encoded, noise


def command_named(name):
    return app.get_command(click.Context(app), name)


def help_of(name, width):
    options = {"resilient_parsing": True, "terminal_width": width}
    command = command_named(name) if name else app
    with command.make_context("smalti", [], **app.context_settings, **options) as context:
        return context.get_help()


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_no_line_is_wider_than_the_terminal(name, width):
    text = help_of(name, width)
    assert max(map(len, text.splitlines())) <= width
    assert "..." not in text.replace("INPUT...", "").replace("[ARGS]...", "").replace("N,...", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_section_is_there_and_every_option_once(name):
    command = command_named(name)
    text = invoke(name, "--help").stdout
    assert isinstance(command, SectionedCommand)
    listed = [option for names in command.sections.values() for option in names]
    assert len(listed) == len(set(listed))
    for heading in (*command.sections, "Examples"):
        assert text.count(f"\n{heading}:\n") == 1
    assert "\n  INPUT...\n" not in text


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_are_understood(name):
    for line, told in command_named(name).examples:
        assert told
        words = shlex.split(line)[1:]
        words = words[: words.index("<")] if "<" in words else words
        words = words if words[0] in COMMANDS else ["compress", *words]
        assert words[0] == name
        assert command_named(name).make_context(name, words[1:]).params


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("--qualty", "--quality"),
        ("--colors", "-k"),
        ("--ncolors", "-k"),
        ("--output", "-o"),
        ("--speed", "--effort"),
        ("--nofs", "--dither 0"),
        ("--max-bytes", "--max-size"),
    ],
)
def test_a_misspelt_option_gets_a_suggestion(given, meant):
    result = invoke("compress", given, "4", "x.png")
    assert result.exit_code == 2
    assert result.stderr.endswith(f"Error: there is no option {given}; did you mean {meant}?\n")


@pytest.mark.parametrize("given", ["--zzz", "--bogus"])
def test_an_option_of_no_likeness_gets_none(given):
    result = invoke("compress", given, "x.png")
    assert result.stderr.endswith(f"Error: there is no option {given}\n")


def test_a_suggestion_is_an_option_of_the_command():
    result = invoke("inspect", "--speed", "x.png")
    assert "--effort" not in result.stderr


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("-k", "abc", "'abc' is not a whole number from 1 to 65,536"),
        ("-k", "0", "'0' is not a whole number from 1 to 65,536"),
        ("-k", "2-5", "for several numbers use smalti sweep -k 2,3,6,16"),
        ("-k", "2,5", "for several numbers use smalti sweep -k 2,3,6,16"),
        ("-q", "good", "'good' is not a finite number of at most 100"),
        ("-q", "101", "'101' is not a finite number of at most 100"),
        ("-q", "nan", "'nan' is not a finite number of at most 100"),
        ("--dither", "2", "'2' is not a finite number from 0 to 1"),
        ("--rate-weight", "-1", "'-1' is not a finite number of at least 0"),
        ("--max-pixels", "x", "'x' is not a whole number of at least 1"),
    ],
)
def test_a_value_outside_its_range_is_told_in_one_sentence(option, value, sentence):
    result = invoke("compress", option, value, "x.png")
    assert result.exit_code == 2
    assert sentence in result.stderr.splitlines()[-1]
    assert option in result.stderr.splitlines()[-1]


@pytest.fixture
def dashed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-dash.png").write_bytes(encoded(noise(4, 4)))
    (tmp_path / "-f").write_bytes(encoded(noise(4, 4)))
    return tmp_path


@pytest.mark.parametrize("name", ["-dash.png", "-kitten.png", "-q.webp"])
def test_a_name_that_begins_with_a_dash_is_told_how_to_type(dashed, name):
    result = invoke("compress", name)
    assert result.exit_code == 2
    sentence = f"{name} begins with a dash and is taken for options; to name a file, type ./{name}"
    assert result.stderr.endswith(f"Error: {sentence}\n")
    assert sorted(path.name for path in dashed.iterdir()) == ["-dash.png", "-f"]


@pytest.mark.parametrize("arguments", [["./-dash.png"], ["--", "-dash.png"]])
def test_both_ways_to_type_it_work(dashed, arguments):
    assert invoke("compress", "-k", "2", *arguments).exit_code == 0
    assert (dashed / "-dash-smalti.png").exists()


@pytest.mark.usefixtures("dashed")
def test_options_stay_options():
    result = invoke("compress", "-f", "--zzz")
    assert "there is no option --zzz" in result.stderr


def test_a_misspelt_command_gets_a_suggestion(tmp_path):
    finished = run("inspct", "x.png", cwd=tmp_path)
    assert finished.returncode == 2
    sentence = b"Error: inspct is no command and no file; did you mean inspect?"
    assert finished.stderr.strip() == sentence
    (tmp_path / "inspct").write_bytes(encoded(noise(4, 4)))
    assert run("inspct", "-k", "2", cwd=tmp_path).returncode == 0


def test_a_word_that_is_no_command_is_not_taken_for_a_file(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(noise(4, 4)))
    finished = run("elbow", "a.png", cwd=tmp_path)
    assert finished.returncode == 2
    assert b"elbow is no command and no file; commands are compress, " in finished.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("smalti compr", ["plain,compress", "file,compr"]),
        ("smalti pho", ["file,pho"]),
        ("smalti compress pho", ["file,pho"]),
        ("smalti compress -o pho", ["file,pho"]),
        ("smalti compress --qua", ["plain,--quality"]),
    ],
)
def test_shells_complete_commands_options_and_files(monkeypatch, words, expected):
    monkeypatch.setenv("_SMALTI_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    assert run().stdout.decode().split() == expected
