"""One image at several numbers of colours: the rate-distortion table and figure.

Rate and distortion are those of plain K-Means, without dither, whose dots would hide what a
number of colours does.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.formats.png import MAX_COLORS as MAX_PNG_COLORS
from smalti.images.compress import compress
from smalti.images.compressed_image import CompressedImage
from smalti.images.read import ImageSource, read
from smalti.images.source_image import SourceImage
from smalti.measure.plot import Panel, comparison_figure
from smalti.measure.table import Measured, as_text, measured_table, percent
from smalti.validation import whole_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

__all__ = ["Sweep", "sweep"]


class Sweep:
    """An image compressed at several numbers of colours.

    Attributes
    ----------
    source : SourceImage
        The original.
    k : tuple of int
        The numbers of colours asked for.
    images : tuple of CompressedImage
        One for each.
    files : tuple of bytes
        Each picture encoded: PNG up to 256 colours, else npz.
    rows : tuple of Measured
        Each picture's colours, file bytes and report.

    ``str(sweep)`` is the table.
    """

    def __init__(
        self,
        source: SourceImage,
        k: tuple[int, ...],
        images: tuple[CompressedImage, ...],
        files: tuple[bytes, ...],
    ) -> None:
        self.source = source
        self.k = k
        self.images = images
        self.files = files
        self.rows = tuple(
            Measured(str(number), len(image.palette), len(data), image.report())
            for number, image, data in zip(k, images, files, strict=True)
        )

    def __repr__(self) -> str:
        return f"<Sweep of {self.source.name}, K = {', '.join(map(str, self.k))}>"

    def __str__(self) -> str:
        return f"{self.source.name}\n{as_text(self.table())}"

    def table(self) -> "Table":
        """Return the table of figures, for a rich console."""
        return measured_table("K", self.rows)

    def panels(self) -> list[Panel]:
        """Return the original and each compressed picture with its figures."""
        original = Panel(f"original\n{self.source.original_bits:,} bits", self.source.pixels)
        compressed = [
            Panel(
                f"K = {row.label}: {percent(row.report.ratio)}, {row.file_bytes:,} B\n"
                f"PSNR {row.report.psnr:.1f} dB, SSIMULACRA2 {row.report.ssimulacra2:.0f}",
                image.reconstruct(),
                image.palette,
            )
            for row, image in zip(self.rows, self.images, strict=True)
        ]
        return [original, *compressed]

    def figure(self) -> "Figure":
        """Return a matplotlib figure of the original next to each K.

        Raises
        ------
        MissingExtraError
            If matplotlib (the extra ``plot``) is not installed.
        """
        return comparison_figure([self.panels()])


def sweep(
    image: ImageSource,
    k: Iterable[int] = (2, 3, 6, 16),
    *,
    space: str = "oklab",
    effort: int = 5,
    seed: int = 0,
    progress: Callable[[str, float], object] | None = None,
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
    space, effort, seed, progress
        As in `smalti.compress`.

    Returns
    -------
    Sweep

    Examples
    --------
    >>> import numpy as np
    >>> import smalti
    >>> ramp = np.linspace(0, 1, 256)[np.newaxis, :, np.newaxis].repeat(64, 0).repeat(3, 2)
    >>> [row.report.compressed_bits for row in smalti.sweep(ramp, k=(2, 3)).rows]
    [16432, 32840]
    """
    listed = k if isinstance(k, Iterable) else ()
    numbers = tuple(whole_number("k", number, 1, _core.MAX_COLORS) for number in listed)
    if not numbers:
        raise InvalidParameterError(f"k must be a list of numbers of colours, got {k!r}")
    source = read(image)
    images, files = [], []
    for number in numbers:
        compressed = compress(
            source,
            number,
            rate_weight=0,
            dither=0,
            space=space,
            effort=effort,
            seed=seed,
            progress=progress,
        )
        format_name = "png" if len(compressed.palette) <= MAX_PNG_COLORS else "npz"
        images.append(compressed)
        files.append(compressed.to_bytes(format_name, progress=progress))
    return Sweep(source, numbers, tuple(images), tuple(files))
