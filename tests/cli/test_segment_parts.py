"""`smalti segment` of images larger than memory, and runs that are interrupted."""

import csv
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import smalti
from smalti.scale import pyramid_store
from smalti.scale.places.local_place import part_of
from tests.cli.large_pictures import damage, put_zarr, tiff
from tests.cli.program import invoke, json_lines, names
from tests.pictures import encoded
from tests.scale.checks import blots, files_in, levels_in, litter

zarr = pytest.importorskip("zarr", minversion="3", reason="needs the extra smalti[large]")
pytest.importorskip("filelock", reason="needs the extra smalti[large]")

HEIGHT, WIDTH = 45, 71
RGB = blots(HEIGHT, WIDTH)
INSIDE = np.zeros((HEIGHT, WIDTH), dtype=bool)
INSIDE[:20] = True
LARGE = ("--max-pixels", 100)
FILES = ["areas.csv", "classes.npz", "labels.ome.zarr", "overlay.png", "regions.csv"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with a picture as a large TIFF file and as Zarr, and one as PNG."""
    monkeypatch.chdir(tmp_path)
    tiff(tmp_path / "a.tif", RGB)
    put_zarr(tmp_path / "z.zarr", RGB)
    (tmp_path / "b.png").write_bytes(encoded(RGB))
    return tmp_path


def segment(*arguments, **options):
    return invoke("segment", *arguments, **options)


def labels_in(folder):
    """Labels from 0 on, and 255 for none."""
    return levels_in(folder / "labels.ome.zarr")[0] - np.uint8(1)


def put_mask(folder, kind, inside=INSIDE):
    """Write a mask, and return its name."""
    samples = np.repeat(inside[..., np.newaxis], 3, axis=2) * np.uint8(255)
    if kind == "zarr":
        return put_zarr(folder / "mask.zarr", samples).name
    if kind == "tif":
        return tiff(folder / "mask.tif", samples).name
    (folder / "mask.png").write_bytes(encoded(samples))
    return "mask.png"


def test_files_of_a_run_of_the_other_kind_do_not_stay(folder):
    assert segment("b.png", "-k", 2, "-o", "out", "--geojson", "--ome-tiff").exit_code == 0
    of_whole = names(folder / "out")
    assert {"labels.png", "mask-0.png", "regions.geojson", "labels.ome.tif"} <= {*of_whole}
    assert segment("z.zarr", "-k", 3, "-o", "out", "--force").exit_code == 0
    assert names(folder / "out") == FILES
    assert segment("b.png", "-k", 2, "-o", "out", "--force").exit_code == 0
    assert {*of_whole} - {*names(folder / "out")} == {"regions.geojson", "labels.ome.tif"}
    assert not (folder / "out/labels.ome.zarr").exists()


# Files and what is printed


@pytest.mark.parametrize("name", ["a.tif", "z.zarr", "z.zarr/"])
def test_a_folder_gets_labels_overview_areas_regions_and_classes(folder, name):
    result = segment(name, "-k", 3, "-o", "new/out", *LARGE)
    assert (result.exit_code, result.stderr) == (0, "")
    assert names(folder / "new/out") == FILES
    found = smalti.segment(RGB, 3)
    np.testing.assert_array_equal(labels_in(folder / "new/out"), found.labels)
    rows = list(csv.DictReader((folder / "new/out/areas.csv").read_text().splitlines()))
    assert [int(row["area"]) for row in rows] == found.areas.tolist()
    assert result.stdout.startswith(f"{name}\n")
    assert "class 0" in result.stdout
    assert f"coherence {found.coherence:.3f}: new/out" in result.stdout


def test_quiet_prints_nothing(folder):
    result = segment("z.zarr", "-k", 3, "-o", "out", "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert names(folder / "out") == FILES


@pytest.mark.usefixtures("folder")
def test_json_has_the_fields_of_ordinary_pictures():
    arguments = ["-k", 3, "--json", "--names", "a,b,c", "--min-region", 64]
    result = segment("z.zarr", "-o", "out", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    (line,) = json_lines(result.stdout)
    (ordinary,) = json_lines(segment("b.png", "-o", "other", *arguments).stdout)
    assert (line.pop("input"), line.pop("output")) == ("z.zarr", "out")
    assert line.pop("seconds") >= 0
    for field in ("input", "output", "seconds"):
        del ordinary[field]
    assert line == ordinary


def test_outlines_are_written_when_asked_for(folder):
    assert segment("z.zarr", "-k", 2, "-o", "out", "--geojson").exit_code == 0
    assert names(folder / "out") == [*FILES, "regions.geojson"]
    features = json.loads((folder / "out/regions.geojson").read_text())["features"]
    (_, *rows) = (folder / "out/regions.csv").read_text().splitlines()
    assert len(features) == len(rows) > 0


def test_outlines_of_an_earlier_run_do_not_stay(folder):
    assert segment("z.zarr", "-k", 2, "-o", "out", "--geojson").exit_code == 0
    assert segment("z.zarr", "-k", 3, "-o", "out", "--force").exit_code == 0
    assert names(folder / "out") == FILES


def test_nothing_is_overwritten_without_force(folder):
    assert segment("z.zarr", "-k", 3, "-o", "out").exit_code == 0
    before = files_in(folder / "out")
    result = segment("z.zarr", "-k", 2, "-o", "out")
    assert result.exit_code == 1
    assert result.stderr.endswith("exists already; to replace it, use --force\n")
    assert files_in(folder / "out") == before
    assert segment("z.zarr", "-k", 2, "-o", "out", "--force").exit_code == 0
    assert labels_in(folder / "out").max() == 1
    assert litter(folder) == []


def test_a_pixel_size_gives_areas(folder):
    result = segment("z.zarr", "-k", 2, "-o", "out", "--json", "--pixel-size", 0.5)
    for found in json.loads(result.stdout)["classes"]:
        assert found["area_um2"] == found["pixels"] / 4
    (first, *_) = csv.DictReader((folder / "out/regions.csv").read_text().splitlines())
    assert float(first["area_um2"]) == int(first["area"]) / 4


# Which pixels take part


@pytest.mark.parametrize("name", ["z.zarr", "b.png"])
@pytest.mark.parametrize("kind", ["png", "tif", "zarr"])
def test_a_mask_leaves_the_black_out(folder, name, kind):
    mask = put_mask(folder, kind)
    limit = LARGE if (name, kind) == ("z.zarr", "tif") else ()
    result = segment(name, "-k", 2, "-o", "out", "--mask", mask, "--json", *limit)
    assert (result.exit_code, result.stderr) == (0, "")
    expected = smalti.segment(RGB, 2, mask=INSIDE)
    areas = [found["pixels"] for found in json.loads(result.stdout)["classes"]]
    assert areas == expected.areas.tolist()
    if name == "z.zarr":
        np.testing.assert_array_equal(labels_in(folder / "out"), expected.labels)


@pytest.mark.parametrize("kind", ["png", "tif", "zarr"])
def test_a_mask_of_another_size_is_refused(folder, kind):
    mask = put_mask(folder, kind, INSIDE[:, :60])
    result = segment("z.zarr", "-k", 2, "-o", "out", "--mask", mask)
    assert result.exit_code == 1
    assert result.stderr.startswith("smalti: mask must have the size of z.zarr, 71 x 45, but ")
    assert result.stderr.count("\n") == 1
    assert not (folder / "out").exists()


def test_samples_without_data_get_no_class(folder):
    samples = RGB.copy()
    samples[:10, :30] = 77
    put_zarr(folder / "gap.zarr", samples)
    assert segment("gap.zarr", "-k", 2, "-o", "out", "--nodata", 77).exit_code == 0
    labels = labels_in(folder / "out")
    assert (labels[:10, :30] == 255).all()
    assert (labels == 255).sum() == 300


# Several inputs


def test_classes_of_an_earlier_run_are_found_again(folder):
    assert segment("b.png", "-k", 3, "-o", "first").exit_code == 0
    result = segment("z.zarr", "a.tif", "--classes", "first/classes.npz", "-o", "out", *LARGE)
    assert (result.exit_code, result.stderr) == (0, "")
    expected = smalti.segment(RGB, 3).labels
    for name in ("a", "z"):
        np.testing.assert_array_equal(labels_in(folder / "out" / name), expected)


def test_inputs_can_share_classes(folder):
    put_zarr(folder / "part.zarr", RGB[10:40, 20:])
    result = segment("z.zarr", "part.zarr", "-k", 3, "-o", "out", "--same-classes", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    first, second = json_lines(result.stdout)
    assert [c["color"] for c in first["classes"]] == [c["color"] for c in second["classes"]]
    labels = labels_in(folder / "out/z")
    np.testing.assert_array_equal(labels_in(folder / "out/part"), labels[10:40, 20:])


def test_a_missing_input_does_not_stop_the_others(folder):
    result = segment("none.zarr", "z.zarr", "b.png", "-k", 2, "-o", "out", "--json")
    assert (result.exit_code, result.stderr) == (1, "smalti: none.zarr: no such file\n")
    first, *others = json_lines(result.stdout)
    assert first == {"input": "none.zarr", "error": "none.zarr: no such file"}
    assert [line["output"] for line in others] == ["out/z", "out/b"]
    assert names(folder / "out") == ["b", "z"]


# What is refused, and damage


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ome-tiff"], "--ome-tiff is for images that are read as a whole"),
        (["--texture", 1], "--texture is for images that are read as a whole"),
        (["--superpixels", 9], "--superpixels is for images that are read as a whole"),
        (["--space", "bands"], "--space bands is for images that are read as a whole"),
        (["--spatial", 20], "--spatial 20.0 must be at most 8 for images that are read by parts"),
        (["--min-region", 513], "--min-region 513 must be at most 512 for images that are read"),
        (
            ["--spatial", 1, "--spatial-method", "position"],
            "--spatial-method position is for images that are read as a whole",
        ),
    ],
)
def test_options_for_whole_images_are_wrong_usage(folder, options, said):
    result = segment("z.zarr", "-k", 2, "-o", "out", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())
    assert names(folder) == ["a.tif", "b.png", "z.zarr"]


def test_classes_with_texture_are_refused(folder):
    assert segment("b.png", "-k", 2, "--texture", 1, "-o", "first").exit_code == 0
    result = segment("z.zarr", "--classes", "first/classes.npz", "-o", "out")
    assert result.exit_code == 1
    assert "texture" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (folder / "out").exists()


def test_a_damaged_tile_is_told_of_and_the_rest_is_written(folder):
    damage(folder / "a.tif", 5)
    result = segment("a.tif", "-k", 2, "-o", "out", *LARGE)
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "smalti: warning: a.tif: rows 16 to 31, columns 64 to 70 cannot be read"
    )
    assert result.stderr.count("\n") == 1
    assert names(folder / "out") == FILES
    labels = labels_in(folder / "out")
    assert (labels[16:32, 64:] == 255).all()
    assert (labels == 255).sum() == 16 * 7


@pytest.mark.usefixtures("folder")
def test_a_file_in_the_place_of_the_folder_is_refused():
    result = segment("z.zarr", "-k", 2, "-o", "b.png", "--force")
    assert result.exit_code == 1
    assert result.stderr.startswith("smalti: b.png: cannot be made a folder: ")
    assert result.stderr.count("\n") == 1


# Interrupted

WINDOWS = 16

INTERRUPTED = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from smalti.scale import pyramid_store
pyramid_store.CHUNK, pyramid_store.WINDOW = 32, 64
write, calls = pyramid_store.PyramidStore.write, []
def counted(*arguments):
    write(*arguments)
    calls.append(None)
    if len(calls) == int(os.environ["AFTER"]):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.5)
pyramid_store.PyramidStore.write = counted
from smalti.cli import main
main()
"""


def interrupted(*arguments, after):
    """Run the program until so many windows are written."""
    command = [sys.executable, "-c", INTERRUPTED, *map(str, arguments)]
    environment = {**os.environ, "AFTER": str(after)}
    done = subprocess.run(command, capture_output=True, check=False, env=environment, timeout=60)
    assert b"Traceback" not in done.stderr
    return done


@pytest.fixture
def windows(monkeypatch):
    """Let windows be small, and count those that are written."""
    monkeypatch.setattr(pyramid_store, "CHUNK", 32)
    monkeypatch.setattr(pyramid_store, "WINDOW", 64)
    write, calls = pyramid_store.PyramidStore.write, []

    def counted(*arguments):
        calls.append(None)
        write(*arguments)

    monkeypatch.setattr(pyramid_store.PyramidStore, "write", counted)
    return calls


def interrupted_and_repeated(folder, arguments, out, part, calls):
    """Interrupt a run, repeat the command, and return both results; all bytes are as they are."""
    put_zarr(folder / "big.zarr", blots(250, 230))
    stopped = interrupted(*arguments, after=5)
    assert (stopped.returncode, stopped.stdout) == (128 + signal.SIGINT, b"")
    assert stopped.stderr.decode().endswith("smalti: interrupted\n")
    assert part.is_dir()
    assert not (folder / out / "classes.npz").exists()
    assert not (folder / out).is_file()
    assert 5 <= len((part / "done").read_bytes()) // 8 + 1 < WINDOWS
    result = invoke(*arguments)
    assert result.exit_code == 0
    assert 0 < len(calls) <= WINDOWS - 4
    assert litter(folder) == []
    found = files_in(folder / out)
    (folder / out).rename(folder / "first")
    calls.clear()
    undisturbed = invoke(*arguments)
    assert (undisturbed.exit_code, undisturbed.stderr, len(calls)) == (0, "", WINDOWS)
    assert files_in(folder / out) == found
    return stopped, result


@pytest.mark.skipif(os.name != "posix", reason="Windows has other signals")
@pytest.mark.parametrize("out", ["new/o.tif", "o.ome.zarr"])
def test_an_interrupted_compression_goes_on_to_the_same_bytes(folder, windows, out):
    arguments = ["compress", "big.zarr", "-o", out, "-j", 1, "-k", 4, "--effort", 1]
    stopped, result = interrupted_and_repeated(
        folder, arguments, out, part_of(folder / out), windows
    )
    (note, _) = stopped.stderr.decode().splitlines()
    assert note == f"smalti: {out}: is not done; the same command goes on from there"
    assert result.stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="Windows has other signals")
def test_an_interrupted_segmentation_goes_on_to_the_same_bytes(folder, windows):
    arguments = ["segment", "big.zarr", "-o", "out", "-k", 3]
    part = part_of(folder / "out/labels.ome.zarr")
    interrupted_and_repeated(folder, arguments, "out", part, windows)
