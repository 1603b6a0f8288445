"""Drawings for a clone on its own: what packages ship, charts, and interfaces.

Icons, logos and a parcel come from matplotlib and scikit-image. The rest is drawn here with
matplotlib and Pillow, as programs draw such things: flat colours, soft edges, text, gradients,
shadows and transparency. Every drawing is the same at each run with the same versions of both.
"""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import skimage.data
from PIL import Image

from bench.common import charts, interfaces
from bench.common.measure import Picture

# Below matplotlib's own data.
_SHIPPED = (
    "images/home_large.png",
    "images/matplotlib_large.png",
    "sample_data/Minduka_Present_Blue_Pack.png",
    "sample_data/logo2.png",
)
_DRAWN: tuple[Callable[[], Picture], ...] = (
    charts.lines,
    charts.heat_map,
    charts.scatter,
    charts.bars,
    charts.contours,
    interfaces.window,
    interfaces.phone,
    interfaces.terminal,
    interfaces.page,
    interfaces.app_icon,
    interfaces.buttons,
    interfaces.banner,
    interfaces.sprites,
)


def drawings() -> dict[str, Picture]:
    """Return the drawings by name, RGB or RGBA."""
    shipped = {Path(name).stem: _read(Path(mpl.get_data_path()) / name) for name in _SHIPPED}
    drawn = {draw.__name__: draw() for draw in _DRAWN}
    return {**shipped, "scikit-image_logo": np.asarray(skimage.data.logo()), **drawn}


def _read(path: Path) -> Picture:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))
