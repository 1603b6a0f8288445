"""What ``smalti segment`` does with every input."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smalti.cli.paths import STANDARD, FilesRead, folder_of, source_of
from smalti.cli.segment_files import Extras, check_files, write_files
from smalti.exceptions import ImageReadError, SmaltiError

if TYPE_CHECKING:
    from smalti import Segmentation
    from smalti.segmentation.classifier import PixelClassifier

__all__ = ["Done", "Job", "Wishes"]


@dataclass(frozen=True)
class Wishes:
    """What the command line asks for."""

    inputs: tuple[str, ...]
    out: str
    classes: str | None
    same_classes: bool
    mask: str | None
    extras: Extras
    force: bool
    options: dict[str, Any]


@dataclass(frozen=True)
class Done:
    """The segmentation of an input, where its files are, and how many regions it has."""

    found: "Segmentation"
    folder: Path
    regions: int


@dataclass
class Job:
    """What the inputs have in common, read and checked once."""

    wishes: Wishes
    mask: Any
    known: "PixelClassifier | None"
    read: FilesRead
    learnt: "PixelClassifier | None" = None
    _claimed: set[str] = field(default_factory=set)

    @classmethod
    def begun(cls, wishes: Wishes) -> "Job":
        """Read the mask and the classes, and refuse arguments that no input would make sense of.

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
        job = cls(
            wishes,
            None if wishes.mask is None else _mask(wishes.mask),
            None if wishes.classes is None else _loaded(wishes.classes),
            FilesRead(named),
        )
        # Arguments are checked before an image is read: none at all tells about them.
        with suppress(ImageReadError):
            job._segmented(b"", None)
        job._names()
        return job

    def run(self, name: str, progress: Callable[[str, float], object]) -> Done:
        """Segment an input and write what comes of it."""
        alone = len(self.wishes.inputs) == 1
        with _named(name, enabled=not alone):
            folder = folder_of(self.wishes.out, name, alone=alone, claimed=self._claimed)
            extras, force = self.wishes.extras, self.wishes.force
            check_files(folder, self._names(), extras, self.read, overwrite=force)
            found = self._segmented(source_of(name), progress)
            if self.wishes.same_classes:
                self.learnt = found.classifier
            return Done(found, folder, write_files(found, folder, extras, overwrite=force))

    def _names(self) -> tuple[str, ...]:
        """Return what the classes are called; an image of few colours has only the first."""
        from smalti.labelmaps.classes import checked_names
        from smalti.segmentation.histology.stain_preset import CLASS_NAMES

        if self.known is not None:
            return self.known.names
        options = self.wishes.options
        if options["preset"] is not None:
            return CLASS_NAMES[options["preset"]]
        return checked_names(options["names"], options["k"])

    def _segmented(
        self, source: Any, progress: Callable[[str, float], object] | None
    ) -> "Segmentation":
        """Segment an image, into classes that are known or into its own."""
        import smalti

        options = self.wishes.options
        common = {
            "spatial_weight": options["spatial"],
            "superpixels": options["superpixels"],
            "min_region": options["min_region"],
            "mask": self.mask,
            "progress": progress,
        }
        if self.known is not None:
            return self.known.segment(source, **common)
        if self.learnt is not None:
            if options["spatial_method"] == "position":
                # The classes themselves say how much it counts.
                common["spatial_weight"] = 0.0
            return self.learnt.segment(source, **common)
        kept, begun = options["keep_color"], options["color"]
        return smalti.segment(
            source,
            options["k"],
            preset=options["preset"],
            space=options["space"],
            spatial_method=options["spatial_method"],
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


@contextmanager
def _named(name: str, *, enabled: bool) -> Iterator[None]:
    """Let errors tell which of several inputs they are of."""
    try:
        yield
    except SmaltiError as error:
        shown = "stdin" if name == STANDARD else name
        if not enabled or shown in str(error):
            raise
        raise type(error)(f"{shown}: {error}") from error


def _loaded(name: str) -> "PixelClassifier":
    from smalti import PixelClassifier

    return PixelClassifier.load(source_of(name))


def _mask(name: str) -> Any:
    """Return where an image is not black, and not transparent."""
    from smalti.sources.read import read

    pixels = read(source_of(name)).pixels
    inside = (pixels[..., :3] > 0).any(axis=2)
    return inside if pixels.shape[2] == 3 else inside & (pixels[..., 3] > 0)
