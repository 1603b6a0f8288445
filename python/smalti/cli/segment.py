"""``smalti segment``."""

import unicodedata
from contextlib import closing
from typing import Any

import click
from click.core import ParameterSource

from smalti.batch.paths import STANDARD
from smalti.cli.console import Failures, print_note
from smalti.cli.help import SectionedCommand
from smalti.cli.numbers import Number, WholeNumber
from smalti.cli.options import (
    FILE_NAME,
    colors_of_option,
    force_option,
    inputs_argument,
    json_option,
    max_pixels_option,
    quiet_option,
)
from smalti.cli.reporter import Reporter
from smalti.cli.segment_files import Extras
from smalti.cli.segment_job import Job, Wishes
from smalti.cli.segment_side_by_side import are_side_by_side, side_by_side
from smalti.cli.segment_told import Told
from smalti.cli.workers import dask_option, workers_of
from smalti.exceptions import SmaltiError
from smalti.options import (
    MAX_CLASSES,
    NORMALIZE,
    PIXEL_SIZES,
    PRESETS,
    SEGMENT_SPACES,
    SPATIAL_METHODS,
    STAIN_SPACES,
)
from smalti.validation import MAX_SEED

__all__ = ["segment"]

_DECIDED_BY_CLASSES = (
    "k",
    "preset",
    "same_classes",
    "spatial_method",
    "texture",
    "space",
    "chroma_weight",
    "normalize",
    "estimate_stains",
    "color",
    "keep_color",
    "names",
    "seed",
)


def _names(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> tuple[str, ...] | None:
    """Return the texts of a list such as ``nuclei,stroma``."""
    if text is None:
        return None
    # Bytes that are not text arrive as surrogates. XML holds neither these nor control characters.
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise click.BadParameter(f"{text!r} holds characters that are not text")
    return tuple(part.strip() for part in text.split(","))


_SECTIONS = {
    "Classes": (
        *("k", "preset", "classes", "same_classes", "color", "keep_color", "names", "mask"),
        *("nodata", "seed"),
    ),
    "Which pixels belong together": (
        *("spatial", "spatial_method", "min_region", "superpixels", "texture"),
        *("space", "chroma_weight", "normalize", "estimate_stains"),
    ),
    "Output": ("out", "pixel_size", "geojson", "ome_tiff", "densities", "force"),
    "Large images": ("max_pixels", "scheduler"),
    "What is printed": ("json", "quiet"),
}

_EXAMPLES = (
    ("smalti segment photo.jpg -k 4 -o classes/", "four classes of colours"),
    ("smalti segment photo.jpg -k 4 --spatial 0.4 -o classes/", "with smooth boundaries"),
    ("smalti segment slide.png --preset he -o classes/", "nuclei, stroma, background"),
)


@click.command(cls=SectionedCommand, sections=_SECTIONS, examples=_EXAMPLES)
@inputs_argument
@click.option(
    "--out",
    "-o",
    type=FILE_NAME,
    required=True,
    metavar="DIR",
    help="The folder for the results, made if it does not exist; of several inputs each gets a "
    "folder of its own in it.",
)
@click.option(
    "-k",
    type=WholeNumber(1, MAX_CLASSES),
    help="Number of classes. --preset and --classes know it.",
)
@click.option(
    "--preset",
    type=click.Choice(PRESETS),
    help="Nuclei, stroma, DAB and background of a slide stained with haematoxylin and eosin, "
    "or haematoxylin and DAB.",
)
@click.option(
    "--classes",
    metavar="FILE",
    help="Find the classes of this file again: classes.npz, of an earlier run.",
)
@click.option(
    "--same-classes",
    is_flag=True,
    help="Learn the classes from the first input and find them again in the others.",
)
@click.option(
    "--spatial",
    type=Number(min=0.0),
    default=0.0,
    help="How much it counts where pixels lie; what is thinner than twice this, in pixels, is "
    "given up. 0.2 to 1 is useful.",
)
@click.option(
    "--spatial-method",
    type=click.Choice(SPATIAL_METHODS),
    default="potts",
    help="What --spatial weighs: the length of boundaries, or rows and columns beside colours, "
    "where 1 is as much as these.",
)
@click.option(
    "--min-region",
    type=WholeNumber(min=0),
    default=0,
    help="Regions of fewer pixels join their neighbours.",
)
@click.option(
    "--superpixels",
    type=WholeNumber(min=1),
    help="Cluster the mean colours of about so many superpixels.",
)
@click.option(
    "--texture",
    type=Number(min=0.0),
    default=0.0,
    help="How much the texture around a pixel counts; at 1 as much as its colour.",
)
@click.option(
    "--space",
    type=click.Choice(SEGMENT_SPACES),
    help="Where pixels are compared: as the eye sees them, in stored values, in linear light, by "
    "the densities of two stains, or by all bands of a .npy or TIFF file as they are.  "
    "[default: bands for .npy files that are no pictures, else oklab]",
)
@click.option(
    "--chroma-weight",
    type=Number(min=0.0),
    help="How much hue and saturation count in OKLab; more is less sensitive to uneven light.  "
    "[default: 3]",
)
@click.option(
    "--normalize",
    type=click.Choice(NORMALIZE),
    help="Count coordinates in units of how much they vary over the image, or from place to place, "
    "for uneven light and texture.",
)
@click.option(
    "--estimate-stains",
    is_flag=True,
    help="Find out from the image what its stains look like; with --space he or hdab.",
)
@click.option(
    "--color",
    metavar="RRGGBB",
    multiple=True,
    callback=colors_of_option,
    help="A colour that a class begins with; can be given several times.",
)
@click.option(
    "--keep-color",
    metavar="RRGGBB",
    multiple=True,
    callback=colors_of_option,
    help="A colour of a class that stays as it is; can be given several times.",
)
@click.option("--mask", metavar="FILE", help="An image that is black where no pixel takes part.")
@click.option(
    "--nodata",
    type=Number(),
    help="The value of samples without data: their pixels get no class, as those of NaN.",
)
@click.option(
    "--names", callback=_names, help="Names of the classes, darkest first: nuclei,stroma,glass."
)
@click.option(
    "--pixel-size",
    type=Number(*PIXEL_SIZES),
    help="Side of a pixel in micrometres, for areas in square micrometres. "
    "Default: what the file tells.",
)
@click.option("--geojson", is_flag=True, help="Write outlines too: regions.geojson, for QuPath.")
@click.option("--ome-tiff", is_flag=True, help="Write labels.ome.tif too.")
@click.option(
    "--densities",
    is_flag=True,
    help="Write how much of each stain is in every pixel, too: densities.ome.zarr; with --preset, "
    "--space he or hdab, or classes of these.",
)
@click.option("--seed", type=WholeNumber(0, MAX_SEED), default=0, help="For initial centroids.")
@force_option
@max_pixels_option
@dask_option
@json_option
@quiet_option
def segment(
    inputs: tuple[str, ...],
    out: str,
    classes: str | None,
    same_classes: bool,
    mask: str | None,
    nodata: float | None,
    pixel_size: float | None,
    geojson: bool,
    ome_tiff: bool,
    densities: bool,
    force: bool,
    max_pixels: int | None,
    scheduler: str | None,
    json: bool,
    quiet: bool,
    **chosen: Any,
) -> None:
    """Segment images by colour: which pixels belong together, and how many there are.

    INPUTs are image files or URLs; - is stdin. The folder gets labels.png (an indexed image whose
    indices are the classes, darkest first or in the order of the preset; 255 for none),
    overlay.png, a mask for each class, regions.csv, classes.npz and, if matplotlib is installed,
    figure.png.

    Of images larger than memory (Zarr, and TIFF of more than --max-pixels) it gets labels.ome.zarr
    with a pyramid, an overview in overlay.png, areas.csv, regions.csv (of 64 pixels and more) and
    classes.npz; the same command goes on where it was interrupted.

    Of several inputs with the same classes (--classes, --same-classes, --preset) the areas are in
    summary.csv, a row each.

    Coherence is the share of neighbouring pixels that are of one class.
    """
    wishes = Wishes(
        inputs,
        out,
        classes,
        same_classes,
        mask,
        nodata,
        Extras(pixel_size, geojson, ome_tiff, densities),
        force,
        max_pixels,
        scheduler,
        chosen,
    )
    _refuse(wishes)
    _segment_each(wishes, json=json, quiet=quiet)


def _segment_each(wishes: Wishes, *, json: bool, quiet: bool) -> None:
    failures = Failures()
    with workers_of(wishes.scheduler) as workers:
        with failures.collected():
            job = Job.begun(wishes, workers)
            told = Told(job.summary(), failures, json=json, quiet=quiet)
        failures.exit_if_any()
        with (
            failures.collected(),
            Reporter(enabled=not (quiet or json), inputs=len(wishes.inputs)) as reporter,
        ):
            _run(job, told, reporter)
        told.end()
    failures.exit_if_any()


def _run(job: Job, told: Told, reporter: Reporter) -> None:
    """Segment inputs one after the other, or many side by side."""
    names = list(job.wishes.inputs)
    if job.wishes.same_classes:
        _run_one(job, names.pop(0), told, reporter)
        if job.learnt is None:
            if names:
                first = job.wishes.inputs[0]
                print_note(f"{first}: gave no classes, so the other inputs are left out")
            return
    if not are_side_by_side(job, names):
        for name in names:
            _run_one(job, name, told, reporter)
        return
    reporter.start(names[0])
    with closing(side_by_side(job, names)) as results:
        for count, (name, result) in enumerate(zip(names, results, strict=True), 1):
            with told.trying(name):
                if isinstance(result, SmaltiError):
                    raise result
                told.add(result)
            reporter.count(count)


def _run_one(job: Job, name: str, told: Told, reporter: Reporter) -> None:
    with told.trying(name):
        reporter.start(name)
        done = job.segmented(name, job.claimed(name), reporter.update)
        reporter.finish()
        told.add(done)


def _refuse(wishes: Wishes) -> None:
    """Refuse options that decide the classes twice or not at all, and those without effect."""
    chosen, several = wishes.chosen, len(wishes.inputs) > 1
    if [*wishes.inputs, wishes.mask, wishes.classes].count(STANDARD) > 1:
        raise click.UsageError("- is stdin, which can be read only once")
    if wishes.classes is None and chosen["preset"] is None and chosen["k"] is None:
        raise click.UsageError("-k N, --preset or --classes must say which classes there are")
    if wishes.classes is not None:
        for name in filter(_is_given, _DECIDED_BY_CLASSES):
            option = "-k" if name == "k" else f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{option} is decided by --classes")
    if chosen["estimate_stains"] and chosen["space"] not in STAIN_SPACES:
        raise click.UsageError("--estimate-stains needs --space he or hdab")
    if chosen["spatial_method"] == "position" and not chosen["spatial"]:
        raise click.UsageError("--spatial-method position needs --spatial")
    if chosen["texture"] and wishes.same_classes and several:
        raise click.UsageError(
            "--texture cannot be given with --same-classes: classes with texture cannot be found "
            "again in another image"
        )
    colors = len(chosen["color"]) + len(chosen["keep_color"])
    if chosen["k"] is not None and colors > chosen["k"]:
        raise click.UsageError(f"-k {chosen['k']}: there cannot be {colors} colours")


def _is_given(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source is not ParameterSource.DEFAULT
