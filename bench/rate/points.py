"""What a tool makes of a picture with each of its settings: bytes and quality, kept in files.

Tools are deterministic, so that what was measured once holds for the picture's content, the
tool's version and its settings; it is kept in bench/crates/target, which `make clean` empties.
"""

import hashlib
import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from bench.common.cargo import CRATES, RATE_CRATE, TARGET, crate_versions, program
from bench.common.measure import Picture
from bench.rate.images import PHOTOS, ImageClass, RateImage, decoded_over_grey
from smalti import metrics

FULL_PALETTE = " 256"
CACHE = TARGET / "curves"
_WORKSPACE = CRATES.parents[1]


@dataclass(frozen=True)
class Point:
    """One file: its bytes, its SSIMULACRA2 and, where it can be built, butteraugli's 3-norm."""

    bytes: int
    score: float
    butteraugli: float | None


@dataclass(frozen=True)
class RateTool:
    """A tool with several settings; `encode` makes a file of a picture with one of them.

    A setting for 256 colours ends in `FULL_PALETTE`.
    """

    name: str
    version: str
    settings: Sequence[str]
    encode: Callable[[RateImage, str], bytes]
    has_alpha: bool = True

    def takes(self, kind: ImageClass) -> bool:
        """Return whether the tool can be given a class's pictures."""
        return self.has_alpha or kind == PHOTOS


def points(tool: RateTool, image: RateImage) -> dict[str, Point]:
    """Return a tool's points for a picture by setting, measured now or at an earlier run."""
    path = _path(tool, image)
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = [setting for setting in tool.settings if setting not in kept]
    for setting in missing:
        kept[setting] = asdict(measured(image, tool.encode(image, setting)))
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        unfinished.replace(path)
    return {setting: Point(**kept[setting]) for setting in tool.settings}


def measured(image: RateImage, encoded: bytes) -> Point:
    """Score an encoded picture against its original."""
    result = decoded_over_grey(encoded)
    score = metrics.ssimulacra2(image.reference, result)
    return Point(len(encoded), score, butteraugli(image.reference, result))


def curve(found: dict[str, Point]) -> list[tuple[float, float]]:
    """Return points as pairs of bytes and SSIMULACRA2."""
    return [(point.bytes, point.score) for point in found.values()]


def butteraugli(reference: Picture, result: Picture) -> float | None:
    """Return butteraugli's 3-norm between two RGB pictures, if its program can be built."""
    measure = _butteraugli_program()
    if measure is None:
        return None
    height, width, _ = reference.shape
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / "reference.rgb", Path(folder) / "result.rgb"]
        for path, pixels in zip(paths, (reference, result), strict=True):
            pixels.tofile(path)
        command = [str(measure), str(width), str(height), *map(str, paths)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return float(output)


def scorer_versions() -> list[str]:
    """Return names and versions of what scores."""
    own = crate_versions(_WORKSPACE / "Cargo.lock", ["fast-ssim2"])
    return own + crate_versions(RATE_CRATE / "Cargo.lock", ["butteraugli"])


def scorers_here() -> tuple[list[str], list[str]]:
    """Return names and versions of what scores here, and what to say of what does not."""
    own, other = scorer_versions()
    if _butteraugli_program() is None:
        return [own], ["butteraugli: its program cannot be built"]
    return [own, other], []


@cache
def _butteraugli_program() -> Path | None:
    try:
        return program(RATE_CRATE, "butteraugli")
    except (OSError, subprocess.CalledProcessError):
        return None


def _path(tool: RateTool, image: RateImage) -> Path:
    with_butteraugli = _butteraugli_program() is not None
    key = repr((tool.name, tool.version, image.digest, scorer_versions(), with_butteraugli))
    digest = hashlib.sha256(key.encode()).hexdigest()
    name = re.sub(r"\W+", "-", f"{tool.name} {Path(image.name).stem}")
    return CACHE / f"{name}-{digest[:16]}.json"
