"""`smalti palette` of images that are read by parts: large TIFF files and Zarr folders."""

import json
import struct
import sys

import numpy as np
import pytest

import smalti
from smalti import Palette
from smalti.sources.tiles import tiled_image
from tests.batch.trees import picture, put
from tests.cli.large_pictures import damage, put_zarr, tiff
from tests.cli.program import invoke, json_lines, run
from tests.pictures import noise

tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[large]")
pytest.importorskip("imagecodecs", reason="needs the extra smalti[large]")

HEIGHT, WIDTH = 45, 71
RGB = noise(HEIGHT, WIDTH) // 32 * 32
LARGE = ("--max-pixels", 1000)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with a large TIFF file and a small picture."""
    monkeypatch.chdir(tmp_path)
    tiff(tmp_path / "a.tif", RGB)
    put(tmp_path / "b.png", 1)
    return tmp_path


@pytest.fixture
def zarr():
    return pytest.importorskip("zarr", minversion="3", reason="needs the extra smalti[large]")


def holed(*places):
    """The picture, clear at these rows and columns of tiles."""
    pixels = np.dstack([RGB, np.full((HEIGHT, WIDTH), 255, np.uint8)])
    for row, column in places:
        pixels[16 * row : 16 * row + 16, 32 * column : 32 * column + 32] = 0
    return pixels


def palette(*arguments, **options):
    return invoke("palette", *arguments, **options)


def found(result, code=0, stderr=""):
    """The colours and weights that a run with --json has printed."""
    assert (result.exit_code, result.stderr) == (code, stderr)
    (line,) = json_lines(result.stdout)
    return line["palette"], line["weights"]


def expected(images, k):
    fitted = smalti.fit_palette(images, k)
    return fitted.hex, fitted.weights.tolist()


# TIFF


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_a_large_file_gives_the_palette_of_its_pixels(monkeypatch, jobs):
    monkeypatch.setattr(tiled_image, "_COUNTED", 256)
    result = palette("a.tif", "-k", 9, "--json", "-j", jobs, *LARGE)
    assert found(result) == expected(RGB, 9)
    result = palette("a.tif", "b.png", "a.tif", "-k", 9, "--json", "-j", jobs, *LARGE)
    assert found(result) == expected([RGB, picture(1)], 9)


@pytest.mark.usefixtures("folder")
def test_other_large_files_are_refused_as_before():
    result = palette("a.tif", "b.png", "-k", 9, "--json", "--max-pixels", 100)
    assert result.exit_code == 1
    assert result.stderr.startswith("smalti: b.png: ")
    (line,) = json_lines(result.stdout)
    assert (line["palette"], line["weights"]) == expected(RGB, 9)


@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_a_damaged_tile_is_named_and_ends_with_1(folder, quiet):
    damage(folder / "a.tif", 5)
    result = palette("a.tif", "-k", 9, "-o", "map.json", *LARGE, *quiet)
    assert result.exit_code == 1
    sentence = "smalti: warning: a.tif: rows 16 to 31, columns 64 to 70 cannot be read, and count "
    assert result.stderr.startswith(f"{sentence}as clear: ")
    assert result.stderr.count("\n") == 1
    assert Palette.load("map.json") == smalti.fit_palette(holed((1, 2)), 9)
    assert bool(result.stdout) != bool(quiet)


def test_several_damaged_tiles_are_one_sentence(folder):
    damage(folder / "a.tif", 0, 4, 8)
    result = palette("a.tif", "b.png", "-k", 9, "--json", *LARGE)
    assert result.exit_code == 1
    place = "a.tif: rows 0 to 15, columns 0 to 31 and 2 further parts cannot be read"
    assert place in result.stderr
    assert result.stderr.count("\n") == 1
    (line,) = json_lines(result.stdout)
    whole = [holed((0, 0), (1, 1), (2, 2)), picture(1)]
    assert (line["palette"], line["weights"]) == expected(whole, 9)


def test_of_a_file_without_a_readable_tile_there_is_no_palette(folder):
    damage(folder / "a.tif", *range(9))
    result = palette("a.tif", "-k", 9, "-o", "map.css", *LARGE)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "smalti: " in result.stderr
    assert not (folder / "map.css").exists()


def test_what_cannot_be_read_by_parts_is_left_out(folder):
    tiff(folder / "c.tif", RGB.astype(np.int32))
    tiff(folder / "d.tif", noise(HEIGHT, WIDTH, 4), photometric="separated")
    result = palette("c.tif", "b.png", "d.tif", "-k", 9, "--json", *LARGE)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[0].startswith("smalti: c.tif: has samples of int32; larger than memory are read ")
    assert lines[1].startswith("smalti: d.tif: has colours of the kind SEPARATED; ")
    (line,) = json_lines(result.stdout)
    assert (line["palette"], line["weights"]) == expected(picture(1), 9)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_that_is_refused_midway_does_not_count(folder, monkeypatch, jobs):
    monkeypatch.setattr(tiled_image, "_COUNTED", 256)
    samples = np.full((HEIGHT, WIDTH, 3), 0.5, dtype=np.float32)
    samples[44, 70] = 2
    tiff(folder / "c.tif", samples)
    result = palette("c.tif", "b.png", "-k", 9, "--json", "-j", jobs, *LARGE)
    assert result.exit_code == 1
    assert result.stderr.startswith("smalti: c.tif, rows 32 to 44, columns 64 to 70: has float ")
    (line,) = json_lines(result.stdout)
    assert (line["palette"], line["weights"]) == expected(picture(1), 9)


def test_large_stacks_in_folders_are_left_out_as_small_ones_are(folder):
    stack = np.stack([RGB, RGB // 2])
    put(folder / "in/b.png", 1)
    tiff(folder / "in/stack.tif", stack)
    small = palette("-r", "in", "-k", 9, "--json")
    assert found(small, 0, small.stderr) == expected(picture(1), 9)
    large = palette("-r", "in", "-k", 9, "--json", *LARGE)
    assert found(large, 0, large.stderr) == expected(picture(1), 9)
    assert large.stderr == small.stderr
    named = palette("in/stack.tif", "-k", 9, "--json", *LARGE)
    assert found(named, 0, named.stderr) == expected(RGB, 9)
    assert named.stderr.count("smalti: warning: in/stack.tif: has ") == 1


def test_pyramids_in_folders_count(folder):
    put(folder / "in/b.png", 1)
    with tifffile.TiffWriter(folder / "in/pyramid.tif") as file:
        options = {"photometric": "rgb", "tile": (16, 16), "metadata": None}
        file.write(RGB, subifds=1, **options)
        file.write(RGB[::2, ::2], subfiletype=1, **options)
    result = palette("-r", "in", "-k", 9, "--json", *LARGE)
    assert found(result) == expected([picture(1), RGB], 9)


def test_nothing_but_our_sentences_is_printed(folder):
    data = bytearray((folder / "a.tif").read_bytes())
    (place,) = struct.unpack_from("<I", data, 4)
    (number,) = struct.unpack_from("<H", data, place)
    # The next page is said to be far behind the end.
    struct.pack_into("<I", data, place + 2 + 12 * number, 10**9)
    (folder / "a.tif").write_bytes(data)
    finished = run("palette", "a.tif", "-k", 9, "--json", *LARGE)
    lines = finished.stderr.decode().splitlines()
    assert [line for line in lines if not line.startswith("smalti: ")] == []
    assert json.loads(finished.stdout)["palette"] == expected(RGB, 9)[0]


# Zarr


@pytest.mark.parametrize("name", ["slide.zarr", "slide.zarr/", "slide"])
def test_a_zarr_folder_is_an_input(folder, name):
    put_zarr(folder / name, RGB)
    assert found(palette(name, "-k", 9, "--json")) == expected(RGB, 9)
    assert found(palette(name, "b.png", "-k", 9, "--json")) == expected([RGB, picture(1)], 9)
    assert found(palette("-r", name, "-k", 9, "--json")) == expected(RGB, 9)
    assert found(palette("slide*", "-k", 9, "--json")) == expected(RGB, 9)


def test_the_working_folder_may_be_a_zarr_image(folder, monkeypatch):
    put_zarr(folder / "slide.zarr", RGB)
    monkeypatch.chdir(folder / "slide.zarr")
    assert found(palette(".", "-k", 9, "--json")) == expected(RGB, 9)


def test_a_damaged_chunk_is_named_and_ends_with_1(folder):
    put_zarr(folder / "slide.zarr", RGB)
    (folder / "slide.zarr/c/2/0/0").write_bytes(b"broken")
    result = palette("slide.zarr", "-k", 9, "--json")
    assert result.exit_code == 1
    place = "smalti: warning: slide.zarr: rows 32 to 44, columns 0 to 31 cannot be read, and count "
    assert result.stderr.startswith(place)
    (line,) = json_lines(result.stdout)
    assert (line["palette"], line["weights"]) == expected(holed((2, 0)), 9)


def test_a_zarr_folder_within_a_folder_is_left_out_with_a_note(folder):
    put(folder / "in/b.png", 1)
    put_zarr(folder / "in/slide.zarr", RGB)
    put_zarr(folder / "in/other", RGB)
    put(folder / "in/slide.zarr/hidden.png", 2)
    result = palette("-r", "in", "-k", 9, "--json")
    stderr = (
        "smalti: in/other: left out, it is a Zarr image; name it alone\n"
        "smalti: in/slide.zarr: left out, it is a Zarr image; name it alone\n"
    )
    assert found(result, 0, stderr) == expected(picture(1), 9)
    assert found(palette("-r", "in", "-k", 9, "--json", "--quiet")) == expected(picture(1), 9)


def test_a_folder_of_zarr_images_alone_ends_with_1(folder):
    put_zarr(folder / "in/slide.zarr", RGB)
    result = palette("-r", "in", "-k", 9, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "smalti: in/slide.zarr: left out, it is a Zarr image; name it alone\n" in result.stderr


def test_a_folder_named_so_without_zarr_in_it_is_one_of_files(folder):
    put(folder / "in/photos.zarr/b.png", 1)
    result = palette("-r", "in", "-k", 9, "--json")
    assert found(result) == expected(picture(1), 9)
    result = palette("-r", "in/photos.zarr", "-k", 9, "--json")
    assert found(result) == expected(picture(1), 9)
    assert palette("in/photos.zarr", "-k", 9).exit_code == 1


@pytest.mark.usefixtures("folder", "zarr")
@pytest.mark.parametrize("name", ["none.zarr", "none.zarr/", "none.zarr.zip"])
def test_a_missing_zarr_image_is_one_sentence(name):
    result = palette(name, "b.png", "-k", 9, "--json")
    assert found(result, 1, f"smalti: {name}: no such file\n") == expected(picture(1), 9)
    result = palette(name, "-k", 9, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"smalti: {name}: no such file\n"


def test_a_group_without_an_image_is_one_sentence(folder, zarr):
    zarr.create_group(folder / "a.zarr").create_array("b", shape=(4, 4), dtype="u1")
    result = palette("a.zarr", "-k", 9)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "smalti: a.zarr: is a Zarr group without an OME-Zarr image; it holds b: name an array or "
        "an image in it\n"
    )


# What is not installed


@pytest.mark.parametrize(
    ("name", "missing", "sentence"),
    [
        ("a.tif", "tifffile", "to read it by parts needs tifffile, which is not installed: "),
        ("a.zarr", "zarr", "needs zarr 3, for Python 3.11 and later, which is not installed: "),
    ],
)
def test_a_missing_package_is_one_sentence(folder, monkeypatch, name, missing, sentence):
    (folder / "a.zarr").mkdir()
    (folder / "a.zarr/.zgroup").write_text('{"zarr_format": 2}')
    monkeypatch.setitem(sys.modules, missing, None)
    result = palette(name, "b.png", "-k", 9, "--json", *LARGE)
    stderr = f"smalti: {name}: {sentence}pip install 'smalti[large]'\n"
    assert found(result, 1, stderr) == expected(picture(1), 9)


# Names


def test_stdin_is_no_file_of_that_name(folder):
    tiff(folder / "-", RGB)
    data = (folder / "b.png").read_bytes()
    result = palette("-", "-k", 9, "--json", *LARGE, stdin=data)
    assert found(result) == expected(picture(1), 9)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["a" * 300, "a" * 5000, "a/" * 3000])
def test_a_name_that_no_file_can_have_is_one_sentence(name):
    result = palette(name, "b.png", "-k", 9, "--json")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"smalti: {name}: ")
    (line,) = json_lines(result.stdout)
    assert (line["palette"], line["weights"]) == expected(picture(1), 9)
