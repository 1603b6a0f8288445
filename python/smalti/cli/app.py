"""The commands put together; the module of each is imported when it is asked for."""

from importlib import import_module

import click

__all__ = ["COMMANDS", "app"]

COMMANDS = ("compress", "reconstruct", "sweep", "segment", "compare", "inspect", "demo")
"""The commands in the order in which they are listed, each a module of its name."""

# Characters; longer lines are hard to read.
_WIDEST_HELP = 120


class _Commands(click.Group):
    """Imports only the command that runs, which makes the start of the program quicker."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"smalti.cli.{cmd_name}"), cmd_name)
        return command


def _print_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        import smalti

        click.echo(f"smalti {smalti.__version__}")
        context.exit()


@click.group(
    cls=_Commands,
    epilog="`smalti photo.png` means `smalti compress photo.png` and writes photo-smalti.png "
    "beside it. Exit codes: 0 done, 1 some input failed, 2 wrong usage, 98 would be larger (with "
    "--skip-if-larger), 99 quality or size cannot be reached. Of several inputs the first of 1, "
    "99 and 98 that happened counts.",
    context_settings={
        "help_option_names": ["-h", "--help"],
        "show_default": True,
        "max_content_width": _WIDEST_HELP,
    },
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
def app() -> None:
    """Smaller images by K-Means vector quantisation.

    Each pixel becomes the index of one of K learned colours.
    """
