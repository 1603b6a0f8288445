"""What ``smalti segment`` writes."""

import re
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from smalti.batch.folders import check_folder, made
from smalti.batch.paths import FilesRead
from smalti.cli.console import print_note
from smalti.exceptions import ImageReadError, MissingExtraError
from smalti.files import check_writable, write_all_atomically
from smalti.sources.tiles.zarr_folder import is_zarr_folder

if TYPE_CHECKING:
    from smalti import Segmentation, SourceImage

__all__ = ["Extras", "check_files", "stale_files", "write_files"]

_CLASSES = "classes.npz"
_FIGURE = "figure.png"
_GEOJSON = "regions.geojson"
_OME_TIFF = "labels.ome.tif"
_LABELS, _AREAS = "labels.png", "areas.csv"
_OME_ZARR = "labels.ome.zarr"
_ALWAYS = (_LABELS, "overlay.png", "regions.csv", _CLASSES, _FIGURE)

# Characters of a class's name that its file's name takes over. Most file systems allow 255 bytes:
# 60 characters of up to 4 bytes leave room for the rest.
_MAX_NAME = 60


class Extras(NamedTuple):
    """What is asked for beside the usual files: the size of pixels, GeoJSON, OME-TIFF."""

    pixel_size: float | None
    geojson: bool
    ome_tiff: bool

    @property
    def files(self) -> list[str]:
        """Names of files."""
        wanted = ((_GEOJSON, self.geojson), (_OME_TIFF, self.ome_tiff))
        return [name for name, is_wanted in wanted if is_wanted]

    def check(self) -> None:
        """Raise `MissingExtraError` if they need what is not installed."""
        if self.ome_tiff:
            from smalti.labelmaps.export.ome_tiff import require_tifffile

            require_tifffile()


def check_files(
    folder: Path, names: Sequence[str], extras: Extras, read: FilesRead, *, overwrite: bool
) -> None:
    """Refuse a folder in which something is in the way. Called before any work; makes nothing.

    Parameters
    ----------
    folder : Path
    names : sequence of str
        Those of the classes; there may turn out to be fewer.
    extras : Extras
    read : FilesRead
        What must stay.
    overwrite : bool
        Whether files of an earlier run are replaced.

    Raises
    ------
    ImageWriteError
        If it cannot be made, or holds one of the files.
    """
    check_folder(folder)
    if not folder.exists():
        return
    new = [*_ALWAYS, *extras.files, *_masks(names)]
    for path in [folder / name for name in new] + stale_files(folder, new):
        read.refuse(path)
    for name in new:
        check_writable(folder / name, overwrite=overwrite)


def write_files(
    found: "Segmentation",
    source: "SourceImage",
    folder: Path,
    extras: Extras,
    *,
    overwrite: bool,
) -> int:
    """Write everything, and remove what an earlier run left; return the number of regions."""
    # Everything is encoded before the first file is touched: encoding may fail.
    files, regions = _encoded(found, source, extras)
    stale = stale_files(folder, files) if overwrite else []
    with made(folder):
        write_all_atomically(
            {folder / name: data for name, data in files.items()}, overwrite=overwrite, stale=stale
        )
    if folder / _AREAS in stale and is_zarr_folder(str(folder / _OME_ZARR)):
        shutil.rmtree(folder / _OME_ZARR)
    return regions


def _encoded(
    found: "Segmentation", source: "SourceImage", extras: Extras
) -> tuple[dict[str, bytes], int]:
    """Return the contents of all files by their names, and the number of regions."""
    from smalti.labelmaps.export import geojson, label_png, ome_tiff
    from smalti.measure.plot import figure_bytes

    regions = found.regions(source)
    names, shown = found.names, found.display_colors
    files = {
        _LABELS: label_png.encode(found.labels, found.colors),
        "overlay.png": label_png.encode_picture(found.overlay(source)),
        "regions.csv": regions.to_csv().encode(),
        _CLASSES: found.classifier.to_bytes(),
    }
    for i, file in enumerate(_masks(names)):
        files[file] = label_png.encode_mask(found.mask(i))
    if extras.geojson:
        files[_GEOJSON] = geojson.encode(regions, colors=shown)
    if extras.ome_tiff:
        files[_OME_TIFF] = ome_tiff.encode(
            found.labels, names=names, colors=shown, pixel_size=found.pixel_size
        )
    try:
        files[_FIGURE] = figure_bytes(found.figure(source))
    except MissingExtraError as error:
        print_note(f"no {_FIGURE}: {error}")
    return files, len(regions)


def stale_files(folder: Path, new: Collection[str]) -> list[Path]:
    """Return the files of an earlier run, by parts or not, that this run does not replace.

    A reader would take them for files of this run. The classes in the folder name them: a folder
    without readable classes may belong to somebody else, and its files stay.
    """
    path = folder / _CLASSES
    if not path.is_file():
        return []
    from smalti.contents import read_bytes
    from smalti.formats import classifier

    try:
        earlier = classifier.decode(*read_bytes(path)).names
    except ImageReadError:
        return []
    ours = [_LABELS, _FIGURE, _GEOJSON, _OME_TIFF, _AREAS, *_masks(earlier)]
    return [folder / name for name in ours if name not in new and (folder / name).is_file()]


def _masks(names: Sequence[str]) -> list[str]:
    """Return the names of the files of masks."""
    return [f"mask-{i}{_suffix(name, i)}.png" for i, name in enumerate(names)]


def _suffix(name: str, i: int) -> str:
    """Return the part of a mask's file name that comes from the name of its class."""
    if name == f"class {i}":
        return ""
    return "-" + (re.sub(r"[^\w]+", "-", name)[:_MAX_NAME].strip("-") or str(i))
