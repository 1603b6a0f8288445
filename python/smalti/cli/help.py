"""The help of a command in sections, and what it says of wrong usage."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from smalti.batch.image_names import is_image_name

__all__ = ["Example", "SectionedCommand", "write_rows"]

Example = tuple[str, str]
"""A command line, and what it does."""

# How alike two options are, 0 to 1, of which one is the other misspelt.
_AS_CLOSE_AS = 0.7

# What other programs call these options.
_CALLED_ELSEWHERE = {
    "--colors": "-k",
    "--colours": "-k",
    "--ncolors": "-k",
    "--n-colors": "-k",
    "--dir": "-o",
    "--output": "-o",
    "--speed": "--effort",
    "--level": "--effort",
    "--floyd": "--dither",
    "--nofs": "--dither 0",
    "--no-dither": "--dither 0",
    "--size": "--max-size",
    "--max-bytes": "--max-size",
    "--overwrite": "--force",
    "--yes": "--force",
}


class SectionedCommand(click.Command):
    """A command whose options are listed in sections, followed by examples.

    Parameters
    ----------
    sections : mapping of str to sequence of str
        The names of parameters under each heading. All others stand last, under "Other options".
    examples : sequence of (str, str)
        Command lines, and what they do.
    """

    def __init__(
        self,
        *arguments: Any,
        sections: Mapping[str, Sequence[str]] | None = None,
        examples: Sequence[Example] = (),
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.sections = sections or {}
        self.examples = examples

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under their headings."""
        records = {
            str(parameter.name): record
            for parameter in self.get_params(ctx)
            if isinstance(parameter, click.Option)
            and (record := parameter.get_help_record(ctx)) is not None
        }
        for heading, names in self.sections.items():
            _write_section(formatter, heading, [records.pop(name) for name in names])
        last = "Other options" if self.sections else "Options"
        _write_section(formatter, last, list(records.values()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                write_rows(formatter, self.examples)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, and say of wrong usage what to type instead."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            known = {name for parameter in self.params for name in parameter.opts}
            file = _file_with_dash([name for name in given if name not in known])
            if file is not None:
                raise click.UsageError(
                    f"{file} begins with a dash and is taken for options; to name a file, type "
                    f"./{file}",
                    ctx,
                ) from None
            if isinstance(error, click.NoSuchOption):
                raise _no_such_option(error, known) from None
            raise


def write_rows(formatter: click.HelpFormatter, rows: Sequence[Example]) -> None:
    """Write lines of two columns; a first column that leaves little room has a line of its own."""
    formatter.write_dl(list(rows), col_max=formatter.width // 2)


def _write_section(
    formatter: click.HelpFormatter, heading: str, records: list[tuple[str, str]]
) -> None:
    if records:
        with formatter.section(heading):
            formatter.write_dl(records)


def _file_with_dash(arguments: Sequence[str]) -> str | None:
    """Return the first argument that looks like options, but names a file."""
    for argument in arguments:
        if argument == "--":
            return None
        if argument.startswith("-") and not argument.startswith("--"):
            try:
                is_file = Path(argument).is_file()
            except (OSError, ValueError):
                continue
            if is_file or is_image_name(argument):
                return argument
    return None


def _no_such_option(error: click.NoSuchOption, known: set[str]) -> click.UsageError:
    """Return the error with the option that was probably meant."""
    from difflib import get_close_matches

    name = error.option_name
    meant = _CALLED_ELSEWHERE.get(name.lower(), "")
    if meant.split(" ")[0] not in known:
        meant = next(iter(get_close_matches(name, known, 1, _AS_CLOSE_AS)), "")
    hint = f"; did you mean {meant}?" if meant else ""
    return click.UsageError(f"there is no option {name}{hint}", error.ctx)
