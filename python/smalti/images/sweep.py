"""One image at several numbers of colours: the rate-distortion table and figure.

Rate and distortion are those of plain K-Means, without dither, whose dots would hide what a
number of colours does. Beside pixels stand blocks of them, which need fewer indices.
"""

import html
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.formats.registry import default_format
from smalti.images.blocks.block_image import BlockImage
from smalti.images.compress import compress_with
from smalti.images.compressed_image import CompressedImage
from smalti.inputs import read_input, read_original
from smalti.measure.plot import Panel, RateCurve, RatePoint, comparison_figure
from smalti.measure.table import (
    Measured,
    as_data_frame,
    as_html,
    as_text,
    measured_table,
    percent,
)
from smalti.options import MAX_COLORS, CompressOptions, block_sides
from smalti.progress import Progress
from smalti.sources.provenance import Provenance
from smalti.sources.read import ImageSource
from smalti.validation import whole_number
from smalti.values import Value

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.table import Table

__all__ = ["PIXELS", "Sweep", "sweep"]

Block: TypeAlias = tuple[int, int]

PIXELS: Block = (1, 1)
"""The block that is a single pixel."""


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Value):
    """An image compressed at several numbers of colours, and of blocks.

    Sweeps with equal attributes are equal. Attributes cannot be set.

    Attributes
    ----------
    provenance : Provenance
        Where the original is, to be read again.
    k : tuple of int
        The numbers of colours asked for.
    blocks : tuple of (int, int)
        Heights and widths of blocks: (1, 1), which are pixels, and those asked for.
    images : tuple of CompressedImage and BlockImage
        One for each number; first those of pixels, then those of each block.
    files : tuple of bytes
        Each picture encoded: PNG up to 256 colours, else npz.
    rows : tuple of Measured
        Each picture's block, colours (or blocks), file bytes and report.

    ``str(sweep)`` is the table, or a table for each block.
    """

    provenance: Provenance
    k: tuple[int, ...]
    blocks: tuple[Block, ...]
    images: tuple[CompressedImage | BlockImage, ...]
    files: tuple[bytes, ...]
    rows: tuple[Measured, ...]

    def __repr__(self) -> str:
        beside = "".join(f", {_name(block)}" for block in self.blocks[1:])
        return f"<Sweep of {self.provenance.name}, K = {', '.join(map(str, self.k))}{beside}>"

    def __str__(self) -> str:
        tables = [as_text(self.table(block)) for block in self.blocks]
        return "\n".join([self.provenance.name, *tables])

    def table(self, block: Block = PIXELS) -> "Table":
        """Return the table of figures of pixels, or of one of `blocks`, for a rich console.

        Parameters
        ----------
        block : tuple of int, default: (1, 1)
            Height and width, one of `blocks`; (1, 1) are pixels.

        Returns
        -------
        rich.table.Table
            A row for each K.

        Raises
        ------
        InvalidParameterError
            If `block` is none of `blocks`.
        """
        block = self._swept(block)
        heading = "K" if block == PIXELS else f"K, {_name(block)}"
        return measured_table(heading, (row for row in self.rows if row.block == block))

    def _repr_html_(self) -> str:
        """Show the tables in notebooks."""
        tables = [as_html(self.table(block)) for block in self.blocks]
        return "".join([f"<p>{html.escape(self.provenance.name)}</p>", *tables])

    def to_records(self) -> list[dict[str, Any]]:
        """Return the figures of each picture by name, as data frames are made of.

        Returns
        -------
        list of dict
            One for each of `images`: ``k``, which was asked for, ``block_height``,
            ``block_width``, ``colors``, ``file_bytes`` and the figures of a `Report`.
        """
        return [
            {
                "k": int(row.label),
                "block_height": row.block[0],
                "block_width": row.block[1],
                "colors": row.colors,
                "file_bytes": row.file_bytes,
                **row.report.to_dict(),
            }
            for row in self.rows
        ]

    def to_dataframe(self) -> "pd.DataFrame":
        """Return the figures as a data frame of pandas: `to_records`, a row each.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        MissingExtraError
            If pandas (the extra ``pandas``) is not installed.
        """
        return as_data_frame(self.to_records())

    def panels(self, block: Block = PIXELS, original: "ImageSource | None" = None) -> list[Panel]:
        """Return the original and each picture of pixels, or of one of `blocks`, with figures.

        Parameters
        ----------
        block : tuple of int, default: (1, 1)
            Height and width, one of `blocks`; (1, 1) are pixels.
        original
            As of `figure`.

        Returns
        -------
        list of Panel
            Each has a title of figures and pixels of shape (H, W, 3 or 4).

        Raises
        ------
        InvalidParameterError
            If `block` is none of `blocks`.
        ImageReadError
            If the original cannot be read, or has changed.
        """
        block = self._swept(block)
        source = read_original(original, self.provenance)
        first = Panel(f"original\n{source.original_bits:,} bits", source.pixels)
        beside = "" if block == PIXELS else f"{_name(block)}, "
        compressed = [
            Panel(
                f"{beside}K = {row.label}: {percent(row.report.ratio)}, {row.file_bytes:,} B\n"
                f"PSNR {row.report.psnr:.1f} dB, SSIMULACRA2 {row.report.ssimulacra2:.0f}",
                image.reconstruct(),
                _strip(image),
            )
            for row, image in zip(self.rows, self.images, strict=True)
            if row.block == block
        ]
        return [first, *compressed]

    def curves(self) -> list[RateCurve]:
        """Return bits a pixel, codebook included, and PSNR: a curve for each of `blocks`."""
        height, width, _ = self.provenance.shape
        pixels = height * width
        curves = []
        for block in self.blocks:
            points = [
                RatePoint(
                    row.label,
                    row.report.compressed_bits / pixels,
                    (row.report.entropy_bits + row.report.palette_bits) / pixels,
                    row.report.psnr or math.nan,
                )
                for row in self.rows
                if row.block == block
            ]
            points.sort(key=lambda point: point.fixed)
            curves.append(RateCurve(_name(block), tuple(points)))
        return curves

    def figure(self, original: "ImageSource | None" = None) -> "Figure":
        """Return a matplotlib figure of the original next to each K.

        With blocks they have rows of their own, and below stand curves of distortion over rate.

        Parameters
        ----------
        original : path, URL, bytes, file, Pillow image, array or SourceImage, optional
            Default: what `provenance` reads again.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ImageReadError
            If the original cannot be read, or has changed.
        MissingExtraError
            If matplotlib (the extra ``plot``) is not installed.
        """
        source = read_original(original, self.provenance)
        rows = [self.panels(block, source) for block in self.blocks]
        return comparison_figure(rows, self.curves() if len(self.blocks) > 1 else ())

    def _swept(self, block: Block) -> Block:
        sides = block_sides(block)
        if sides not in self.blocks:
            swept = ", ".join(map(str, self.blocks))
            raise InvalidParameterError(f"block must be one that was swept, {swept}, got {block!r}")
        return sides


def _name(block: Block) -> str:
    return "pixels" if block == PIXELS else "{} x {} blocks".format(*block)


def _strip(image: CompressedImage | BlockImage) -> NDArray[np.uint8]:
    """Return the palette, or the blocks of the codebook side by side."""
    if isinstance(image, CompressedImage):
        return image.palette
    return np.concatenate(list(image.codebook), axis=1)


def sweep(
    image: ImageSource,
    k: Iterable[int] = (2, 3, 6, 16),
    *,
    block: Block | Iterable[Block] | None = None,
    space: str = "oklab",
    effort: int = 5,
    seed: int = 0,
    progress: Progress | None = None,
) -> Sweep:
    """Compress an image at several numbers of colours and measure each.

    What is compared is K-Means alone, fixed-length bits against distortion: every pixel gets its
    nearest colour, as by `smalti.compress` with a `rate_weight` and `dither` of 0.

    Parameters
    ----------
    image
        As in `smalti.compress`.
    k : iterable of int, default: (2, 3, 6, 16)
        Numbers of colours, each 1 to 65,536.
    block : (int, int) or iterable of them, optional
        Height and width of blocks, 1 to 64 pixels, that are quantised too, at the same numbers.
        Default: pixels alone.
    space, effort, seed, progress
        As in `smalti.compress`.

    Returns
    -------
    Sweep

    Raises
    ------
    ImageReadError
        If the image cannot be read.
    InvalidParameterError
        If an argument is outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> import smalti
    >>> ramp = np.linspace(0, 1, 256)[np.newaxis, :, np.newaxis].repeat(64, 0).repeat(3, 2)
    >>> [row.report.compressed_bits for row in smalti.sweep(ramp, k=(2, 3)).rows]
    [16432, 32840]
    >>> [row.report.index_bits for row in smalti.sweep(ramp, k=(2, 3), block=(2, 2)).rows]
    [16384, 32768, 4096, 8192]
    """
    listed = k if isinstance(k, Iterable) else ()
    numbers = tuple(whole_number("k", number, 1, MAX_COLORS) for number in listed)
    if not numbers:
        raise InvalidParameterError(f"k must be a list of numbers of colours, got {k!r}")
    blocks = _blocks_of(block)
    source = read_input(image)
    images, files, rows = [], [], []
    for sides, number in itertools.product(blocks, numbers):
        options = CompressOptions(
            k=number, block=sides, rate_weight=0, dither=0, space=space, effort=effort, seed=seed
        )
        compressed = compress_with(source, options, progress=progress)
        in_blocks = isinstance(compressed, BlockImage)
        form = default_format(colors=compressed.k, blocks=in_blocks)
        data = compressed.to_bytes(form.name, progress=progress)
        report = compressed.report(source)
        images.append(compressed)
        files.append(data)
        rows.append(Measured(str(number), compressed.k, len(data), report, sides))
    return Sweep(Provenance.of(source), numbers, blocks, tuple(images), tuple(files), tuple(rows))


def _blocks_of(block: Block | Iterable[Block] | None) -> tuple[Block, ...]:
    """Return single pixels and the blocks asked for, each once."""
    if block is None:
        return (PIXELS,)
    if not isinstance(block, Iterable) or isinstance(block, str):
        block_sides(block)
    listed = tuple(block)
    is_pair = bool(listed) and not any(isinstance(side, Iterable) for side in listed)
    asked = [block_sides(listed)] if is_pair else [block_sides(sides) for sides in listed]
    return tuple(dict.fromkeys([PIXELS, *asked]))
