"""``smalti compress``."""

from pathlib import Path
from typing import Any

import click

from smalti.batch.destination import is_folder_for
from smalti.batch.expand import globbed
from smalti.batch.job import Wishes
from smalti.batch.plan import Places, Plan
from smalti.cli.animation import (
    AnimationRun,
    animation_options,
    is_animation_at,
    refuse_animation_options,
)
from smalti.cli.compress_run import Printing, run
from smalti.cli.goals import goal_options
from smalti.cli.help import SectionedCommand
from smalti.cli.numbers import WholeNumber
from smalti.cli.options import (
    FILE_NAME,
    block_sides,
    effort_option,
    force_option,
    json_option,
    keep_color_option,
    max_pixels_option,
    palette_of_file,
    palette_option,
    patterns_argument,
    quiet_option,
    space_option,
    usage_errors,
    verbose_option,
)
from smalti.cli.workers import check_scheduler, dask_option, workers_of
from smalti.files import is_folder
from smalti.formats.format import Format
from smalti.formats.png_chunks import STRIPS
from smalti.formats.records import endings
from smalti.formats.registry import default_format, format_of_suffix, formats
from smalti.options import MAX_COLORS, CompressOptions
from smalti.sources.tiles.open import is_read_by_parts, is_zarr

__all__ = ["compress"]


def _block(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[int, int]:
    """Return height and width of a block; without one it is a pixel."""
    return block_sides(text) if text else (1, 1)


# Endings of files that are written by parts alone; PNG is either.
_BY_PARTS = (".tif", ".tiff", ".zarr")

_SECTIONS = {
    "Output": ("out", "format_", "ext", "force", "skip_if_larger", "strip", "preserve"),
    "Many files": ("recursive", "jobs", "scheduler", "shared_palette", "dry_run", "check"),
    "How small, how good": ("k", "quality", "max_bytes", "effort", "rate_weight"),
    "Animations": ("fps", "loop", "strict"),
    "Colours": ("palette", "keep_color", "space", "dither", "dither_method", "block"),
    "What is printed": ("json", "verbose", "quiet"),
}

_EXAMPLES = (
    ("smalti photo.png", "writes photo-smalti.png beside it"),
    ("smalti photo.png -q 80 -o small.png", "the smallest that scores 80"),
    ("smalti photo.png --max-size 50kB -o small.png", "the best in 50,000 bytes"),
    ("smalti *.png -o out/", "many files, into a folder that is made"),
    ("smalti -r assets/ -o out/", "a folder, and the folders in it"),
    ("smalti -r assets/ --ext .png --force", "the same in place; a second run is quick"),
    ("smalti logo.png -k 16 --keep-color FF8800", "16 colours, one stays as it is"),
    ("smalti tiles/*.png -o out/ --shared-palette", "one palette for all"),
    ("smalti icon.png --palette brand.gpl", "the colours of a palette file"),
    ("smalti clip.gif -o small.gif", "an animation, from APNG and WebP, too"),
    ("smalti frames/*.png -o clip.gif --fps 20", "images in a row"),
    ("smalti slide.svs -k 64 -o slide.tif", "larger than memory, into a pyramid"),
    ("smalti -r s3://art/in -o s3://art/out/", "a folder of a bucket into another"),
    ("smalti - < photo.png > small.png", "from stdin to stdout"),
    ("smalti ./-dash.png", "a name that begins with a dash"),
)


@click.command(cls=SectionedCommand, sections=_SECTIONS, examples=_EXAMPLES)
@patterns_argument
@click.option(
    "--out",
    "-o",
    type=FILE_NAME,
    help="Output file, or a folder, which is made; or a URL, that of a folder with / at the end; "
    "- is stdout. Default: beside the input, or here if that is at a URL.",
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
@palette_option
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
@click.option(
    "--strip",
    type=click.Choice(STRIPS),
    default="safe",
    help="What is removed that a file says beside its pixels: nothing that stays true, all but the "
    "size of pixels (DPI), or all. For PNG; other formats get nothing.",
)
@click.option(
    "--preserve", "-p", is_flag=True, help="Give outputs the times and the mode of their inputs."
)
@click.option(
    "--recursive",
    "-r",
    is_flag=True,
    help="Compress the images in folders, and in their folders. Outputs in -o OUT have the same "
    "places and names.",
)
@click.option(
    "--jobs",
    "-j",
    type=WholeNumber(min=1),
    help="Files at the same time. Default: the processors. Outputs do not depend on it.",
)
@dask_option
@click.option(
    "--shared-palette",
    is_flag=True,
    help="Fit one palette to all inputs first, and give it to every output. Inputs are read twice.",
)
@click.option("--dry-run", "-d", is_flag=True, help="Do everything but write.")
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing, list the inputs that could be smaller, and end with exit code 3 if there "
    "are some.",
)
@animation_options
@max_pixels_option
@json_option
@verbose_option
@quiet_option
def compress(
    inputs: tuple[str, ...],
    out: str | None,
    palette: str | None,
    keep_color: tuple[str, ...],
    format_: str | None,
    ext: str | None,
    force: bool,
    skip_if_larger: bool,
    strip: str,
    preserve: bool,
    recursive: bool,
    jobs: int | None,
    scheduler: str | None,
    shared_palette: bool,
    dry_run: bool,
    check: bool,
    fps: float | None,
    loop: int | None,
    strict: bool,
    max_pixels: int | None,
    json: bool,
    verbose: bool,
    quiet: bool,
    **chosen: Any,
) -> None:
    """Compress images to K colours: indexed PNG, WebP or npz.

    INPUTs are image files, patterns, and with -r folders, or URLs of these; - is stdin. WebP is
    lossless, npz holds any number of colours.

    No output is larger than an input of the same format, unless a palette is given. What would not
    become smaller is written as it is with -o, and not at all without. A second run over the same
    files leaves out what is done already, and its own outputs.

    Into OUT.gif go animations: GIF, APNG and WebP that move, or images in a row, sorted as people
    do.

    Images larger than memory (Zarr, and TIFF of more than --max-pixels) are compressed by parts, as
    are all into .tif, a pyramid, or .ome.zarr: every pixel gets the nearest colour, or with
    --dither-method blue-noise or ordered a mixture. The same command goes on where it was
    interrupted.
    """
    names = [each for name in inputs for each in globbed(name)]
    several = recursive or len(names) > 1
    if is_animation_at(out):
        goals = ("k", "quality", "max_bytes", "rate_weight", "dither", "effort")
        asked = {"fps": fps, "loop": loop, "palette": palette} | {g: chosen[g] for g in goals}
        AnimationRun(names, str(out), asked, force, strict, max_pixels, json, quiet)()
        return
    refuse_animation_options()
    is_by_parts = any(map(_is_written_by_parts, (out, ext)))
    check_scheduler(scheduler, jobs, (*inputs, out))
    parts = [name for name in names if is_by_parts or is_read_by_parts(name, max_pixels)]
    if parts:
        from smalti.cli.compress_parts import PartsRun

        _refuse_others(parts, names)
        with usage_errors():
            options = CompressOptions(
                keep_colors=keep_color, palette=palette_of_file(palette), **chosen
            )
        PartsRun(parts, out, ext, options, force, jobs, scheduler, max_pixels, json, quiet)()
        return
    usual = default_format(blocks=chosen["block"] != (1, 1))
    name = _format_name(format_, out, ext, several=several) or usual.name
    with usage_errors():
        colors = palette_of_file(palette)
        options = CompressOptions(keep_colors=keep_color, palette=colors, format=name, **chosen)
    _check_format(options, formats()[name])
    wishes = Wishes(
        # Nothing is in the way of what is not written.
        overwrite=force or check,
        preserve=preserve,
        dry_run=dry_run or check,
        skip_if_larger=skip_if_larger,
        strip=strip,
        max_pixels=max_pixels,
        resume=check,
        shared_palette=shared_palette,
    )
    places = Places(inputs, out, ext, recursive)
    printing = Printing(json=json, verbose=verbose, quiet=quiet, check=check)
    with workers_of(scheduler, jobs) as workers:
        with usage_errors():
            plan = Plan.made(places, options, wishes, jobs, workers if scheduler else None)
        if json and plan.job.destination.is_stdout:
            raise click.BadParameter("--json and the picture cannot both go to stdout; use -o FILE")
        run(plan, printing)


def _is_written_by_parts(name: str | None) -> bool:
    """Whether the ending of an output is one of files that are written by parts alone."""
    return name is not None and name.lower().rstrip("/").endswith(_BY_PARTS)


def _refuse_others(parts: list[str], names: list[str]) -> None:
    """Refuse inputs that are read as a whole beside those that are read by parts."""
    other = next((name for name in names if name not in parts), None)
    if other is not None:
        raise click.UsageError(
            f"{parts[0]} is read by parts and {other} as a whole: name them in two commands, "
            "or write both by parts with --ext .tif or .ome.zarr"
        )
    folders = [name for name in parts if is_folder(name) and not is_zarr(name)]
    if folders:
        raise click.UsageError(
            f"{folders[0]}: the images of a folder are written by parts when they are named, as "
            f"{folders[0].rstrip('/')}/*.png"
        )


def _check_format(options: CompressOptions, form: Format) -> None:
    """Refuse what the format does not hold."""
    if options.is_in_blocks and not form.holds_blocks:
        height, width = options.block
        holding = " and ".join(other.name for other in formats().values() if other.holds_blocks)
        raise click.BadParameter(
            f"--block {height}x{width}: only {holding} holds indices of blocks, and the output is "
            f"{form.name}"
        )
    number = options.colors
    if not options.is_in_blocks and not form.holds_colors(number):
        given = f"-k {number}" if options.palette is None else f"--palette of {number} colours"
        raise click.BadParameter(
            f"{given}: {form.title} holds at most {form.max_colors} colours; "
            f"use --format {default_format(colors=number).name}"
        )


def _format_name(
    format_: str | None, out: str | None, ext: str | None, *, several: bool
) -> str | None:
    """Return the format asked for by name or by the ending of the output, if one is."""
    wanted = format_
    # `Path` sees no ending in a bare ".npz".
    given = {"-o": Path(out or "").suffix, "--ext": Path(f"name{ext or ''}").suffix}
    for option, ending in given.items():
        if not ending or (option == "-o" and is_folder_for(out or "", several=several)):
            continue
        form = format_of_suffix(ending)
        if form is None:
            listed = endings(formats().values())
            raise click.BadParameter(f"{option}: the ending must be {listed}, got {ending}")
        if wanted not in (None, form.name):
            raise click.BadParameter(f"{option}: the ending {ending} is not that of {wanted}")
        wanted = form.name
    return wanted
