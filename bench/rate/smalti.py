"""smalti for the curves of bytes against quality.

Photographs get a grid of rate weights; drawn pictures a grid of qualities, since these let smalti
choose the number of colours, too.
"""

import hashlib
from functools import cache
from pathlib import Path

import smalti
from bench.rate.images import PHOTOS, ImageClass, RateImage
from bench.rate.points import FULL_PALETTE, RateTool
from smalti.exceptions import TargetNotReachedError

COLORS = 256
# The effort at which smalti is compared with its peers. The highest takes five times as long.
EFFORT = 7
RATE_WEIGHTS = (0, 0.01, 0.03, 0.08, 0.2, 0.5, 1.3)
QUALITIES = (60, 72, 82, 88, 92, 95)

_COMPRESSED: dict[tuple[str, str, float], smalti.CompressedImage] = {}


def smalti_png(kind: ImageClass) -> RateTool:
    """Return smalti at its effort, as PNG."""
    return _tool("smalti", "png", kind)


def smalti_webp(kind: ImageClass) -> RateTool:
    """Return the same pictures as lossless WebP."""
    return _tool("smalti, WebP", "webp", kind)


def _tool(name: str, format_: str, kind: ImageClass) -> RateTool:
    goals = [("rate_weight", weight) for weight in RATE_WEIGHTS]
    if kind != PHOTOS:
        goals = [("rate_weight", 0), *(("quality", quality) for quality in QUALITIES)]
    settings = {
        f"effort {EFFORT}, {goal.replace('_', ' ')} {value},{FULL_PALETTE}": (goal, value)
        for goal, value in goals
    }

    def encode(image: RateImage, setting: str) -> bytes:
        return _compressed(image, *settings[setting]).to_bytes(format_)

    return RateTool(name, _version(), tuple(settings), encode)


def _compressed(image: RateImage, goal: str, value: float) -> smalti.CompressedImage:
    """Compress once for all formats; only what one picture needs is kept."""
    if any(digest != image.digest for digest, *_ in _COMPRESSED):
        _COMPRESSED.clear()
    key = (image.digest, goal, value)
    if key not in _COMPRESSED:
        _COMPRESSED[key] = _at_goal(image, goal, value)
    return _COMPRESSED[key]


def _at_goal(image: RateImage, goal: str, value: float) -> smalti.CompressedImage:
    if goal == "quality":
        try:
            return smalti.compress(image.pixels, COLORS, effort=EFFORT, quality=value)
        except TargetNotReachedError:
            # No palette reaches the quality: the best file stands for it.
            value = 0
    return smalti.compress(image.pixels, COLORS, effort=EFFORT, rate_weight=value)


@cache
def _version() -> str:
    """Return the version and a digest of the package, so that what is kept is this build's."""
    package = Path(smalti.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix in {".py", ".so", ".pyd"}:
            digest.update(path.read_bytes())
    return f"smalti {smalti.__version__}, {digest.hexdigest()}"
