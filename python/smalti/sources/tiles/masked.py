"""An image of which only a part takes part."""

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.sources.tiles.tiled_image import Failures, Samples, TiledImage
from smalti.sources.tiles.window import Window
from smalti.validation import check_nodata

__all__ = ["masked"]


def masked(
    image: TiledImage, mask: TiledImage | None = None, nodata: float | None = None
) -> TiledImage:
    """Return an image whose other pixels are without data.

    Parameters
    ----------
    image : TiledImage
    mask : TiledImage, optional
        Of the same size: pixels that are black or clear in it take no part.
    nodata : float, optional
        Pixels of which all colours have this value are without data.

    Raises
    ------
    InvalidParameterError
        If the mask has another size, or `nodata` is no number.
    """
    check_nodata(nodata)
    if mask is not None and mask.shape != image.shape:
        (height, width), (rows, columns) = mask.shape, image.shape
        raise InvalidParameterError(
            f"mask must have the size of {image.name}, {columns} x {rows}, but {mask.name} is "
            f"{width} x {height}"
        )
    if mask is None and nodata is None:
        return image

    def read(window: Window, failures: Failures) -> Samples:
        samples, missing = image.store.read(window, failures)
        gaps: NDArray[np.bool_] = np.zeros(window.shape, dtype=bool)
        gaps = gaps if missing is None else missing
        if mask is not None:
            gaps = gaps | ~_is_inside(mask, window)
        if nodata is not None:
            colors = samples.reshape(*window.shape, -1)
            bands = 1 if colors.shape[2] <= 2 else 3
            without = (np.ma.getdata(colors[..., :bands]) == nodata).all(axis=2)
            # The value itself may be one that no colour has.
            colors = colors.copy()
            colors[without] = 0
            samples = colors.reshape(samples.shape)
            gaps = gaps | without
        return samples, gaps

    def identity() -> str:
        parts = [image, *([] if mask is None else [mask])]
        known = [(part.name, part.identify()) for part in parts]
        # Without the identity of one part the whole has none.
        return repr((known, nodata)) if all(each for _, each in known) else ""

    is_named = image.opened_by is not None and (mask is None or mask.opened_by is not None)
    return replace(
        image,
        store=replace(image.store, read=read),
        identify=identity,
        mask=mask,
        opened_by=partial(masked, image, mask, nodata) if is_named else None,
    )


def _is_inside(mask: TiledImage, window: Window) -> NDArray[np.bool_]:
    pixels = mask.region(window)
    inside = np.asarray((pixels[..., :3] > 0).any(axis=2))
    return inside if pixels.shape[2] == 3 else inside & np.asarray(pixels[..., 3] > 0)
