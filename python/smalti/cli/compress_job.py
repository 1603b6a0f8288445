"""What ``smalti compress`` does with every input."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smalti.cli.console import LargerError, print_note, print_warning
from smalti.cli.destination import Destination
from smalti.cli.paths import STANDARD
from smalti.cli.reading import read_image_file
from smalti.cli.second_run import EarlierOutputs, is_done
from smalti.formats.registry import format_named
from smalti.options import CompressOptions
from smalti.progress import Progress

if TYPE_CHECKING:
    from smalti.images.blocks.block_image import BlockImage
    from smalti.images.compressed_image import CompressedImage
    from smalti.images.never_larger import Smallest
    from smalti.sources.source_image import SourceImage

__all__ = ["Job", "Wishes"]


@dataclass(frozen=True)
class Wishes:
    """What the command line asks for beside options of the compressor."""

    inputs: tuple[str, ...]
    force: bool
    skip_if_larger: bool
    quiet: bool
    max_pixels: int | None


@dataclass(frozen=True)
class Job:
    """What is done with every input."""

    destination: Destination
    wishes: Wishes
    options: CompressOptions
    earlier: EarlierOutputs

    def left_out(self, name: str) -> str | None:
        """Return why an input of several is left out, if it is: an earlier run has seen to it."""
        inputs = self.wishes.inputs
        source = self.earlier.source_of(name)
        if source is not None:
            return (
                f"left out, it has the name of an output of {source}; to compress it, name it alone"
            )
        output = self.destination.of(name)
        if len(inputs) == 1 or self.wishes.force:
            return None
        if self.destination.is_input(output) and self.earlier.source_of(output) is None:
            return None
        if is_done(name, output, format_named(self.options.format)):
            return f"left out, {output} exists already; to make it anew, use --force"
        return None

    def run(self, name: str, progress: Progress) -> Callable[[], dict[str, Any]]:
        """Compress one input and return a function that measures the result.

        Measuring takes time, too, and has a progress report of its own.
        """
        import smalti
        from smalti.images.never_larger import smallest

        began = time.monotonic()
        output = self.destination.claim(name, overwrite=self.wishes.force)
        source, original = read_image_file(name, self.wishes.max_pixels)
        image = smalti.compress(source, options=self.options, progress=progress)
        data = image.to_bytes(self.options.format, progress=progress)
        if self.wishes.skip_if_larger and len(data) > len(original):
            sizes = _sizes(len(data), len(original))
            raise LargerError(f"{name}: would become larger and is not written: {sizes}")
        chosen = smallest(original, source, data, self.options.format)
        written = self._written(name, output, chosen, len(original))
        facts = {
            "input": name,
            "output": output if written else None,
            "input_bytes": len(original),
            "output_bytes": len(chosen.data) if written else len(original),
            "seconds": round(time.monotonic() - began, 4),
        }
        if chosen.is_original:
            return lambda: _row(facts, *_original_figures(source))
        return lambda: _row(facts, *_figures(image, source))

    def _written(self, name: str, output: str, chosen: "Smallest", input_bytes: int) -> bool:
        """Write what was chosen, and return whether there was a need to."""
        name = "stdin" if name == STANDARD else name
        size = len(chosen.data)
        if chosen.is_original and size >= input_bytes and self.destination.is_beside:
            self.tell(f"{name}: already as small as it gets, nothing is written")
            return False
        self.destination.write(output, chosen.data, overwrite=self.wishes.force)
        if chosen.is_original:
            self.tell(f"{name}: already as small as it gets, written as it is")
        elif size > input_bytes and not self.wishes.quiet:
            sizes = _sizes(size, input_bytes)
            written = "stdout" if output == STANDARD else output
            print_warning(
                f"{written}: is larger than {name}: {sizes}{_advice(self.options, input_bytes)}"
            )
        return True

    def tell(self, sentence: str) -> None:
        """Print a sentence that tells of no trouble."""
        if not self.wishes.quiet:
            print_note(sentence)


def _sizes(output_bytes: int, input_bytes: int) -> str:
    return f"{output_bytes:,} bytes instead of {input_bytes:,}"


def _advice(options: CompressOptions, input_bytes: int) -> str:
    """Return what makes the file smaller than with these options."""
    if options.format == "npz":
        return f"; fewer colours than {options.k} (-k) make it smaller"
    if options.max_bytes is not None:
        return "; a smaller --max-size makes it smaller"
    if options.quality is not None:
        return f"; a lower quality than -q {options.quality:g} makes it smaller"
    limit = f"--max-size {input_bytes}"
    return f"; for a file that is no larger use {limit}, or keep the other with --skip-if-larger"


def _row(facts: dict[str, Any], about: dict[str, Any], figures: dict[str, Any]) -> dict[str, Any]:
    """Return the line of an input, in the order that `--json` prints."""
    files = {name: facts[name] for name in ("input_bytes", "output_bytes")}
    names = {name: facts[name] for name in ("input", "output")}
    return {**names, **about, **files, **figures, "seconds": facts["seconds"]}


def _original_figures(source: "SourceImage") -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the same as `_figures` of a file whose own bytes were the smallest."""
    from smalti.images.never_larger import kept_report

    height, width, _ = source.pixels.shape
    colors, report = kept_report(source)
    chosen = {"rate_weight": 0.0, "dither": 0.0}
    return {"width": width, "height": height, "colors": colors, **chosen}, report.to_dict()


def _figures(
    image: "CompressedImage | BlockImage", source: "SourceImage"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a picture is and what it was chosen with, and the figures of its report."""
    from smalti.images.blocks.block_image import BlockImage

    height, width = image.shape
    # Indices of blocks are those of the nearest entries, without weight and dither.
    chosen: dict[str, Any] = {"rate_weight": 0.0, "dither": 0.0}
    if isinstance(image, BlockImage):
        chosen["block"] = list(image.block)
    else:
        chosen = {"rate_weight": image.rate_weight, "dither": image.dither}
    about = {"width": width, "height": height, "colors": image.k, **chosen}
    return about, image.report(source).to_dict()
