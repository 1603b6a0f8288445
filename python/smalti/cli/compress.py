"""``smalti compress``."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smalti.cli.console import Failures, LargerError, Reporter, print_json, print_table
from smalti.cli.goals import Goals, goal_options
from smalti.cli.options import (
    MAX_COLORS,
    MAX_INDEXED_COLORS,
    allow_pixels,
    block_sides,
    block_text,
    effort_option,
    force_option,
    inputs_argument,
    json_option,
    keep_color_option,
    max_pixels_option,
    quiet_option,
    space_option,
)
from smalti.cli.paths import Destination, source_of, write_output
from smalti.files import is_folder

if TYPE_CHECKING:
    from rich.table import Table

    from smalti.images.blocks.block_image import BlockImage
    from smalti.images.compressed_image import CompressedImage

__all__ = ["FORMATS", "compress"]

FORMATS = ("png", "webp", "npz")


def _block(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> tuple[int, int] | None:
    """Return height and width of a block; None for a block of one pixel."""
    sides = block_sides(text) if text else (1, 1)
    return None if sides == (1, 1) else sides


@click.command()
@inputs_argument
@click.option(
    "--out",
    "-o",
    help="Output file; an existing folder for several inputs; - is stdout. Default: beside the "
    "input.",
)
@click.option(
    "-k",
    type=click.IntRange(1, MAX_COLORS),
    default=256,
    help="Number of colours, or of blocks; PNG and WebP hold 256 colours.",
)
@click.option(
    "--block",
    metavar="HxW",
    callback=_block,
    help="One index for each block of this height and width, such as 2x2, up to 64x64: the "
    "nearest in a codebook of blocks, without dither or a target. Only npz holds them.",
)
@goal_options
@keep_color_option
@space_option
@effort_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="Default: what the output's name says, else png, or npz for blocks.",
)
@click.option(
    "--ext",
    metavar="SUFFIX",
    help="Ending of output names. Default: -smalti.png, or as the format is.",
)
@force_option
@click.option(
    "--skip-if-larger", is_flag=True, help="Write nothing that would be larger than its input file."
)
@max_pixels_option
@json_option
@quiet_option
def compress(
    inputs: tuple[str, ...],
    out: str | None,
    k: int,
    block: tuple[int, int] | None,
    keep_color: tuple[str, ...],
    space: str,
    effort: int,
    format_: str | None,
    ext: str | None,
    force: bool,
    skip_if_larger: bool,
    max_pixels: int | None,
    json: bool,
    quiet: bool,
    **goal_values: Any,
) -> None:
    """Compress images to K colours: indexed PNG, WebP or npz.

    INPUTs are image files or URLs; - is stdin. WebP is lossless, npz holds any number of colours.
    """
    allow_pixels(max_pixels)
    format_name = _format_name(format_, out, ext, "npz" if block else "png")
    goals = Goals(**goal_values)
    if block:
        _check_block(block, format_name, keep_color)
        goals.check_block(block)
    goals.check(k, format_name)
    _check_colors(k, format_name, keep_color)
    destination = Destination(out, ext or f"-smalti.{format_name}", inputs)
    if json and destination.is_stdout:
        raise click.BadParameter("--json and the picture cannot both go to stdout")
    options = {
        "k": k,
        "block": block,
        "quality": goals.quality,
        "max_bytes": goals.max_size,
        "rate_weight": goals.rate_weight,
        "dither": goals.dither,
        "dither_method": goals.dither_method,
        "keep_colors": keep_color,
        "space": space,
        "effort": effort,
    }
    job = _Job(destination, format_name, force, skip_if_larger, quiet, options)
    _compress_each(inputs, job, json)


def _compress_each(inputs: tuple[str, ...], job: "_Job", json: bool) -> None:
    failures = Failures()
    rows: list[dict[str, Any]] = []
    try:
        with Reporter(enabled=not (job.quiet or json)) as reporter:
            for name in inputs:
                with failures.collected():
                    reporter.start(name)
                    row = job.run(name, reporter.update)
                    reporter.update("measuring", 0.0)
                    if json:
                        print_json(row())
                    elif not job.quiet:
                        rows.append(row())
    finally:  # an interrupt does not undo what has been written
        if rows and not job.destination.is_stdout:
            with failures.collected():
                print_table(_table(rows))
    failures.exit_if_any()


def _check_colors(k: int, format_name: str, keep_color: tuple[str, ...]) -> None:
    limited = {"png": "PNG", "webp": "WebP"}
    if format_name in limited and k > MAX_INDEXED_COLORS:
        raise click.BadParameter(
            f"-k {k}: {limited[format_name]} holds at most {MAX_INDEXED_COLORS} colours; "
            "use --format npz"
        )
    if len(keep_color) > k:
        raise click.BadParameter(
            f"-k {k}: {len(keep_color)} colours cannot be kept with --keep-color"
        )


def _check_block(block: tuple[int, int], format_name: str, keep_color: tuple[str, ...]) -> None:
    given = f"--block {block_text(block)}"
    if format_name != "npz":
        raise click.BadParameter(
            f"{given}: only npz holds indices of blocks, and the output is {format_name}"
        )
    if keep_color:
        raise click.BadParameter(f"--keep-color cannot be given with {given}: colours are learned")


def _format_name(format_: str | None, out: str | None, ext: str | None, default: str) -> str:
    """Return the format asked for by name or by the ending of the output."""
    wanted = format_
    # A suffix such as ".npz" has no ending by itself.
    endings = {"-o": Path(out or "").suffix, "--ext": Path(f"name{ext or ''}").suffix}
    for option, ending in endings.items():
        if not ending or (option == "-o" and is_folder(out or "")):
            continue
        format_name = ending[1:].lower()
        if format_name not in FORMATS:
            raise click.BadParameter(
                f"{option}: the ending must be .png, .webp or .npz, got {ending}"
            )
        if wanted not in (None, format_name):
            raise click.BadParameter(f"{option}: the ending {ending} is not that of {wanted}")
        wanted = format_name
    return wanted or default


@dataclass(frozen=True)
class _Job:
    """What is done with every input."""

    destination: Destination
    format_name: str
    force: bool
    skip_if_larger: bool
    quiet: bool
    options: dict[str, Any]

    def run(
        self, name: str, progress: Callable[[str, float], object]
    ) -> Callable[[], dict[str, Any]]:
        """Compress one input; what is returned measures the result, which takes time too."""
        import smalti

        began = time.monotonic()
        output = self.destination.claim(name, overwrite=self.force)
        image = smalti.compress(source_of(name), **self.options, progress=progress)
        data = image.to_bytes(self.format_name, progress=progress)
        larger = _larger(image, len(data))
        if larger and self.skip_if_larger:
            raise LargerError(f"{name}: would become larger and is not written: {larger}")
        write_output(output, data, overwrite=self.force)
        if larger and not self.quiet:
            warning = f"smalti: warning: {output}: is larger than {name}: {larger}"
            click.echo(warning, err=True)
        seconds = time.monotonic() - began
        return lambda: _row(name, output, image, len(data), seconds)


def _larger(image: "CompressedImage | BlockImage", output_bytes: int) -> str | None:
    """Tell both sizes if the output has more bytes than the input."""
    input_bytes = image.source.file_bytes if image.source else None
    if input_bytes and output_bytes > input_bytes:
        return f"{output_bytes:,} bytes instead of {input_bytes:,}"
    return None


def _row(
    name: str, output: str, image: "CompressedImage | BlockImage", output_bytes: int, seconds: float
) -> dict[str, Any]:
    from smalti.images.blocks.block_image import BlockImage

    height, width = image.shape
    figures = image.report().to_dict()
    # Blocks have nearest entries, chosen with neither weight nor dither.
    chosen: dict[str, Any] = {"rate_weight": 0.0, "dither": 0.0}
    if isinstance(image, BlockImage):
        chosen["block"] = list(image.block)
    else:
        chosen = {"rate_weight": image.rate_weight, "dither": image.dither}
    return {
        "input": name,
        "output": output,
        "width": width,
        "height": height,
        "colors": image.k,
        **chosen,
        "input_bytes": image.source.file_bytes if image.source else None,
        "output_bytes": output_bytes,
        **figures,
        "seconds": round(seconds, 4),
    }


def _table(rows: list[dict[str, Any]]) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from smalti.measure.table import number

    # Bits a pixel fall from one to the next: fixed-length code, entropy, file.
    headings = (
        "\nblocks" if "block" in rows[0] else "\ncolours",
        "\nbytes",
        "\nchange",
        "bits/px\nfixed",
        "bits/px\nentropy",
        "bits/px\nfile",
        "SSIMU-\nLACRA2",
        "worst\nlocal",
    )
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("\noutput", overflow="fold")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        pixels = row["width"] * row["height"]
        change = row["output_bytes"] / row["input_bytes"] - 1
        table.add_row(
            Text(row["output"]),
            f"{row['colors']:,}",
            f"{row['output_bytes']:,}",
            f"{100 * change:+.1f} %",
            number(row["compressed_bits"] / pixels, 2),
            number(row["entropy_bits"] / pixels, 2),
            number(8 * row["output_bytes"] / pixels, 2),
            number(row["ssimulacra2"], 1),
            number(row["worst_local_error"], 1),
        )
    return table
