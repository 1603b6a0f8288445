"""What ``smalti segment`` writes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from smalti.exceptions import ImageWriteError, MissingExtraError
from smalti.files import check_writable, write_atomically

if TYPE_CHECKING:
    from smalti import Segmentation

__all__ = ["Extras", "check_files", "write_files"]

_MASK = re.compile(r"mask-\d{1,3}(-.*)?\.png")
_ALWAYS = ("labels.png", "overlay.png", "regions.csv", "classes.npz", "figure.png")


class Extras(NamedTuple):
    """What is asked for besides: the size of pixels, GeoJSON, OME-TIFF."""

    pixel_size: float | None
    geojson: bool
    ome_tiff: bool

    @property
    def files(self) -> list[str]:
        """Names of files."""
        wanted = (("regions.geojson", self.geojson), ("labels.ome.tif", self.ome_tiff))
        return [name for name, is_wanted in wanted if is_wanted]


def check_files(folder: Path, extras: Extras, *, overwrite: bool) -> None:
    """Make the folder, and refuse it if something is in the way.

    Raises
    ------
    ImageWriteError
        If it cannot be made, or holds one of the files.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageWriteError(f"{folder}: cannot be made a folder: {reason}") from None
    for name in (*_ALWAYS, *extras.files):
        check_writable(folder / name, overwrite=overwrite)
    for mask in _masks(folder):
        check_writable(mask, overwrite=overwrite)


def write_files(found: "Segmentation", folder: Path, extras: Extras, *, overwrite: bool) -> int:
    """Write everything; return the number of regions."""
    from smalti.formats import geojson, label_png, ome_tiff

    regions = found.regions(pixel_size=extras.pixel_size)
    shown = found.display_colors

    def contents() -> Iterator[tuple[str, bytes]]:
        yield "labels.png", label_png.encode(found.labels, found.colors)
        yield "overlay.png", label_png.encode_picture(found.overlay())
        yield "regions.csv", regions.to_csv().encode()
        for i, name in enumerate(found.names):
            yield f"mask-{i}{_suffix(name, i)}.png", label_png.encode_mask(found.mask(i))
        if extras.geojson:
            yield "regions.geojson", geojson.encode(regions, colors=shown)
        if extras.ome_tiff:
            size = extras.pixel_size
            names = found.names
            yield (
                "labels.ome.tif",
                ome_tiff.encode(found.labels, names=names, colors=shown, pixel_size=size),
            )

    if overwrite:
        # Those of an earlier run with more classes, or other names, would be taken for this one's.
        for mask in _masks(folder):
            mask.unlink()
    for name, data in contents():
        write_atomically(folder / name, data, overwrite=overwrite)
    found.classifier.save(folder / "classes.npz", overwrite=overwrite)
    try:
        from smalti.measure.plot import figure_bytes

        figure = figure_bytes(found.figure())
        write_atomically(folder / "figure.png", figure, overwrite=overwrite)
    except MissingExtraError as error:
        click.echo(f"smalti: no figure.png: {error}", err=True)
    return len(regions)


def _masks(folder: Path) -> list[Path]:
    """Return the masks of an earlier run."""
    return sorted(path for path in folder.glob("mask-*.png") if _MASK.fullmatch(path.name))


def _suffix(name: str, i: int) -> str:
    """Return what a file name says of a class that has a name of its own."""
    if name == f"class {i}":
        return ""
    return "-" + (re.sub(r"[^\w]+", "-", name).strip("-") or str(i))
