"""Images larger than memory, by workers of a cluster: the same bytes as those of one process."""

import errno
import pickle
import re
import shutil
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import smalti
from smalti.exceptions import ClusterError, ImageReadError, InvalidParameterError
from smalti.scale.places.local_place import part_of
from tests.cli.large_pictures import damage, tiff
from tests.dask.arrays import kill_once
from tests.scale.checks import blots, files_in

distributed = pytest.importorskip("distributed", reason="needs the extra smalti[dask]")
pytest.importorskip("zarr", minversion="3", reason="needs the extra smalti[large]")

import smalti.dask  # noqa: E402
from smalti.dask import cluster as room  # noqa: E402
from smalti.dask.cluster import Cluster  # noqa: E402

# Six windows.
RGB = np.tile(blots(300, 300), (8, 15, 1))[:2100, :4200]
BY_PARTS = {"max_pixels": 1000}


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    """A file of the picture."""
    return tiff(tmp_path_factory.mktemp("large") / "a.tif", RGB, tile=(512, 512))


@pytest.fixture
def workers(client):
    return Cluster(client)


def compressed(source, path, **options):
    found = smalti.compress_large(source, path, 12, **BY_PARTS, **options)
    return files_in(path), found.notes


def segmented(source, path, **options):
    found = smalti.segment_large(source, path, 3, **BY_PARTS, **options)
    return files_in(path), found.notes


class Disturbed(Cluster):
    """A cluster whose workers do something before each task."""

    def __init__(self, client, before):
        super().__init__(client)
        self.tasks = []
        self._before = before

    def map(self, work, tasks):
        def noted():
            for task in tasks:
                self.tasks.append(task)
                yield task

        yield from super().map(partial(_after, self._before, work), noted())

    def reduced(self, work, tasks, merge):
        return super().reduced(partial(_after, self._before, work), tasks, merge)


def _after(before, work, task):
    before(task)
    return work(task)


def _kill_where(kind, marker, task):
    if isinstance(task, kind):
        kill_once(marker)


def _full_disk(addresses, _task):
    if addresses is None or distributed.get_worker().address in addresses:
        raise OSError(errno.ENOSPC, "No space left on device")


# The same bytes


@pytest.mark.parametrize("ending", [".tif", ".ome.zarr", ".png"])
def test_a_picture_has_the_bytes_that_it_has_without_a_cluster(source, tmp_path, workers, ending):
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
    found = compressed(source, tmp_path / f"here/a{ending}", workers=workers)
    assert found == compressed(source, tmp_path / f"there/a{ending}", jobs=2)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"spatial_weight": 0.3},
        {"outlines": True, "min_region": 9},
        {"space": "he", "densities": True},
    ],
)
def test_classes_have_the_bytes_that_they_have_without_a_cluster(
    source, tmp_path, workers, options
):
    found = segmented(source, tmp_path / "a", workers=workers, **options)
    assert found == segmented(source, tmp_path / "b", jobs=2, **options)


def test_masks_are_read_by_the_workers(source, tmp_path, workers):
    inside = np.zeros_like(RGB)
    inside[100:1900, 300:4000] = 255
    mask = tiff(tmp_path / "mask.tif", inside, tile=(256, 256))
    found = segmented(source, tmp_path / "a", workers=workers, mask=mask)
    assert found == segmented(source, tmp_path / "b", jobs=2, mask=mask)


@pytest.mark.filterwarnings("ignore::smalti.exceptions.ImageReadWarning")
def test_damaged_tiles_are_told_as_without_a_cluster(tmp_path, workers):
    source = tiff(tmp_path / "a.tif", RGB, tile=(512, 512))
    damage(source, 3, 22)
    for call, ending in ((compressed, ".ome.zarr"), (segmented, "")):
        found = call(source, tmp_path / f"a{ending}", workers=workers)
        assert found == call(source, tmp_path / f"b{ending}", jobs=2)
        assert "cannot be read" in found[1][0].text


# What goes wrong


@pytest.mark.parametrize("kind", [list, int])
def test_a_worker_that_is_killed_is_made_up_for(source, tmp_path, client, kind):
    # The first pass has lists of windows, the second one their numbers.
    workers = Disturbed(client, partial(_kill_where, kind, tmp_path / "marker"))
    found = compressed(source, tmp_path / "a.ome.zarr", workers=workers)
    assert (tmp_path / "marker").exists()
    assert found == compressed(source, tmp_path / "b.ome.zarr", jobs=2)


def test_a_worker_whose_disk_is_full_is_made_up_for(source, tmp_path, client):
    (first, _) = client.nthreads()
    workers = Disturbed(client, partial(_full_disk, [first]))
    found = segmented(source, tmp_path / "a", workers=workers)
    assert found == segmented(source, tmp_path / "b", jobs=2)


def test_what_is_done_is_not_done_again(source, tmp_path, client):
    class EndedError(Exception):
        pass

    def ending(stage, fraction):
        if stage == "labels" and fraction > 0.4:
            raise EndedError

    path = tmp_path / "a.ome.zarr"
    workers = Disturbed(client, _nothing)
    with pytest.raises(EndedError):
        compressed(source, path, workers=workers, progress=ending)
    done = (part_of(path) / "done").stat().st_size // 8
    assert done == 3
    again = Disturbed(client, _nothing)
    found = compressed(source, path, workers=again)
    assert [task for task in again.tasks if isinstance(task, int)] == [3, 4, 5]
    assert found == compressed(source, tmp_path / "b.ome.zarr", jobs=2)


def _nothing(_task):
    pass


def test_a_disk_that_is_full_everywhere_is_one_sentence(source, tmp_path, client):
    path = tmp_path / "a.ome.zarr"
    with pytest.raises(smalti.exceptions.ImageWriteError) as caught:
        compressed(source, path, workers=Disturbed(client, partial(_full_disk, None)))
    assert str(caught.value) == f"{path}: cannot be written: No space left on device"
    assert not path.exists()


def test_a_scheduler_that_is_lost_is_one_sentence_and_the_run_goes_on(source, tmp_path):
    path = tmp_path / "a.ome.zarr"
    options = {"n_workers": 1, "processes": False, "dashboard_address": ":0", "silence_logs": 60}
    with distributed.LocalCluster(**options) as local, Cluster(local.scheduler_address) as workers:

        def losing(stage, fraction):
            if stage == "labels" and fraction > 0.4:
                local.close()

        with pytest.raises(ClusterError) as caught:
            compressed(source, path, workers=workers, progress=losing)
    assert "the scheduler is lost, or has dropped the work: " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not path.exists()
    assert (part_of(path) / "done").stat().st_size > 0
    assert compressed(source, path, jobs=2) == compressed(source, tmp_path / "b.ome.zarr", jobs=2)


# What there is not


def test_no_scheduler_is_one_sentence(monkeypatch):
    monkeypatch.setattr(room, "_TIMEOUT", 0.5)
    for address in ("tcp://127.0.0.1:9", "nowhere", "xyz://a:1"):
        with pytest.raises(ClusterError, match=f"^{re.escape(address)}: no scheduler: "):
            Cluster(address)
    with pytest.raises(ClusterError, match=r"^there is no client of dask: "):
        Cluster()


def test_a_scheduler_without_workers_is_one_sentence(monkeypatch):
    monkeypatch.setattr(room, "_TIMEOUT", 0.5)
    options = {"n_workers": 0, "processes": False, "dashboard_address": ":0", "silence_logs": 60}
    with (
        distributed.LocalCluster(**options) as local,
        pytest.raises(ClusterError, match=r"the scheduler has no workers$"),
    ):
        Cluster(local.scheduler_address)


def test_other_versions_are_refused(client, monkeypatch):
    version = smalti.__version__
    monkeypatch.setattr(room._core, "__version__", "99")
    with pytest.raises(ClusterError, match=f"every worker needs smalti 99, this one has {version}"):
        Cluster(client)


def test_an_array_of_this_process_is_worked_on_here(tmp_path, client):
    workers = Disturbed(client, _nothing)
    picture = RGB[:200, :300]
    found = smalti.compress_large(picture, tmp_path / "a.ome.zarr", 12, workers=workers)
    assert workers.tasks == []
    assert found.palette == smalti.fit_palette(picture, 12)


def test_with_a_mask_of_this_process_it_is_worked_on_here(source, tmp_path, client):
    workers = Disturbed(client, _nothing)
    mask = np.ones(RGB.shape[:2], dtype=bool)
    mask[:900] = False
    found = segmented(source, tmp_path / "a", workers=workers, mask=mask)
    assert workers.tasks == []
    assert found == segmented(source, tmp_path / "b", mask=mask)


def test_labels_of_a_run_that_was_interrupted_come_too_late(source, tmp_path, client):
    class EndedError(Exception):
        pass

    def ending(stage, fraction):
        if stage == "labels" and fraction > 0.1:
            raise EndedError

    path = tmp_path / "a.ome.zarr"
    slow = Disturbed(client, partial(_sleep_where, int, 1.5))
    with pytest.raises(EndedError):
        smalti.compress_large(source, path, 3, workers=slow, progress=ending, **BY_PARTS)
    found = compressed(source, path, jobs=2)
    time.sleep(2)
    assert files_in(path) == found[0] == compressed(source, tmp_path / "b.ome.zarr", jobs=2)[0]
    shutil.rmtree(part_of(path), ignore_errors=True)


def _sleep_where(kind, seconds, task):
    if isinstance(task, kind):
        time.sleep(seconds)


def test_a_folder_that_workers_do_not_reach_is_one_sentence(tmp_path):
    from smalti.scale.label_store import LabelStore

    (tmp_path / "part").mkdir()
    store = LabelStore(str(tmp_path / "part/labels"), (40, 50), np.dtype(np.uint8), "0.4")
    packed = pickle.dumps(store)
    assert pickle.loads(packed).windows == store.windows
    shutil.rmtree(tmp_path / "part")
    with pytest.raises(smalti.exceptions.ImageWriteError) as caught:
        pickle.loads(packed)
    assert str(caught.value).startswith(f"{tmp_path}: workers of the cluster do not find there ")
    assert not (tmp_path / "part").exists()


def test_names_are_those_of_this_folder(source, tmp_path, workers, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # It has levels that are made of others.
    shutil.copy(source, tmp_path / "a.tif")
    found = compressed("a.tif", Path("b.ome.zarr"), workers=workers)
    assert found == compressed("a.tif", Path("c.ome.zarr"), jobs=2)


def test_workers_that_are_none_are_refused(source, tmp_path):
    for workers in (4, "tcp://a:1"):
        with pytest.raises(InvalidParameterError, match=r"workers must be a smalti\.dask"):
            compressed(source, tmp_path / "a.tif", workers=workers)


def test_a_cluster_that_is_closed_is_one_sentence(client):
    with distributed.Client(client.scheduler.address) as other:
        workers = Cluster(other)
    with pytest.raises(ClusterError, match="the connection is closed"):
        list(workers.map(_nothing, range(3)))
    with pytest.raises(ClusterError, match="the connection is closed"):
        workers.reduced(_nothing, range(3), list)
    with pytest.raises(ClusterError, match="is closed; pass one"):
        Cluster(other)


def test_workers_that_are_lost_for_good_are_one_sentence(monkeypatch):
    monkeypatch.setattr(room, "_PATIENCE", 2)
    options = {"n_workers": 1, "processes": False, "dashboard_address": ":0", "silence_logs": 60}
    with distributed.LocalCluster(**options) as local, Cluster(local.scheduler_address) as workers:
        results = workers.map(_slowly, range(200))
        assert next(results) == 0
        local.scale(0)
        with pytest.raises(ClusterError, match="all workers are lost"):
            list(results)


def _slowly(task):
    time.sleep(0.1)
    return task


def test_jobs_and_workers_are_one_choice(source, tmp_path, workers):
    with pytest.raises(InvalidParameterError, match="jobs and workers cannot be given together"):
        compressed(source, tmp_path / "a.tif", workers=workers, jobs=2)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, workers):
    broken = tiff(tmp_path / "a.tif", RGB[:300, :300])
    damage(broken, *range(190))
    with pytest.raises(ImageReadError, match="no part of it can be read"):
        compressed(broken, tmp_path / "b.tif", workers=workers)


def test_an_image_without_a_name_is_not_sent():
    from smalti.sources.tiles.lazy_array import open_lazy

    with pytest.raises(InvalidParameterError, match="cannot read it; name a file or a URL"):
        pickle.dumps(open_lazy(RGB))
