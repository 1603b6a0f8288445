"""The progress bar: when it shows, what it says, and what stays of it."""

import io
import re
import sys
import time

import pytest

from smalti.cli import reporter as module
from smalti.cli.reporter import Reporter, say


class Terminal(io.StringIO):
    """What the program takes for a terminal."""

    def isatty(self):
        return True

    def text(self):
        """All that was written, without colours and movements of the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.getvalue())


@pytest.fixture
def on_terminal(monkeypatch):
    monkeypatch.setattr(module, "_BAR_AFTER_SECONDS", 0.01)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")

    def begun():
        shown = Terminal()
        # pytest replaces stderr after fixtures are set up.
        monkeypatch.setattr(sys, "stderr", shown)
        return shown

    return begun


def wait_for(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("nothing happened in 5 seconds")


def test_it_shows_although_nothing_is_reported(on_terminal):
    terminal = on_terminal()
    with Reporter(enabled=True) as reporter:
        reporter.start("photo.png")
        wait_for(lambda: "photo.png" in terminal.text() and "0:00:0" in terminal.text())


def test_the_clock_runs_on_after_a_stage_that_is_done(on_terminal):
    terminal = on_terminal()
    with Reporter(enabled=True) as reporter:
        reporter.start("photo.png")
        wait_for(lambda: Reporter.shown is not None)
        reporter.update("labels", 1.0)
        reporter.update("encode", 0.2)
        assert not Reporter.shown.tasks[0].finished
        wait_for(lambda: "0:00:01" in terminal.text())


def test_it_tells_how_many_of_several_files_are_done_and_what_they_saved(on_terminal):
    terminal = on_terminal()
    with Reporter(enabled=True, inputs=38) as reporter:
        reporter.start("photo1.png")
        wait_for(lambda: "0 of 38 files, 0 B saved" in terminal.text())
        reporter.count(12, 1_234_567)
        wait_for(lambda: "12 of 38 files, 1.2 MB saved" in terminal.text())
        reporter.count(13, -5)
        wait_for(lambda: "13 of 38 files, 0 B saved" in terminal.text())
        reporter.count(38, 7_654)
        wait_for(lambda: "38 of 38 files, 8 kB saved" in terminal.text())
        assert not Reporter.shown.tasks[0].finished


def test_one_line_is_never_longer_than_the_terminal(on_terminal):
    terminal = on_terminal()
    with Reporter(enabled=True) as reporter:
        reporter.start("a" * 300 + ".png")
        reporter.update("initial-centroids", 0.1)
        wait_for(lambda: "initial centroids" in terminal.text())
    assert max(map(len, re.split(r"[\r\n]", terminal.text()))) <= 80


def test_sentences_stand_above_it(on_terminal):
    terminal = on_terminal()
    with Reporter(enabled=True) as reporter:
        reporter.start("photo.png")
        wait_for(lambda: "photo.png" in terminal.text())
        say("smalti: warning: [bold] :smile: " + "word " * 40)
    assert "smalti: warning: [bold] :smile: " + "word " * 40 in terminal.text()


def test_without_it_sentences_are_printed_as_they_are(on_terminal):
    terminal = on_terminal()
    say("smalti: a sentence")
    assert terminal.getvalue() == "smalti: a sentence\n"


def test_quick_work_shows_nothing(on_terminal, monkeypatch):
    terminal = on_terminal()
    monkeypatch.setattr(module, "_BAR_AFTER_SECONDS", 60)
    with Reporter(enabled=True) as reporter:
        reporter.start("photo.png")
        reporter.update("kmeans", 0.5)
    assert terminal.getvalue() == ""
    assert Reporter.shown is None


def test_it_is_gone_after_the_work(on_terminal):
    terminal = on_terminal()
    with Reporter(enabled=True) as reporter:
        reporter.start("photo.png")
        wait_for(lambda: Reporter.shown is not None)
    assert Reporter.shown is None
    # The line is cleared and the cursor is shown again.
    assert terminal.getvalue().endswith("\x1b[2K")
    assert "\x1b[?25h" in terminal.getvalue()


def test_it_comes_back_for_the_next_input(on_terminal):
    terminal = on_terminal()
    with Reporter(enabled=True) as reporter:
        reporter.start("one.png")
        wait_for(lambda: "one.png" in terminal.text())
        reporter.finish()
        reporter.start("two.png")
        wait_for(lambda: "two.png" in terminal.text())


def test_where_stderr_is_no_terminal_there_is_none(monkeypatch):
    monkeypatch.setattr(module, "_BAR_AFTER_SECONDS", 0.0)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with Reporter(enabled=True) as reporter:
        reporter.start("photo.png")
        reporter.update("kmeans", 0.5)
        time.sleep(0.05)
    assert stream.getvalue() == ""


def test_it_tells_how_long_a_stage_still_takes_at_its_speed(on_terminal):
    terminal = on_terminal()
    with Reporter(enabled=True) as reporter:
        reporter.start("slide.svs")
        wait_for(lambda: Reporter.shown is not None)
        reporter.update("labels", 0.5)
        assert "left" not in terminal.text()
        # As if a quarter had taken a minute, from the half on that an earlier run had done.
        reporter._began = "labels", 0.5, time.monotonic() - 60
        reporter.update("labels", 0.75)
        wait_for(lambda: "mapping pixels, 1 min left" in terminal.text())
