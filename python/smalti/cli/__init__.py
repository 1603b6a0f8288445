"""The ``smalti`` program: parsing and printing only, everything else is the public API.

``smalti photo.png`` means ``smalti compress photo.png``.
"""

import io
import logging
import signal
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from smalti.cli import compress, demo, inspect, reconstruct, sweep
from smalti.cli.paths import STANDARD

__all__ = ["app", "main"]

app = typer.Typer(
    name="smalti",
    help="Smaller images by K-Means vector quantisation: each pixel becomes the index of the "
    "nearest of K learned colours.",
    epilog="`smalti photo.png` means `smalti compress photo.png` and writes photo-smalti.png "
    "beside it. Exit codes: 0 done, 1 some input failed, 2 wrong usage.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "compress": compress.compress,
    "reconstruct": reconstruct.reconstruct,
    "sweep": sweep.sweep,
    "inspect": inspect.inspect,
    "demo": demo.demo,
}
for _name, _function in COMMANDS.items():
    app.command(_name)(_function)


def _print_version(wanted: bool) -> None:
    if wanted:
        import smalti

        typer.echo(f"smalti {smalti.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    del version  # acted on by its callback


def _terminate(signal_number: int, _frame: Any) -> None:
    raise SystemExit(128 + signal_number)


def main() -> None:
    """Run the program on the process's arguments."""
    # A character that the terminal cannot show is no reason to fail.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # Pillow logs what it also raises; a sentence of ours follows.
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    # Ending by exception lets temporary files be removed.
    signal.signal(signal.SIGTERM, _terminate)
    arguments = sys.argv[1:]
    first = arguments[0] if arguments else "--help"
    if first == STANDARD or not (first.startswith("-") or first in COMMANDS):
        arguments.insert(0, "compress")
    app(arguments, prog_name="smalti")
