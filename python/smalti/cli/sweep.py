"""``smalti sweep``."""

from typing import Annotated

import typer

from smalti.cli.console import Failures, Reporter, print_json, print_table
from smalti.cli.options import Effort, Force, Json, Quiet, Space, SpaceOption, parse_numbers
from smalti.cli.paths import STANDARD, Destination, read_standard_input

__all__ = ["sweep"]

DEFAULT_OF_STDIN = {STANDARD: "stdin-sweep.png"}


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
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compress an image at several K: print the table of figures, draw the pictures."""
    numbers = parse_numbers(k)
    destination = Destination(out or DEFAULT_OF_STDIN.get(input_), "-sweep.png", [input_])
    if destination.is_stdout:
        raise typer.BadParameter("-o -: the figure cannot go to stdout, where the table goes")
    failures = Failures()
    with Reporter(enabled=not (quiet or json)) as reporter, failures.collected():
        import smalti
        from smalti.files import write_atomically
        from smalti.measure.plot import figure_bytes, require_matplotlib

        require_matplotlib()
        output = destination.claim(input_, overwrite=force)
        reporter.start(input_)
        result = smalti.sweep(
            read_standard_input(input_),
            numbers,
            space=space.value,
            effort=effort,
            progress=reporter.update,
        )
        write_atomically(output, figure_bytes(result.figure()), overwrite=force)
        if json:
            for number, row in zip(numbers, result.rows, strict=True):
                fields = {"input": input_, "figure": output, "k": number, "colors": row.colors}
                print_json({**fields, "output_bytes": row.file_bytes, **row.report.to_dict()})
        elif not quiet:
            reporter.finish()
            typer.echo(input_)
            print_table(result.table())
            typer.echo(f"figure: {output}")
    failures.exit_if_any()
