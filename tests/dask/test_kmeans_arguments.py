"""What smalti.dask.kmeans refuses: always with one sentence that names what is wrong."""

import numpy as np
import pytest

import smalti

dask = pytest.importorskip("dask", reason="needs the extra smalti[dask]")
da = pytest.importorskip("dask.array", reason="needs the extra smalti[dask]")

SCHEDULERS = ("sync", "threads")


def _numbers(count=1):
    return da.from_array(np.arange(6.0 * count).reshape(-1, 2), chunks=(2, 1))


def _with(value, dtype=np.float64):
    points = np.zeros((9, 2), dtype=dtype)
    points[7, 1] = points[8, 0] = value
    return da.from_array(points, chunks=(2, 2))


@pytest.mark.parametrize(
    ("points", "k", "options", "sentence"),
    [
        (_numbers(), 0, {}, "k must be at least 1, got 0"),
        (_numbers(), 1.5, {}, "k must be a whole number at least 1, got 1.5"),
        (_numbers(), 2, {"max_iter": 0}, "max_iter must be at least 1, got 0"),
        (_numbers(), 2, {"tol": -1}, "tol must be a finite number of at least 0, got -1"),
        (_numbers(), 2, {"seed": -1}, f"seed must be between 0 and {2**64 - 1}, got -1"),
        (_numbers(), 2, {"rounds": 0}, "rounds must be at least 1, got 0"),
        (
            _numbers(),
            2,
            {"oversampling": 0.1, "rounds": 5},
            "oversampling * rounds must be at least 1, so that there are k candidates, got 0.1 * 5",
        ),
        (_numbers(), 2, {"init": "wu"}, "init must be one of 'k-means||', 'random', got 'wu'"),
        (
            _numbers(),
            2,
            {"init": [[1.0, 2.0]]},
            "init must have shape (2, 2), one row for each centroid, got (1, 2)",
        ),
        (
            _numbers(),
            1,
            {"init": [[1.0, np.inf]]},
            "init[0, 1] must be a finite number up to 1e+90, got inf",
        ),
        (_numbers()[:0], 1, {}, "points is empty: at least one point is needed"),
        (_numbers()[:, :0], 1, {}, "points is empty: at least one coordinate is needed"),
        (_numbers()[:, 0], 1, {}, "points must have shape (n, D), got (3,)"),
        (
            _numbers().astype(object),
            1,
            {},
            "points must be a dask array of real numbers, got dtype object",
        ),
        (
            _numbers().astype(complex),
            1,
            {},
            "points must be a dask array of real numbers, got dtype complex128",
        ),
        ([[1.0], [2.0, 3.0]], 1, {}, "points must be a dask array of real numbers, got list"),
        (_with(np.nan), 1, {}, "points[7, 1] must be a finite number up to 1e+90, got nan"),
        (
            _with(-np.inf, np.float32),
            1,
            {},
            "points[7, 1] must be a finite number up to 1e+90, got -inf",
        ),
        (_with(1e91), 1, {}, "points[7, 1] must be a finite number up to 1e+90, got 1e+91"),
    ],
)
def test_what_is_not_allowed_is_refused_in_a_sentence(points, k, options, sentence):
    with pytest.raises(smalti.exceptions.InvalidParameterError) as raised:
        smalti.dask.kmeans(points, k, **options)
    assert str(raised.value) == sentence


def test_arguments_of_other_libraries_are_told_their_names():
    with pytest.raises(smalti.exceptions.InvalidParameterError, match="it is called oversampling"):
        smalti.dask.kmeans(_numbers(), 2, oversampling_factor=2)


def _failing(block, block_info=None):
    first, last = block_info[0]["array-location"][0]
    if first <= 250 < last or first > 700:
        raise OSError("disk is gone")
    return block


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("rows", [1000, 90, 20])
def test_a_chunk_that_cannot_be_computed_is_named(scheduler, rows):
    points = da.from_array(np.arange(3000.0).reshape(1000, 3), chunks=(rows, 3)).map_blocks(
        _failing, dtype=float
    )
    first = 250 // rows * rows
    with (
        dask.config.set(scheduler=scheduler),
        pytest.raises(smalti.exceptions.ChunkError) as raised,
    ):
        smalti.dask.kmeans(points, 2)
    expected = f"points[{first}:{min(first + rows, 1000)}] cannot be computed: disk is gone"
    assert str(raised.value) == expected
    assert isinstance(raised.value.__cause__, OSError)


def test_a_chunk_of_another_shape_than_announced_is_named():
    points = _numbers(4).rechunk((4, 2)).map_blocks(lambda block: block[:, :1], dtype=float)
    with pytest.raises(smalti.exceptions.ChunkError) as raised:
        smalti.dask.kmeans(points, 2)
    assert str(raised.value) == (
        "points[0:4] cannot be computed: its shape is (4, 1) instead of (4, 2)"
    )
