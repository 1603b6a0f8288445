"""What pngquant's scale of quality, 0 to 100, means in SSIMULACRA2.

pngquant makes files of real pictures that it says are of at least a quality, and each is scored.
`smalti-pngquant` aims at the medians: its table is drawn through them.
"""

import io
import subprocess
from collections.abc import Iterator
from statistics import median, quantiles

import numpy as np
import skimage.data

from bench.common.images import PHOTOS, UI, Images, rgb_or_rgba
from bench.common.measure import Picture
from bench.common.settings import Settings
from bench.rate.images import png
from bench.rate.tools import installed
from smalti import metrics

QUALITIES = (10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 95, 100)
_TOO_LOW = 99  # pngquant's exit code where 256 colours do not reach a quality

# Beside those of the collection. Others of scikit-image's are among its photographs, or grey.
_SHIPPED = ("astronaut", "chelsea", "coffee", "immunohistochemistry", "retina", "rocket")


def run(settings: Settings) -> str:
    """Return the table."""
    path, version = installed("pngquant")
    classes = _classes(settings.images)
    scores: dict[str, dict[int, list[float]]] = {
        kind: {quality: [] for quality in QUALITIES} for kind in classes
    }
    for kind, pictures in classes.items():
        for picture in pictures:
            for quality, score in _scores(path, picture):
                scores[kind][quality].append(score)
    rows = [
        "| --quality | photographs | drawings | both: median | middle half | files |",
        "|---|---|---|---|---|---|",
    ]
    for quality in QUALITIES:
        of_kinds = [scores[kind][quality] for kind in (PHOTOS, UI)]
        rows.append(f"| {quality} | {' | '.join(map(_median, of_kinds))} | {_both(of_kinds)} |")
    count = sum(map(len, classes.values()))
    return "\n".join(
        [
            *rows,
            "",
            f"SSIMULACRA2 of what pngquant {version} makes with `--quality N-N`, of {count}"
            f" pictures: {settings.images.origin(PHOTOS)} and scikit-image. Those of which 256"
            " colours do not reach the quality are left out.",
        ]
    )


def _classes(source: Images) -> dict[str, list[Picture]]:
    shipped = [getattr(skimage.data, name)() for name in _SHIPPED] if source.limit is None else []
    photographs = list(source.photographs().values())
    return {PHOTOS: photographs + shipped, UI: list(source.drawings().values())}


def _scores(path: str, picture: Picture) -> Iterator[tuple[int, float]]:
    """Yield the qualities that 256 colours reach, and the scores of the files."""
    file = png(picture)
    for quality in QUALITIES:
        command = [path, "--quality", f"{quality}-{quality}", "-"]
        made = subprocess.run(command, input=file, stdout=subprocess.PIPE, check=False)
        if made.returncode == _TOO_LOW:
            continue
        made.check_returncode()
        result = rgb_or_rgba(io.BytesIO(made.stdout))
        yield quality, metrics.ssimulacra2(_with_alpha(picture), _with_alpha(result))


def _with_alpha(picture: Picture) -> Picture:
    opaque = np.full_like(picture[..., :1], 255)
    return np.ascontiguousarray(np.concatenate([picture, opaque], axis=2)[..., :4])


def _median(scores: list[float]) -> str:
    return f"{median(scores):.1f} ({len(scores)})" if scores else "-"


def _both(of_kinds: list[list[float]]) -> str:
    scores = [score for found in of_kinds for score in found]
    if len(scores) < 2:
        return "- | - | -"
    low, middle, high = quantiles(scores, n=4, method="inclusive")
    return f"{middle:.1f} | {low:.1f} to {high:.1f} | {len(scores)}"
