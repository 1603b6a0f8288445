"""``smalti palette``."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from smalti.batch.expand import Item, expanded, without_outputs
from smalti.batch.paths import STANDARD, FilesRead, absolute_pattern, write_output
from smalti.cli.console import Failures, print_json, print_note, print_notes, print_table
from smalti.cli.exit_codes import FAILED
from smalti.cli.help import SectionedCommand
from smalti.cli.numbers import WholeNumber
from smalti.cli.options import (
    FILE_NAME,
    effort_option,
    force_option,
    json_option,
    keep_color_option,
    max_pixels_option,
    patterns_argument,
    quiet_option,
    space_option,
    usage_errors,
)
from smalti.cli.reporter import Reporter
from smalti.cli.silence import silent_libraries
from smalti.cli.swatches import Swatch, swatch_table
from smalti.cli.workers import check_scheduler, dask_option, workers_of
from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.files import check_writable
from smalti.formats.palette_format import PaletteFormat
from smalti.formats.palette_registry import palette_format_of_path, palette_formats
from smalti.images.palette import SORTS
from smalti.options import MAX_COLORS, CompressOptions
from smalti.sources.note import UNREAD

if TYPE_CHECKING:
    from smalti import Palette
    from smalti.batch.shared_palette import Counted

__all__ = ["palette"]

# The ending of outputs of earlier runs, which are left out of folders.
_EARLIER = "-smalti.png"

# Colours that are listed; the rest is counted.
_LISTED = 64

# Options that decide on what is fitted.
_FITTING = {"-k": "k", "--keep-color": "keep_color", "--space": "space", "--effort": "effort"}

_SECTIONS = {
    "Output": ("out", "format_", "sort", "force"),
    "Many files": ("recursive", "jobs", "scheduler", "max_pixels"),
    "Colours": ("k", "keep_color", "space", "effort"),
    "What is printed": ("json", "quiet"),
}

_EXAMPLES = (
    ("smalti palette photo.png -k 8", "eight colours and their shares"),
    ("smalti palette tiles/*.png -o map.gpl", "one for all, into a file"),
    ("smalti palette -r art/ -k 16 -o game.hex", "the images in a folder"),
    ("smalti palette brand.ase -o brand.css", "another format"),
)


@click.command(cls=SectionedCommand, sections=_SECTIONS, examples=_EXAMPLES)
@patterns_argument
@click.option(
    "--out",
    "-o",
    type=FILE_NAME,
    metavar="OUT",
    help="A palette file: .gpl, .ase, .act, .pal, .css, .json, .hex or .png, or the URL of "
    "one; - is stdout. Default: the palette is printed.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(tuple(palette_formats())),
    help="Default: what the output's name says, and gpl for stdout.",
)
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    help="From dark to light, around the circle of hues, or from the most frequent to the rarest. "
    "Default: lightness; a palette file keeps its order.",
)
@force_option
@click.option("-k", type=WholeNumber(1, MAX_COLORS), default=256, help="Number of colours.")
@keep_color_option
@space_option
@effort_option
@click.option("--recursive", "-r", is_flag=True, help="Count the images in folders, too.")
@click.option(
    "--jobs",
    "-j",
    type=WholeNumber(min=1),
    help="Files at the same time. Default: the processors. The palette does not depend on it.",
)
@dask_option
@max_pixels_option
@json_option
@quiet_option
def palette(
    inputs: tuple[str, ...],
    out: str | None,
    format_: str | None,
    sort: str | None,
    force: bool,
    k: int,
    keep_color: tuple[str, ...],
    space: str,
    effort: int,
    recursive: bool,
    jobs: int | None,
    scheduler: str | None,
    max_pixels: int | None,
    json: bool,
    quiet: bool,
) -> None:
    """Fit one palette to all images, print it, and write it to a file.

    INPUTs are image files, patterns, and with -r folders, or URLs of these; - is stdin. A single
    palette file is converted. What cannot be read is left out of the palette, and ends with exit
    code 1.
    """
    form = _output_format(out, format_)
    if form is not None and not form.holds_number(k if _is_chosen("k") else 1):
        raise click.BadParameter(f"-k {k}: a .{form.name} file holds {form.max_colors} at most")
    with usage_errors():
        options = CompressOptions(k=k, keep_colors=keep_color, space=space, effort=effort)
    if json and out == STANDARD:
        raise click.BadParameter("--json and the palette cannot both go to stdout; use -o FILE")
    check_scheduler(scheduler, jobs, inputs)
    failures = Failures()
    with failures.collected(), silent_libraries():
        names = inputs if scheduler is None else [absolute_pattern(name) for name in inputs]
        items = expanded(names, None, _EARLIER, recursive=recursive)
        if len(items) > 1:
            items = without_outputs(items, _EARLIER)
        found = _of_file(items)
        if out is not None and out != STANDARD:
            check_writable(out, overwrite=force)
            if found is None:
                FilesRead((item.name, "the input") for item in items).refuse(out)
        if found is None:
            work = _Work(jobs, scheduler, max_pixels, is_live=not (json or quiet), is_quiet=quiet)
            found = _fitted(items, options, work, failures)
        if found is not None:
            found = found if sort is None else found.sorted(sort)
            if form is not None and out is not None:
                write_output(out, found.to_bytes(form.name), overwrite=force)
            if json:
                print_json(_fields(found, out))
            elif out != STANDARD and not quiet:
                print_table(_table(found))
    failures.exit_if_any()


class _Work(NamedTuple):
    """How files are counted."""

    jobs: int | None
    scheduler: str | None
    max_pixels: int | None
    is_live: bool
    is_quiet: bool


def _output_format(out: str | None, name: str | None) -> PaletteFormat | None:
    """Return the format of the output; None if there is none."""
    if out is None:
        if name is not None:
            raise click.BadParameter(f"--format {name}: there is no output; name one with -o")
        return None
    if out == STANDARD:
        return palette_formats()[name or "gpl"]
    try:
        form = palette_format_of_path(out)
    except InvalidParameterError as error:
        if name is not None:
            return palette_formats()[name]
        raise click.BadParameter(f"-o {error}") from None
    if name not in (None, form.name):
        raise click.BadParameter(f"-o: the ending {form.suffixes[0]} is not that of {name}")
    return form


def _is_chosen(name: str) -> bool:
    """Whether an option was given."""
    return click.get_current_context().get_parameter_source(name) is not ParameterSource.DEFAULT


def _of_file(items: Sequence[Item]) -> "Palette | None":
    """Return the palette of a palette file, if that is the only input."""
    from smalti import Palette

    names = [item.name for item in items if item.is_open]
    endings = {suffix for form in palette_formats().values() for suffix in form.suffixes}
    # An image is an image, though its colours may be a palette.
    if len(names) != 1 or Path(names[0]).suffix.lower() not in endings - {".png"}:
        return None
    for option, name in _FITTING.items():
        if _is_chosen(name):
            raise click.BadParameter(f"{option}: {names[0]} is a palette, which is not fitted")
    return Palette.load(names[0])


def _fitted(
    items: Sequence[Item], options: CompressOptions, work: _Work, failures: Failures
) -> "Palette | None":
    """Return a palette that fits all files that can be read; None if none can."""
    from smalti.batch.shared_palette import Counting

    with (
        workers_of(work.scheduler, work.jobs) as workers,
        Reporter(enabled=work.is_live, inputs=len(items)) as reporter,
    ):
        alone = reporter.update if len(items) == 1 else None
        others = workers if work.scheduler else None
        counting = Counting(items, workers.jobs, work.max_pixels, alone, workers=others)
        reporter.start(items[0].name if items else "")
        is_told = False
        with closing(counting.results()) as results:
            for done, result in enumerate(results, 1):
                is_told |= _told(result, work, failures)
                reporter.count(done)
        palette = counting.palette(options)
    if palette is None and not is_told:
        failures.add(ImageReadError("no image could be counted, so there is no palette"))
    return palette


def _told(result: "Counted", work: _Work, failures: Failures) -> bool:
    """Print what became of a file; whether that is an error."""
    print_notes(result.notes)
    if result.error is not None:
        failures.add(result.error)
    elif result.reason is not None and not work.is_quiet:
        print_note(f"{result.name}: {result.reason}")
    if any(note.kind == UNREAD for note in result.notes):
        failures.add_code(FAILED)
    return result.error is not None


def _fields(palette: "Palette", out: str | None) -> dict[str, Any]:
    weights, shares = palette.weights, palette.shares
    return {
        "output": out,
        "colors": len(palette),
        "palette": palette.hex,
        "weights": None if weights is None else weights.tolist(),
        "shares": None if shares is None else shares.tolist(),
    }


def _table(palette: "Palette") -> Any:
    weights = [None] * len(palette) if palette.weights is None else palette.weights.tolist()
    swatches = map(Swatch, range(len(palette)), palette.hex, weights)
    total = sum(weight or 0 for weight in weights)
    return swatch_table(swatches, total, listed=_LISTED)
