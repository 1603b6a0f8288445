"""The ``smalti`` program: parsing and printing only, everything else is the public API.

``smalti photo.png`` means ``smalti compress photo.png``.
"""

import gc
import glob
import io
import logging
import os
import signal
import sys
from typing import Any

from smalti.cli.exit_codes import INTERRUPTED

__all__ = ["main"]

# What does not stand for `compress` when it comes first.
_OPTIONS_OF_ALL_COMMANDS = ("-h", "--help", "--version")


def main() -> None:
    """Run the program on the process's arguments."""
    # What is imported stays. Looking for garbage in it, now and at the end, would take 0.05 of
    # the 0.3 s until a command begins to work.
    gc.disable()
    try:
        # Ending by exception lets temporary files be removed.
        signal.signal(signal.SIGTERM, _terminate)
        _prepare_streams()
        # Pillow logs what it also raises; a sentence of ours follows.
        logging.getLogger("PIL").setLevel(logging.CRITICAL)

        raise SystemExit(_run(_expanded(sys.argv[1:])))
    except KeyboardInterrupt:
        # Before a command has begun; commands say what they were interrupted at.
        raise SystemExit(INTERRUPTED) from None
    finally:
        gc.freeze()


def _run(arguments: list[str]) -> int:
    """Run the command that the arguments name and return the exit code."""
    import click

    from smalti.cli.app import app

    gc.freeze()
    gc.enable()
    if arguments and arguments[0] not in (*app.commands, *_OPTIONS_OF_ALL_COMMANDS):
        arguments.insert(0, "compress")
    try:
        return app.main(arguments, prog_name="smalti", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:  # Ctrl-C, of which click makes exit code 1
        return INTERRUPTED


def _expanded(arguments: list[str]) -> list[str]:
    """Expand patterns such as *.png where the shell leaves that to programs."""
    if os.name != "nt":
        return arguments
    return [
        name
        for argument in arguments
        for name in (sorted(glob.glob(argument)) or [argument])  # noqa: PTH207
    ]


def _prepare_streams() -> None:
    """Make stdout and stderr safe to print to."""
    # A daemon's streams may be closed; then there is nobody to tell anything.
    nobody = os.devnull
    sys.stdout = sys.stdout or open(nobody, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    sys.stderr = sys.stderr or open(nobody, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    # A character that the terminal cannot show is no reason to fail.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _terminate(signal_number: int, _frame: Any) -> None:
    raise SystemExit(128 + signal_number)
