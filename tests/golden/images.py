"""Images of all kinds, from packages and made here; small, so that all cases take seconds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_image

from tests.pictures import noise

__all__ = ["IMAGES", "PACKAGED"]

Samples = NDArray[Any]

_SHAPE = (72, 96)


def _reduced(pixels: Samples, step: int) -> Samples:
    return np.ascontiguousarray(pixels[::step, ::step])


def _part(pixels: Samples, top: int, left: int) -> Samples:
    height, width = _SHAPE
    return np.ascontiguousarray(pixels[top : top + height, left : left + width])


def _icon(name: str) -> Samples:
    import matplotlib as mpl

    path = Path(mpl.get_data_path()) / "images" / f"{name}.png"
    with Image.open(path) as icon:
        return np.asarray(icon.convert("RGBA"))


def _places() -> tuple[Samples, Samples]:
    rows, columns = np.mgrid[: _SHAPE[0], : _SHAPE[1]]
    return rows, columns


def _ramp(channels: int, dtype: type) -> Samples:
    """Smooth slopes: a different one in every channel."""
    rows, columns = _places()
    most = np.iinfo(dtype).max
    slopes = [columns / 95, rows / 71, (rows + columns) / 166, 1 - columns / 95][:channels]
    return np.stack([np.rint(slope * most) for slope in slopes], axis=2).astype(dtype)


def _chart() -> Samples:
    """A drawing: flat areas, thin lines, soft edges."""
    rows, columns = _places()
    picture = np.full((*_SHAPE, 3), 250, dtype=np.uint8)
    for i, color in enumerate([(31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40)]):
        left, top = 8 + 22 * i, 60 - 12 * i
        picture[top:66, left : left + 14] = color
        picture[top:66, left + 14] = (np.array(color) + 250) // 2
    picture[66] = picture[:, 4] = 20
    picture[(rows + 2 * columns) % 37 == 0] = (200, 200, 210)
    return picture


def _shape(alpha: Callable[[Samples], Samples]) -> Samples:
    """A disc whose alpha depends on the distance from its middle."""
    rows, columns = _places()
    distance = np.hypot(rows - 35.5, columns - 47.5)
    color = _ramp(3, np.uint8)
    return np.dstack([color, np.rint(255 * np.clip(alpha(distance), 0, 1)).astype(np.uint8)])


def _see_through_noise() -> Samples:
    samples = noise(40, 50, 4, seed=3)
    samples[:10, :, 3] = 0
    samples[10:20, :, 3] = 255
    return samples


def _one_spot() -> Samples:
    """Grey noise with a red spot that a palette of few colours would lose."""
    picture = np.repeat(noise(*_SHAPE, 1, seed=5) // 4 + 90, 3, axis=2)
    picture[30:34, 40:45] = 220, 20, 30
    return picture


def _posterised() -> Samples:
    """What a palette of few colours leaves of a photograph."""
    picture = Image.fromarray(_reduced(skimage.data.coffee(), 6)).quantize(24)
    return np.asarray(picture.convert("RGB"))


PACKAGED: dict[str, Callable[[], Samples]] = {
    "astronaut": lambda: _reduced(skimage.data.astronaut(), 4),
    "astronaut-detail": lambda: _part(skimage.data.astronaut(), 60, 170),
    "chelsea": lambda: _reduced(skimage.data.chelsea(), 3),
    "chelsea-detail": lambda: _part(skimage.data.chelsea(), 90, 120),
    "coffee": lambda: _reduced(skimage.data.coffee(), 4),
    "coffee-posterised": _posterised,
    "rocket": lambda: _reduced(skimage.data.rocket(), 6),
    "hubble": lambda: _reduced(skimage.data.hubble_deep_field(), 10),
    "retina": lambda: _reduced(skimage.data.retina(), 14),
    "motorcycle": lambda: _reduced(skimage.data.stereo_motorcycle()[0], 6),
    "slide": lambda: _reduced(skimage.data.immunohistochemistry(), 4),
    "slide-detail": lambda: _part(skimage.data.immunohistochemistry(), 200, 200),
    "colorwheel": lambda: _reduced(skimage.data.colorwheel(), 4),
    "logo": lambda: _reduced(skimage.data.logo(), 5),
    "camera": lambda: _reduced(skimage.data.camera(), 5),
    "coins": lambda: _reduced(skimage.data.coins(), 4),
    "page": lambda: _reduced(skimage.data.page(), 2),
    "text": lambda: _reduced(skimage.data.text(), 3),
    "moon": lambda: _reduced(skimage.data.moon(), 6),
    "grass": lambda: _reduced(skimage.data.grass(), 6),
    "horse": lambda: _reduced(skimage.data.horse(), 4),
    "chessboard": lambda: _reduced(skimage.data.checkerboard(), 2),
    "china": lambda: _reduced(load_sample_image("china.jpg"), 6),
    "flower": lambda: _reduced(load_sample_image("flower.jpg"), 6),
    "icon-home": lambda: _icon("home"),
    "icon-save": lambda: _icon("filesave_large"),
    "icon-logo": lambda: _icon("matplotlib_large"),
}
"""Images that packages ship; another release may ship another one."""

_MADE: dict[str, Callable[[], Samples]] = {
    "ramp": lambda: _ramp(3, np.uint8),
    "ramp-16-bit": lambda: _ramp(3, np.uint16),
    "ramp-alpha": lambda: _ramp(4, np.uint8),
    "ramp-alpha-16-bit": lambda: _ramp(4, np.uint16),
    "ramp-grey": lambda: _ramp(1, np.uint8),
    "ramp-float": lambda: _ramp(3, np.uint16) / 65535.0,
    "chart": _chart,
    "disc-soft": lambda: _shape(lambda distance: (36 - distance) / 30),
    "disc-hard": lambda: _shape(lambda distance: (distance < 30).astype(float)),
    "noise": lambda: noise(40, 50, seed=1),
    "noise-alpha": _see_through_noise,
    "spot": _one_spot,
    "boolean": lambda: noise(20, 30, 1, seed=2)[..., 0] > 100,
    "one-colour": lambda: np.full((20, 30, 3), 77, dtype=np.uint8),
    "clear": lambda: np.zeros((6, 5, 4), dtype=np.uint8),
    "one-pixel": lambda: np.array([[[12, 200, 99]]], dtype=np.uint8),
    "one-row": lambda: _ramp(3, np.uint8)[:1],
    "one-column": lambda: np.ascontiguousarray(_ramp(3, np.uint8)[:, :1]),
}

IMAGES = PACKAGED | _MADE
