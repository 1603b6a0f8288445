"""``smalti compare``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from smalti.batch.destination import Destination
from smalti.batch.paths import STANDARD
from smalti.cli.console import Failures, print_json, print_notes, print_table
from smalti.cli.help import SectionedCommand
from smalti.cli.options import (
    FILE_NAME,
    destination_for,
    force_option,
    json_option,
    max_pixels_option,
    quiet_option,
)
from smalti.cli.reading import read_file
from smalti.cli.reporter import Reporter
from smalti.cli.silence import silent_libraries
from smalti.progress import tell

if TYPE_CHECKING:
    from rich.table import Table

    from smalti.images.comparison import Comparison
    from smalti.sources.source_image import SourceImage

__all__ = ["compare"]


_EXAMPLES = (
    ("smalti compare photo.png small.png", "scores, and where it is worst"),
    ("smalti compare photo.png small.png -o diff.png", "a map of the errors, too"),
)


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@click.argument("reference", metavar="REFERENCE", type=FILE_NAME)
@click.argument("distorted", metavar="DISTORTED", type=FILE_NAME)
@click.option(
    "--out",
    "-o",
    type=FILE_NAME,
    metavar="DIFF.png",
    help="Write the difference map (PNG): black where the local means agree, white where they "
    "differ by 20 or more. - is stdout.",
)
@force_option
@max_pixels_option
@json_option
@quiet_option
def compare(
    reference: str,
    distorted: str,
    out: str | None,
    force: bool,
    max_pixels: int | None,
    json: bool,
    quiet: bool,
) -> None:
    """Measure how far a picture is from its original, and where.

    REFERENCE is the original, DISTORTED the picture made from it; one of them may be -, stdin.
    """
    if reference == distorted == STANDARD:
        raise click.BadParameter("only one of the images can be read from stdin")
    destination = _destination(out, (reference, distorted), json)
    failures = Failures()
    names = {"reference": reference, "distorted": distorted}
    about = names if json else None
    with Reporter(enabled=not (quiet or json)) as reporter, failures.collected(about):
        from smalti.images import comparison

        output = destination.claim(distorted, overwrite=force) if destination else None
        reporter.start(distorted)
        tell(reporter.update, "measure")
        images = [_read(name, max_pixels) for name in (reference, distorted)]
        found = comparison.compare(*images)
        if destination is not None and output is not None:
            data = found.difference_map().to_bytes("png", progress=reporter.update)
            destination.write(output, data, overwrite=force)
        reporter.finish()
        if json:
            print_json({**names, "output": output, **found.to_dict()})
        elif not quiet and output != STANDARD:
            print_table(_table(found))
            if output is not None:
                click.echo(f"difference map: {output}")
    failures.exit_if_any()


def _read(name: str, max_pixels: int | None) -> "SourceImage":
    from smalti.images import load

    data, reading = read_file(name, max_pixels)
    with silent_libraries():
        image = load.source_from_bytes(data, reading)
    print_notes(image.notes)
    return image


def _destination(out: str | None, inputs: tuple[str, str], json: bool) -> Destination | None:
    """Return where the difference map goes, if one is asked for."""
    if out is None:
        return None
    destination = destination_for(out, "-difference.png", inputs[1:], inputs[:1])
    if destination.is_stdout:
        if json:
            raise click.BadParameter("--json and the difference map cannot both go to stdout")
        return destination
    suffix = Path(destination.of(inputs[1])).suffix
    if suffix.lower() != ".png":
        raise click.BadParameter(f"-o: the difference map's ending must be .png, got {suffix!r}")
    return destination


def _table(found: "Comparison") -> "Table":
    from rich.table import Table

    from smalti.measure.table import number, percent

    x, y = found.worst_at
    first, second = found.reference_bytes or 0, found.distorted_bytes or 0
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, shown in (
        ("size", f"{found.width} x {found.height}"),
        ("reference bytes", f"{first:,}"),
        ("distorted bytes", f"{second:,}"),
        ("of the reference", percent(second / first)),
        ("MSE", number(found.mse, 2)),
        ("PSNR dB", number(found.psnr, 2)),
        ("SSIMULACRA2", number(found.ssimulacra2, 1)),
        ("worst local error", number(found.worst_local_error, 2)),
        ("at x, y", f"{x}, {y}"),
    ):
        table.add_row(name, shown)
    return table
