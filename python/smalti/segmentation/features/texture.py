"""Texture around every pixel: the energies of a bank of Gabor filters.

A. K. Jain and F. Farrokhnia, "Unsupervised texture segmentation using Gabor filters", Pattern
Recognition 24(12), 1991, doi:10.1016/0031-3203(91)90143-S, as MATLAB's imsegkmeans is used with:
wavelengths one octave apart from 4/sqrt(2) pixels to about a third of the shorter side,
orientations 45 degrees apart, magnitudes smoothed over one and a half wavelengths, each channel
standardised. Where we deviate:

- The envelopes are round, so that every filter is two passes along rows and columns.
- Each octave is worked on at half the resolution of the one before, with the same filter of 11
  taps, and magnitudes, which are smooth, are kept at a quarter of that.
- The channels are turned to their principal components and the first six kept. In K-Means only
  distances count, and these are (nearly) the same: 36 channels of 24 megapixels would be 3.5 GB.

What was tried, on 12 composites of brick, grass, gravel, tissue, and noise of different slopes and
directions, all of equal mean and contrast, by the mean adjusted Rand index of K-Means:

- 0.89 as it is; with all channels, with four or three components, or with 30 degrees, the same.
  Of nine textures in one picture, 0.83; with all channels 0.87, with three components 0.69.
- 0.87 at full resolution, with elongated envelopes as with round ones.
- 0.86 with the five shortest wavelengths of seven.
- 0.56 with the mean over orientations, 0.54 with mean and maximum, 0.67 with mean and one direction
  common to all wavelengths: which direction has how much at each wavelength is what counts.

Features of 24 megapixels take eight seconds on one thread, and 28 bytes a pixel in all, 24 of which
they are themselves. There are no matrix products, whose rounding depends on the number of threads.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.segmentation.features.resample import bilinear, blurred, halved, padded
from smalti.segmentation.mask import visible
from smalti.sources.read import ImageSource, read
from smalti.sources.source_image import Pixels
from smalti.validation import whole_number

__all__ = ["MAX_ORIENTATIONS", "texture_features"]

MAX_ORIENTATIONS = 12
"""More directions than these hardly differ from their neighbours: a filter is 38 degrees wide."""

# The wavelength of the filters in pixels of their octave: the shortest for which the samples show
# more than a change from one to the next.
_WAVELENGTH = 4 / math.sqrt(2)

# Standard deviation of the envelope in wavelengths: a bandwidth of one octave.
_ENVELOPE = math.sqrt(math.log(2) / 2) / math.pi * 3

# Taps on either side of the middle: three standard deviations.
_REACH = math.ceil(3 * _ENVELOPE * _WAVELENGTH)

# A pass whose share of the frequency is above this sums to 0; in all directions one of the two is.
_STEEP = 0.7

# Rows beside a band that halving its magnitudes twice looks at.
_HALO = 3

# The longest wavelength has at least so many pixels of its octave in the shorter side.
_MIN_SIDE = 8

# Sides of the tiles filtered at a time, at the resolution of their energies: their planes stay in
# the processor's cache, and the rows they share with others are few.
_TILE = 64

# Pixels whose lightness is looked up at a time.
_BAND = 1 << 18

# Places at even distances that correlations of channels are learnt from.
_SAMPLE = 1 << 16

# Channels that vary by less, in units of lightness, have no texture but rounding errors.
_FLAT = 1e-6


def texture_features(
    image: ImageSource,
    *,
    octaves: int | None = None,
    orientations: int = 4,
    components: int | None = 6,
    mask: ArrayLike | None = None,
) -> NDArray[np.float32]:
    """Describe the texture around every pixel.

    Parameters
    ----------
    image : path, URL, bytes, file, Pillow image or array
        A float array of shape (H, W) is taken for lightness as it is; of all other images it is
        that of OKLab.
    octaves : int, optional
        How many wavelengths, each twice the one before, the first 2.8 pixels. Default: as many as
        reach about a third of the shorter side.
    orientations : int, default: 4
        Directions of the filters, 1 to 12, at even distances.
    components : int, optional
        How many principal components of the channels to return, at least 1, or None for the
        channels themselves, wavelength by wavelength. Default: 6, or as many as there are channels.
    mask : bool array, shape (H, W), optional
        The pixels that take part: what the others show changes nothing. Default: all. Fully
        transparent ones never do.

    Returns
    -------
    float32 array, shape (H, W, components)
        Means are 0. Every channel has the same variance, and all of them together have 1; of
        components, the first has the largest. An image without any texture has zeros, and so have
        pixels that take no part.

    Raises
    ------
    ImageReadError
        If the image cannot be read.
    InvalidParameterError
        If an argument is outside its range, no pixel takes part, or lightness is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from smalti.segmentation.features.texture import texture_features
    >>> wave = np.sin(np.arange(64, dtype=np.float32))
    >>> stripes = np.tile(wave, (64, 1))
    >>> stripes[32:] = wave[32:, np.newaxis]
    >>> features = texture_features(stripes)
    >>> features.shape
    (64, 64, 6)
    >>> upper, lower = features[10, 32], features[54, 32]
    >>> bool(abs(upper - lower).max() > 1)
    True
    """
    lightness, inside = _lightness(image, mask)
    height, width = lightness.shape
    longest = max(1, math.floor(math.log2(max(min(height, width) / _MIN_SIDE, 1))) + 1)
    octaves = longest if octaves is None else whole_number("octaves", octaves, 1, longest)
    orientations = whole_number("orientations", orientations, 1, MAX_ORIENTATIONS)
    counts = _counts(inside, (height, width))
    channels = _channels(lightness, counts, octaves, orientations)
    if components is not None:
        channels = _principal(channels, counts, whole_number("components", components, 1))
    stacked = np.stack(channels, axis=-1)
    features = bilinear(stacked, (height, width), 4)
    if inside is not None:
        features[~inside] = 0.0
    return features


def _lightness(
    image: ImageSource, mask: ArrayLike | None
) -> tuple[NDArray[np.float32], NDArray[np.bool_] | None]:
    """Return the lightness, outside its mean inside, and the pixels that take part."""
    if isinstance(image, np.ndarray) and image.ndim == 2 and image.dtype.kind == "f":
        lightness = np.ascontiguousarray(image, dtype=np.float32)
        inside = visible(lightness[..., np.newaxis], mask)
    else:
        pixels = read(image).pixels
        lightness = _of_colors(pixels)
        inside = visible(pixels, mask)
    seen = lightness if inside is None else lightness[inside]
    if seen.size == 0 or not np.isfinite(seen).all():
        raise InvalidParameterError(
            "lightness must have finite values and at least one pixel that takes part, "
            f"but the image of shape {lightness.shape} has not"
        )
    if inside is None:
        return lightness, None
    return np.where(inside, lightness, np.float32(seen.mean(dtype=np.float64))), inside


def _of_colors(pixels: Pixels) -> NDArray[np.float32]:
    lightness = np.empty(pixels.shape[:2], dtype=np.float32)
    rows = max(1, _BAND // pixels.shape[1])
    for start in range(0, len(pixels), rows):
        colors = pixels[start : start + rows, :, :3].copy()
        lightness[start : start + rows] = _core.color_coordinates(colors, "oklab")[..., 0]
    return lightness


def _counts(inside: NDArray[np.bool_] | None, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return how much each place at a quarter of the resolution counts: by its pixels inside."""
    height, width = shape
    rows, columns = -(-height // 4), -(-width // 4)
    if inside is None:
        return np.ones((rows, columns), dtype=np.float32)
    whole = np.pad(inside, [(0, 4 * rows - height), (0, 4 * columns - width)])
    blocks = whole.reshape(rows, 4, columns, 4)
    counts: NDArray[np.float32] = blocks.sum(axis=(1, 3), dtype=np.float32)
    return counts


def _channels(
    lightness: NDArray[np.float32],
    counts: NDArray[np.float32],
    octaves: int,
    orientations: int,
) -> list[NDArray[np.float32]]:
    """Return energies at a quarter of the resolution, standardised: together, of variance 1."""
    total = counts.sum(dtype=np.float64)
    count = octaves * orientations
    channels = []
    plane = lightness
    for octave in range(octaves):
        if octave > 0:
            odd = (plane.shape[0] % 2, plane.shape[1] % 2)
            plane = halved(padded(plane, 1, (1 + odd[0], 1 + odd[1])))
        energies = np.stack([blurred(energy) for energy in _energies(plane, orientations)], axis=-1)
        energies = bilinear(energies, counts.shape, 2**octave)
        sums = (energies * counts[..., np.newaxis]).sum(axis=(0, 1), dtype=np.float64)
        energies -= (sums / total).astype(np.float32)
        for i in range(orientations):
            channel = np.ascontiguousarray(energies[..., i])
            squares = (channel * channel * counts).sum(dtype=np.float64)
            deviation = math.sqrt(squares / total)
            channels.append(channel * np.float32(_scale(deviation) / math.sqrt(count)))
    return channels


def _scale(deviation: float) -> float:
    return 1 / deviation if deviation > _FLAT else 0.0


def _energies(plane: NDArray[np.float32], orientations: int) -> list[NDArray[np.float32]]:
    """Return the magnitudes of the filters' answers, halved twice."""
    height, width = plane.shape
    rest = (-height % 4, -width % 4)
    edge = _REACH + _HALO
    wide = padded(plane, edge, (edge + rest[0], edge + rest[1]))
    rows, columns = (height + rest[0]) // 4, (width + rest[1]) // 4
    energies = [np.empty((rows, columns), dtype=np.float32) for _ in range(orientations)]
    for top in range(0, rows, _TILE):
        for left in range(0, columns, _TILE):
            bottom, right = min(top + _TILE, rows), min(left + _TILE, columns)
            tile = wide[4 * top : 4 * bottom + 2 * edge, 4 * left : 4 * right + 2 * edge]
            for orientation, magnitude in _magnitudes(tile, orientations):
                energies[orientation][top:bottom, left:right] = halved(halved(magnitude))
    return energies


def _magnitudes(
    tile: NDArray[np.float32], orientations: int
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield each orientation and the magnitude of its filter's answer.

    The filter is ``g(x) exp(i kx x) g(y) exp(i ky y)``. Rows are filtered by its cosine and sine,
    then the columns of both; the direction mirrored on the vertical differs in signs only.
    """
    for i in range(orientations // 2 + 1):
        angle = i * math.pi / orientations
        # Rounded, so that along an axis there is no sine at all.
        across, down = (_taps(round(f(angle), 12)) for f in (math.cos, math.sin))
        even, odd = _filtered(tile.T, across)
        even_even, even_odd = _filtered(even.T, down)
        odd_even, odd_odd = _filtered(odd.T, down)
        yield i, _magnitude(even_even - odd_odd, even_odd + odd_even)
        if 0 < i < orientations - i:
            yield orientations - i, _magnitude(even_even + odd_odd, even_odd - odd_even)


def _magnitude(real: NDArray[np.float32], imaginary: NDArray[np.float32]) -> NDArray[np.float32]:
    real *= real
    imaginary *= imaginary
    real += imaginary
    return np.sqrt(real, out=real)


def _taps(share: float) -> list[tuple[np.float32, np.float32]]:
    """Return the weights of cosine and sine, from the middle outwards."""
    places = range(_REACH + 1)
    deviation = _ENVELOPE * _WAVELENGTH
    bell = [math.exp(-((x / deviation) ** 2) / 2) for x in places]
    phase = [2 * math.pi / _WAVELENGTH * share * x for x in places]
    cosine = [weight * math.cos(at) for weight, at in zip(bell, phase, strict=True)]
    # The sum of a filter is the product of its passes': brightness counts if neither's is 0.
    if share > _STEEP:
        excess = (2 * sum(cosine) - cosine[0]) / (2 * sum(bell) - bell[0])
        cosine = [c - excess * b for c, b in zip(cosine, bell, strict=True)]
    sine = [weight * math.sin(at) for weight, at in zip(bell, phase, strict=True)]
    return [(np.float32(c), np.float32(s)) for c, s in zip(cosine, sine, strict=True)]


def _filtered(
    columns: NDArray[np.float32], taps: list[tuple[np.float32, np.float32]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return columns filtered by the cosine and by the sine, shorter by the reach on both ends."""
    count = len(columns) - 2 * _REACH
    even = columns[_REACH : _REACH + count] * taps[0][0]
    odd = np.zeros_like(even)
    term = np.empty_like(even)
    for x, (cosine, sine) in enumerate(taps[1:], start=1):
        after = columns[_REACH + x : _REACH + x + count]
        before = columns[_REACH - x : _REACH - x + count]
        np.add(after, before, out=term)
        term *= cosine
        even += term
        if sine:
            np.subtract(after, before, out=term)
            term *= sine
            odd += term
    return even, odd


def _principal(
    channels: list[NDArray[np.float32]], counts: NDArray[np.float32], count: int
) -> list[NDArray[np.float32]]:
    """Return the first principal components of channels."""
    places = np.flatnonzero(counts)
    places = places[:: max(1, len(places) // _SAMPLE)]
    sample = [channel.ravel()[places].astype(np.float64) for channel in channels]
    weights = counts.ravel()[places].astype(np.float64)
    weights /= weights.mean()
    covariance = np.array([[(a * b * weights).mean() for b in sample] for a in sample])
    _, directions = np.linalg.eigh(covariance)
    components = []
    for direction in directions.T[::-1][:count]:
        # Either sign is right; this one is the same everywhere.
        factors = direction * np.sign(direction[np.argmax(np.abs(direction))])
        component = channels[0] * np.float32(factors[0])
        for channel, factor in zip(channels[1:], factors[1:], strict=True):
            component += channel * np.float32(factor)
        components.append(component)
    return components
