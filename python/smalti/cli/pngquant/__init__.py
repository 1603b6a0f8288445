"""The ``smalti-pngquant`` program: pngquant 3's command line over smalti's public API.

Build tools that run pngquant change one path. docs/pngquant.md tells what differs.
"""

import os

from smalti.cli import modules_are_imported, run_program

__all__ = ["main"]


def main() -> None:
    """Run the program on the process's arguments."""
    run_program(_run)


def _run(arguments: list[str]) -> int:
    from smalti.batch.expand import globbed
    from smalti.cli.pngquant.run import run

    modules_are_imported()
    if os.name == "nt":
        # The shell leaves patterns such as *.png to programs.
        arguments = [each for argument in arguments for each in globbed(argument)]
    return run(arguments)
