"""An image of which parts are read: what `SourceImage` is for images that fit in memory."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.sources.arrays import cleared, rgb_or_rgba, unsigned, without_gaps
from smalti.sources.note import UNREAD, Note
from smalti.sources.source_image import Pixels, SourceImage
from smalti.sources.tiles.profile import in_srgb
from smalti.sources.tiles.window import Window, grid

__all__ = [
    "MAX_CHUNK_BYTES",
    "Failures",
    "Samples",
    "Store",
    "TiledImage",
    "Unread",
    "check_channels",
    "check_samples",
    "refuse_bands",
]

MAX_CHUNK_BYTES = 1 << 30
"""Larger pieces of files are refused: reading a part must not take more memory than there is."""

# About as many pixels are counted at a time.
_COUNTED = 1 << 22

# Samples that stand for brightness whatever the other parts hold: other whole numbers have 8 bits
# or 16, by the largest of all.
_KINDS = ("bool", "uint8", "uint16", "float16", "float32", "float64")

_BANDS = (1, 2, 3, 4)


@dataclass
class Failures:
    """The parts of an image that cannot be read, and why; threads may add to them."""

    found: dict[Window, str] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    def add(self, window: Window, error: Exception) -> None:
        """Remember a part. One that is read again is one all the same."""
        with self._lock:
            self.found[window] = str(error).strip() or type(error).__name__


class Unread(NamedTuple):
    """A part that cannot be read.

    Attributes
    ----------
    is_of_mask : bool
        Whether it is one of the image's mask.
    window : Window
    reason : str
    """

    is_of_mask: bool
    window: Window
    reason: str


Samples: TypeAlias = "tuple[NDArray[Any], NDArray[np.bool_] | None]"
"""Samples of a part, shape (h, w) or (h, w, C), and where there are none, shape (h, w)."""


@dataclass(frozen=True)
class Store:
    """Where samples are.

    Attributes
    ----------
    shape : (int, int, int)
        Height, width and bands.
    dtype : numpy.dtype
    chunk : (int, int)
        Rows and columns of the pieces that are stored.
    read : callable
        Returns the `Samples` of a window. Pieces that cannot be read are added to the failures, and
        are without data, as those are that the file does not have.
    """

    shape: tuple[int, int, int]
    dtype: "np.dtype[Any]"
    chunk: tuple[int, int]
    read: Callable[[Window, Failures], Samples]


@dataclass(frozen=True)
class TiledImage:
    """An image of which parts are read.

    Attributes
    ----------
    name : str
        What to call it in messages.
    store : Store
    identify : callable
        Returns what changes when the image does; nothing if that is not known.
    pixel_size : float or None
        Side of a pixel in micrometres, if that is known.
    profile : bytes or None
        ICC profile of its colours; without one they are sRGB.
    notes : tuple of Note
        What there is to tell of it.
    failures : Failures
        The parts that could not be read. Their pixels are clear.
    mask : TiledImage or None
        What says which pixels take part, which is read with it.
    fills_white : bool
        Whether pixels without data are white instead of clear.
    opened_by : callable or None
        Opens it anew, in another process; None of what lies in the memory of this one.
    """

    name: str
    store: Store
    identify: Callable[[], str]
    pixel_size: float | None = None
    profile: bytes | None = None
    notes: tuple[Note, ...] = ()
    failures: Failures = field(default_factory=Failures)
    mask: "TiledImage | None" = None
    fills_white: bool = False
    opened_by: "Callable[[], TiledImage] | None" = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how another process opens it.

        Raises
        ------
        InvalidParameterError
            If none can, as it has no name.
        """
        if self.opened_by is None:
            raise InvalidParameterError(
                f"{self.name}: workers of a cluster cannot read it; name a file or a URL that they "
                "reach"
            )
        return _opened, (self.opened_by, self.name, self.fills_white)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.store.shape[:2]

    @property
    def original_bits(self) -> int:
        """Bits that it takes uncompressed, in the form it has."""
        bits = 1 if self.store.dtype == bool else 8 * self.store.dtype.itemsize
        return int(np.prod(self.store.shape, dtype=object)) * bits

    def region(self, window: Window) -> Pixels:
        """Read a part.

        Parameters
        ----------
        window : Window

        Returns
        -------
        uint8 or uint16 array, shape (h, w, 3) or (h, w, 4)
            sRGB with straight alpha, which is 0 where there is no data.

        Raises
        ------
        InvalidParameterError
            If floats lie outside 0 to 1.
        """
        samples, missing = self.store.read(window, self.failures)
        samples, gaps = without_gaps(samples)
        pixels = unsigned(samples, f"{self.name}, {window}:")
        if self.fills_white:
            return self._in_srgb(_on_white(rgb_or_rgba(pixels), gaps, missing))
        return cleared(self._in_srgb(cleared(rgb_or_rgba(pixels), gaps)), missing)

    def part(self, window: Window) -> SourceImage:
        """Read a part as an image."""
        pixels = self.region(window)
        bits = self.original_bits * window.pixels // max(self.shape[0] * self.shape[1], 1)
        return SourceImage(pixels, bits, self.name, pixel_size=self.pixel_size)

    def parts(self) -> Iterator[Window]:
        """Yield windows that meet no piece twice, of some four million pixels: for every pixel."""
        rows, columns = self.store.chunk
        across = _multiple(columns, int(_COUNTED**0.5))
        down = _multiple(rows, _COUNTED // max(min(across, self.shape[1]), 1))
        yield from grid(self.shape, (down, across))

    def check_readable(self) -> None:
        """Refuse an image after all parts have been read, if none of them could be.

        Raises
        ------
        ImageReadError
            If there was none.
        """
        failed = sorted(self.failures.found.items())
        if sum(window.pixels for window, _ in failed) >= self.shape[0] * self.shape[1]:
            raise ImageReadError(f"{self.name}: no part of it can be read: {failed[0][1]}")

    def unread_in(self, window: Window) -> list[Unread]:
        """Return what in a window could not be read so far, of the image and of its mask."""
        return [
            Unread(image is not self, failed, reason)
            for image in self._all
            for failed, reason in [*image.failures.found.items()]
            if failed.meeting(window).pixels
        ]

    def add_unread(self, unread: list[Unread]) -> None:
        """Remember what another process could not read."""
        for each in unread:
            image = self.mask if each.is_of_mask else self
            if image is not None:
                image.failures.found[each.window] = each.reason

    @property
    def _all(self) -> "tuple[TiledImage, ...]":
        return (self,) if self.mask is None else (self, self.mask)

    def all_notes(self) -> tuple[Note, ...]:
        """Return what there is to tell of it, with what could not be read so far."""
        notes = self.notes if self.mask is None else (*self.notes, *self.mask.all_notes())
        failed = sorted(self.failures.found.items())
        if not failed:
            return notes
        window, reason = failed[0]
        more = f" and {len(failed) - 1} further parts" if len(failed) > 1 else ""
        shown = "are white" if self.fills_white else "count as clear"
        text = f"{self.name}: {window}{more} cannot be read, and {shown}: {reason}"
        return (*notes, Note(UNREAD, text))

    def _in_srgb(self, pixels: Pixels) -> Pixels:
        # Floats are light of no known profile, as in `smalti.read`.
        if self.profile is None or self.store.dtype.kind == "f":
            return pixels
        return in_srgb(pixels, self.profile, is_grey=self.store.shape[2] <= 2)[0]


def _opened(opened_by: Callable[[], TiledImage], name: str, fills_white: bool) -> TiledImage:
    """Return an image that was sent to this process."""
    return replace(opened_by(), name=name, fills_white=fills_white)


def _on_white(
    pixels: Pixels, gaps: NDArray[np.bool_] | None, missing: NDArray[np.bool_] | None
) -> Pixels:
    """Return pixels that are white where there is no data."""
    for places in (gaps, missing):
        if places is not None:
            white = pixels.dtype.type(np.iinfo(pixels.dtype).max)
            pixels = np.where(places[..., np.newaxis], white, pixels)
    return pixels


def _multiple(step: int, wanted: int) -> int:
    """Return the multiple of a step, at least one, that is next to what is wanted."""
    return step * max(round(wanted / step), 1)


def check_samples(
    name: str, shape: tuple[int, ...], dtype: "np.dtype[Any]", chunk: tuple[int, ...]
) -> None:
    """Refuse samples that are no colours, or lie in pieces that are too large.

    Raises
    ------
    ImageReadError
        If they are.
    """
    height, width, bands = shape
    if min(height, width) < 1:
        raise ImageReadError(f"{name}: is {width} x {height}, but at least one pixel is needed")
    if bands not in _BANDS:
        refuse_bands(name, bands)
    if dtype.newbyteorder("=").name not in _KINDS:
        raise ImageReadError(
            f"{name}: has samples of {dtype}; larger than memory are read {', '.join(_KINDS)}"
        )
    taken = int(np.prod(chunk, dtype=object)) * bands * dtype.itemsize
    if taken > MAX_CHUNK_BYTES:
        raise ImageReadError(
            f"{name}: is stored in pieces of {taken:,} bytes, more than the {MAX_CHUNK_BYTES:,} "
            "that are read at a time; store it in tiles"
        )


def check_channels(name: str, channels: int) -> None:
    """Refuse channels that are no colours: their axis says that none of them is alpha.

    Raises
    ------
    ImageReadError
        If they are.
    """
    if channels in (2, 4):
        raise ImageReadError(
            f"{name}: has {channels} channels, of which none is alpha; larger than memory are read "
            "1 (grey) or 3 (red, green, blue)"
        )
    if channels not in (1, 3):
        refuse_bands(name, channels)


def refuse_bands(name: str, bands: int) -> NoReturn:
    """Refuse a number of bands that is none of colours.

    Raises
    ------
    ImageReadError
        Always.
    """
    raise ImageReadError(
        f"{name}: has {bands} bands; larger than memory are read 1 (grey), 2 (grey and alpha), "
        "3 (red, green, blue) or 4 (with alpha)"
    )
