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
    # `as` tells type checkers that the names are the package's own, too.
    from smalti._core import __version__ as __version__
    from smalti.batch.compress_files import compress_files as compress_files
    from smalti.batch.result import FileResult as FileResult
    from smalti.exceptions import SmaltiError as SmaltiError
    from smalti.images.animation.compress import compress_animation as compress_animation
    from smalti.images.animation.compressed_animation import (
        CompressedAnimation as CompressedAnimation,
    )
    from smalti.images.blocks.block_image import BlockImage as BlockImage
    from smalti.images.comparison import Comparison as Comparison
    from smalti.images.comparison import compare as compare
    from smalti.images.compress import compress as compress
    from smalti.images.compressed_image import CompressedImage as CompressedImage
    from smalti.images.fit_palette import fit_palette as fit_palette
    from smalti.images.inspect import Inspection as Inspection
    from smalti.images.inspect import inspect as inspect
    from smalti.images.load import load as load
    from smalti.images.palette import Palette as Palette
    from smalti.images.sweep import Sweep as Sweep
    from smalti.images.sweep import sweep as sweep
    from smalti.labelmaps.regions import Regions as Regions
    from smalti.measure import metrics as metrics
    from smalti.measure.report import Report as Report
    from smalti.options import CompressOptions as CompressOptions
    from smalti.options import SegmentOptions as SegmentOptions
    from smalti.scale.compress_large import LargeResult as LargeResult
    from smalti.scale.compress_large import compress_large as compress_large
    from smalti.scale.large_segmentation import LargeSegmentation as LargeSegmentation
    from smalti.scale.segment_large import segment_large as segment_large
    from smalti.segmentation.classifier import PixelClassifier as PixelClassifier
    from smalti.segmentation.classifier import Segmentation as Segmentation
    from smalti.segmentation.features.superpixels import superpixels as superpixels
    from smalti.segmentation.histology.sample_slide import sample_slide as sample_slide
    from smalti.segmentation.histology.stain_estimation import estimate_stains as estimate_stains
    from smalti.segmentation.histology.stains import Stains as Stains
    from smalti.segmentation.histology.tissue import tissue_mask as tissue_mask
    from smalti.segmentation.segment import segment as segment
    from smalti.sources.provenance import Provenance as Provenance
    from smalti.sources.read import read as read
    from smalti.sources.source_image import SourceImage as SourceImage
    from smalti.vectors.codebook import Codebook as Codebook
    from smalti.vectors.elbow import Elbow as Elbow
    from smalti.vectors.elbow import elbow as elbow
    from smalti.vectors.kmeans import KMeansResult as KMeansResult
    from smalti.vectors.kmeans import kmeans as kmeans
    from smalti.vectors.mini_batch import OnlineKMeans as OnlineKMeans
    from smalti.vectors.tutorial import calculate_num_bits as calculate_num_bits
    from smalti.vectors.tutorial import compress_image as compress_image
    from smalti.vectors.tutorial import reconstruct_image as reconstruct_image

# Names are imported when they are first used: `smalti --help` needs none of them.
_MODULE_OF = {
    "BlockImage": "smalti.images.blocks.block_image",
    "Codebook": "smalti.vectors.codebook",
    "Comparison": "smalti.images.comparison",
    "CompressOptions": "smalti.options",
    "CompressedAnimation": "smalti.images.animation.compressed_animation",
    "CompressedImage": "smalti.images.compressed_image",
    "Elbow": "smalti.vectors.elbow",
    "FileResult": "smalti.batch.result",
    "Inspection": "smalti.images.inspect",
    "KMeansResult": "smalti.vectors.kmeans",
    "LargeResult": "smalti.scale.compress_large",
    "LargeSegmentation": "smalti.scale.large_segmentation",
    "OnlineKMeans": "smalti.vectors.mini_batch",
    "Palette": "smalti.images.palette",
    "PixelClassifier": "smalti.segmentation.classifier",
    "Provenance": "smalti.sources.provenance",
    "Regions": "smalti.labelmaps.regions",
    "Report": "smalti.measure.report",
    "SegmentOptions": "smalti.options",
    "Segmentation": "smalti.segmentation.classifier",
    "SmaltiError": "smalti.exceptions",
    "SourceImage": "smalti.sources.source_image",
    "Stains": "smalti.segmentation.histology.stains",
    "Sweep": "smalti.images.sweep",
    "__version__": "smalti._core",
    "calculate_num_bits": "smalti.vectors.tutorial",
    "compare": "smalti.images.comparison",
    "compress": "smalti.images.compress",
    "compress_animation": "smalti.images.animation.compress",
    "compress_files": "smalti.batch.compress_files",
    "compress_image": "smalti.vectors.tutorial",
    "compress_large": "smalti.scale.compress_large",
    "elbow": "smalti.vectors.elbow",
    "estimate_stains": "smalti.segmentation.histology.stain_estimation",
    "fit_palette": "smalti.images.fit_palette",
    "inspect": "smalti.images.inspect",
    "kmeans": "smalti.vectors.kmeans",
    "load": "smalti.images.load",
    "metrics": "smalti.measure",
    "read": "smalti.sources.read",
    "reconstruct_image": "smalti.vectors.tutorial",
    "sample_slide": "smalti.segmentation.histology.sample_slide",
    "segment": "smalti.segmentation.segment",
    "segment_large": "smalti.scale.segment_large",
    "superpixels": "smalti.segmentation.features.superpixels",
    "sweep": "smalti.images.sweep",
    "tissue_mask": "smalti.segmentation.histology.tissue",
}

__all__ = list(_MODULE_OF)

# Modules for optional dependencies. They are no part of `import *`, which would need them all.
_ADAPTERS = {"dask", "sklearn"}


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
