"""`smalti compress` by parts and `smalti segment` with results at URLs."""

import json

import pytest

from tests.cli.large_pictures import tiff
from tests.cli.program import invoke
from tests.pictures import encoded
from tests.scale.checks import blots, files_in

pytest.importorskip("zarr", minversion="3", reason="needs the extra smalti[large]")
pytest.importorskip("filelock", reason="needs the extra smalti[large]")
pytest.importorskip("fsspec")

RGB = blots(45, 71)
LARGE = ("--max-pixels", 3000)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder, with a large picture and a small one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMALTI_CACHE_DIR", str(tmp_path / "cache"))
    tiff(tmp_path / "a.tif", RGB)
    (tmp_path / "b.png").write_bytes(encoded(RGB[:40]))
    return tmp_path


def done(*arguments, code=0):
    result = invoke(*arguments)
    assert result.exit_code == code, result.stderr
    return result


def test_a_large_picture_goes_to_a_url(memory, folder):
    usual = ("-k", 4, "--effort", 1)
    out = f"{memory.url}/x/a.ome.zarr"
    result = done("compress", "a.tif", "-o", out, "--json", *usual, *LARGE)
    assert json.loads(result.stdout)["output"] == out
    done("compress", "a.tif", "-o", "a.ome.zarr", *usual, *LARGE)
    here = files_in(folder / "a.ome.zarr")
    assert memory.state() == {f"x/a.ome.zarr/{name}": data for name, data in here.items()}
    again = done("compress", "a.tif", "-o", out, *usual, *LARGE, code=1)
    assert again.stderr == f"smalti: {out}: exists already; to replace it, use --force\n"
    done("compress", "a.tif", "-o", out, "--force", *usual, *LARGE)


def test_large_pictures_go_to_a_folder_at_a_url(memory):
    tail = ("-k", 4, "--effort", 1, "--ext", ".ome.zarr", "-o", f"{memory.url}/out/")
    done("compress", "a.tif", "b.png", *tail)
    folders = {name.split("/")[1] for name in memory.state()}
    assert folders == {"a.ome.zarr", "b.ome.zarr"}


@pytest.mark.parametrize("large", [False, True])
def test_classes_go_to_a_url(memory, folder, large):
    tail = ("-k", 3, "--geojson", *(LARGE if large else ()))
    done("segment", "a.tif", *tail, "-o", f"{memory.url}/out")
    done("segment", "a.tif", *tail, "-o", "out")
    here = files_in(folder / "out")
    state = memory.state()
    assert {name.removeprefix("out/") for name in state} == set(here)
    # Figures hold the time.
    here.pop("figure.png", None)
    for name, data in here.items():
        assert state[f"out/{name}"] == data


def test_the_same_classes_of_many_inputs_are_summed_up_at_a_url(memory, folder):
    tail = ("-k", 3, "--same-classes", *LARGE)
    done("segment", "a.tif", "b.png", *tail, "-o", f"{memory.url}/out")
    state = memory.state()
    assert {name.split("/")[1] for name in state} == {"a", "b", "summary.csv"}
    assert state["out/summary.csv"].count(b"memory://") == 2
    assert not (folder / "memory:").exists()


def test_what_is_there_is_replaced_if_that_is_wanted(memory):
    out = f"{memory.url}/out"
    done("segment", "b.png", "-k", 4, "--geojson", "-o", out)
    before = memory.state()
    result = done("segment", "b.png", "-k", 2, "-o", out, code=1)
    assert "exists already; to replace it, use --force" in result.stderr
    assert memory.state() == before
    memory.put("out/mine.txt", data=b"mine")
    done("segment", "b.png", "-k", 2, "-o", out, "--force")
    state = set(memory.state())
    assert "out/mine.txt" in state
    assert {"out/mask-2.png", "out/mask-3.png", "out/regions.geojson"}.isdisjoint(state)
    done("segment", "a.tif", "-k", 2, "-o", out, "--force", *LARGE)
    assert {"out/areas.csv", "out/labels.ome.zarr/.zgroup"} <= set(memory.state())
    assert "out/labels.png" not in memory.state()
    done("segment", "b.png", "-k", 2, "-o", out, "--force")
    assert not [name for name in memory.state() if "labels.ome.zarr" in name]


def test_a_folder_that_is_no_results_stays(memory):
    memory.put("out/labels.ome.zarr/mine.txt", data=b"mine")
    done("segment", "b.png", "-k", 2, "-o", f"{memory.url}/out")
    memory.put("out/areas.csv", data=b"")
    done("segment", "b.png", "-k", 3, "-o", f"{memory.url}/out", "--force")
    assert "out/labels.ome.zarr/mine.txt" in memory.state()


def test_a_web_server_gets_no_results(web):
    _, address = web
    for arguments in (LARGE, ()):
        result = done("segment", "a.tif", "-k", 2, "-o", f"{address}/out", *arguments, code=1)
        assert (
            result.stderr
            == f"smalti: {address}/out: this kind of URL can be read, but not written\n"
        )
