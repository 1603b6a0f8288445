"""The ``smalti`` program: parsing and printing only, everything else is the public API.

``smalti photo.png`` means ``smalti compress photo.png``.
"""

import contextlib
import gc
import io
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from smalti.cli.exit_codes import INTERRUPTED
from smalti.cli.silence import keep_stderr_for_python

__all__ = ["main", "modules_are_imported", "run_program"]

# After these words there is no `compress` to be added.
_OPTIONS_OF_ALL_COMMANDS = ("-h", "--help", "--version")

# How alike two words are, 0 to 1, of which one is the other misspelt.
_AS_CLOSE_AS = 0.75


def main() -> None:
    """Run the program on the process's arguments."""
    run_program(_run)


def run_program(program: Callable[[list[str]], int]) -> None:
    """Run a program on the process's arguments, and end the process with the code it returns.

    Parameters
    ----------
    program : callable
        Gets the arguments. It calls `modules_are_imported` before it begins to work.
    """
    # Imported modules live until the end. Garbage collection would look through them now and at the
    # end, which takes 0.05 of the 0.3 s until a command begins to work.
    gc.disable()
    try:
        _end_cleanly()
        _prepare_streams()
        # Pillow logs its errors and raises them, too. Our own sentence tells them once.
        logging.getLogger("PIL").setLevel(logging.CRITICAL)
        if not sys.warnoptions:
            # Libraries warn programmers. What users need to know are notes, which commands print.
            warnings.simplefilter("ignore")

        raise SystemExit(program(sys.argv[1:]))
    except KeyboardInterrupt:
        # No command has begun yet. Commands themselves say what they were interrupted at.
        raise SystemExit(INTERRUPTED) from None
    finally:
        gc.freeze()


def modules_are_imported() -> None:
    """Let garbage collection begin, for all that is made from now on."""
    gc.freeze()
    gc.enable()


def _run(arguments: list[str]) -> int:
    """Run the command that the arguments name and return the exit code."""
    import click

    from smalti.cli.app import COMMANDS, app

    modules_are_imported()
    try:
        if arguments and arguments[0] not in (*COMMANDS, *_OPTIONS_OF_ALL_COMMANDS):
            _refuse_misspelt(arguments[0], COMMANDS)
            arguments.insert(0, "compress")
        return app.main(arguments, prog_name="smalti", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:  # Ctrl-C, of which click makes exit code 1
        return INTERRUPTED


def _refuse_misspelt(word: str, commands: Sequence[str]) -> None:
    """Refuse a word that looks like a command, unless there is a file of this name."""
    import difflib

    import click

    if os.path.lexists(word):
        return
    close = difflib.get_close_matches(word, commands, 1, _AS_CLOSE_AS)
    if close:
        raise click.UsageError(f"{word} is no command and no file; did you mean {close[0]}?")
    if word.isalpha():
        listed = ", ".join(commands)
        raise click.UsageError(f"{word} is no command and no file; commands are {listed}")


def _prepare_streams() -> None:
    """Make stdout and stderr safe to print to."""
    with contextlib.suppress(OSError, ValueError):
        keep_stderr_for_python()
    # A daemon's streams may be closed. Then nobody reads what is printed.
    nobody = os.devnull
    sys.stdout = sys.stdout or open(nobody, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    sys.stderr = sys.stderr or open(nobody, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    # The terminal may lack a character. That is no reason to fail.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _end_cleanly() -> None:
    """Let signals end the program by an exception, which removes temporary files."""
    for name in ("SIGTERM", "SIGHUP", "SIGQUIT"):
        number = getattr(signal, name, None)  # Windows has the first alone
        # Who ignores a signal, as nohup does, wants the program to go on.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _terminate)


def _terminate(signal_number: int, _frame: Any) -> None:
    raise SystemExit(128 + signal_number)
