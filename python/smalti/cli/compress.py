"""``smalti compress``."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smalti.cli.console import (
    Failures,
    LargerError,
    Reporter,
    print_json,
    print_table,
    print_warning,
)
from smalti.cli.goals import goal_options
from smalti.cli.options import (
    block_sides,
    effort_option,
    force_option,
    inputs_argument,
    json_option,
    keep_color_option,
    max_pixels_option,
    quiet_option,
    space_option,
    usage_errors,
)
from smalti.cli.paths import Destination, write_output
from smalti.cli.reading import read_image
from smalti.files import is_folder
from smalti.formats.format import Format
from smalti.formats.registry import default_format, endings, format_of_suffix, formats
from smalti.options import MAX_COLORS, CompressOptions
from smalti.progress import Progress, tell

if TYPE_CHECKING:
    from rich.table import Table

    from smalti.images.blocks.block_image import BlockImage
    from smalti.images.compressed_image import CompressedImage

__all__ = ["compress"]


def _block(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[int, int]:
    """Return height and width of a block; without one it is a pixel."""
    return block_sides(text) if text else (1, 1)


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
    type=click.Choice(tuple(formats())),
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
    keep_color: tuple[str, ...],
    format_: str | None,
    ext: str | None,
    force: bool,
    skip_if_larger: bool,
    max_pixels: int | None,
    json: bool,
    quiet: bool,
    **chosen: Any,
) -> None:
    """Compress images to K colours: indexed PNG, WebP or npz.

    INPUTs are image files or URLs; - is stdin. WebP is lossless, npz holds any number of colours.
    """
    name = _format_name(format_, out, ext) or default_format(blocks=chosen["block"] != (1, 1)).name
    with usage_errors():
        options = CompressOptions(keep_colors=keep_color, format=name, **chosen)
    form = formats()[name]
    _check_format(options, form)
    destination = Destination(out, ext or f"-smalti{form.suffixes[0]}", inputs)
    if json and destination.is_stdout:
        raise click.BadParameter("--json and the picture cannot both go to stdout")
    job = _Job(destination, force, skip_if_larger, quiet, max_pixels, options)
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
                    tell(reporter.update, "measure")
                    if json:
                        print_json(row())
                    elif not job.quiet:
                        rows.append(row())
    finally:  # an interrupt does not undo what has been written
        if rows and not job.destination.is_stdout:
            with failures.collected():
                print_table(_table(rows))
    failures.exit_if_any()


def _check_format(options: CompressOptions, form: Format) -> None:
    """Refuse what the format does not hold."""
    if options.is_in_blocks and not form.holds_blocks:
        height, width = options.block
        holding = " and ".join(other.name for other in formats().values() if other.holds_blocks)
        raise click.BadParameter(
            f"--block {height}x{width}: only {holding} holds indices of blocks, and the output is "
            f"{form.name}"
        )
    if not options.is_in_blocks and not form.holds_colors(options.k):
        raise click.BadParameter(
            f"-k {options.k}: {form.title} holds at most {form.max_colors} colours; "
            f"use --format {default_format(colors=options.k).name}"
        )


def _format_name(format_: str | None, out: str | None, ext: str | None) -> str | None:
    """Return the format asked for by name or by the ending of the output, if one is."""
    wanted = format_
    # `Path` sees no ending in a bare ".npz".
    given = {"-o": Path(out or "").suffix, "--ext": Path(f"name{ext or ''}").suffix}
    for option, ending in given.items():
        if not ending or (option == "-o" and is_folder(out or "")):
            continue
        form = format_of_suffix(ending)
        if form is None:
            listed = endings(formats().values())
            raise click.BadParameter(f"{option}: the ending must be {listed}, got {ending}")
        if wanted not in (None, form.name):
            raise click.BadParameter(f"{option}: the ending {ending} is not that of {wanted}")
        wanted = form.name
    return wanted


@dataclass(frozen=True)
class _Job:
    """What is done with every input."""

    destination: Destination
    force: bool
    skip_if_larger: bool
    quiet: bool
    max_pixels: int | None
    options: CompressOptions

    def run(self, name: str, progress: Progress) -> Callable[[], dict[str, Any]]:
        """Compress one input and return a function that measures the result.

        Measuring takes time, too, and has a progress report of its own.
        """
        import smalti

        began = time.monotonic()
        output = self.destination.claim(name, overwrite=self.force)
        source = read_image(name, self.max_pixels)
        image = smalti.compress(source, options=self.options, progress=progress)
        data = image.to_bytes(self.options.format, progress=progress)
        larger = _larger(source.file_bytes, len(data))
        if larger and self.skip_if_larger:
            raise LargerError(f"{name}: would become larger and is not written: {larger}")
        write_output(output, data, overwrite=self.force)
        if larger and not self.quiet:
            print_warning(f"{output}: is larger than {name}: {larger}")
        seconds = time.monotonic() - began
        files = {"input_bytes": source.file_bytes, "output_bytes": len(data)}

        def row() -> dict[str, Any]:
            figures = {**files, **image.report(source).to_dict(), "seconds": round(seconds, 4)}
            return {"input": name, "output": output, **_facts(image), **figures}

        return row


def _larger(input_bytes: int | None, output_bytes: int) -> str | None:
    """Tell both sizes if the output has more bytes than the input."""
    if input_bytes and output_bytes > input_bytes:
        return f"{output_bytes:,} bytes instead of {input_bytes:,}"
    return None


def _facts(image: "CompressedImage | BlockImage") -> dict[str, Any]:
    """Return what a picture is, and what it was chosen with."""
    from smalti.images.blocks.block_image import BlockImage

    height, width = image.shape
    # Indices of blocks are those of the nearest entries, without weight and dither.
    chosen: dict[str, Any] = {"rate_weight": 0.0, "dither": 0.0}
    if isinstance(image, BlockImage):
        chosen["block"] = list(image.block)
    else:
        chosen = {"rate_weight": image.rate_weight, "dither": image.dither}
    return {"width": width, "height": height, "colors": image.k, **chosen}


def _table(rows: list[dict[str, Any]]) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from smalti.measure.table import number

    # Three figures of bits a pixel, each below the one before: fixed-length code, entropy, file.
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
