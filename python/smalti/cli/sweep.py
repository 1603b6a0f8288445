"""``smalti sweep``."""

from pathlib import Path
from typing import Annotated

import typer

from smalti.cli.console import Failures, Reporter, print_json, print_table
from smalti.cli.options import (
    Effort,
    Force,
    Json,
    MaxPixels,
    Quiet,
    Space,
    SpaceOption,
    allow_pixels,
    parse_numbers,
)
from smalti.cli.paths import STANDARD, Destination, source_of, write_output

__all__ = ["sweep"]


def sweep(
    input_: Annotated[str, typer.Argument(metavar="INPUT", help="Image file or URL; - is stdin.")],
    k: Annotated[str, typer.Option("-k", help="Numbers of colours.")] = "2,3,6,16",
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            help="The figure's file (PNG). Default: beside the input, ending in -sweep.png.",
        ),
    ] = None,
    space: SpaceOption = Space.oklab,
    effort: Effort = 5,
    force: Force = False,
    max_pixels: MaxPixels = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compress an image at several K: print the table of figures, draw the pictures.

    It is plain K-Means, as of compress --rate-weight 0 --dither 0: nearest colours, no dots.
    """
    numbers = parse_numbers(k)
    beside = "stdin-sweep.png" if input_ == STANDARD else None
    destination = Destination(out or beside, "-sweep.png", [input_])
    if destination.is_stdout:
        raise typer.BadParameter("-o -: the figure cannot go to stdout, where the table goes")
    output_suffix = Path(destination.of(input_)).suffix
    if output_suffix.lower() != ".png":
        raise typer.BadParameter(f"-o: the figure's ending must be .png, got {output_suffix!r}")
    allow_pixels(max_pixels)
    failures = Failures()
    with Reporter(enabled=not (quiet or json)) as reporter, failures.collected():
        import smalti
        from smalti.measure.plot import figure_bytes

        output = destination.claim(input_, overwrite=force)
        reporter.start(input_)
        result = smalti.sweep(
            source_of(input_),
            numbers,
            space=space.value,
            effort=effort,
            progress=reporter.update,
        )
        reporter.finish()
        if json:
            for number, row in zip(numbers, result.rows, strict=True):
                fields = {"input": input_, "figure": output, "k": number, "colors": row.colors}
                print_json({**fields, "output_bytes": row.file_bytes, **row.report.to_dict()})
        elif not quiet:
            typer.echo(input_)
            print_table(result.table())
        write_output(output, figure_bytes(result.figure()), overwrite=force)
        if not (json or quiet):
            typer.echo(f"figure: {output}")
    failures.exit_if_any()
