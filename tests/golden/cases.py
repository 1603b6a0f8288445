"""What is made of every image, as parts with a hash each."""

import hashlib
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import smalti

__all__ = ["ANY_KERNEL", "SCORED", "digest_of", "parts_of"]

ANY_KERNEL, SCORED = "any", "scored"
"""Whether scores of SSIMULACRA2, which depend on the instruction set, have a say in a part."""

Part = tuple[str, str, str]
"""Kind (ANY_KERNEL or SCORED), name, hash."""

# Cases by their names: options of `smalti.compress`. What looks at scores is told apart.
_PLAIN = {"rate_weight": 0, "dither": 0}
_COMPRESSED: dict[str, tuple[str, dict[str, Any]]] = {
    "plain-2": (ANY_KERNEL, {"k": 2, "space": "srgb", **_PLAIN}),
    "plain-16": (ANY_KERNEL, {"k": 16, "space": "linear", **_PLAIN}),
    "plain-256": (ANY_KERNEL, {"effort": 1, **_PLAIN}),
    "plain-1000": (ANY_KERNEL, {"k": 1000, "effort": 1, **_PLAIN}),
    "plain-40-effort-8": (ANY_KERNEL, {"k": 40, "effort": 8, **_PLAIN}),
    "weighed": (ANY_KERNEL, {"rate_weight": 0.3, "effort": 3}),
    "weighed-16": (ANY_KERNEL, {"k": 16, "rate_weight": 0.05, "dither": 0.2}),
    "dithered": (ANY_KERNEL, {"k": 8, "rate_weight": 0, "dither": 1, "space": "srgb"}),
    "blue-noise": (ANY_KERNEL, {"k": 12, "rate_weight": 0.02, "dither_method": "blue-noise"}),
    "ordered": (
        ANY_KERNEL,
        {"k": 5, "rate_weight": 0, "dither": 0.8, "dither_method": "ordered"},
    ),
    "kept": (ANY_KERNEL, {"k": 9, "rate_weight": 0.1, "keep_colors": ["FF0000", "4D4D4D"]}),
    "size": (SCORED, {"max_bytes": 1500, "effort": 2}),
    "default": (SCORED, {}),
    "quality": (SCORED, {"quality": 60, "effort": 2}),
}

# The files of these cases are hashed, too; the others' indices say enough.
_FILES = {
    "plain-2": ("png", "webp", "npz"),
    "plain-16": ("png",),
    "plain-1000": ("npz",),
    "weighed": ("png", "webp"),
    "weighed-16": ("png",),
    "kept": ("png",),
    "default": ("png",),
}

# Options of `smalti.segment`.
_SEGMENTED: dict[str, dict[str, Any]] = {
    "classes": {"k": 3},
    "classes-srgb": {"k": 5, "space": "srgb", "min_region": 4},
    "boundaries": {"k": 3, "spatial_weight": 0.5},
    "position": {"k": 4, "spatial_weight": 0.7, "spatial_method": "position"},
    "local": {"k": 3, "normalize": "local", "spatial_weight": 1.0},
    "texture": {"k": 3, "texture": 0.5},
    "superpixels": {"k": 3, "superpixels": 40},
    "given": {"k": 3, "init_colors": ["000000", "FFFFFF"], "locked": [0]},
    "he": {"preset": "he"},
    "hdab": {"preset": "hdab"},
    "stains": {"k": 3, "space": "hdab", "stains": "estimate"},
}

# Segmenting is for these; textures and stains say nothing of icons.
_SEGMENTED_IMAGES = ("slide", "slide-detail", "coffee", "disc-soft", "ramp-16-bit", "one-pixel")


def parts_of(name: str, pixels: NDArray[Any]) -> Iterator[Part]:
    """Yield the hashes of everything that is made of an image."""
    for case, (kind, options) in _COMPRESSED.items():
        yield from _compressed(case, kind, pixels, options)
    yield ANY_KERNEL, "blocks", _outcome_of(lambda: _blocks(pixels))
    yield ANY_KERNEL, "kmeans", _outcome_of(lambda: _kmeans(pixels))
    if name in _SEGMENTED_IMAGES:
        for case, options in _SEGMENTED.items():
            yield ANY_KERNEL, f"segment/{case}", _outcome_of(_segmented, pixels, options)
        yield ANY_KERNEL, "superpixels", _outcome_of(lambda: [smalti.superpixels(pixels, 30)])


def _compressed(
    case: str, kind: str, pixels: NDArray[Any], options: dict[str, Any]
) -> Iterator[Part]:
    try:
        found = smalti.compress(pixels, **options)
    except smalti.SmaltiError as error:
        yield kind, case, digest_of([str(error)])
        return
    yield kind, f"{case}/palette", digest_of([found.palette, found.centroids])
    yield kind, f"{case}/indices", digest_of([found.indices, found.rate_weight, found.dither])
    for format_name in _FILES.get(case, ()):
        data = found.to_bytes(format_name)
        contents = _members(data) if format_name == "npz" else [data]
        yield kind, f"{case}/{format_name}", digest_of(contents)
    if case in ("plain-16", "weighed"):
        figures = found.report().to_dict()
        score = figures.pop("ssimulacra2")
        yield kind, f"{case}/report", digest_of([figures])
        yield SCORED, f"{case}/score", digest_of([score])


def _members(npz: bytes) -> list[Any]:
    """Return the arrays of an archive: its own bytes are zlib's, whose versions differ."""
    with np.load(io.BytesIO(npz)) as archive:
        return [part for name in sorted(archive.files) for part in (name, archive[name])]


def _blocks(pixels: NDArray[Any]) -> list[Any]:
    found = smalti.compress(pixels, k=7, block=(2, 3), effort=2)
    return [found.indices, found.codebook, found.centroids]


def _kmeans(pixels: NDArray[Any]) -> list[Any]:
    points = pixels.reshape(len(pixels), -1)[:200, :24]
    points = points.astype(np.float32 if points.dtype == np.uint8 else np.float64)
    found = smalti.kmeans(points, 4, seed=7)
    codebook = smalti.Codebook.fit(points, 3)
    labels, centroids = found.labels, found.centroids
    return [labels, centroids, found.inertia, found.n_iter, codebook.encode(points)]


def _segmented(pixels: NDArray[Any], options: dict[str, Any]) -> list[Any]:
    found = smalti.segment(pixels, **options)
    regions = found.regions(pixel_size=0.5)
    return [
        found.labels,
        found.colors,
        found.codebook.centroids,
        found.overlay(),
        regions.to_csv(),
        found.to_geojson(),
    ]


def _outcome_of(work: Callable[..., list[Any]], *arguments: Any) -> str:
    try:
        return digest_of(work(*arguments))
    except smalti.SmaltiError as error:
        return digest_of([str(error)])


def digest_of(parts: list[Any]) -> str:
    """Return a short hash of arrays, bytes, texts and numbers."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        elif isinstance(part, bytes):
            digest.update(part)
        else:
            digest.update(repr(part).encode())
    return digest.hexdigest()[:16]
