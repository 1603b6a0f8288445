"""Where the images of the benchmarks come from: this module decides, and no other.

They come from the folder that the command line names, else from the project's shared collection
where it lies beside the clone. What neither has comes from installed packages: photographs and
tissue from scikit-image and scikit-learn, drawings from `drawings`.

A folder has one subfolder for each kind of picture: `photos`, `ui` (drawings), `medical` (tissue)
and `large` (photographs of many megapixels). A folder without any of them holds photographs.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import skimage.data
import sklearn.datasets
from PIL import Image, UnidentifiedImageError

from bench.common.drawings import drawings
from bench.common.large import enlarged
from bench.common.measure import Picture

PHOTOS, UI, TISSUE, LARGE = KINDS = ("photos", "ui", "medical", "large")
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")

_SHARED = Path(__file__).resolve().parents[3] / "shared"
# The lowest squared errors known for the photographs of the shared collection.
_OBJECTIVES = _SHARED / "reference" / "objectives.tsv"
# Of the shared collection's tissue, one picture of each magnification.
_CHOSEN_TISSUE = ("medium-nuclei-score-level1.png", "high-nuclei-score-level0.png")

_SHIPPED_PHOTOS: dict[str, Callable[[], Picture]] = {
    "astronaut": skimage.data.astronaut,
    "chelsea": skimage.data.chelsea,
    "china": lambda: np.asarray(sklearn.datasets.load_sample_image("china.jpg")),
    "coffee": skimage.data.coffee,
    "flower": lambda: np.asarray(sklearn.datasets.load_sample_image("flower.jpg")),
    "hubble_deep_field": skimage.data.hubble_deep_field,
    "motorcycle": lambda: np.asarray(skimage.data.stereo_motorcycle()[0]),
    "rocket": skimage.data.rocket,
}
_SHIPPED_ORIGINS = {
    PHOTOS: "scikit-image and scikit-learn",
    UI: "matplotlib, scikit-image and drawings of the benchmark's own",
    TISSUE: "scikit-image",
    LARGE: "scikit-image, enlarged",
}


class ImagesError(Exception):
    """A folder or a file that no images can be taken from."""


@dataclass(frozen=True)
class Images:
    """The images of a run.

    Parameters
    ----------
    folder : Path or None
        What the command line names, or the shared collection; None where there is neither.
    limit : int or None
        At most so many pictures of a kind, for a trial.
    """

    folder: Path | None
    limit: int | None

    @property
    def folder_name(self) -> str:
        """What the tables call the folder."""
        if self.folder is None:
            return "no folder"
        return "the shared collection" if _is_shared(self.folder) else f"`{self.folder.name}`"

    def origin(self, kind: str) -> str:
        """Return where pictures of a kind come from, as the tables say it."""
        return self.folder_name if self._files(kind) else _SHIPPED_ORIGINS[kind]

    def photographs(self, every: int = 1) -> dict[str, Picture]:
        """Return photographs by name as RGB, of a folder each `every`-th, sorted by name."""
        files = self._files(PHOTOS)[::every][: self.limit]
        if files:
            return {file.name: rgb(file) for file in files}
        return {name: _SHIPPED_PHOTOS[name]() for name in list(_SHIPPED_PHOTOS)[: self.limit]}

    def drawings(self) -> dict[str, Picture]:
        """Return drawings by name as RGB or RGBA, those of the fewest pixels first."""
        files = self._files(UI)
        if files:
            files = sorted(files, key=lambda file: (_pixel_count(file), file.name))
            return {file.name: rgb_or_rgba(file) for file in files[: self.limit]}
        shipped = sorted(drawings().items(), key=lambda item: item[1].shape[0] * item[1].shape[1])
        return dict(shipped[: self.limit])

    def tissue(self) -> dict[str, Picture]:
        """Return at most two pictures of stained tissue by name, as RGB."""
        files = self._files(TISSUE)
        chosen = [file for name in _CHOSEN_TISSUE for file in files if file.name == name]
        files = (chosen or files)[: len(_CHOSEN_TISSUE)]
        if files:
            return {file.stem: rgb(file) for file in files}
        return {"immunohistochemistry": skimage.data.immunohistochemistry()}

    def large_photograph(self, scratch: Path) -> Path:
        """Return a photograph of many megapixels; one that is made goes to `scratch`."""
        files = self._files(LARGE)
        return max(files, key=_pixel_count) if files else enlarged(scratch)

    def file(self, name: str) -> Path | None:
        """Return a file of the folder by its path there, if it exists."""
        path = self.folder / name if self.folder else None
        return path if path and path.exists() else None

    def best_known(self) -> dict[tuple[str, int], float]:
        """Return the lowest squared error known for a photograph's name and K.

        Only photographs of the shared collection have any.
        """
        if self.folder is None or not _is_shared(self.folder) or not _OBJECTIVES.exists():
            return {}
        with _OBJECTIVES.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t")
            return {(row["image"], int(row["k"])): float(row["mse"]) for row in rows}

    def _files(self, kind: str) -> list[Path]:
        return _files(self.folder, kind) if self.folder else []


def images_from(folder: Path | None, limit: int | None) -> Images:
    """Return the images of a run, as the command line asks for them.

    Raises
    ------
    ImagesError
        If a folder is named and holds no pictures.
    """
    shared = _SHARED / "data"
    if folder is None:
        return Images(shared if shared.is_dir() else None, limit)
    if not folder.is_dir():
        raise ImagesError(f"--images {folder}: there is no such folder")
    if not any(_files(folder, kind) for kind in KINDS):
        raise ImagesError(
            f"--images {folder}: neither the folder nor {', '.join(KINDS)} in it hold pictures"
            f" ({', '.join(SUFFIXES)})"
        )
    return Images(folder.resolve(), limit)


def rgb(file: Path | BinaryIO) -> Picture:
    """Return a file's picture as RGB."""
    return _read(file, alpha=False)


def rgb_or_rgba(file: Path | BinaryIO) -> Picture:
    """Return a file's picture as RGB, or as RGBA where the file has transparency."""
    return _read(file, alpha=True)


def _read(file: Path | BinaryIO, *, alpha: bool) -> Picture:
    try:
        with Image.open(file) as image:
            transparent = alpha and image.has_transparency_data
            return np.asarray(image.convert("RGBA" if transparent else "RGB"))
    except UnidentifiedImageError as error:
        raise ImagesError(f"{file}: Pillow knows no such kind of image") from error


def _files(folder: Path, kind: str) -> list[Path]:
    """Return the files of a kind of pictures, sorted by name."""
    if (folder / kind).is_dir():
        folder = folder / kind
    elif kind != PHOTOS or any((folder / other).is_dir() for other in KINDS):
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _pixel_count(path: Path) -> int:
    with Image.open(path) as image:
        return image.width * image.height


def _is_shared(folder: Path) -> bool:
    return folder.resolve() == (_SHARED / "data").resolve()
