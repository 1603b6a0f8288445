"""The commands put together."""

import click

from smalti.cli.compare import compare
from smalti.cli.compress import compress
from smalti.cli.demo import demo
from smalti.cli.inspect import inspect
from smalti.cli.reconstruct import reconstruct
from smalti.cli.segment import segment
from smalti.cli.sweep import sweep

__all__ = ["app"]

# Characters; longer lines are hard to read.
_WIDEST_HELP = 120


class _InOrder(click.Group):
    """Lists its commands in the order in which they were added, not that of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.commands)


def _print_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        import smalti

        click.echo(f"smalti {smalti.__version__}")
        context.exit()


@click.group(
    cls=_InOrder,
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


for _command in (compress, reconstruct, sweep, segment, compare, inspect, demo):
    app.add_command(_command)
