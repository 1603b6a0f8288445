"""Choosing K: the distortion of codebooks of many sizes, and where its curve bends.

One codebook grows into the next (the core's `growing`). The codebooks are found on a sample:
centroids that are means of a sample of m points have a distortion about K / m above that of the
means of all points. The distortion is that of all points.

Every K asked for costs one to five fits on the sample, each begun near its end, one pass over all
points and a silhouette, some 3 ms. For K = 2 to 16 of 100,000 points of 16 coordinates that is a
third of one fit to all of them at K = 16; of few points, or at many K, tens of fits
(docs/vectors.md).
"""

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.measure.curve import CurveRow, curve_figure, curve_table
from smalti.measure.table import as_data_frame, as_html, as_text
from smalti.progress import Progress
from smalti.sampling import weighted_sample
from smalti.validation import MAX_SEED, one_of, whole_number
from smalti.values import Value
from smalti.vectors.arrays import Points, as_points, check_size, positive_weights
from smalti.vectors.codebook import Codebook
from smalti.vectors.kmeans import kmeans
from smalti.vectors.knee import knee_position
from smalti.vectors.silhouette import distances_of_pairs, silhouette

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.table import Table

    from smalti.sources.read import ImageSource

__all__ = ["Elbow", "elbow"]

# Points that codebooks are found on: at K = 32 they cost 0.4 % of distortion.
_SAMPLE = 1 << 13

# And at least as many for each centroid.
_SAMPLE_PER_CENTROID = 256

# Points of which the silhouette is taken: its standard error is about 0.01.
_SILHOUETTE_SAMPLE = 1000

# Iterations of Lloyd's algorithm, at most, as in `smalti.kmeans`.
_MAX_ITER = 300

# Iterations on all points, where a sample does not suffice. They cost more, so there are few.
_FEW_ITER = 10


@dataclass(frozen=True, eq=False, repr=False)
class Elbow(Value):
    """Codebooks of several sizes, and the distortion of each.

    Equal attributes make equal elbows. Attributes cannot be set, nor arrays written to.

    Attributes
    ----------
    k : tuple of int
        The sizes asked for, ascending.
    distortion : float64 array, shape (len(k),)
        The mean squared distance J of all points to their nearest centroid, by weight; it never
        rises.
    silhouette : float64 array, shape (len(k),)
        Mean silhouette by weight, -1 to 1: of all points, or of 1,000 drawn by weight if there are
        more. NaN where the points judged are all in one cluster: at k = 1, and at every k if they
        are equal. ``np.nan_to_num(silhouette).argmax()`` is the best one's position whatever the
        data, with NaN as 0: the first where none is better.
    codebooks : tuple of Codebook
        One for each; with fewer distinct points than k they are the code vectors.
    knee : int or None
        The k at the knee of the curve; None where no size stands out: with fewer than three, on a
        straight line of ``log J``, and where the range ends at the bend or before.

    ``str(elbow)`` is the table.
    """

    k: tuple[int, ...]
    distortion: NDArray[np.float64]
    silhouette: NDArray[np.float64]
    codebooks: tuple[Codebook, ...]

    @cached_property
    def knee(self) -> int | None:
        """The k at the knee of the curve, or None."""
        position = knee_position(np.array(self.k), self.distortion)
        return None if position is None else self.k[position]

    @property
    def codebook(self) -> Codebook:
        """The codebook at the knee.

        Raises
        ------
        InvalidParameterError
            If there is no knee.
        """
        if self.knee is None:
            raise InvalidParameterError(
                f"k = {self.k[0]} to {self.k[-1]} has no knee, so that no codebook is at one: try "
                "larger k, or choose among the codebooks"
            )
        return self.codebooks[self.k.index(self.knee)]

    def __repr__(self) -> str:
        knee = "no knee" if self.knee is None else f"knee at {self.knee}"
        return f"<Elbow of K = {self.k[0]} to {self.k[-1]}, {knee}>"

    def __str__(self) -> str:
        return as_text(self.table())

    def table(self) -> "Table":
        """Return the table of figures for a rich console, which marks the knee if there is one."""
        return curve_table(self._rows(), self.knee)

    def _repr_html_(self) -> str:
        """Show the table in notebooks."""
        return as_html(self.table())

    def to_records(self) -> list[dict[str, Any]]:
        """Return the figures of each size by name, as data frames are made of.

        Returns
        -------
        list of dict
            One for each k: ``k``, ``bits`` of a fixed-length index, ``distortion``, ``silhouette``
            and ``knee``, which is true for at most one.
        """
        return [{**asdict(row), "knee": row.k == self.knee} for row in self._rows()]

    def to_dataframe(self) -> "pd.DataFrame":
        """Return the figures as a data frame of pandas: `to_records`, a row each.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        MissingExtraError
            If pandas (the extra ``pandas``) is not installed.
        """
        return as_data_frame(self.to_records())

    def figure(self) -> "Figure":
        """Return a matplotlib figure: distortion and silhouette against K, and the knee.

        Raises
        ------
        MissingExtraError
            If matplotlib (the extra ``plot``) is not installed.
        """
        return curve_figure(self._rows(), self.knee)

    def _rows(self) -> list[CurveRow]:
        columns = zip(self.k, self.codebooks, self.distortion, self.silhouette, strict=True)
        return [
            CurveRow(k, codebook.bits, float(distortion), float(score))
            for k, codebook, distortion, score in columns
        ]


def elbow(
    data: "ArrayLike | ImageSource",
    k: Iterable[int] = range(1, 17),
    *,
    sample_weight: ArrayLike | None = None,
    space: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Elbow:
    """Fit codebooks of several sizes and find the knee of their distortion.

    Parameters
    ----------
    data : array, shape (n, D), or an image
        Points, tables of pandas and polars too, or a path, URL, bytes, file, Pillow image or array
        (H, W, C) as `smalti.compress` reads it. A greyscale array needs the shape (H, W, 1), for
        (H, W) are points.
    k : iterable of int, default: range(1, 17)
        Sizes, each at least 1.
    sample_weight : array, shape (n,), optional
        Weights of points, within 1e-90 to 1e90; a weight of 3 counts as three equal points. Only
        the silhouettes depend on their unit, as told in the Notes. Default: 1 each. Colours of
        images are weighted by their pixels.
    space : {"oklab", "srgb", "linear"}, optional
        For images, where colours are measured: oklab (default) and linear in percent of their
        range, srgb in 0 to 255. See-through colours count as `smalti.compress` counts them.
    seed : int, default: 0
        0 to 2**64 - 1; draws the samples. The same seed gives the same result.
    progress : callable, optional
        Called with a `smalti.progress.Stage` and its done fraction, 0 to 1; raise to stop.

    Returns
    -------
    Elbow

    Raises
    ------
    InvalidParameterError
        If an argument is outside its range or the shapes do not fit.
    ImageReadError
        If an image cannot be read.

    Notes
    -----
    Each k takes time: 0.16 s for k = 1 to 16 of 3,000 points of 2 coordinates, as long as thirty
    fits at k = 16, and 0.7 s for k = 1 to 100. Only of many points with many coordinates a range
    takes no longer than one fit at its largest k: 0.3 s for k = 2 to 16 of 100,000 points of 16.

    Codebooks grow: the cluster whose split lowers J most is split, Lloyd's algorithm goes to its
    fixed point, and centroids move from where they are missed least to where they gain most (see
    docs/vectors.md). They are found on a sample of 8,192 points, or 256 for each centroid, drawn by
    weight; with no more points it is exact. The knee is where ``log J`` lies farthest below the
    line between its ends (Kneedle, doi:10.1109/ICDCSW.2011.20).

    The silhouette is Rousseeuw's (doi:10.1016/0377-0427(87)90125-7). Of up to 1,000 points it is
    exact. The mean distance of a point of weight w to its own cluster of weight W is the weighted
    sum of distances over ``W - min(w, 1)``, for whole weights and fractions alike: what w has
    above 1 are repeats at distance 0. A point with nothing else in its cluster and a weight of at
    most 1 is alone, and its silhouette is 0. Of more points 1,000 are drawn by weight, a heavy one
    several times.

    A knee is a suggestion, and it needs sizes beyond it: for k groups the range must go past k.
    Data without groups has none that is more than a matter of the range.

    Examples
    --------
    >>> import numpy as np
    >>> import smalti
    >>> random = np.random.default_rng(0)
    >>> centers = np.array([[0, 0], [9, 0], [0, 9], [9, 9]])
    >>> points = np.repeat(centers, 50, axis=0) + random.normal(size=(200, 2))
    >>> found = smalti.elbow(points, k=range(1, 9))
    >>> found
    <Elbow of K = 1 to 8, knee at 4>
    >>> found.k[np.nan_to_num(found.silhouette).argmax()]
    4
    """
    sizes = _sizes(k)
    whole_number("seed", seed, 0, MAX_SEED)
    if _is_points(data):
        if space is not None:
            raise InvalidParameterError(
                f"space is for images, and an array of shape (n, D) holds points, got {space!r}; "
                "greyscale images need the shape (H, W, 1)"
            )
        points: Points = as_points("data", data)  # type: ignore[arg-type]
        given = positive_weights(sample_weight, points.shape[:1])
    else:
        if sample_weight is not None:
            raise InvalidParameterError(
                "sample_weight is for points; the colours of an image are weighted by their pixels"
            )
        points, given = _colors(data, space, progress)
    if points.size == 0:
        raise InvalidParameterError(f"data must hold at least one number, got {points.shape}")
    check_size("data", points)
    return _grown(points, given, sizes, seed, progress)


def _grown(
    points: Points,
    given: NDArray[np.float64] | None,
    sizes: tuple[int, ...],
    seed: int,
    progress: Progress | None,
) -> Elbow:
    weights = np.ones(len(points)) if given is None else given
    size = max(_SAMPLE, _SAMPLE_PER_CENTROID * sizes[-1])
    drawn, drawn_weights = weighted_sample(weights, size, seed=seed)
    grown = _core.grow(
        points[drawn].astype(np.float64, copy=False),
        drawn_weights,
        [min(k, len(points)) for k in sizes],
        max_iter=_MAX_ITER,
        tol=0.0,
        progress=progress,
    )
    used = size if len(weights) > size else 0
    drawn, drawn_weights = weighted_sample(weights, _SILHOUETTE_SAMPLE, seed=seed, skipped=used)
    judged = points[drawn].astype(np.float64, copy=False)
    repeats = np.maximum(weights[drawn] - 1.0, 0.0)
    apart = distances_of_pairs(judged)
    distortion: list[float] = []
    scores: list[float] = []
    codebooks: list[Codebook] = []
    for k, found in zip(sizes, grown, strict=True):
        centroids, lost = found, _distortion(points, weights, found)
        if distortion and lost > distortion[-1]:
            centroids, lost = codebooks[-1].centroids, distortion[-1]
        if len(centroids) < k and lost > 0.0:
            centroids, lost = _enlarged(points, weights, centroids, k)
        distortion.append(lost)
        labels, _ = _core.nearest(judged, centroids)
        scores.append(silhouette(apart, labels, drawn_weights, repeats))
        codebooks.append(Codebook(centroids))
    return Elbow(sizes, np.array(distortion), np.array(scores), tuple(codebooks))


def _distortion(
    points: Points, weights: NDArray[np.float64], centroids: NDArray[np.float64]
) -> float:
    _, squares = _core.nearest(points, centroids)
    squares *= weights
    return float(squares.sum() / weights.sum())


def _enlarged(
    points: Points,
    weights: NDArray[np.float64],
    centroids: NDArray[np.float64],
    k: int,
) -> tuple[NDArray[np.float64], float]:
    """Return a codebook of k and its distortion. Its new centroids begin at the costliest points.

    That cannot be above the smaller one's, as it can be for one found on a sample, where what
    few points have may be missing.
    """
    _, squares = _core.nearest(points, centroids)
    costliest = np.argsort(-squares * weights, kind="stable")[: k - len(centroids)]
    start = np.concatenate([centroids, points[costliest]])
    more = kmeans(points, len(start), sample_weight=weights, init=start, max_iter=_FEW_ITER)
    return more.centroids, _distortion(points, weights, more.centroids)


def _sizes(k: Any) -> tuple[int, ...]:
    listed = k if isinstance(k, Iterable) and not isinstance(k, str) else ()
    sizes = tuple(sorted({whole_number("k", size, 1) for size in listed}))
    if not sizes:
        raise InvalidParameterError(f"k must be a list of sizes such as range(1, 17), got {k!r}")
    return sizes


def _is_points(data: Any) -> bool:
    """Whether data is to be read as points. Whatever is no image is; `as_points` checks it."""
    if isinstance(data, np.ndarray):
        return data.ndim != 3
    return not _is_image(data) and _dimensions(data) != 3


def _is_image(data: Any) -> bool:
    """Whether data is a source of images other than an array."""
    from PIL import Image

    from smalti.sources.source_image import SourceImage

    encoded = (str, os.PathLike, bytes, bytearray, memoryview)
    # A data frame has an attribute `read` if that is the name of a column.
    is_file = callable(getattr(data, "read", None))
    return is_file or isinstance(data, (*encoded, Image.Image, SourceImage))


def _dimensions(data: Any) -> int | None:
    try:
        return np.ndim(data)
    except (TypeError, ValueError):  # such as a ragged list, which the check of points tells
        return None


def _colors(
    image: Any, space: str | None, progress: Progress | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distinct colours of an image and how many pixels have each."""
    from smalti.inputs import read_input
    from smalti.options import SPACES

    space = "oklab" if space is None else one_of("space", space, SPACES)
    points, counts = _core.color_points(read_input(image).pixels, space, progress=progress)
    return (points if space == "srgb" else 100.0 * points), counts
