"""smalti and the peers that Python calls: scikit-learn, faiss, OpenCV, Pillow, libimagequant 2.

Each is handed the picture in the form that it takes; making that form is not timed, fitting the
palette and mapping the pixels are. Settings are the defaults but for those named. Pillow and
the PyPI package of libimagequant have one thread; `bench.THREADS` tells how the others get two.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

import smalti
from bench import THREADS
from bench.common.measure import Picture, Quantised, Run, Tool, timed
from bench.common.modules import importable

# Lloyd iterations of faiss and OpenCV: faiss has no stopping rule, and OpenCV's is not used.
ITERATIONS = 20

Prepared = Callable[[], Quantised]
Prepare = Callable[[Any, Picture, int], Prepared]


def smalti_tool(effort: int) -> Tool:
    """Return smalti in the space where the error is measured, sRGB, at an effort."""

    def run(photo: Picture, k: int) -> Run:
        def quantise() -> Quantised:
            result = smalti.compress(photo, k, space="srgb", rate_weight=0, dither=0, effort=effort)
            return Quantised(result.centroids, result.indices)

        return timed(quantise)

    return Tool(f"smalti, effort {effort}", "", run)


def python_peers() -> tuple[list[Tool], list[str]]:
    """Return the peers that are installed, and what to say of the others."""
    peers: tuple[tuple[str, str, str, Prepare], ...] = (
        ("scikit-learn", "`KMeans(n_init=1)`", "sklearn.cluster", _scikit_learn),
        ("faiss", f"`Kmeans(niter={ITERATIONS})`", "faiss", _faiss),
        ("OpenCV", f"`kmeans`, k-means++, {ITERATIONS} iterations", "cv2", _opencv),
        ("Pillow", "`quantize(MEDIANCUT, kmeans=1)`, one thread", "PIL.Image", _pillow),
        ("libimagequant 2", "from PyPI, one thread", "imagequant", _imagequant),
    )
    modules, left_out = importable({name: module for name, _, module, _ in peers})
    tools = [
        Tool(name, setting, _runner(modules[name], prepare))
        for name, setting, _, prepare in peers
        if name in modules
    ]
    return tools, left_out


def _runner(module: Any, prepare: Prepare) -> Callable[[Picture, int], Run]:
    return lambda photo, k: timed(prepare(module, photo, k))


def _scikit_learn(cluster: Any, photo: Picture, k: int) -> Prepared:
    pixels = photo.reshape(-1, 3).astype(np.float32)

    def quantise() -> Quantised:
        fit = cluster.KMeans(n_clusters=k, n_init=1, random_state=0).fit(pixels)
        return Quantised(fit.cluster_centers_, fit.labels_)

    return quantise


def _faiss(faiss: Any, photo: Picture, k: int) -> Prepared:
    pixels = photo.reshape(-1, 3).astype(np.float32)
    faiss.omp_set_num_threads(THREADS)

    def quantise() -> Quantised:
        # By default faiss samples 256 points a centroid. Here it gets all points, as the others do.
        fit = faiss.Kmeans(3, k, niter=ITERATIONS, max_points_per_centroid=len(pixels))
        fit.train(pixels)
        return Quantised(fit.centroids, fit.index.search(pixels, 1)[1])

    return quantise


def _opencv(cv2: Any, photo: Picture, k: int) -> Prepared:
    pixels = photo.reshape(-1, 3).astype(np.float32)
    cv2.setNumThreads(THREADS)
    criteria = (cv2.TERM_CRITERIA_MAX_ITER, ITERATIONS, 0)

    def quantise() -> Quantised:
        cv2.setRNGSeed(0)
        _, labels, centers = cv2.kmeans(pixels, k, None, criteria, 1, cv2.KMEANS_PP_CENTERS)
        return Quantised(centers, labels)

    return quantise


def _pillow(module: Any, photo: Picture, k: int) -> Prepared:
    image = module.fromarray(photo)

    def quantise() -> Quantised:
        median_cut = Image.Quantize.MEDIANCUT
        indexed = image.quantize(k, median_cut, kmeans=1, dither=Image.Dither.NONE)
        palette = np.reshape(indexed.getpalette(), (-1, 3))
        return Quantised(palette, np.asarray(indexed))

    return quantise


def _imagequant(imagequant: Any, photo: Picture, k: int) -> Prepared:
    height, width, _ = photo.shape
    opaque = np.full((height, width, 1), 255, np.uint8)
    rgba = np.concatenate([photo, opaque], axis=2).tobytes()

    def quantise() -> Quantised:
        indices, palette = imagequant.quantize_raw_rgba_bytes(
            rgba, width, height, dithering_level=0.0, max_colors=k
        )
        colors = np.reshape(palette, (-1, 4))[:, :3]
        return Quantised(colors, np.frombuffer(indices, np.uint8))

    return quantise
