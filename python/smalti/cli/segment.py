"""``smalti segment``."""

import time
from typing import TYPE_CHECKING, Any

import click

from smalti.cli.console import Failures, Reporter, print_json, print_table
from smalti.cli.options import (
    allow_pixels,
    colors_of_option,
    force_option,
    inputs_argument,
    json_option,
    max_pixels_option,
    quiet_option,
)
from smalti.cli.paths import folder_of, source_of
from smalti.cli.segment_files import Extras, check_files, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from smalti import Segmentation
    from smalti.segmentation.classifier import PixelClassifier

__all__ = ["segment"]

_MAX_CLASSES = 255
_SPACES = ("oklab", "srgb", "linear", "he", "hdab")


def _names(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> tuple[str, ...] | None:
    """Return the texts of a list such as ``nuclei,stroma``."""
    return None if text is None else tuple(part.strip() for part in text.split(","))


@click.command()
@inputs_argument
@click.option(
    "--out",
    "-o",
    required=True,
    metavar="DIR",
    help="The folder for the results, made if it does not exist; of several inputs each gets a "
    "folder of its own in it.",
)
@click.option(
    "-k",
    type=click.IntRange(1, _MAX_CLASSES),
    help="Number of classes. To be left out with --preset or --classes.",
)
@click.option(
    "--preset",
    type=click.Choice(("he", "hdab")),
    help="Nuclei, stroma (or DAB) and background of a slide stained with haematoxylin and eosin, "
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
    type=click.FloatRange(min=0.0),
    default=0.0,
    help="How much it counts where pixels lie; what is thinner than twice this, in pixels, is "
    "given up. 0.2 to 1 is useful.",
)
@click.option(
    "--min-region",
    type=click.IntRange(min=0),
    default=0,
    help="Regions of fewer pixels join their neighbours.",
)
@click.option(
    "--superpixels",
    type=click.IntRange(min=1),
    help="Cluster the mean colours of about so many superpixels.",
)
@click.option(
    "--texture",
    type=click.FloatRange(min=0.0),
    default=0.0,
    help="How much the texture around a pixel counts; at 1 as much as its colour.",
)
@click.option(
    "--space",
    type=click.Choice(_SPACES),
    help="Where pixels are compared: as the eye sees them, in stored values, in linear light, or "
    "by the densities of two stains.  [default: oklab]",
)
@click.option(
    "--chroma-weight",
    type=click.FloatRange(min=0.0),
    help="How much hue and saturation count in OKLab; more is less sensitive to uneven light.  "
    "[default: 3]",
)
@click.option(
    "--normalize",
    type=click.Choice(("variance", "local")),
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
    "--names", callback=_names, help="Names of the classes, darkest first: nuclei,stroma,glass."
)
@click.option(
    "--pixel-size",
    type=click.FloatRange(min=0.0, min_open=True),
    help="Side of a pixel in micrometres, for areas in square micrometres.",
)
@click.option("--geojson", is_flag=True, help="Write outlines too: regions.geojson, for QuPath.")
@click.option("--ome-tiff", is_flag=True, help="Write labels.ome.tif too.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="For initial centroids.")
@force_option
@max_pixels_option
@json_option
@quiet_option
def segment(
    inputs: tuple[str, ...],
    out: str,
    classes: str | None,
    same_classes: bool,
    mask: str | None,
    pixel_size: float | None,
    geojson: bool,
    ome_tiff: bool,
    force: bool,
    max_pixels: int | None,
    json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Segment images by colour: which pixels belong together, and how many there are.

    INPUTs are image files or URLs; - is stdin. The folder gets labels.png (an indexed image whose
    indices are the classes, darkest first; 255 for none), overlay.png, a mask for each class,
    regions.csv, classes.npz and, if matplotlib is installed, figure.png.
    """
    _refuse(classes, options)
    allow_pixels(max_pixels)
    extras = Extras(pixel_size, geojson, ome_tiff)
    failures = Failures()
    learnt: PixelClassifier | None = None
    claimed: set[Path] = set()
    with Reporter(enabled=not (quiet or json)) as reporter:
        for name in inputs:
            with failures.collected():
                began = time.monotonic()
                folder = folder_of(out, name, alone=len(inputs) == 1, claimed=claimed)
                check_files(folder, extras, overwrite=force)
                reporter.start(name)
                known = _loaded(classes) if learnt is None else learnt
                found = _segmented(name, known, mask, options, reporter)
                learnt = found.classifier if same_classes else None
                regions = write_files(found, folder, extras, overwrite=force)
                reporter.finish()
                if json:
                    seconds = round(time.monotonic() - began, 3)
                    facts = {"regions": regions, "seconds": seconds}
                    print_json({"input": name, "output": str(folder), **_facts(found), **facts})
                elif not quiet:
                    click.echo(name)
                    print_table(found.table())
                    click.echo(f"{regions:,} regions, coherence {found.coherence:.3f}: {folder}")
    failures.exit_if_any()


def _refuse(classes: str | None, options: dict[str, Any]) -> None:
    """Refuse options that leave the classes open, or decide them twice."""
    k, preset = options["k"], options["preset"]
    if classes is None and preset is None and k is None:
        raise click.UsageError("-k N, --preset or --classes must say which classes there are")
    if classes is not None:
        for name in (
            "k",
            "preset",
            "space",
            "chroma_weight",
            "normalize",
            "color",
            "keep_color",
            "names",
        ):
            if options[name]:
                option = "-k" if name == "k" else f"--{name.replace('_', '-')}"
                raise click.UsageError(f"{option} is decided by --classes")
    if options["estimate_stains"] and options["space"] not in ("he", "hdab"):
        raise click.UsageError("--estimate-stains needs --space he or hdab")


def _loaded(classes: str | None) -> "PixelClassifier | None":
    if classes is None:
        return None
    from smalti import PixelClassifier

    return PixelClassifier.load(source_of(classes))


def _segmented(
    name: str,
    known: "PixelClassifier | None",
    mask: str | None,
    options: dict[str, Any],
    reporter: Reporter,
) -> "Segmentation":
    """Segment an input, into classes that are known or into its own."""
    import smalti

    common = {
        "spatial_weight": options["spatial"],
        "superpixels": options["superpixels"],
        "min_region": options["min_region"],
        "mask": None if mask is None else _mask(mask),
        "progress": reporter.update,
    }
    if known is not None:
        return known.segment(source_of(name), **common)
    kept, begun = options["keep_color"], options["color"]
    return smalti.segment(
        source_of(name),
        options["k"],
        preset=options["preset"],
        space=options["space"],
        chroma_weight=options["chroma_weight"],
        normalize=options["normalize"],
        texture=options["texture"],
        stains="estimate" if options["estimate_stains"] else None,
        init_colors=[*kept, *begun] or None,
        locked=list(range(len(kept))) if kept else None,
        names=options["names"],
        seed=options["seed"],
        **common,
    )


def _mask(name: str) -> Any:
    """Return where an image is not black, and not transparent."""
    from smalti.images.read import read

    pixels = read(source_of(name)).pixels
    inside = (pixels[..., :3] > 0).any(axis=2)
    return inside if pixels.shape[2] == 3 else inside & (pixels[..., 3] > 0)


def _facts(found: "Segmentation") -> dict[str, Any]:
    height, width = found.shape
    of_tissue = found.tissue_shares
    classes = [
        {
            "name": name,
            "color": f"#{bytes(found.colors[i]).hex()}",
            "pixels": int(found.areas[i]),
            "share": float(found.shares[i]),
            **({} if of_tissue is None else {"share_of_tissue": float(of_tissue[i])}),
        }
        for i, name in enumerate(found.names)
    ]
    return {"width": width, "height": height, "classes": classes, "coherence": found.coherence}
