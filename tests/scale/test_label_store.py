"""Label maps in Zarr, written window by window."""

import numpy as np
import pytest

from smalti.parallel import Threads
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
    store = LabelStore(str(folder), labels.shape, labels.dtype, version)
    windows = store.windows
    for number in range(len(windows)) if order is None else order:
        store.write(windows[number], labels[windows[number].slices].copy())
    store.write_upper_levels(Threads(jobs), lambda _: None)
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
    again = LabelStore(str(tmp_path / "a"), shape, np.dtype(dtype), version)
    check_levels([np.asarray(level) for level in again.levels], labels)
