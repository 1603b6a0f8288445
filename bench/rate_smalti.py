"""smalti for the curves of bytes against quality: one picture with a grid of rate weights."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

import smalti
from bench.rate_images import RateImage
from bench.rate_points import FULL_PALETTE, RateTool
from smalti.exceptions import InvalidParameterError
from smalti.formats import ENCODERS

COLORS = 256
RATE_WEIGHTS = (0, 0.25, 0.5, 1, 2, 4, 8)
# As long as rate weights are refused, fewer colours take their place.
FEWER_COLORS = (16, 32, 64, 128, 256)


def smalti_png() -> RateTool:
    """Return smalti with its default effort, as PNG."""
    return _tool("smalti", "png")


def smalti_webp() -> list[RateTool]:
    """Return the same pictures as lossless WebP, where this smalti writes it."""
    return [_tool("smalti, WebP", "webp")] if "webp" in ENCODERS else []


def _tool(name: str, format_: str) -> RateTool:
    if _has_rate_weights():
        weights = {f"rate weight {weight},{FULL_PALETTE}": weight for weight in RATE_WEIGHTS}
        return RateTool(name, _version(), tuple(weights), _weighing(weights, format_))
    colors = {f"nearest colours, {k}": k for k in FEWER_COLORS}

    def encode(image: RateImage, setting: str) -> bytes:
        return smalti.compress(image.pixels, colors[setting]).to_bytes(format_)

    return RateTool(name, _version(), tuple(colors), encode)


def _weighing(weights: dict[str, float], format_: str) -> Callable[[RateImage, str], bytes]:
    def encode(image: RateImage, setting: str) -> bytes:
        weight = weights[setting]
        return smalti.compress(image.pixels, COLORS, rate_weight=weight).to_bytes(format_)

    return encode


@cache
def _has_rate_weights() -> bool:
    try:
        smalti.compress(np.zeros((8, 8, 3), np.uint8), 2, rate_weight=1)
    except InvalidParameterError:
        return False
    return True


@cache
def _version() -> str:
    """Return the version and a digest of the package, so that what is kept is this build's."""
    package = Path(smalti.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix in {".py", ".so", ".pyd"}:
            digest.update(path.read_bytes())
    return f"smalti {smalti.__version__}, {digest.hexdigest()}"
