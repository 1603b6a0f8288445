"""``smalti sweep``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smalti.cli.console import Failures, Reporter, print_json, print_table
from smalti.cli.options import (
    MAX_COLORS,
    allow_pixels,
    block_sides,
    effort_option,
    force_option,
    json_option,
    max_pixels_option,
    quiet_option,
    space_option,
)
from smalti.cli.paths import STANDARD, Destination, source_of, write_output

if TYPE_CHECKING:
    from smalti.measure.table import Measured

__all__ = ["sweep"]


def _numbers(_context: click.Context, _option: click.Parameter, text: str) -> list[int]:
    """Return the whole numbers of a list such as ``2,3,6,16``."""
    try:
        numbers = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 1 or max(numbers) > MAX_COLORS:
        raise click.BadParameter(
            f"{text!r} is not a list of whole numbers from 1 to {MAX_COLORS}, such as 2,3,6,16"
        )
    return numbers


def _blocks(
    _context: click.Context, _option: click.Parameter, texts: tuple[str, ...]
) -> list[tuple[int, int]]:
    """Return heights and widths of blocks."""
    return [block_sides(text) for text in texts]


@click.command()
@click.argument("input_", metavar="INPUT")
@click.option("-k", default="2,3,6,16", callback=_numbers, help="Numbers of colours.")
@click.option(
    "--block",
    metavar="HxW",
    multiple=True,
    callback=_blocks,
    help="Quantise blocks of this height and width too, such as 2x2; can be given several times. "
    "The figure then has curves of distortion over rate.",
)
@click.option(
    "--out",
    "-o",
    help="The figure's file (PNG). Default: beside the input, ending in -sweep.png.",
)
@space_option
@effort_option
@force_option
@max_pixels_option
@json_option
@quiet_option
def sweep(
    input_: str,
    k: list[int],
    block: list[tuple[int, int]],
    out: str | None,
    space: str,
    effort: int,
    force: bool,
    max_pixels: int | None,
    json: bool,
    quiet: bool,
) -> None:
    """Compress an image at several K: a table, and the pictures.

    INPUT is an image file or URL; - is stdin.

    It is plain K-Means, as of compress --rate-weight 0 --dither 0: nearest colours, no dots.
    """
    beside = "stdin-sweep.png" if input_ == STANDARD else None
    destination = Destination(out or beside, "-sweep.png", [input_])
    if destination.is_stdout:
        raise click.BadParameter("-o -: the figure cannot go to stdout, where the table goes")
    output_suffix = Path(destination.of(input_)).suffix
    if output_suffix.lower() != ".png":
        raise click.BadParameter(f"-o: the figure's ending must be .png, got {output_suffix!r}")
    allow_pixels(max_pixels)
    failures = Failures()
    with Reporter(enabled=not (quiet or json)) as reporter, failures.collected():
        import smalti
        from smalti.measure.plot import figure_bytes

        output = destination.claim(input_, overwrite=force)
        reporter.start(input_)
        result = smalti.sweep(
            source_of(input_),
            k,
            block=block,
            space=space,
            effort=effort,
            progress=reporter.update,
        )
        reporter.finish()
        if json:
            for row in result.rows:
                print_json(_fields(input_, output, row))
        elif not quiet:
            click.echo(input_)
            for sides in result.blocks:
                print_table(result.table(sides))
        write_output(output, figure_bytes(result.figure()), overwrite=force)
        if not (json or quiet):
            click.echo(f"figure: {output}")
    failures.exit_if_any()


def _fields(name: str, output: str, row: "Measured") -> dict[str, Any]:
    fields: dict[str, Any] = {"input": name, "figure": output, "k": int(row.label)}
    fields |= {} if row.block == (1, 1) else {"block": list(row.block)}
    fields |= {"colors": row.colors, "output_bytes": row.file_bytes}
    return fields | row.report.to_dict()
