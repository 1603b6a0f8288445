"""Image compression by K-Means vector quantisation.

Each pixel becomes the index of the nearest of K learned colours, and the picture is
stored as a codebook and indices.

>>> import numpy as np
>>> import smalti
>>> image = np.zeros((4, 4, 3), dtype=np.uint8)
>>> image[:2] = 200, 30, 30
>>> compressed = smalti.compress(image, k=2)
>>> compressed.palette.tolist()
[[0, 0, 0], [200, 30, 30]]
>>> compressed.report().compressed_bits
64
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smalti._core import __version__
    from smalti.exceptions import SmaltiError
    from smalti.images.blocks.block_image import BlockImage
    from smalti.images.compress import compress
    from smalti.images.compressed_image import CompressedImage
    from smalti.images.load import load
    from smalti.images.sweep import Sweep, sweep
    from smalti.measure import metrics
    from smalti.measure.report import Report
    from smalti.segmentation.classifier import PixelClassifier, Segmentation
    from smalti.segmentation.features.superpixels import superpixels
    from smalti.segmentation.segment import segment
    from smalti.vectors.codebook import Codebook
    from smalti.vectors.elbow import Elbow, elbow
    from smalti.vectors.kmeans import KMeansResult, kmeans
    from smalti.vectors.mini_batch import OnlineKMeans
    from smalti.vectors.tutorial import calculate_num_bits, compress_image, reconstruct_image

__all__ = [
    "BlockImage",
    "Codebook",
    "CompressedImage",
    "Elbow",
    "KMeansResult",
    "OnlineKMeans",
    "PixelClassifier",
    "Report",
    "Segmentation",
    "SmaltiError",
    "Sweep",
    "__version__",
    "calculate_num_bits",
    "compress",
    "compress_image",
    "elbow",
    "kmeans",
    "load",
    "metrics",
    "reconstruct_image",
    "segment",
    "superpixels",
    "sweep",
]

# Names are imported when they are first used: `smalti --help` needs none of them.
_MODULE_OF = {
    "BlockImage": "smalti.images.blocks.block_image",
    "Codebook": "smalti.vectors.codebook",
    "CompressedImage": "smalti.images.compressed_image",
    "Elbow": "smalti.vectors.elbow",
    "KMeansResult": "smalti.vectors.kmeans",
    "OnlineKMeans": "smalti.vectors.mini_batch",
    "PixelClassifier": "smalti.segmentation.classifier",
    "Report": "smalti.measure.report",
    "Segmentation": "smalti.segmentation.classifier",
    "SmaltiError": "smalti.exceptions",
    "Sweep": "smalti.images.sweep",
    "__version__": "smalti._core",
    "calculate_num_bits": "smalti.vectors.tutorial",
    "compress": "smalti.images.compress",
    "compress_image": "smalti.vectors.tutorial",
    "elbow": "smalti.vectors.elbow",
    "kmeans": "smalti.vectors.kmeans",
    "load": "smalti.images.load",
    "metrics": "smalti.measure",
    "reconstruct_image": "smalti.vectors.tutorial",
    "segment": "smalti.segmentation.segment",
    "superpixels": "smalti.segmentation.features.superpixels",
    "sweep": "smalti.images.sweep",
}

# Modules for optional dependencies. They are no part of `import *`, which would need them all.
_ADAPTERS = {"sklearn"}


def __getattr__(name: str) -> Any:
    if name in _ADAPTERS:
        return importlib.import_module(f"smalti.{name}")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'smalti' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
