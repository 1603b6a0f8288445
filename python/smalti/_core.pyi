"""The compiled core. Arrays must be C-contiguous; callers validate nothing twice.

``progress(stage, fraction)`` is called between bounded pieces of work; what it raises stops
the computation and is raised again.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from smalti.colors import Color
from smalti.progress import Progress
from smalti.raw_array import RawArray

__all__ = [
    "MAX_COLORS",
    "AnimationReader",
    "ColorLabels",
    "ColorSum",
    "FrameMapper",
    "GifWriter",
    "RegionStream",
    "__version__",
    "absorb_small_regions",
    "apply_gamma",
    "apply_profile",
    "block_means",
    "chunk_bounds",
    "chunk_costliest",
    "chunk_draws",
    "chunk_tally",
    "class_gap",
    "class_labels",
    "color_coordinates",
    "color_counts",
    "color_features",
    "color_points",
    "colors_at",
    "compress",
    "connected_regions",
    "count_colors",
    "count_indices",
    "decode16",
    "decode_first",
    "decode_png",
    "distinct_colors",
    "encode_png",
    "fit_classes",
    "grow",
    "kmeans",
    "local_error",
    "local_errors",
    "looked_up",
    "mixed_features",
    "mse",
    "nearest",
    "ordered_palette",
    "read_header",
    "region_colors",
    "region_geometries",
    "ssimulacra2",
    "superpixels",
    "uniform",
]

# Images of 8 bits a sample may be raw: NumPy is not needed then.
_Pixels: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16] | RawArray
_Bytes: TypeAlias = NDArray[np.uint8] | RawArray
# The arguments of a RawArray.
_Raw: TypeAlias = tuple[bytes, tuple[int, ...], str]
# Pixels or indices, the palette if there is one, bits, frames, EXIF, and why the colour profile was
# not used.
_Decoded: TypeAlias = tuple[_Raw, _Raw | None, int, int, bytes | None, str | None]
_Unsigned: TypeAlias = NDArray[np.unsignedinteger[Any]]
# Bytes of the file of a picture: indices of shape (H, W), palette of shape (n, 3) or (n, 4).
# Called from a thread of the core; what it raises stops the computation and is raised again.
_CountBytes: TypeAlias = Callable[[NDArray[np.uint8], NDArray[np.uint8]], int]

MAX_COLORS: int
__version__: str

def kmeans(
    points: NDArray[np.float64] | NDArray[np.float32] | NDArray[np.uint8],
    sample_weight: NDArray[np.float64] | None,
    k: int,
    init: str | NDArray[np.float64],
    *,
    n_init: int,
    max_iter: int,
    tol: float,
    seed: int,
    progress: Progress | None = None,
) -> tuple[NDArray[np.float64], _Unsigned, float, int, NDArray[np.float64], str]: ...
def grow(
    points: NDArray[np.float64],
    sample_weight: NDArray[np.float64],
    ks: list[int],
    *,
    max_iter: int,
    tol: float,
    progress: Progress | None = None,
) -> list[NDArray[np.float64]]: ...
def nearest(
    points: NDArray[np.float64] | NDArray[np.float32],
    centroids: NDArray[np.float64],
    *,
    progress: Progress | None = None,
) -> tuple[_Unsigned, NDArray[np.float64]]: ...

# The least and the greatest value of each coordinate; NaN where some value is.
def chunk_bounds(
    points: NDArray[np.float64] | NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...

# Counts, sums and inertia. Sums are of numbers multiplied by the scales and rounded, in limbs along
# the last axis: 32, 32 and the other bits, the lowest first.
def chunk_tally(
    points: NDArray[np.float64] | NDArray[np.float32],
    centroids: NDArray[np.float64],
    coordinate_scale: NDArray[np.float64],
    distance_scale: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]: ...

# Rows, keys, labels and copies of points that are picked by their keys.
_Picks: TypeAlias = tuple[
    NDArray[np.float64], NDArray[np.float64], NDArray[np.uint32], NDArray[np.int64]
]

def chunk_draws(
    points: NDArray[np.float64] | NDArray[np.float32],
    centroids: NDArray[np.float64],  # none: all points are as likely
    count: int,
    *,
    seed: int,
    round_number: int,
    first_row: int,
) -> _Picks: ...
def chunk_costliest(
    points: NDArray[np.float64] | NDArray[np.float32],
    centroids: NDArray[np.float64],
    means: NDArray[np.float64],
    count: int,
) -> _Picks: ...
def compress(
    pixels: _Pixels,
    k: int,
    *,
    rate_weight: float | None,
    quality: float | None,
    max_bytes: int | None,
    dither: float | None,
    dither_method: str,
    keep: Sequence[Color],
    order: _Bytes | None,  # shape (n, 3) or (n, 4), colours in the order that the palette may take
    space: str,
    effort: int,
    palette: Sequence[Color] | None = None,  # used instead of k and keep
    count_bytes: _CountBytes | None = None,  # for max_bytes; PNG's if None
    progress: Progress | None = None,
) -> tuple[_Raw, _Raw, _Raw, tuple[float, float], bytes | None, float | None]: ...
def color_coordinates(pixels: _Pixels, space: str) -> NDArray[np.float64]: ...
def color_features(
    pixels: _Pixels, space: str, *, progress: Progress | None = None
) -> NDArray[np.float32]: ...
def colors_at(coordinates: NDArray[np.float64], space: str) -> NDArray[np.float64]: ...
def encode_png(
    indices: _Bytes,
    palette: _Bytes,
    *,
    effort: int,
    weighed: bool,
    progress: Progress | None = None,
) -> bytes: ...
def apply_gamma(image: _Pixels, gamma: float) -> NDArray[np.uint8] | NDArray[np.uint16]: ...
def apply_profile(image: _Bytes, icc: bytes, is_grey: bool) -> tuple[_Raw, str | None]: ...
def decode16(file: bytes, max_bytes: int) -> tuple[NDArray[np.uint16], str | None]: ...

@final
class ColorLabels:
    """The 8-bit labels of opaque 8-bit colours; several threads may look up and learn."""

    def __init__(self) -> None: ...
    # Labels of shape (H, W), `clear` where alpha is 0; None if some colour is unknown.
    def of(self, pixels: NDArray[np.uint8], clear: int) -> NDArray[np.uint8] | None: ...
    # Shape (n, 3), each once.
    def unknown(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]: ...
    def learn(self, colors: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None: ...

@final
class AnimationReader:
    """The frames of a GIF or APNG file, one after the other."""

    def __new__(cls, file: bytes, max_bytes: int) -> AnimationReader: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def frames(self) -> int: ...
    # How often it is played; 0 for ever.
    @property
    def plays(self) -> int: ...
    # Pixels of shape (H, W, 4) and milliseconds; None after the last frame.
    def next_frame(self) -> tuple[_Raw, float] | None: ...

@final
class FrameMapper:
    """Maps frames to a palette, one after the other."""

    def __new__(
        cls,
        shape: tuple[int, int],
        palette: Sequence[tuple[int, int, int]],
        space: str,
        effort: int,
        weight: float,
        dither: float,
        has_own_palettes: bool,
    ) -> FrameMapper: ...
    # Row and column where the written part begins, its labels (the number of colours keeps what is
    # there), the frame's own palette if it has one, whether the part is cleared after it, and the
    # number of pixels that are held.
    def map(
        self, frame: RawArray, following: Sequence[RawArray]
    ) -> tuple[int, int, _Raw, list[tuple[int, int, int]] | None, bool, int]: ...

@final
class GifWriter:
    """Writes frames to a GIF file."""

    def __new__(
        cls, shape: tuple[int, int], palette: Sequence[tuple[int, int, int]], plays: int
    ) -> GifWriter: ...
    # `delay` is in hundredths of a second; returns the bytes written so far.
    def write(
        self,
        corner: tuple[int, int],
        labels: RawArray,
        palette: Sequence[tuple[int, int, int]] | None,
        clears: bool,
        delay: int,
    ) -> int: ...
    def finish(self) -> bytes: ...

@final
class ColorSum:
    """The colours of many images; several threads may add to them."""

    def __init__(self) -> None: ...
    def add(self, pixels: _Pixels, weight: int, *, progress: Progress | None = None) -> None: ...
    def merge(self, other: ColorSum) -> None: ...
    # What `add_bytes` adds to another: some two bytes a colour of 8 bits.
    def to_bytes(self) -> bytes: ...
    def add_bytes(self, data: bytes) -> None: ...
    # All distinct colours, shape (n, 4), how often each occurs, and the largest sample.
    def colors(self) -> tuple[NDArray[np.uint16], NDArray[np.float64], int]: ...
    # Palette, centroids, and the pixels to which each colour is the nearest, float64 of shape (n,).
    def fit(
        self,
        k: int,
        *,
        unit: int,
        keep: Sequence[Color],
        space: str,
        effort: int,
        progress: Progress | None = None,
    ) -> tuple[_Raw, _Raw, _Raw]: ...

def decode_png(file: bytes, max_bytes: int) -> _Decoded: ...
def decode_first(file: bytes, max_bytes: int) -> _Decoded: ...
def read_header(file: bytes) -> tuple[int, int, int]: ...
def color_counts(pixels: _Pixels) -> list[int]: ...
def count_indices(indices: _Bytes) -> list[int]: ...
def looked_up(indices: _Bytes, palette: _Bytes) -> _Raw: ...
def count_colors(pixels: _Pixels) -> int: ...
def color_points(
    pixels: _Pixels, space: str, *, progress: Progress | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def mse(reference: _Pixels, distorted: _Pixels) -> float: ...
def ssimulacra2(reference: _Pixels, distorted: _Pixels) -> float: ...
def local_error(reference: _Pixels, distorted: _Pixels) -> tuple[float, tuple[int, int]]: ...
def local_errors(reference: _Pixels, distorted: _Pixels) -> NDArray[np.float32]: ...
def ordered_palette(colors: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], _Unsigned]: ...
def fit_classes(
    points: NDArray[np.float64],
    sample_weight: NDArray[np.float64],
    k: int,
    initial_centroids: NDArray[np.float64],
    locked: int,
    *,
    n_init: int,
    seed: int,
    progress: Progress | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def block_means(
    features: NDArray[np.float32],
    halvings: int,
    *,
    mask: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...
def mixed_features(
    features: NDArray[np.float32],
    matrix: NDArray[np.float32],
    *,
    progress: Progress | None = None,
) -> NDArray[np.float32]: ...
def class_labels(
    features: NDArray[np.float32],
    centroids: NDArray[np.float64],
    *,
    spatial_weight: float,
    gap: float | None = None,  # that of `class_gap`; the image's own if None
    mask: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> NDArray[np.uint8]: ...
def class_gap(
    features: NDArray[np.float32],
    centroids: NDArray[np.float64],
    *,
    mask: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> float: ...
def distinct_colors(
    pixels: _Pixels, *, progress: Progress | None = None
) -> tuple[NDArray[np.uint16], NDArray[np.float64]]: ...

# Classes, areas, first row and column and those after the last, sums of rows and of columns, how
# often rows and columns and how often diagonals cross the outline, whether it touches the border.
_Columns: TypeAlias = tuple[
    NDArray[np.uint8],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.bool_],
]

# Numbers of pixels, from 1 and 0 outside, and the figures of regions.
def connected_regions(
    labels: NDArray[np.uint8], connectivity: int
) -> tuple[NDArray[np.uint32], _Columns]: ...

@final
class RegionStream:
    """The regions, connected over corners, of a map of which some rows are there at a time."""

    def __new__(cls, width: int, height: int, *, min_area: int, outlines: bool) -> RegionStream: ...
    # Pixels of each of 256 labels, pairs of neighbours in regions, and those in one region.
    def totals(self) -> tuple[list[int], int, int]: ...
    # Regions that have ended, and their GeoJSON geometries if outlines are wanted.
    def push(self, labels: NDArray[np.uint8]) -> tuple[_Columns, list[str]]: ...

def region_colors(
    numbers: NDArray[np.uint32], count: int, pixels: _Pixels
) -> NDArray[np.float64]: ...
def absorb_small_regions(
    labels: NDArray[np.uint8], min_area: int, connectivity: int
) -> NDArray[np.uint8]: ...
def region_geometries(
    numbers: NDArray[np.uint32],
    wanted: NDArray[np.bool_],
    scale: float,
    origin: tuple[float, float],
) -> list[tuple[int, str]]: ...
def superpixels(
    features: NDArray[np.float32],
    count: int,
    *,
    compactness: float,
    mask: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> NDArray[np.uint32]: ...
def uniform(count: int, seed: int) -> NDArray[np.float64]: ...
