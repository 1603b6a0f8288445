"""The commands put together; the module of each is imported when it is asked for."""

from importlib import import_module

import click
from click.shell_completion import CompletionItem

from smalti.cli.help import write_rows

__all__ = ["COMMANDS", "app"]

COMMANDS = ("compress", "palette", "reconstruct", "sweep", "segment", "compare", "inspect", "demo")
"""The commands in the order in which they are listed, each a module of its name."""

# Characters; longer lines are hard to read.
_WIDEST_HELP = 120

# More characters than any sentence has.
_LONGEST_SENTENCE = 1000

_EXAMPLES = (
    ("smalti photo.png", "the same as smalti compress photo.png"),
    ("smalti photo.png -q 80 -o small.png", "the smallest picture that scores 80"),
    ("smalti compress --help", "the options of a command"),
)

_EXIT_CODES = (
    ("0", "done, or left out as done already"),
    ("1", "some input failed"),
    ("2", "wrong usage"),
    ("3", "some input could be smaller (with --check)"),
    ("98", "would be larger (with --skip-if-larger)"),
    ("99", "quality or size cannot be reached"),
)

_LAST_WORDS = (
    "Several inputs end with 1 if one failed, else with 99, 98 or 3, in this order. A signal ends "
    "the program with 128 and its number: 130 after Ctrl-C."
)


class _Commands(click.Group):
    """Imports only the command that runs, which makes the start of the program quicker."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the first sentence of each command's help, whole."""
        rows = []
        for name in COMMANDS:
            command = self.get_command(ctx, name)
            if command is not None:
                rows.append((name, command.get_short_help_str(limit=_LONGEST_SENTENCE)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write examples and exit codes."""
        del ctx
        for heading, rows in (("Examples", _EXAMPLES), ("Exit codes", _EXIT_CODES)):
            with formatter.section(heading):
                write_rows(formatter, rows)
        formatter.write_paragraph()
        formatter.write_text(_LAST_WORDS)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete to commands, and to names of files, which mean `smalti compress`."""
        return [*super().shell_complete(ctx, incomplete), CompletionItem(incomplete, type="file")]

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
