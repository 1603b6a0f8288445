"""Compressing images larger than memory."""

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from smalti.batch.paths import FilesRead
from smalti.batch.storage import storage_of
from smalti.exceptions import ImageWriteError, InvalidParameterError
from smalti.images.color_sum import ColorSum
from smalti.images.palette import Palette
from smalti.inputs import warn_of
from smalti.labelmaps.export.ome_tiff import require_tifffile
from smalti.options import CompressOptions
from smalti.options.base import chosen
from smalti.parallel import Threads, Workers, chosen_workers
from smalti.progress import Progress, tell
from smalti.scale.label_store import LabelStore
from smalti.scale.outputs.kinds import Kind, describe_palette, kind_of
from smalti.scale.outputs.labelled import Labelled
from smalti.scale.palette_labeler import PaletteLabeler, check_compress_by_parts
from smalti.scale.partial_run import LABELS, PartialRun, digest_of, is_begun_at, partial_run
from smalti.scale.passes import Pass, label_all
from smalti.scale.places.named import place_of
from smalti.scale.places.place import Place
from smalti.scale.pyramid_store import OME_VERSIONS
from smalti.sources.note import Note
from smalti.sources.tiles.open import by_parts
from smalti.sources.tiles.tiled_image import TiledImage
from smalti.sources.tiles.zarr_array import require_zarr
from smalti.urls import is_url, size_at
from smalti.validation import one_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smalti.colors import Color, Colors, PaletteLike
    from smalti.sources.read import ImageSource

__all__ = ["LargeResult", "compress_large", "compress_parts"]

_OPAQUE = 255

_PALETTE, _FILE = "palette.json", "output"


@dataclass(frozen=True)
class LargeResult:
    """What became of an image that was compressed by parts.

    Attributes
    ----------
    path : Path or str
        The output; that of a URL is a string.
    shape : (int, int)
        Height and width.
    palette : Palette
    dither : float
        How much of every pixel's error was made up for.
    original_bits : int
        Bits that the image takes uncompressed.
    input_bytes : int or None
        Bytes of the image's file, of all its files if it is a folder; None of what is no file.
    output_bytes : int
        The same of the output.
    notes : tuple of Note
        What there is to tell, such as parts that cannot be read.
    """

    path: Path | str
    shape: tuple[int, int]
    palette: Palette
    dither: float
    original_bits: int
    input_bytes: int | None
    output_bytes: int
    notes: tuple[Note, ...]


def compress_large(
    image: "ImageSource",
    out: str | os.PathLike[str],
    k: int = 256,
    *,
    palette: "PaletteLike | None" = None,
    keep_colors: "Colors" = (),
    dither: float | None = None,
    dither_method: str = "diffusion",
    space: str = "oklab",
    effort: int = 5,
    seed: int = 0,
    options: CompressOptions | None = None,
    ome_version: str = "0.4",
    overwrite: bool = True,
    jobs: int | None = None,
    workers: Workers | None = None,
    max_pixels: int | None = None,
    progress: Progress | None = None,
) -> LargeResult:
    """Compress an image that need not fit in memory, part by part, into a file.

    A first pass counts colours, and a palette is fitted to them, exactly as `smalti.fit_palette`
    does. A second pass gives every pixel the nearest one. An interrupted call goes on, when it is
    repeated, where it was.

    Parameters
    ----------
    image : path, URL or array
        Tiled TIFF, BigTIFF, SVS and OME-TIFF; Zarr 2 and 3 and OME-Zarr; an array with chunks
        (dask's); and whatever `smalti.compress` takes.
    out : path or URL
        Its ending decides what is written: .tif a palette TIFF in tiles with a pyramid, .png an
        indexed PNG, .ome.zarr (or .zarr) labels from 1 on with a pyramid.
    k, palette, keep_colors
        As of `smalti.compress`; PNG and TIFF hold 256 colours, OME-Zarr 65,535.
    dither : float, default: 0
        How much of every pixel's error is made up for, 0 to 1.
    dither_method : {"diffusion", "blue-noise", "ordered"}
        To be one of the last two with a `dither`: diffusion goes through the whole image.
    space, effort, seed
        As of `smalti.compress`.
    options : CompressOptions, optional
        All of these as one value. `quality`, `max_bytes`, `rate_weight` and `block` are for images
        that are read as a whole.
    ome_version : {"0.4", "0.5"}, default: "0.4"
        The version of OME-Zarr: with Zarr 2 or Zarr 3.
    overwrite : bool, default: True
        Whether an existing output is replaced.
    jobs : int, optional
        Parts worked on at a time. Default: the processors. The output does not depend on it.
    workers : smalti.dask.Cluster, optional
        Who works on parts instead of threads. Image and output are to be named as all of them
        reach them.
    max_pixels : int, optional
        Pixels up to which a TIFF file is read as a whole. The output depends on it only where the
        two ways of reading differ.
    progress : callable, optional
        Called with a `smalti.progress.Stage` and its done fraction, 0 to 1; raise to stop.

    Returns
    -------
    LargeResult

    Raises
    ------
    ImageReadError, ImageWriteError
        If the image cannot be read, or the output not be written.
    InvalidParameterError
        If an argument is outside its range, or the output cannot hold the palette.
    MissingExtraError
        If the extra ``large`` is not installed.

    Warns
    -----
    ImageReadWarning
        If parts cannot be read: their pixels are clear.

    Examples
    --------
    >>> import numpy as np
    >>> import smalti
    >>> image = np.zeros((300, 400, 3), dtype=np.uint8)
    >>> image[100:, 200:] = 200, 30, 30
    >>> smalti.compress_large(image, "picture.tif", k=2).palette.hex
    ['#000000', '#c81e1e']
    """
    asked = chosen(
        CompressOptions,
        options,
        k=k,
        palette=palette,
        keep_colors=keep_colors,
        dither=dither,
        dither_method=dither_method,
        space=space,
        effort=effort,
        seed=seed,
    )
    writing = Writing(
        place_of(out),
        one_of("ome_version", ome_version, OME_VERSIONS),
        overwrite,
        chosen_workers(jobs, workers),
    )
    writing.check(asked)
    found = compress_parts(by_parts(image, max_pixels=max_pixels), asked, writing, progress)
    warn_of(found.notes)
    return found


@dataclass(frozen=True)
class Writing:
    """How an output is written.

    Attributes
    ----------
    place : Place
        That of the output.
    ome_version : str
    overwrite : bool
    workers : Workers
    """

    place: Place
    ome_version: str
    overwrite: bool
    workers: Workers

    @property
    def name(self) -> str:
        """The path or URL of the output."""
        return str(self.place.name)

    @property
    def kind(self) -> Kind:
        """The kind of output."""
        return kind_of(self.name)

    def check_options(self, options: CompressOptions) -> None:
        """Refuse options that the output does not go with.

        Raises
        ------
        InvalidParameterError
            If there are some, or the ending of the output is that of no kind.
        """
        check_compress_by_parts(options)
        if options.colors > self.kind.max_colors:
            raise InvalidParameterError(
                f"{self.name}: {self.kind.title} holds at most {self.kind.max_colors} colours, "
                f"got {options.colors}"
            )
        palette = cast("Sequence[Color]", options.palette or ())
        if not self.kind.holds_alpha and any(color.alpha < _OPAQUE for color in palette):
            raise InvalidParameterError(
                f"{self.name}: {self.kind.title} holds no alpha, which the palette has; write .png "
                "or .ome.zarr"
            )

    def check(self, options: CompressOptions) -> None:
        """Refuse what cannot be done, before any work.

        Raises
        ------
        InvalidParameterError, ImageWriteError, MissingExtraError
            If it cannot.
        """
        self.check_options(options)
        require_zarr(self.name)
        if self.kind.needs_tifffile:
            require_tifffile(f"{self.name}: {self.kind.title}", "large")
        if not is_begun_at(self.place):
            self.check_free()
        storage = storage_of(self.name)
        with storage.standing(self.name) as has_folder:
            if not has_folder:
                parent = storage.parent(self.name)
                raise ImageWriteError(f"{self.name}: there is no folder {parent}")

    def check_free(self) -> None:
        """Refuse to replace what may not be replaced.

        Raises
        ------
        ImageWriteError
            If it is there.
        """
        self.place.check_free(overwrite=self.overwrite, is_folder=self.kind.is_folder)

    def dtype(self, options: CompressOptions) -> "np.dtype[Any]":
        """Return the type of labels."""
        largest = options.colors - 1 + self.kind.first
        return np.dtype(np.uint8 if largest <= 255 else np.uint16)


def compress_parts(
    image: TiledImage, options: CompressOptions, writing: Writing, progress: Progress | None
) -> LargeResult:
    """Compress an image that has been opened: see `compress_large`."""
    kind = writing.kind
    if image.opened_by is None:
        # Nobody else can read it.
        writing = replace(writing, workers=Threads(writing.workers.jobs))
    FilesRead([(image.name, "the image")]).refuse(writing.name)
    if kind.max_side is not None and max(image.shape) > kind.max_side:
        height, width = image.shape
        raise InvalidParameterError(
            f"{image.name}: is {width} x {height}, but {kind.title} holds sides of at most "
            f"{kind.max_side:,}; write .ome.zarr"
        )
    if not kind.holds_alpha:
        if image.store.shape[2] in (2, 4):
            raise InvalidParameterError(
                f"{writing.name}: {kind.title} holds no alpha, which {image.name} has; write .png "
                "or .ome.zarr"
            )
        image = replace(image, fills_white=True)
    digest = digest_of(image, options.digest(), kind.title, writing.ome_version)
    with partial_run({LABELS: writing.place}, digest) as run:
        if not run.is_begun:
            writing.check_free()
        palette = _palette(image, options, writing.workers, run, progress)
        version = writing.ome_version if kind.is_folder else "0.5"
        store = LabelStore(run.staged(LABELS), image.shape, writing.dtype(options), version)
        labeler = PaletteLabeler(palette, options, first=kind.first)
        label_all(Pass(image, labeler, store), run, writing.workers, progress)
        made = _made(
            Labelled(
                store,
                palette,
                image.pixel_size,
                writing.workers.jobs,
                partial(tell, progress, "encode"),
            ),
            kind,
            run,
        )
        output_bytes = _bytes_of(made)
        run.finish([(writing.place, made)], overwrite=writing.overwrite)
    return LargeResult(
        writing.place.name,
        image.shape,
        palette,
        options.dither or 0.0,
        image.original_bits,
        _bytes_of_input(image.name),
        output_bytes,
        image.all_notes(),
    )


def _palette(
    image: TiledImage,
    options: CompressOptions,
    workers: Workers,
    run: PartialRun,
    progress: Progress | None,
) -> Palette:
    """Return the palette that is given, that an earlier run has fitted, or one fitted now."""
    if options.palette is not None:
        return Palette.of(cast("Sequence[Color]", options.palette))
    if run.kept(_PALETTE) is None:
        colors = ColorSum()
        colors.add_parts(image, workers=workers, progress=progress)
        run.keep(_PALETTE, colors.palette(options, progress=progress).to_bytes("json"))
    return Palette.load(run.folder / _PALETTE)


def _made(labelled: Labelled, kind: Kind, run: PartialRun) -> str:
    """Make the output in the run's folder, or complete the labels that it is."""
    if kind.write is None:
        describe_palette(labelled)
        return run.staged(LABELS)
    path = run.folder / _FILE
    path.unlink(missing_ok=True)
    kind.write(labelled, path)
    return str(path)


def _bytes_of(name: str) -> int:
    if is_url(name):
        return size_at(name)
    path = Path(name)
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _bytes_of_input(name: str) -> int | None:
    is_there = not is_url(name) and Path(name).exists()
    return _bytes_of(name) if is_there else None
