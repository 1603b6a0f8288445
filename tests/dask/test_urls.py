"""Workers that read from and write to an object server."""

from functools import partial

import fsspec
import numpy as np
import pytest

import smalti
from tests.batch.trees import picture, put
from tests.cli.large_pictures import tiff
from tests.dask.arrays import kill_once
from tests.scale.checks import blots, files_in

pytest.importorskip("distributed", reason="needs the extra smalti[dask]")

import smalti.dask
from smalti.dask.cluster import Cluster

FAST = smalti.CompressOptions(k=16, effort=1)
RGB = blots(150, 170)
# Two windows.
WIDE = np.tile(RGB, (1, 14, 1))[:, :2300]


@pytest.fixture
def bucket(s3, client):
    """A bucket that the workers reach, too."""
    client.run(_know, fsspec.config.conf["s3"])
    return s3


def _know(options):
    fsspec.config.conf["s3"] = options


@pytest.mark.parametrize("shared", [False, True])
def test_files_go_from_bucket_to_bucket(bucket, client, tmp_path, shared):
    ways = {"options": FAST, "recursive": True, "shared_palette": shared}
    for i in range(8):
        put(tmp_path / f"in/{i % 2}/{i}.png", i)
        bucket.put(f"in/{i % 2}/{i}.png", i)
    places = f"{bucket.url}/in", f"{bucket.url}/out"
    results = list(smalti.dask.compress_many(*places, scheduler=client, **ways))
    assert [result.status for result in results] == ["written"] * 8
    list(smalti.compress_files(tmp_path / "in", tmp_path / "out", **ways))
    found = {name: data for name, data in bucket.state().items() if name.startswith("out/")}
    assert found == {f"out/{name}": data for name, data in files_in(tmp_path / "out").items()}
    again = list(smalti.dask.compress_many(*places, scheduler=client, **ways))
    assert [result.status for result in again] == ["skipped"] * 8


@pytest.mark.usefixtures("client")
def test_a_palette_of_what_lies_in_a_bucket(bucket):
    urls = [bucket.put(f"{i}.png", i) for i in range(5)]
    palette = smalti.dask.fit_palette(urls, 9)
    assert palette == smalti.fit_palette([picture(i) for i in range(5)], 9)


def test_a_large_image_is_read_from_a_bucket(bucket, client, tmp_path):
    data = tiff(tmp_path / "a.tif", RGB).read_bytes()
    url = bucket.put("a.tif", data=data)
    options = {"k": 9, "max_pixels": 1000}
    found = smalti.compress_large(url, tmp_path / "b.ome.zarr", workers=Cluster(client), **options)
    alone = smalti.compress_large(tmp_path / "a.tif", tmp_path / "c.ome.zarr", **options)
    assert found.palette == alone.palette
    assert files_in(tmp_path / "b.ome.zarr") == files_in(tmp_path / "c.ome.zarr")


@pytest.mark.usefixtures("client")
def test_an_array_goes_from_bucket_to_bucket(bucket):
    da = pytest.importorskip("dask.array")
    zarr = pytest.importorskip("zarr", minversion="3", reason="needs the extra smalti[large]")
    source = zarr.create_array(
        f"{bucket.url}/a.zarr", shape=RGB.shape, dtype=RGB.dtype, chunks=(64, 64, 3)
    )
    source[...] = RGB
    array = da.from_zarr(f"{bucket.url}/a.zarr")
    palette = smalti.dask.fit_palette(array, 9)
    smalti.dask.encode(array, palette).to_zarr(f"{bucket.url}/b.zarr")
    indices = zarr.open_array(f"{bucket.url}/b.zarr", mode="r")[...]
    whole = smalti.compress(RGB, palette=palette, rate_weight=0, dither=0)
    np.testing.assert_array_equal(indices, whole.indices)


def test_labels_go_to_a_bucket_though_a_worker_is_killed(bucket, client, tmp_path, monkeypatch):
    monkeypatch.setenv("SMALTI_CACHE_DIR", str(tmp_path / "cache"))
    tiff(tmp_path / "a.tif", WIDE, tile=(512, 512))
    url = bucket.put("a.tif", data=(tmp_path / "a.tif").read_bytes())
    options = {"k": 9, "max_pixels": 1000}
    workers = Killing(client, tmp_path / "killed")
    found = smalti.compress_large(url, f"{bucket.url}/b.ome.zarr", workers=workers, **options)
    assert (tmp_path / "killed").exists()
    alone = smalti.compress_large(tmp_path / "a.tif", tmp_path / "c.ome.zarr", **options)
    assert found.palette == alone.palette
    here = files_in(tmp_path / "c.ome.zarr")
    state = {name: data for name, data in bucket.state().items() if name != "a.tif"}
    assert state == {f"b.ome.zarr/{name}": data for name, data in here.items()}


class Killing(Cluster):
    """A cluster of which a worker is killed in the second pass.

    The one that takes its place knows nothing of the bucket, and so can do nothing.
    """

    def __init__(self, client, marker):
        super().__init__(client)
        self._before = partial(_killed, marker)

    def map(self, work, tasks):
        yield from super().map(partial(_after, self._before, work), tasks)


def _killed(marker, task):
    if isinstance(task, int):
        kill_once(marker)


def _after(before, work, task):
    before(task)
    return work(task)
