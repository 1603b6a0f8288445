"""K-Means on photographs: smalti against scikit-learn, same K, same space (sRGB).

MSE is the squared error summed over red, green and blue, a pixel, of the rounded palette
(Celebi's definition), computed here with NumPy and not taken from any library.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image
from sklearn.cluster import KMeans

import smalti

Picture = NDArray[np.uint8]
COLORS = (16, 256)
REPEATS = 3
EFFORTS = (1, 3, 5, 9)


def run() -> str:
    """Return the table: means over the photographs of the median times and of the MSE."""
    photos = {name: getattr(skimage.data, name)() for name in ("chelsea", "coffee", "astronaut")}
    methods: dict[str, Callable[[Picture, int], Picture]] = {
        f"smalti.compress(effort={effort})": _smalti(effort) for effort in EFFORTS
    }
    methods["scikit-learn KMeans(n_init=1)"] = _scikit_learn
    methods["Pillow quantize(MEDIANCUT, kmeans=1)"] = _pillow
    lines = [
        f"Mean over {', '.join(photos)} (skimage.data), space sRGB:",
        "",
        "| method | " + " | ".join(f"K = {k}: ms | MSE" for k in COLORS) + " |",
        "|---|" + "---|---|" * len(COLORS),
    ]
    for label, method in methods.items():
        cells = []
        for k in COLORS:
            results = [_measured(method, photo, k) for photo in photos.values()]
            times, errors = zip(*results, strict=True)
            cells += [f"{1000 * statistics.mean(times):,.0f}", f"{statistics.mean(errors):.2f}"]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _measured(
    method: Callable[[Picture, int], Picture], photo: Picture, k: int
) -> tuple[float, float]:
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        picture = method(photo, k)
        times.append(time.perf_counter() - began)
    difference = picture.astype(np.float64) - photo
    return statistics.median(times), float((difference**2).sum(axis=2).mean())


def _smalti(effort: int) -> Callable[[Picture, int], Picture]:
    def method(photo: Picture, k: int) -> Picture:
        return smalti.compress(photo, k, space="srgb", effort=effort).reconstruct()

    return method


def _scikit_learn(photo: Picture, k: int) -> Picture:
    fit = KMeans(n_clusters=k, n_init=1, random_state=0).fit(photo.reshape(-1, 3))
    colors: Any = np.rint(fit.cluster_centers_).astype(np.uint8)
    picture: Picture = colors[fit.labels_].reshape(photo.shape)
    return picture


def _pillow(photo: Picture, k: int) -> Picture:
    image = Image.fromarray(photo)
    indexed = image.quantize(k, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)
    return np.asarray(indexed.convert("RGB"))
