"""``smalti sweep``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smalti.batch.destination import Destination
from smalti.batch.paths import STANDARD
from smalti.cli.auto import AUTO_COLORS, elbow_lines, refuse_effort
from smalti.cli.console import Failures, print_json, print_table
from smalti.cli.help import SectionedCommand
from smalti.cli.options import (
    FILE_NAME,
    block_sides,
    destination_for,
    effort_option,
    force_option,
    json_option,
    max_pixels_option,
    quiet_option,
    space_option,
)
from smalti.cli.reading import read_image
from smalti.cli.reporter import Reporter
from smalti.cli.terminal import folded, table_width
from smalti.options import MAX_COLORS

if TYPE_CHECKING:
    from rich.table import Table

    from smalti import Elbow, Sweep

__all__ = ["sweep"]


_COLORS = (2, 3, 6, 16)


def _numbers(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> tuple[int, ...] | None:
    """Return the whole numbers of a list such as ``2,3,6,16``."""
    if text is None:
        return None
    try:
        numbers = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 1 or max(numbers) > MAX_COLORS:
        raise click.BadParameter(
            f"{text!r} is not a list of whole numbers from 1 to {MAX_COLORS}, such as 2,3,6,16"
        )
    return tuple(numbers)


def _blocks(
    _context: click.Context, _option: click.Parameter, texts: tuple[str, ...]
) -> list[tuple[int, int]]:
    """Return heights and widths of blocks."""
    return [block_sides(text) for text in texts]


_EXAMPLES = (
    ("smalti sweep photo.png -k 2,3,6,16", "a table and a figure"),
    ("smalti sweep photo.png --auto", "a number of colours that stands out"),
)


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@click.argument("input_", metavar="INPUT", type=FILE_NAME)
@click.option(
    "-k",
    callback=_numbers,
    metavar="N,N,...",
    help="Numbers of colours. Default: 2,3,6,16; with --auto 1 to 32.",
)
@click.option(
    "--auto",
    is_flag=True,
    help="Choose K: distortion and silhouette of every K, and the knee of the curve if it has one. "
    "Not with --effort or --block.",
)
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
    type=FILE_NAME,
    metavar="OUT",
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
    k: tuple[int, ...] | None,
    auto: bool,
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
    destination = _destination(out, input_)
    if auto:
        refuse_effort()
        if block:
            raise click.BadParameter("--block: --auto chooses a number of colours, not of blocks")
    failures = Failures()
    about = {"input": input_} if json else None
    with Reporter(enabled=not (quiet or json)) as reporter, failures.collected(about):
        import smalti
        from smalti.measure.plot import figure_bytes

        output = destination.claim(input_, overwrite=force)
        reporter.start(input_)
        source = read_image(input_, max_pixels)
        result: Elbow | Sweep
        if auto:
            result = smalti.elbow(source, k or AUTO_COLORS, space=space, progress=reporter.update)
        else:
            result = smalti.sweep(
                source,
                k or _COLORS,
                block=block,
                space=space,
                effort=effort,
                progress=reporter.update,
            )
        reporter.finish()
        if json:
            lines = elbow_lines(result) if isinstance(result, smalti.Elbow) else _lines(result)
            for fields in lines:
                print_json({"input": input_, "figure": output, **fields})
        elif not quiet:
            click.echo(input_)
            for whole in _tables(result):
                for table in folded(whole, table_width()):
                    print_table(table)
        figure = result.figure() if isinstance(result, smalti.Elbow) else result.figure(source)
        destination.write(output, figure_bytes(figure), overwrite=force)
        if not (json or quiet):
            click.echo(f"figure: {output}")
    failures.exit_if_any()


def _destination(out: str | None, input_: str) -> Destination:
    """Return where the figure goes."""
    beside = "stdin-sweep.png" if input_ == STANDARD else None
    destination = destination_for(out or beside, "-sweep.png", [input_])
    if destination.is_stdout:
        raise click.BadParameter("-o -: the figure cannot go to stdout, where the table goes")
    suffix = Path(destination.of(input_)).suffix
    if suffix.lower() != ".png":
        raise click.BadParameter(f"-o: the figure's ending must be .png, got {suffix!r}")
    return destination


def _tables(result: "Elbow | Sweep") -> "list[Table]":
    from smalti import Sweep

    if isinstance(result, Sweep):
        return [result.table(sides) for sides in result.blocks]
    return [result.table()]


def _lines(sweep: "Sweep") -> Iterator[dict[str, Any]]:
    """Yield what is known of each K and block."""
    for row in sweep.rows:
        fields: dict[str, Any] = {"k": int(row.label)}
        fields |= {} if row.block == (1, 1) else {"block": list(row.block)}
        fields |= {"colors": row.colors, "output_bytes": row.file_bytes}
        yield {**fields, **row.report.to_dict()}
