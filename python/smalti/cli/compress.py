"""``smalti compress``."""

import sys
import time
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smalti.cli.console import Failures, Reporter, print_json, print_table
from smalti.cli.options import Effort, Force, Json, Quiet, Space, SpaceOption
from smalti.cli.paths import STANDARD, Destination, read_standard_input

if TYPE_CHECKING:
    from smalti.images.compressed_image import CompressedImage

__all__ = ["compress"]


class Format(str, Enum):
    """File formats of compressed pictures."""

    png = "png"
    npz = "npz"


def compress(  # noqa: PLR0913 - each parameter is an option of the command line
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Image files or URLs; - is stdin.")
    ],
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", help="Output file; an existing folder for several inputs; - is "
                     "stdout. Default: beside the input."),
    ] = None,
    k: Annotated[
        int, typer.Option("-k", min=1, max=65536, help="Number of colours; PNG holds up to 256.")
    ] = 256,
    space: SpaceOption = Space.oklab,
    effort: Effort = 5,
    format_: Annotated[
        Format | None,
        typer.Option("--format", help="Default: what the output's name says, else png."),
    ] = None,
    ext: Annotated[
        str | None,
        typer.Option("--ext", metavar="SUFFIX", help="Ending of output names. Default: "
                     "-smalti.png or -smalti.npz."),
    ] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compress images to K colours and write them as indexed PNG or npz."""
    format_name = _format_name(format_, out, ext)
    if format_name == "png" and k > 256:
        raise typer.BadParameter(f"-k {k}: PNG holds at most 256 colours; use --format npz")
    destination = Destination(out, ext or f"-smalti.{format_name}", inputs)
    if json and destination.of(inputs[0]) == STANDARD:
        raise typer.BadParameter("--json and the picture cannot both go to stdout")
    failures = Failures()
    rows: list[tuple[dict[str, Any], CompressedImage]] = []
    with Reporter(enabled=not (quiet or json)) as reporter:
        for name in inputs:
            with failures.collected():
                reporter.start(name)
                options = {"k": k, "space": space.value, "effort": effort}
                fields, image = _compress_one(
                    name, destination.of(name), format_name, force, options, reporter
                )
                if json:
                    print_json({**fields, **_figures(fields, image)})
                elif not quiet:
                    rows.append((fields, image))
    if rows and destination.of(inputs[0]) != STANDARD:
        print_table(_table(rows))
    failures.exit_if_any()


def _format_name(format_: Format | None, out: str | None, ext: str | None) -> str:
    if format_ is not None:
        return format_.value
    for name in (out, ext):
        if name is not None and name.lower().endswith(".npz"):
            return Format.npz.value
    return Format.png.value


def _compress_one(  # noqa: PLR0913 - one call, from the loop above
    name: str,
    output: str,
    format_name: str,
    force: bool,
    options: dict[str, Any],
    reporter: Reporter,
) -> tuple[dict[str, Any], "CompressedImage"]:
    import smalti
    from smalti.files import check_writable, write_atomically

    began = time.monotonic()
    if output != STANDARD:
        check_writable(output, overwrite=force)
    image = smalti.compress(read_standard_input(name), **options, progress=reporter.update)
    data = image.to_bytes(format_name, progress=reporter.update)
    if output == STANDARD:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_atomically(output, data, overwrite=force)
    height, width = image.indices.shape
    fields = {
        "input": name,
        "output": output,
        "width": width,
        "height": height,
        "colors": len(image.palette),
        "input_bytes": image.source.file_bytes if image.source else None,
        "output_bytes": len(data),
        "seconds": round(time.monotonic() - began, 4),
    }
    return fields, image


def _figures(fields: dict[str, Any], image: "CompressedImage") -> dict[str, Any]:
    """Return the figures of the report, and the seconds last."""
    report = image.report().to_dict()
    del report["entropy_bits"]
    return {**report, "seconds": fields["seconds"]}


def _table(rows: list[tuple[dict[str, Any], "CompressedImage"]]) -> Any:
    from rich.table import Table

    from smalti.measure.table import number, percent

    table = Table(header_style="bold")
    for heading in ("output", "size", "colours", "bytes in", "bytes out", "change"):
        table.add_column(heading, justify="left" if heading == "output" else "right")
    for heading in ("PSNR dB", "SSIMULACRA2", "seconds"):
        table.add_column(heading, justify="right")
    for fields, image in rows:
        report = image.report()
        change = fields["output_bytes"] / fields["input_bytes"] - 1
        table.add_row(
            fields["output"],
            f"{fields['width']} x {fields['height']}",
            f"{fields['colors']:,}",
            f"{fields['input_bytes']:,}",
            f"{fields['output_bytes']:,}",
            ("+" if change > 0 else "") + percent(change),
            number(report.psnr, 2),
            number(report.ssimulacra2, 1),
            f"{fields['seconds']:.2f}",
        )
    return table
