"""The commands put together."""

from collections.abc import Callable
from typing import Annotated

import typer

from smalti.cli import compare, compress, demo, inspect, reconstruct, sweep

__all__ = ["COMMANDS", "app"]

app = typer.Typer(
    name="smalti",
    help="Smaller images by K-Means vector quantisation: each pixel becomes the index of one of K "
    "learned colours.",
    epilog="`smalti photo.png` means `smalti compress photo.png` and writes photo-smalti.png "
    "beside it. Exit codes: 0 done, 1 some input failed, 2 wrong usage, 98 would be larger (with "
    "--skip-if-larger), 99 quality or size cannot be reached. Of several inputs the first of 1, "
    "99 and 98 that happened counts.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "compress": compress.compress,
    "reconstruct": reconstruct.reconstruct,
    "sweep": sweep.sweep,
    "compare": compare.compare,
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
