"""What ``smalti segment`` does with every input."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import click

from smalti.batch.paths import STANDARD, FilesRead, folder_in, source_of
from smalti.batch.result_folder import ResultFolder
from smalti.batch.storage import identity
from smalti.cli.options import usage_errors
from smalti.cli.reading import read_image, read_samples
from smalti.cli.segment_done import Done
from smalti.cli.segment_files import (
    Extras,
    check_files,
    densities_in,
    stale_files,
    write_files,
)
from smalti.cli.segment_summary import Summary
from smalti.exceptions import ImageWriteError, SmaltiError
from smalti.options import STAIN_SPACES, SegmentOptions, class_names
from smalti.parallel import Workers
from smalti.progress import Progress
from smalti.sources.tiles.open import opened_by_parts

if TYPE_CHECKING:
    from smalti import LargeSegmentation, Segmentation, SourceImage
    from smalti.segmentation.classifier import PixelClassifier
    from smalti.sources.tiles.tiled_image import TiledImage

__all__ = ["Job", "Wishes"]


@dataclass(frozen=True)
class Wishes:
    """What the command line asks for."""

    inputs: tuple[str, ...]
    out: str
    classes: str | None
    same_classes: bool
    mask: str | None
    nodata: float | None
    extras: Extras
    force: bool
    max_pixels: int | None
    scheduler: str | None
    chosen: dict[str, Any]

    @property
    def is_alone(self) -> bool:
        """Whether there is one input, whose files go into the folder for all."""
        return len(self.inputs) == 1


@dataclass
class Job:
    """What all inputs share. It is read and checked once."""

    wishes: Wishes
    options: SegmentOptions
    mask: Any
    known: "PixelClassifier | None"
    read: FilesRead
    workers: Workers
    learnt: "PixelClassifier | None" = None
    _claimed: set[str] = field(default_factory=set)

    @classmethod
    def begun(cls, wishes: Wishes, workers: Workers) -> "Job":
        """Read the mask and the classes, and check the options.

        Raises
        ------
        SmaltiError
            If they cannot be read, or an argument is outside its range.
        """
        wishes.extras.check()
        named = [(name, "the input") for name in wishes.inputs]
        named += [
            (name, option)
            for name, option in ((wishes.mask, "--mask"), (wishes.classes, "--classes"))
            if name is not None
        ]
        mask = None
        if wishes.mask is not None:
            mask = opened_by_parts(wishes.mask, max_pixels=wishes.max_pixels)
            mask = _mask(wishes.mask, wishes.max_pixels) if mask is None else mask
        known = None if wishes.classes is None else _loaded(wishes.classes)
        options = _options(wishes.chosen, known)
        job = cls(wishes, options, mask, known, FilesRead(named), workers)
        job._names()
        if wishes.extras.densities:
            job._check_densities()
        return job

    def summary(self) -> Summary | None:
        """Return what the areas of several inputs with the same classes are summed up by.

        Raises
        ------
        ImageWriteError
            If there is a summary that is not to be replaced.
        """
        wishes, preset = self.wishes, self.options.preset
        is_same = self.known is not None or wishes.same_classes or preset is not None
        if wishes.is_alone or not is_same:
            return None
        return Summary(wishes.out, self.read, overwrite=wishes.force)

    def claimed(self, name: str) -> str:
        """Return the folder for an input, once it is that of no other one.

        Raises
        ------
        ImageWriteError
            If it is.
        """
        folder = self.folder_for(name)
        # Two spellings of one path are one folder.
        key = identity(folder)
        if key in self._claimed:
            raise ImageWriteError(f"{name}: would be written to {folder}, as another input is")
        self._claimed.add(key)
        return folder

    def folder_for(self, name: str) -> str:
        """Return the folder for an input: that for all, or one of its own in it."""
        out = self.wishes.out
        return out if self.wishes.is_alone else folder_in(out, name)

    def segmented(self, name: str, folder: str, progress: Progress | None = None) -> Done:
        """Segment an input and write what comes of it."""
        began = time.monotonic()
        with _named(name, enabled=not self.wishes.is_alone):
            done = self._segmented_into(name, ResultFolder(folder), progress)
        return replace(done, seconds=time.monotonic() - began)

    def _segmented_into(self, name: str, folder: ResultFolder, progress: Progress | None) -> Done:
        image = None
        if name != STANDARD:
            image = opened_by_parts(name, max_pixels=self.wishes.max_pixels)
        if image is not None:
            found = self._found_by_parts(image, folder, progress)
            return Done.of(name, str(folder), found, found.regions)
        extras, force = self.wishes.extras, self.wishes.force
        check_files(folder, self._names(), extras, self.read, overwrite=force)
        source = read_samples(name, self.wishes.max_pixels, self._space(), self.wishes.nodata)
        if extras.pixel_size is not None:
            source = replace(source, pixel_size=extras.pixel_size)
        segmentation = self._segmented(source, progress)
        if self.wishes.same_classes:
            self.learnt = segmentation.classifier
        written = write_files(segmentation, source, folder, extras, overwrite=force)
        if extras.densities:
            self._write_densities(segmentation, source, folder)
        return Done.of(name, str(folder), segmentation, *written)

    def _write_densities(
        self, segmentation: "Segmentation", source: "SourceImage", folder: ResultFolder
    ) -> None:
        """Write the densities of the stains that the classes are of."""
        from smalti.scale.densities import write_densities
        from smalti.sources.tiles.masked import masked
        from smalti.sources.tiles.open import by_parts
        from smalti.sources.tiles.whole_image import of_whole

        mask, stains = self._whole_mask(), segmentation.classifier.features.stains
        image = masked(of_whole(source), None if mask is None else by_parts(mask), None)
        if stains is not None:
            place = densities_in(folder)
            write_densities(image, stains, place, overwrite=self.wishes.force)

    def _found_by_parts(
        self, image: "TiledImage", folder: ResultFolder, progress: Progress | None
    ) -> "LargeSegmentation":
        """Segment an image that is read by parts, and write what comes of it."""
        from smalti.scale.segmenting import Segmenting, segment_parts
        from smalti.sources.tiles.masked import masked
        from smalti.sources.tiles.open import by_parts
        from smalti.sources.tiles.tiled_image import TiledImage

        wishes = self.wishes
        if wishes.extras.ome_tiff:
            raise click.BadParameter("--ome-tiff is for images that are read as a whole")
        if wishes.extras.pixel_size is not None:
            image = replace(image, pixel_size=wishes.extras.pixel_size)
        mask = self.mask
        if mask is not None and not isinstance(mask, TiledImage):
            mask = replace(by_parts(mask), name=wishes.mask or "")
        segmenting = Segmenting(
            folder,
            self.options,
            self.known or self.learnt,
            "0.4",
            wishes.force,
            self.workers,
            outlines=wishes.extras.geojson,
            densities=wishes.extras.densities,
        )
        # The classes in the folder tell of an earlier run, and are replaced.
        stale = stale_files(folder, segmenting.files) if wishes.force else []
        for each in stale:
            self.read.refuse(folder.of(each))
        with usage_errors():
            segmenting.check()
            found = segment_parts(masked(image, mask, wishes.nodata), segmenting, progress)
        folder.remove(stale)
        if wishes.same_classes:
            self.learnt = found.classifier
        return found

    def _names(self) -> tuple[str, ...]:
        """Return the names of the classes. An image of few colours has only the first of them."""
        from smalti.segmentation.histology.stain_names import CLASS_NAMES

        if self.known is not None:
            return self.known.names
        if self.options.preset is not None:
            return CLASS_NAMES[self.options.preset]
        return class_names(self.options.names, self.options.k or 0)

    def _check_densities(self) -> None:
        """Refuse to write densities where classes are of no stains."""
        space = self.options.color_space if self.known is None else self.known.features.space
        if space not in STAIN_SPACES:
            raise click.UsageError(
                "--densities needs --preset, --space he or hdab, or --classes of these"
            )

    def _space(self) -> str | None:
        """Return the space that inputs are read for."""
        classifier = self.known or self.learnt
        return self.options.space_of_samples if classifier is None else classifier.features.space

    def _segmented(self, source: Any, progress: Progress | None) -> "Segmentation":
        """Segment an image, into classes that are known or into its own."""
        import smalti

        options, classifier, mask = self.options, self.known or self.learnt, self._whole_mask()
        if classifier is None:
            return smalti.segment(source, options=options, mask=mask, progress=progress)
        return classifier.segment(
            source,
            spatial_weight=options.boundary_weight,
            superpixels=options.superpixels,
            mask=mask,
            min_region=options.min_region,
            progress=progress,
        )

    def _whole_mask(self) -> Any:
        """Return the pixels that take part, of a mask that is read by parts, too."""
        from smalti.sources.tiles.tiled_image import TiledImage
        from smalti.sources.tiles.window import Window

        if isinstance(self.mask, TiledImage):
            return _inside(self.mask.region(Window.whole(self.mask.shape)))
        return self.mask


def _options(chosen: dict[str, Any], known: "PixelClassifier | None") -> SegmentOptions:
    """Return the options that the command line asks for; `known` classes decide their number."""
    values = dict(chosen)
    begun, kept = values.pop("color"), values.pop("keep_color")
    if values.pop("estimate_stains"):
        values["stains"] = "estimate"
    if begun or kept:
        values |= {"init_colors": [*kept, *begun], "locked": list(range(len(kept)))}
    if known is not None:
        known.check_applicable()
        values["k"] = known.k
    with usage_errors():
        return SegmentOptions(spatial_weight=values.pop("spatial"), **values)


@contextmanager
def _named(name: str, *, enabled: bool) -> Iterator[None]:
    """Add the name of the input to errors that do not have it."""
    try:
        yield
    except SmaltiError as error:
        shown = "stdin" if name == STANDARD else name
        if not enabled or shown in str(error):
            raise
        raise error.of(shown) from error


def _loaded(name: str) -> "PixelClassifier":
    from smalti import PixelClassifier

    return PixelClassifier.load(source_of(name))


def _mask(name: str, max_pixels: int | None) -> Any:
    """Return the pixels of an image that are neither black nor transparent."""
    return _inside(read_image(name, max_pixels).pixels)


def _inside(pixels: Any) -> Any:
    inside = (pixels[..., :3] > 0).any(axis=2)
    return inside if pixels.shape[2] == 3 else inside & (pixels[..., 3] > 0)
