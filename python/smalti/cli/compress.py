"""``smalti compress``."""

from pathlib import Path
from typing import Any

import click

from smalti.batch.destination import is_folder_for
from smalti.batch.job import Job, Wishes
from smalti.batch.second_run import EarlierOutputs
from smalti.cli.compress_table import results_tables
from smalti.cli.console import Failures, print_result, print_table
from smalti.cli.goals import goal_options
from smalti.cli.help import SectionedCommand
from smalti.cli.numbers import WholeNumber
from smalti.cli.options import (
    FILE_NAME,
    block_sides,
    destination_for,
    effort_option,
    force_option,
    inputs_argument,
    json_option,
    keep_color_option,
    max_pixels_option,
    quiet_option,
    space_option,
    usage_errors,
    verbose_option,
)
from smalti.cli.reporter import Reporter
from smalti.cli.silence import silent_libraries
from smalti.cli.terminal import table_width
from smalti.formats.format import Format
from smalti.formats.registry import default_format, endings, format_of_suffix, formats
from smalti.options import MAX_COLORS, CompressOptions

__all__ = ["compress"]


def _block(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[int, int]:
    """Return height and width of a block; without one it is a pixel."""
    return block_sides(text) if text else (1, 1)


_SECTIONS = {
    "Output": ("out", "format_", "ext", "force", "skip_if_larger"),
    "How small, how good": ("k", "quality", "max_bytes", "effort", "rate_weight"),
    "Colours": ("keep_color", "space", "dither", "dither_method", "block"),
    "What is printed": ("json", "verbose", "quiet"),
}

_EXAMPLES = (
    ("smalti photo.png", "writes photo-smalti.png beside it"),
    ("smalti photo.png -q 80 -o small.png", "the smallest that scores 80"),
    ("smalti photo.png --max-size 50kB -o small.png", "the best in 50,000 bytes"),
    ("smalti *.png -o out/", "many files, into a folder that is made"),
    ("smalti logo.png -k 16 --keep-color FF8800", "16 colours, one stays as it is"),
    ("smalti - < photo.png > small.png", "from stdin to stdout"),
    ("smalti ./-dash.png", "a name that begins with a dash"),
)


@click.command(cls=SectionedCommand, sections=_SECTIONS, examples=_EXAMPLES)
@inputs_argument
@click.option(
    "--out",
    "-o",
    type=FILE_NAME,
    help="Output file, or a folder, which is made; - is stdout. Default: beside the input.",
    metavar="OUT",
)
@click.option(
    "-k",
    type=WholeNumber(1, MAX_COLORS, "; for several numbers use smalti sweep -k 2,3,6,16"),
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
    help="Ending of output names. Default: -smalti.png, or as the format is. Where two inputs "
    "would have one output, the ending of each becomes part of its name.",
)
@force_option
@click.option(
    "--skip-if-larger",
    is_flag=True,
    help="Write nothing that would be larger than its input file, and end with exit code 98.",
)
@max_pixels_option
@json_option
@verbose_option
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
    verbose: bool,
    quiet: bool,
    **chosen: Any,
) -> None:
    """Compress images to K colours: indexed PNG, WebP or npz.

    INPUTs are image files or URLs; - is stdin. WebP is lossless, npz holds any number of colours.

    No output is larger than an input of the same format. What would not become smaller is written
    as it is with -o, and not at all without. A second run over the same files leaves out what is
    done already, and its own outputs.
    """
    usual = default_format(blocks=chosen["block"] != (1, 1))
    name = _format_name(format_, out, ext, inputs) or usual.name
    with usage_errors():
        options = CompressOptions(keep_colors=keep_color, format=name, **chosen)
    form = formats()[name]
    _check_format(options, form)
    suffix = ext or f"-smalti{form.suffixes[0]}"
    destination = destination_for(out, suffix, inputs)
    if json and destination.is_stdout:
        raise click.BadParameter("--json and the picture cannot both go to stdout; use -o FILE")
    wishes = Wishes(inputs, force, skip_if_larger, json or not quiet, max_pixels)
    job = Job(destination, wishes, options, EarlierOutputs(suffix, inputs))
    _compress_each(job, json=json, verbose=verbose, quiet=quiet)


def _compress_each(job: Job, *, json: bool, verbose: bool, quiet: bool) -> None:
    failures = Failures()
    rows: list[dict[str, Any]] = []
    inputs = job.wishes.inputs
    try:
        with Reporter(enabled=not (quiet or json), inputs=len(inputs)) as reporter:
            for name in inputs:
                with failures.collected():
                    reporter.start(name)
                    with silent_libraries():
                        result = job.run(name, reporter.update)
                    print_result(result, failures, json=json, quiet=quiet)
                    if result.status in ("written", "kept"):
                        rows.append(result.to_dict())
    finally:  # an interrupt does not undo what has been written
        if rows and not (job.destination.is_stdout or json or quiet):
            with failures.collected():
                for table in results_tables(rows, verbose=verbose, width=table_width()):
                    print_table(table)
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


def _format_name(
    format_: str | None, out: str | None, ext: str | None, inputs: tuple[str, ...]
) -> str | None:
    """Return the format asked for by name or by the ending of the output, if one is."""
    wanted = format_
    # `Path` sees no ending in a bare ".npz".
    given = {"-o": Path(out or "").suffix, "--ext": Path(f"name{ext or ''}").suffix}
    for option, ending in given.items():
        if not ending or (option == "-o" and is_folder_for(out or "", inputs)):
            continue
        form = format_of_suffix(ending)
        if form is None:
            listed = endings(formats().values())
            raise click.BadParameter(f"{option}: the ending must be {listed}, got {ending}")
        if wanted not in (None, form.name):
            raise click.BadParameter(f"{option}: the ending {ending} is not that of {wanted}")
        wanted = form.name
    return wanted
