"""smalti for the curves of bytes against quality: one picture with a grid of rate weights."""

import hashlib
from functools import cache
from pathlib import Path

import smalti
from bench.rate_images import RateImage
from bench.rate_points import FULL_PALETTE, RateTool
from smalti.formats import ENCODERS

COLORS = 256
# The effort at which smalti is compared with peers at theirs: not the highest, which takes five
# times as long.
EFFORT = 7
RATE_WEIGHTS = (0, 0.01, 0.03, 0.08, 0.2, 0.5, 1.3)


def smalti_png() -> RateTool:
    """Return smalti at its effort, as PNG."""
    return _tool("smalti", "png")


def smalti_webp() -> list[RateTool]:
    """Return the same pictures as lossless WebP, where this smalti writes it."""
    return [_tool("smalti, WebP", "webp")] if "webp" in ENCODERS else []


def _tool(name: str, format_: str) -> RateTool:
    weights = {
        f"effort {EFFORT}, rate weight {weight},{FULL_PALETTE}": weight for weight in RATE_WEIGHTS
    }

    def encode(image: RateImage, setting: str) -> bytes:
        weight = weights[setting]
        compressed = smalti.compress(image.pixels, COLORS, rate_weight=weight, effort=EFFORT)
        return compressed.to_bytes(format_)

    return RateTool(name, _version(), tuple(weights), encode)


@cache
def _version() -> str:
    """Return the version and a digest of the package, so that what is kept is this build's."""
    package = Path(smalti.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix in {".py", ".so", ".pyd"}:
            digest.update(path.read_bytes())
    return f"smalti {smalti.__version__}, {digest.hexdigest()}"
