"""``--dask``: commands whose work is done by a cluster."""

import json

import numpy as np
import pytest

from tests.cli.large_pictures import tiff
from tests.cli.program import invoke, json_lines, names, run
from tests.dask.arrays import kill_once
from tests.pictures import encoded
from tests.scale.checks import blots, files_in

pytest.importorskip("distributed", reason="needs the extra smalti[dask]")
pytest.importorskip("zarr", minversion="3", reason="needs the extra smalti[large]")

from smalti.cli.segment_job import Job
from smalti.dask import cluster as room
from smalti.dask.cluster import Cluster

RGB = blots(300, 400)
LARGE = ("--max-pixels", 1000)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with pictures that are read by parts."""
    monkeypatch.chdir(tmp_path)
    tiff(tmp_path / "a.tif", RGB)
    tiff(tmp_path / "b.tif", RGB[::-1])
    return tmp_path


@pytest.fixture
def dask(client):
    """The option that names the cluster."""
    return ("--dask", client.scheduler.address)


@pytest.mark.parametrize("out", ["x.ome.zarr", "x.tif", "x.png"])
def test_compress(folder, dask, out):
    result = invoke("compress", "a.tif", "-k", 9, "-o", out, *LARGE, *dask, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    (told,) = json_lines(result.stdout)
    again = invoke("compress", "a.tif", "-k", 9, "-o", f"y{out}", *LARGE, "--json")
    (expected,) = json_lines(again.stdout)
    drop = {"seconds", "output"}
    assert {k: v for k, v in told.items() if k not in drop} == {
        k: v for k, v in expected.items() if k not in drop
    }
    found, alone = (files_in(folder / path) for path in (out, f"y{out}"))
    assert [*found.values()] == [*alone.values()]


def test_segment_of_several_slides_has_a_summary(folder, dask):
    invoke("segment", "a.tif", "-k", 3, "-o", "first", *LARGE)
    known = ("segment", "a.tif", "b.tif", "--classes", "first/classes.npz", *LARGE)
    result = invoke(*known, "-o", "out", *dask)
    assert (result.exit_code, result.stderr) == (0, "")
    invoke(*known, "-o", "here")
    assert names(folder / "out") == names(folder / "here")
    found, alone = (files_in(folder / path) for path in ("out", "here"))
    assert found.pop("summary.csv") == alone.pop("summary.csv").replace(b"here/", b"out/")
    assert found == alone


# Many inputs, each by one worker


@pytest.fixture
def many(folder):
    """Names of nine pictures, of which two are read by parts and one is none."""
    for i in range(6):
        (folder / f"{i}.png").write_bytes(encoded(blots(24, 30 + i, seed=i)))
    (folder / "broken.png").write_bytes(b"nothing")
    return ["0.png", "a.tif", "1.png", "broken.png", "2.png", "b.tif", "3.png", "4.png", "5.png"]


WAYS = {
    "classes": ("--classes", "first/classes.npz"),
    "same": ("-k", 3, "--same-classes"),
    "own": ("-k", 2, "--spatial", 0.2, "--geojson"),
    "mask": ("--classes", "first/classes.npz", "--mask", "mask.png"),
}


@pytest.mark.parametrize("way", WAYS)
def test_many_inputs_have_the_files_that_they_have_here(folder, many, dask, way, monkeypatch):
    if way == "mask":
        many = ["0.png", "broken.png"] + ["0.png"] * 7
        (folder / "mask.png").write_bytes(encoded(np.full((24, 30, 3), 255, np.uint8)))
    invoke("segment", "a.tif", "-k", 3, "-o", "first", *LARGE)
    given = ("segment", *many, *WAYS[way], "--max-pixels", 3000, "--json")
    here = invoke(*given, "-o", "here")
    monkeypatch.setattr(Job, "segmented", only_first(Job.segmented))
    there = invoke(*given, "-o", "there", *dask)
    assert (there.exit_code, here.exit_code) == (1, 1)
    rows = [json_lines(result.stdout) for result in (here, there)]
    assert [row["input"] for row in rows[0]] == [*many]
    for row in (*rows[0], *rows[1]):
        row.pop("seconds", None)
    text = json.dumps(rows[1]).replace(f"{folder}/", "").replace("there", "here")
    assert json.loads(text) == rows[0]
    wrong = there.stderr.replace(f"{folder}/", "").replace("there", "here")
    assert wrong == here.stderr
    found, alone = (files_in(folder / path) for path in ("there", "here"))
    for files in (found, alone):
        for name in [name for name in files if name.endswith("figure.png")]:
            del files[name]
    if way != "own":
        assert alone.pop("summary.csv") == found.pop("summary.csv").replace(b"there/", b"here/")
    assert found == alone


def only_first(segmented):
    """Segment one input in this process, and no other one."""
    begun = []

    def guarded(job, name, *others):
        begun.append(name)
        assert begun == ["0.png"]
        return segmented(job, name, *others)

    return guarded


def test_inputs_that_lie_with_the_results_are_not_replaced(folder, many, dask):
    (folder / "out").mkdir()
    picture = encoded(blots(20, 20))
    (folder / "out/summary.csv").write_bytes(picture)
    inputs = [*many, "out/summary.csv"]
    result = invoke("segment", *inputs, "-k", 2, "--same-classes", "-o", "out", "--force", *dask)
    assert result.exit_code == 1
    assert "out/summary.csv: would be replaced or removed" in result.stderr
    assert (folder / "out/summary.csv").read_bytes() == picture


def test_a_worker_that_is_killed_with_one_of_many_is_made_up_for(folder, many, dask, monkeypatch):
    given = ("segment", *many, "-k", 2)
    invoke(*given, "-o", "here")
    marker = folder / "marker"
    shared_out = Cluster.map

    def killing(cluster, work, *others):
        return shared_out(cluster, Killing(work, marker), *others)

    monkeypatch.setattr(Cluster, "map", killing)
    assert invoke(*given, "-o", "there", *dask).exit_code == 1
    assert marker.exists()
    assert names(folder / "there") == names(folder / "here")


class Killing:
    """Work with which the first worker is killed."""

    def __init__(self, work, marker):
        self._work, self._marker = work, marker

    def __call__(self, task):
        kill_once(self._marker)
        return self._work(task)


@pytest.mark.parametrize("command", ["compress", "segment"])
def test_no_scheduler_is_one_sentence(folder, monkeypatch, command):
    monkeypatch.setattr(room, "_TIMEOUT", 0.5)
    out = ("-o", "out.ome.zarr" if command == "compress" else "out")
    result = invoke(command, "a.tif", "-k", 3, *out, *LARGE, "--dask", "tcp://127.0.0.1:9")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("smalti: tcp://127.0.0.1:9: no scheduler: ")
    assert result.stderr.count("\n") == 1
    assert names(folder) == ["a.tif", "b.tif"]


@pytest.mark.usefixtures("folder")
def test_threads_are_those_of_the_cluster(dask):
    result = invoke("compress", "a.tif", "-o", "x.tif", "-j", 2, *dask)
    assert result.exit_code == 2
    assert "--jobs is decided by --dask" in result.stderr


@pytest.mark.usefixtures("folder")
def test_nothing_but_our_words_is_printed(dask):
    finished = run("segment", "a.tif", "-k", 3, "-o", "out", *LARGE, *dask)
    assert finished.returncode == 0
    assert finished.stderr == b""
