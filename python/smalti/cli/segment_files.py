"""What ``smalti segment`` writes."""

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from smalti.batch.paths import FilesRead
from smalti.batch.result_folder import ResultFolder
from smalti.exceptions import ImageReadError, MissingExtraError

if TYPE_CHECKING:
    from smalti import Segmentation, SourceImage
    from smalti.scale.places.place import Place

__all__ = ["Extras", "check_files", "densities_in", "stale_files", "write_files"]

_CLASSES = "classes.npz"
_FIGURE = "figure.png"
_GEOJSON = "regions.geojson"
_OME_TIFF = "labels.ome.tif"
_LABELS, _AREAS = "labels.png", "areas.csv"
_OME_ZARR, _DENSITIES = "labels.ome.zarr", "densities.ome.zarr"
_ALWAYS = (_LABELS, "overlay.png", "regions.csv", _CLASSES, _FIGURE)

# Characters of a class's name that its file's name takes over. Most file systems allow 255 bytes:
# 60 characters of up to 4 bytes leave room for the rest.
_MAX_NAME = 60


class Extras(NamedTuple):
    """What is asked for beside the usual files, and the size of pixels."""

    pixel_size: float | None
    geojson: bool
    ome_tiff: bool
    densities: bool

    @property
    def files(self) -> list[str]:
        """Names of files; that of densities is the name of a folder."""
        wanted = ((_GEOJSON, self.geojson), (_OME_TIFF, self.ome_tiff))
        return [name for name, is_wanted in wanted if is_wanted]

    def check(self) -> None:
        """Raise `MissingExtraError` if they need what is not installed."""
        if self.densities:
            from smalti.sources.tiles.zarr_array import require_zarr

            require_zarr(_DENSITIES)
        if self.ome_tiff:
            from smalti.labelmaps.export.ome_tiff import require_tifffile

            require_tifffile()


def check_files(
    folder: ResultFolder, names: Sequence[str], extras: Extras, read: FilesRead, *, overwrite: bool
) -> None:
    """Refuse a folder in which something is in the way. Called before any work; makes nothing.

    Parameters
    ----------
    folder : ResultFolder
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
    folder.check()
    new = [*_ALWAYS, *extras.files, *_masks(names)]
    for name in [*new, _DENSITIES, *stale_files(folder, new)]:
        read.refuse(folder.of(name))
    folder.check_files(new, overwrite=overwrite)
    if extras.densities:
        densities_in(folder).check_free(overwrite=overwrite, is_folder=True)


def write_files(
    found: "Segmentation",
    source: "SourceImage",
    folder: ResultFolder,
    extras: Extras,
    *,
    overwrite: bool,
) -> tuple[int, tuple[str, ...]]:
    """Write everything, and remove what an earlier run left.

    Return the number of regions, and what is to be remarked.
    """
    # Everything is encoded before the first file is touched: encoding may fail.
    files, regions, remarks = _encoded(found, source, extras)
    is_ours = overwrite and _earlier_classes(folder) is not None
    stale = stale_files(folder, files) if is_ours else []
    folder.write(files, overwrite=overwrite, stale=stale)
    if _AREAS in stale:
        folder.remove([_OME_ZARR])
    if is_ours and not extras.densities:
        folder.remove([_DENSITIES])
    return regions, remarks


def densities_in(folder: ResultFolder) -> "Place":
    """Return where the densities of stains go."""
    from smalti.scale.places.named import place_of

    return place_of(folder.of(_DENSITIES))


def _encoded(
    found: "Segmentation", source: "SourceImage", extras: Extras
) -> tuple[dict[str, bytes], int, tuple[str, ...]]:
    """Return the contents of all files by their names, the number of regions, and remarks."""
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
    remarks = []
    try:
        files[_FIGURE] = figure_bytes(found.figure(source))
    except MissingExtraError as error:
        remarks.append(f"no {_FIGURE}: {error}")
    return files, len(regions), tuple(remarks)


def stale_files(folder: ResultFolder, new: Collection[str]) -> list[str]:
    """Return the names of files of an earlier run, by parts or not, that this run does not replace.

    A reader would take them for files of this run. The classes in the folder name them: a folder
    without readable classes may belong to somebody else, and its files stay.
    """
    earlier = _earlier_classes(folder)
    if earlier is None:
        return []
    ours = [_LABELS, _FIGURE, _GEOJSON, _OME_TIFF, _AREAS, *_masks(earlier)]
    return folder.standing(name for name in ours if name not in new)


def _earlier_classes(folder: ResultFolder) -> Sequence[str] | None:
    """Return the names of the classes that an earlier run has written; None if there are none."""
    data = folder.contents(_CLASSES)
    if data is None:
        return None
    from smalti.formats import classifier

    try:
        return classifier.decode(data, folder.of(_CLASSES)).names
    except ImageReadError:
        return None


def _masks(names: Sequence[str]) -> list[str]:
    """Return the names of the files of masks."""
    return [f"mask-{i}{_suffix(name, i)}.png" for i, name in enumerate(names)]


def _suffix(name: str, i: int) -> str:
    """Return the part of a mask's file name that comes from the name of its class."""
    if name == f"class {i}":
        return ""
    return "-" + (re.sub(r"[^\w]+", "-", name)[:_MAX_NAME].strip("-") or str(i))
