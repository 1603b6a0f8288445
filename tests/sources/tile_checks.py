"""What the tests of images that are read by parts share: pictures as NumPy says they should be."""

import numpy as np
from hypothesis import strategies as st

from smalti.sources.tiles.window import Window


def as_pixels(samples, missing=None):
    """The pixels that samples of any kind mean, written down a second time.

    Grey is repeated, bool is black and white, floats from 0 to 1 become 16 bits, and NaN is clear.
    """
    samples = np.asarray(samples)
    samples = samples[..., np.newaxis] if samples.ndim == 2 else samples
    gaps = np.zeros(samples.shape[:2], dtype=bool) if missing is None else missing
    if samples.dtype == bool:
        samples = np.where(samples, 255, 0).astype(np.uint8)
    if samples.dtype.kind == "f":
        gaps = gaps | np.isnan(samples).any(axis=2)
        levels = np.nan_to_num(samples.astype(np.float64)) * 65535
        if samples.dtype.itemsize <= 4:
            levels = np.nan_to_num(samples.astype(np.float32)) * np.float32(65535)
        samples = np.rint(levels).astype(np.uint16)
    samples = samples.astype(samples.dtype.newbyteorder("="))
    bands = samples.shape[2]
    colors = np.repeat(samples[..., :1], 3, axis=2) if bands <= 2 else samples[..., :3]
    opaque = np.full(samples.shape[:2], np.iinfo(samples.dtype).max, dtype=samples.dtype)
    alpha = samples[..., -1] if bands in (2, 4) else opaque
    if not gaps.any():
        return np.dstack([colors, alpha]) if bands in (2, 4) else colors
    return np.dstack([colors, np.where(gaps, 0, alpha).astype(samples.dtype)])


def without_hidden(pixels):
    """Pixels with alpha, and no colours where it is 0: nobody sees these."""
    if pixels.shape[2] == 3:
        opaque = np.full(pixels.shape[:2], np.iinfo(pixels.dtype).max, dtype=pixels.dtype)
        pixels = np.dstack([pixels, opaque])
    return np.where(pixels[..., 3:] == 0, 0, pixels)


def whole_of(image):
    """All pixels of an image."""
    return image.region(Window.whole(image.shape))


def assert_same(found, expected):
    """Equal pixels of equal type and shape, but for colours that are clear."""
    assert found.dtype == expected.dtype
    assert found.shape[:2] == expected.shape[:2]
    np.testing.assert_array_equal(without_hidden(found), without_hidden(expected))


def assert_is(image, samples, *, missing=None):
    """The image has these samples: as a whole, and in windows across the borders of pieces."""
    expected = as_pixels(samples, missing)
    height, width = expected.shape[:2]
    assert image.shape == (height, width)
    found = whole_of(image)
    assert found.dtype == expected.dtype
    assert_same(found, expected)
    rows, columns = image.store.chunk
    assert 1 <= rows <= height
    assert 1 <= columns <= width
    for top in {0, rows - 1, height - 1, height // 2}:
        for left in {0, columns - 1, width - 1, width // 3}:
            window = Window(top, left, min(top + rows, height), min(left + columns + 1, width))
            assert_same(image.region(window), expected[window.slices])
    assert not image.failures.found


def windows(height, width):
    """Windows of at least one pixel within an image."""
    return st.builds(
        lambda rows, columns: Window(min(rows), min(columns), max(rows) + 1, max(columns) + 1),
        st.tuples(st.integers(0, height - 1), st.integers(0, height - 1)),
        st.tuples(st.integers(0, width - 1), st.integers(0, width - 1)),
    )
