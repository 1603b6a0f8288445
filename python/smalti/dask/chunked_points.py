"""Points in the chunks of a dask array, and passes over them.

A pass asks every chunk for a little and merges it in a tree, eight at a time, so that no machine
gets a message from each chunk. Whatever scheduler dask is set to runs it. Chunks are computed or
read anew in every pass and not kept; who persists the array has them kept.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import dask.array as da
import numpy as np
from dask.base import compute
from dask.delayed import delayed
from numpy.typing import NDArray

from smalti.bits import smallest_unsigned
from smalti.dask.clusters import Clusters, Grid
from smalti.dask.colors import sum_of
from smalti.dask.partials import Picks, Survey, Tally
from smalti.exceptions import ChunkError, InvalidParameterError
from smalti.images.color_sum import ColorSum
from smalti.sources.source_image import SourceImage
from smalti.vectors.arrays import Points, as_floats, as_points, size_error
from smalti.vectors.codebook import Codebook

__all__ = ["ChunkedPoints"]

Floats = NDArray[np.float64]
Merged = TypeVar("Merged")

# What is merged at a time.
_SPLIT_EVERY = 8


class ChunkedPoints:
    """Points of shape (n, D), finite numbers, at least one of each.

    Parameters
    ----------
    points : dask array or what becomes one, shape (n, D)

    Raises
    ------
    InvalidParameterError
        If it is no such array.
    ChunkError
        If chunks are of unknown size and cannot be computed.
    """

    def __init__(self, points: Any) -> None:
        self._points = _as_rows(points)
        self.count, self.dim = map(int, self._points.shape)

    def survey(self, count: int, seed: int) -> Survey:
        """Check all numbers, and draw distinct points that are all as likely."""
        look = partial(Survey.of, count=count, seed=seed)
        merge: Callable[[Sequence[Survey]], Survey] = partial(Survey.merged, count=count)
        found = self._reduced(look, merge, with_row=True)
        if found.wrong is not None:
            *at, value = found.wrong
            raise size_error("points", tuple(at), value)
        return found

    @property
    def are_colors(self) -> bool:
        """Whether all points are 8-bit colours."""
        return bool(self._points.dtype == np.uint8) and self.dim == 3

    def colors(self) -> ColorSum:
        """Count how often each colour occurs."""
        return sum_of([self._reduced(_colors_of, _colors_merged)])

    def clusters(self, centroids: Floats, grid: Grid) -> Clusters:
        """Let all points join their nearest centroids."""
        distance_exponent = grid.distance_exponent(centroids)
        add_up = partial(Tally.of, distance_scale=math.ldexp(1.0, distance_exponent))
        tally = self._reduced(add_up, Tally.merged, centroids, grid.scale)
        return Clusters.of(tally, grid, distance_exponent)

    def drawn(self, candidates: Floats, count: int, *, seed: int, round_number: int) -> Picks:
        """Draw distinct points with probability proportional to their squared distance."""
        draw = partial(Picks.drawn, count=count, seed=seed, round_number=round_number)
        merge: Callable[[Sequence[Picks]], Picks] = partial(Picks.merged, count=count)
        return self._reduced(draw, merge, candidates, with_row=True)

    def costliest(self, centroids: Floats, means: Floats, count: int) -> Picks:
        """Pick distinct points that lie farthest from the mean of their cluster."""
        pick = partial(Picks.costliest, count=count)
        merge: Callable[[Sequence[Picks]], Picks] = partial(Picks.merged, count=count)
        return self._reduced(pick, merge, centroids, means)

    def labels(self, centroids: Floats) -> Any:
        """Return the lazy positions of the points' nearest centroids, in the points' chunks."""
        dtype = smallest_unsigned(len(centroids))
        return self._points.map_blocks(
            _encoded,
            delayed(Codebook(centroids)),
            drop_axis=1,
            dtype=dtype,
            meta=np.empty(0, dtype=dtype),
        )

    def _reduced(
        self,
        work: Callable[..., Merged],
        merge: Callable[[Sequence[Merged]], Merged],
        *arguments: Floats,
        with_row: bool = False,
    ) -> Merged:
        """Do some work with every chunk, and its first row if wanted; merge what comes of it."""
        # As tasks of their own, arguments come to each worker once and not with every chunk.
        shared = [delayed(argument) for argument in arguments]
        parts = self._points.map_blocks(
            _part,
            *shared,
            work=work,
            dim=self.dim,
            with_row=with_row,
            drop_axis=1,
            dtype=object,
            meta=np.empty(0, dtype=object),
        )
        merged = da.reduction(
            parts,
            chunk=_unchanged,
            combine=partial(_merged, merge=merge),
            aggregate=partial(_merged, merge=merge),
            axis=0,
            concatenate=False,
            split_every=_SPLIT_EVERY,
            dtype=object,
            meta=np.empty((), dtype=object),
        )
        found: Merged = self._computed(merged)
        return found

    def _computed(self, collection: Any) -> Any:
        try:
            (found,) = compute(collection)
        except MemoryError:
            raise
        except Exception as error:  # whatever computes the array raises errors of its own
            raise self._chunk_error(error) from error
        return found

    def _chunk_error(self, error: Exception) -> ChunkError:
        """Return the error that names the first rows that cannot be computed.

        Neither an error nor a scheduler tells whose chunk it was. They are found by halving, which
        computes every chunk once at most.
        """
        if type(error).__module__.partition(".")[0] == "distributed":
            # Workers were lost. Computing such a chunk again would cost more of them.
            return _chunk_error("points", error)
        low, high = 0, self._points.numblocks[0]
        while high - low > 1:
            middle = (low + high) // 2
            if self._failure(low, middle) is None:
                low = middle
            else:
                high = middle
        again = self._failure(low, high)
        if again is None:
            return _chunk_error("points", error)
        first = sum(self._points.chunks[0][:low])
        return _chunk_error(f"points[{first}:{first + self._points.chunks[0][low]}]", again)

    def _failure(self, low: int, high: int) -> Exception | None:
        """Return the error that computing some chunks ends with, if it does."""
        chunks = self._points.blocks[low:high]
        touched = chunks.map_blocks(
            _touched,
            dim=self.dim,
            drop_axis=1,
            chunks=((1,) * (high - low),),
            dtype=bool,
            meta=np.empty(0, dtype=bool),
        )
        try:
            compute(touched)
        except Exception as error:
            return error
        return None


def _chunk_error(name: str, error: Exception) -> ChunkError:
    reason = str(error) or type(error).__name__
    return ChunkError(f"{name} cannot be computed: {reason}")


def _as_rows(points: Any) -> Any:
    """Return a dask array of shape (n, D) whose chunks have all columns."""
    try:
        array = da.asarray(points)
    except Exception as error:  # NumPy and dask raise many kinds
        raise InvalidParameterError(
            f"points must be a dask array of real numbers, got {type(points).__name__}"
        ) from error
    if array.dtype.kind not in "buif":
        raise InvalidParameterError(
            f"points must be a dask array of real numbers, got dtype {array.dtype}"
        )
    if array.ndim != 2:
        raise InvalidParameterError(f"points must have shape (n, D), got {array.shape}")
    if any(map(math.isnan, array.shape)):
        array = _with_known_chunks(array)
    for size, unit in zip(array.shape, ("point", "coordinate"), strict=True):
        if size == 0:
            raise InvalidParameterError(f"points is empty: at least one {unit} is needed")
    return array if array.numblocks[1] == 1 else array.rechunk({1: -1})


def _with_known_chunks(array: Any) -> Any:
    """Return the array with the sizes of its chunks, which are computed for that."""
    try:
        # The copy: sizes are set in place.
        return da.Array(array.dask, array.name, array.chunks, meta=array).compute_chunk_sizes()
    except MemoryError:
        raise
    except Exception as error:
        raise _chunk_error("points", error) from error


def _part(
    block: Any,
    *arguments: Floats,
    work: Callable[..., Merged],
    dim: int,
    with_row: bool,
    block_info: Any = None,
) -> Merged:
    """Do some work with a chunk."""
    points, first = _points_of(block, dim, block_info)
    aligned = map(as_floats, arguments)
    return work(points, first, *aligned) if with_row else work(points, *aligned)


def _touched(block: Any, *, dim: int, block_info: Any = None) -> NDArray[np.bool_]:
    _points_of(block, dim, block_info)
    return np.ones(1, dtype=bool)


def _colors_of(points: Points) -> bytes:
    """Return the sum of the colours of a chunk, as bytes."""
    colors = ColorSum()
    if len(points):
        colors.add(SourceImage(points.astype(np.uint8)[np.newaxis], 1, "points"))
    return colors.to_bytes()


def _colors_merged(sums: Sequence[bytes]) -> bytes:
    return sum_of(sums).to_bytes()


def _points_of(block: Any, dim: int, block_info: Any) -> tuple[Points, int]:
    """Return the points of a chunk and the number of the first."""
    points, (first, last) = as_points("points", block), block_info[0]["array-location"][0]
    if points.shape != (last - first, dim):
        raise ValueError(f"its shape is {points.shape} instead of {(last - first, dim)}")
    return points, first


def _encoded(block: Any, codebook: Codebook) -> NDArray[Any]:
    return codebook.encode(block)


def _unchanged(part: Merged, **_: Any) -> Merged:
    return part


def _merged(parts: Any, *, merge: Callable[[Sequence[Merged]], Merged], **_: Any) -> Merged:
    """Merge what some chunks tell; one alone comes without a list."""
    return merge(parts if isinstance(parts, list) else [parts])
