"""The indices of a palette for an array of dask."""

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, cast

import dask.array as da
import numpy as np
from numpy.typing import NDArray

from smalti.dask.graph import labelled
from smalti.dask.picture import Picture, color_array, pixels_of, window_rows
from smalti.exceptions import InvalidParameterError
from smalti.images.palette import Palette
from smalti.options import CompressOptions
from smalti.scale.palette_labeler import PaletteLabeler, check_compress_by_parts
from smalti.sources.source_image import Pixels
from smalti.sources.tiles.window import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smalti.colors import Color, PaletteLike

__all__ = ["encode"]


def encode(
    array: Any,
    palette: "PaletteLike",
    *,
    space: str = "oklab",
    dither: float = 0.0,
    dither_method: str = "blue-noise",
) -> Any:
    """Give every pixel of an array the index of the nearest colour of a palette.

    Parameters
    ----------
    array : dask array, shape (H, W), (H, W, C) or (N, H, W, C)
        Pictures of bool, 8 or 16 bits, or floats from 0 to 1, with 1 (grey), 2 (grey and alpha), 3
        (red, green, blue) or 4 bands (with alpha), in chunks of any size.
    palette : Palette, colours, or path of a palette file
        As `smalti.compress` takes it.
    space : {"oklab", "srgb", "linear"}, default: "oklab"
        Where distances are measured.
    dither : float, default: 0
        How much of every pixel's error is made up for by mixing colours, 0 to 1.
    dither_method : {"blue-noise", "ordered"}, default: "blue-noise"
        The mask that mixes them. Diffusion goes through a whole picture and is refused.

    Returns
    -------
    dask array of uint8 or uint16, shape (H, W) or (N, H, W)
        Indices into the palette: those of `smalti.compress` with a `rate_weight` of 0. Nothing is
        computed yet. Chunks are those of `array`; with a `dither` of 2,048 rows and columns.

    Raises
    ------
    InvalidParameterError, ImageReadError
        If an argument is outside its range, or the array holds no colours.

    Notes
    -----
    ``palette.colors[indices]`` are the pixels, where `indices` were computed.

    Examples
    --------
    >>> import dask.array as da
    >>> import smalti.dask
    >>> array = da.zeros((300, 400, 3), dtype="uint8", chunks=(100, 100, 3))
    >>> indices = smalti.dask.encode(array, ["#ffffff", "#000000"])
    >>> indices
    dask.array<smalti-labels, shape=(300, 400), dtype=uint8, chunksize=(100, 100), chunktype=...>
    >>> int(indices.sum().compute())
    120000
    """
    if palette is None:
        raise InvalidParameterError("palette must be colours or a palette file, got None")
    options = CompressOptions(
        palette=palette, space=space, dither=dither, dither_method=dither_method
    )
    check_compress_by_parts(options)
    array = color_array(array, several=True)
    dtype = np.min_scalar_type(options.colors - 1)
    if array.ndim < 4:
        picture = Picture(array)
        # A mask lies in its place in every window of a grid.
        rows = window_rows(picture.shape) if options.dither else picture.chunk_rows
        return labelled(picture, rows, partial(encode_window, options), dtype=dtype)
    if options.dither:
        return da.stack(
            [
                encode(each, palette, space=space, dither=dither, dither_method=dither_method)
                for each in array
            ]
        )
    return da.map_blocks(
        encode_pictures,
        array,
        options,
        dtype=dtype,
        drop_axis=3,
        meta=np.empty((0, 0, 0), dtype=dtype),
    )


def encode_window(
    options: CompressOptions, pixels: Pixels, _larger: Window, window: Window
) -> NDArray[Any]:
    """Return the indices of a window."""
    return _labeler(options)(pixels, window)


def encode_pictures(samples: NDArray[Any], options: CompressOptions) -> NDArray[Any]:
    """Return the indices of pictures of one chunk, shape (n, h, w, C)."""
    place = Window.whole(samples.shape[1:])
    return np.stack([_labeler(options)(pixels_of(each, place), place) for each in samples])


@lru_cache(maxsize=4)
def _labeler(options: CompressOptions) -> PaletteLabeler:
    """Return what labels pixels, and has labelled colours before in this process."""
    palette = Palette.of(cast("Sequence[Color]", options.palette))
    return PaletteLabeler(palette, options, first=0)
