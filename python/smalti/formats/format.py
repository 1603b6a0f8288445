"""The record of a file format."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from smalti.progress import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Indices: TypeAlias = NDArray[np.unsignedinteger[Any]]
    Palette: TypeAlias = NDArray[np.uint8]

__all__ = ["Format", "Picture"]


class Picture(Protocol):
    """The attributes that encoders use; `CompressedImage` has them."""

    @property
    def indices(self) -> "Indices":
        """Positions in the palette, shape (H, W)."""

    @property
    def palette(self) -> "Palette":
        """The colours, shape (K, 3) or (K, 4)."""

    def _as_made(self, name: str) -> Any:
        """Return one of these arrays, raw if the core has made it."""

    @property
    def centroids(self) -> "NDArray[np.float64]":
        """The colours before rounding."""

    @property
    def original_bits(self) -> int:
        """Bits of the original, uncompressed."""

    @property
    def rate_weight(self) -> float | None:
        """What a bit was worth when the indices were chosen; None if that is not known."""

    @property
    def dither(self) -> float | None:
        """How much of every error was made up for; None if that is not known."""

    @property
    def coder(self) -> str | None:
        """By whose prices of bits the indices were chosen."""


@dataclass(frozen=True)
class Format:
    """A file format that pictures are saved in.

    Attributes
    ----------
    name : str
        What `to_bytes` and ``--format`` call it, in lower case.
    title : str
        What sentences call it: ``"WebP"``.
    file_title : str
        What sentences call a file of it: ``"a lossless WebP"``.
    suffixes : tuple of str
        Endings of file names, in lower case with the dot, the usual one first.
    media_type : str
        As in HTTP's Content-Type.
    rank : int
        Its place where formats are listed; what nobody chooses is the first that holds the picture.
    sniff : callable
        Whether bytes begin as a file of it does.
    encode : callable
        Return the bytes of a `Picture`, given an effort of 1 to 9 and a progress callback or None.
    mark : callable or None
        Return a file of it with a mark at its end: a few bytes of `smalti.formats.marks` that
        viewers skip, and programs that change the picture drop. None if there is no place for it.
    mark_in : callable or None
        Return the mark, given the last `smalti.formats.marks.TAIL_BYTES` of a file; None if there
        is none.
    encode_blocks : callable or None
        The same for a picture in blocks, from the keywords ``indices``, ``codebook``, ``shape``,
        ``original_bits`` and ``progress``; None if it does not hold blocks.
    decode : callable or None
        Return the arguments of a `CompressedImage` or `BlockImage`, given the bytes, a name for
        messages and the pixels allowed (None for Pillow's limit). None for an image format, which
        is read as any image is.
    max_colors : int or None
        The most colours; None for any number.
    max_side : int or None
        The most pixels of a side; None for any number.
    has_palette : bool
        Whether a file stores the palette; if not, whoever loads one collects its colours.
    has_frames : bool
        Whether a file can hold several pictures that follow each other.
    coder : str or None
        The coder whose prices of bits decide on the labels for this format: ``"png"``. None if the
        format has no prices.
    size : callable or None
        Return the length of the file, or bytes that suffice for it, given indices, palette and
        effort; for coders whose bits the core does not count itself.
    """

    name: str
    title: str
    file_title: str
    suffixes: tuple[str, ...]
    media_type: str
    rank: int
    sniff: Callable[[bytes], bool]
    encode: Callable[[Picture, int, Progress | None], bytes]
    mark: Callable[[bytes, bytes], bytes] | None = None
    mark_in: Callable[[bytes], bytes | None] | None = None
    encode_blocks: Callable[..., bytes] | None = None
    decode: Callable[[bytes, str, int | None], dict[str, Any]] | None = None
    max_colors: int | None = None
    max_side: int | None = None
    has_palette: bool = True
    has_frames: bool = False
    coder: str | None = None
    size: "Callable[[Indices, Palette, int], int] | None" = None

    @property
    def holds_blocks(self) -> bool:
        """Whether it holds pictures in blocks."""
        return self.encode_blocks is not None

    def holds_colors(self, number: int) -> bool:
        """Whether it holds so many colours."""
        return self.max_colors is None or number <= self.max_colors

    def holds_sides(self, *sides: int) -> bool:
        """Whether it holds pictures of such sides."""
        return self.max_side is None or max(sides) <= self.max_side
