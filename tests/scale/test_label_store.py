"""Label maps in Zarr, written window by window, and what is counted in them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smalti.scale.label_counts import counted
from smalti.scale.label_store import LabelStore
from tests.scale.checks import check_levels


def some_labels(shape, labels, seed=0, dtype=np.uint8):
    """Labels in patches, so that majorities are not all alike, with whole windows of 0."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, labels + 1, (shape[0] // 5 + 1, shape[1] // 5 + 1))
    values = np.repeat(np.repeat(coarse, 5, 0), 5, 1)[: shape[0], : shape[1]].astype(dtype)
    holes = random.random(shape) < 0.2
    values[holes] = random.integers(0, labels + 1, int(holes.sum()))
    values[64:128, :64] = 0
    return values


def written(folder, labels, version, *, jobs=1, order=None):
    store = LabelStore(folder, labels.shape, labels.dtype, version)
    windows = store.windows
    for number in range(len(windows)) if order is None else order:
        store.write(windows[number], labels[windows[number].slices].copy())
    store.write_upper_levels(jobs, lambda _: None)
    return store


@pytest.mark.parametrize(("version", "dtype"), [("0.4", np.uint8), ("0.5", np.uint16)])
@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 300), (300, 1), (32, 32), (33, 32), (64, 65), (150, 203), (129, 257)]
)
def test_levels_are_the_whole_halved_again_and_again(tmp_path, version, dtype, shape):
    labels = some_labels(shape, 250 if dtype == np.uint8 else 60_000, dtype=dtype)
    store = written(tmp_path / "a", labels, version, jobs=2)
    assert all(level.dtype == dtype for level in store.levels)
    check_levels([np.asarray(level) for level in store.levels], labels)
    again = LabelStore(tmp_path / "a", shape, np.dtype(dtype), version)
    check_levels([np.asarray(level) for level in again.levels], labels)


@given(
    shape=st.tuples(st.integers(1, 140), st.integers(1, 140)),
    seed=st.integers(0, 99),
    version=st.sampled_from(["0.4", "0.5"]),
)
@settings(max_examples=12)
def test_any_size_in_any_order_has_the_levels_of_the_whole(tmp_path_factory, shape, seed, version):
    labels = some_labels(shape, 4, seed)
    folder = tmp_path_factory.mktemp("store") / "a"
    count = len(LabelStore(folder, shape, labels.dtype, version).windows)
    order = np.random.default_rng(seed).permutation(count)
    store = written(folder, labels, version, order=order)
    check_levels([np.asarray(level) for level in store.levels], labels)


def test_versions_are_zarr_2_and_zarr_3(tmp_path):
    labels = some_labels((150, 203), 9)
    written(tmp_path / "2", labels, "0.4")
    written(tmp_path / "3", labels, "0.5")
    assert (tmp_path / "2/.zgroup").is_file()
    assert (tmp_path / "2/0/.zarray").is_file()
    assert (tmp_path / "2/0/4/6").is_file()
    assert (tmp_path / "3/zarr.json").is_file()
    assert (tmp_path / "3/0/c/4/6").is_file()


def test_windows_without_labels_are_not_stored(tmp_path):
    labels = np.zeros((150, 203), dtype=np.uint8)
    labels[140, 200] = 3
    store = written(tmp_path / "a", labels, "0.5")
    files = sorted(path.relative_to(tmp_path / "a/0/c") for path in (tmp_path / "a/0/c").rglob("*"))
    assert {path.parts[0] for path in files} == {"4"}
    check_levels([np.asarray(level) for level in store.levels], labels)


@given(
    shape=st.tuples(st.integers(1, 140), st.integers(1, 140)),
    labels=st.sampled_from([1, 2, 255]),
    jobs=st.integers(1, 3),
)
@settings(max_examples=15)
def test_labels_and_neighbours_are_counted_as_in_the_whole(tmp_path_factory, shape, labels, jobs):
    values = some_labels(shape, labels, seed=shape[0])
    store = written(tmp_path_factory.mktemp("store") / "a", values, "0.4")
    found = counted(store, jobs)
    assert found.areas.tolist() == np.bincount(values.ravel(), minlength=256).tolist()
    pairs = same = 0
    for one, other in ((values[1:], values[:-1]), (values[:, 1:], values[:, :-1])):
        both = (one > 0) & (other > 0)
        pairs += int(both.sum())
        same += int((both & (one == other)).sum())
    assert (found.pairs, found.same) == (pairs, same)
