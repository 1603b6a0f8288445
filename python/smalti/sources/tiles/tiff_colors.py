"""What the samples of a TIFF page mean: kinds of colours, alpha, few bits, and no data."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import ImageReadError
from smalti.sources.alpha import straight
from smalti.sources.tiff import GDAL_NODATA_TAG, nodata_of
from smalti.sources.tiles.tiled_image import Samples, refuse_bands

if TYPE_CHECKING:
    from tifffile import TiffPage

__all__ = ["GREYS", "Meaning", "meaning_of", "name_of"]

# Kinds of colours (tag 262).
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
GREYS = (_WHITE_IS_ZERO, _BLACK_IS_ZERO)
_COLORS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _PALETTE: 1, _YCBCR: 3}

# What decoders of JPEG turn to RGB, and the kinds of JPEG 2000 by which Aperio's files say that
# samples are YCbCr or RGB.
_JPEG = (6, 7, 33007, 34892)
_APERIO_YCBCR, _APERIO_RGB = 33003, 33005

# Meanings of further samples (tag 338).
_ASSOCIATED, _UNASSOCIATED = 1, 2


@dataclass(frozen=True)
class Meaning:
    """How the samples of a pixel become grey or RGB, with alpha if there is some.

    Attributes
    ----------
    dtype : numpy.dtype
        Of what they become.
    colors : int
        Samples that are colours; further ones that mean nothing are left out.
    alpha : int or None
        The kind of alpha, if the sample behind them is alpha.
    levels : int or None
        The largest sample of few bits.
    palette : uint8 array of shape (n, 3), or None
    is_inverted : bool
        Whether white is 0.
    is_ycbcr : bool
        Whether samples are still to become RGB.
    nodata : float or None
        Pixels of which all colours have this value are without data.
    """

    dtype: "np.dtype[Any]"
    colors: int
    alpha: int | None = None
    levels: int | None = None
    palette: "NDArray[np.uint8] | None" = None
    is_inverted: bool = False
    is_ycbcr: bool = False
    nodata: float | None = None

    @property
    def taken(self) -> int:
        """Samples of a pixel that mean something: the first ones."""
        return self.colors + (self.alpha is not None)

    @property
    def bands(self) -> int:
        """Bands that they become."""
        return self.taken if self.palette is None else self.taken + 2

    def of(self, samples: NDArray[Any]) -> Samples:
        """Return bands of samples of shape (h, w, taken), and where there is no data."""
        colors, alpha = samples[..., : self.colors], samples[..., self.colors :]
        gaps = None
        if self.nodata is not None:
            gaps = (colors == self.nodata).all(axis=2)
            colors = np.where(gaps[..., np.newaxis], colors.dtype.type(0), colors)
        if self.palette is not None:
            places = colors[..., 0].astype(np.intp)
            colors = np.take(self.palette, places, axis=0, mode="clip")
        elif self.levels is not None:
            colors, alpha = self._scaled(colors, self.levels), self._scaled(alpha, self.levels)
        if self.is_ycbcr:
            colors = _rgb_of(colors)
        if self.is_inverted:
            colors = _inverted(colors)
        if self.alpha is None:
            return colors, gaps
        joined: NDArray[Any] = np.concatenate([colors, alpha], axis=2)
        return straight(joined) if self.alpha == _ASSOCIATED else joined, gaps

    def _scaled(self, samples: NDArray[Any], levels: int) -> NDArray[Any]:
        """Return samples of few bits as such of all bits."""
        largest = np.iinfo(self.dtype).max
        wide = np.minimum(samples, levels).astype(np.uint32)
        scaled: NDArray[Any] = ((wide * largest + levels // 2) // levels).astype(self.dtype)
        return scaled


def _inverted(samples: NDArray[Any]) -> NDArray[Any]:
    # Some NaN warn when they are calculated with.
    with np.errstate(invalid="ignore"):
        turned: NDArray[Any] = 1 - samples if samples.dtype.kind == "f" else ~samples
    return turned


def _rgb_of(samples: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the RGB of YCbCr (ITU-R BT.601) in its full range."""
    luma, blue, red = np.moveaxis(samples.astype(np.float32), 2, 0)
    blue, red = blue - 128, red - 128
    colors = (luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue)
    rounded: NDArray[np.uint8] = np.rint(np.clip(np.stack(colors, axis=2), 0, 255)).astype(np.uint8)
    return rounded


def meaning_of(name: str, page: "TiffPage", channels: int = 1) -> Meaning:
    """Return what the samples of a page mean.

    Parameters
    ----------
    name : str
    page : TiffPage
    channels : int
        Pages that hold one channel each.

    Raises
    ------
    ImageReadError
        If they are no colours that can be read.
    """
    kind = int(page.photometric)
    if kind not in _COLORS:
        raise ImageReadError(
            f"{name}: has colours of the kind {name_of(page.photometric)}; larger than memory are "
            "read RGB, grey and palettes"
        )
    compression = int(page.compression)
    if kind == _YCBCR and compression not in (*_JPEG, _APERIO_YCBCR, _APERIO_RGB):
        raise ImageReadError(f"{name}: has YCbCr colours that are not coded by JPEG")
    dtype = np.dtype(page.dtype or np.void)
    colors, alpha = (channels, None) if channels > 1 else _samples_of(name, page, _COLORS[kind])
    if kind == _PALETTE:
        palette = _palette_of(name, page, dtype, has_alpha=alpha is not None)
        return Meaning(np.dtype(np.uint8), colors, alpha, palette=palette)
    is_ycbcr = compression == _APERIO_YCBCR and colors == 3
    if is_ycbcr and dtype != np.uint8:
        raise ImageReadError(f"{name}: has YCbCr colours of {dtype}, but 8 bits are needed")
    return Meaning(
        dtype,
        colors,
        alpha,
        levels=_levels_of(page, dtype),
        is_inverted=kind == _WHITE_IS_ZERO,
        is_ycbcr=is_ycbcr,
        nodata=_nodata_of(page, dtype),
    )


def name_of(kind: Any) -> str:
    """Return the name of a kind of colours or of compression; some have only a number."""
    return getattr(kind, "name", str(kind))


def _samples_of(name: str, page: "TiffPage", colors: int) -> tuple[int, int | None]:
    """Return how many samples are colours, and the kind of alpha behind them."""
    number = page.samplesperpixel
    extras = [int(extra) for extra in page.extrasamples]
    if int(page.photometric) in GREYS and number >= 3:
        # Bands without names: three are red, green and blue.
        colors = 3
        extras = extras[-1:] if number == 4 else []
        if number == 4 and not (extras and extras[0] in (_ASSOCIATED, _UNASSOCIATED)):
            raise ImageReadError(
                f"{name}: has 4 bands of grey, of which none is alpha; larger than memory are read "
                "1 (grey) or 3 (red, green, blue) of these"
            )
    if not colors <= number <= colors + 1:
        if number in (1, 2, 3, 4):
            kind = name_of(page.photometric)
            raise ImageReadError(f"{name}: has colours of the kind {kind} in {number} bands")
        refuse_bands(name, number)
    if number == colors:
        return colors, None
    # Older files do not say that the further sample is alpha.
    extra = extras[0] if extras else _UNASSOCIATED
    return colors, extra if extra in (_ASSOCIATED, _UNASSOCIATED) else None


def _palette_of(
    name: str, page: "TiffPage", dtype: "np.dtype[Any]", *, has_alpha: bool
) -> NDArray[np.uint8]:
    """Return the colours of a palette, shape (n, 3)."""
    colors = np.asarray(page.colormap)
    if colors.ndim != 2 or colors.shape[0] != 3 or colors.size == 0 or colors.dtype.kind != "u":
        raise ImageReadError(f"{name}: has a palette without colours")
    if dtype.kind not in "bu" or (has_alpha and page.bitspersample != 8):
        raise ImageReadError(f"{name}: has places in its palette of {dtype}")
    palette: NDArray[np.uint8] = (colors.T >> 8).astype(np.uint8)
    return palette


def _levels_of(page: "TiffPage", dtype: "np.dtype[Any]") -> int | None:
    """Return the largest sample, if samples have fewer bits than their type."""
    bits = page.bitspersample
    if dtype.kind != "u" or not isinstance(bits, int) or bits >= 8 * dtype.itemsize:
        return None
    return int(2**bits - 1)


def _nodata_of(page: "TiffPage", dtype: "np.dtype[Any]") -> float | None:
    """Return GDAL's value without data; as in `smalti.read`, 8 bits are colours all the same."""
    if dtype.itemsize == 1:
        return None
    tag = page.tags.get(GDAL_NODATA_TAG)
    return None if tag is None else nodata_of(tag.value)
