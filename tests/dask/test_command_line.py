"""``--dask``: commands whose work is done by a cluster."""

import pytest

from tests.cli.large_pictures import tiff
from tests.cli.program import invoke, json_lines, names, run
from tests.scale.checks import blots, files_in

pytest.importorskip("distributed", reason="needs the extra smalti[dask]")
pytest.importorskip("zarr", minversion="3", reason="needs the extra smalti[large]")

from smalti.dask import cluster as room

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
