"""`smalti compress` of images larger than memory, and into files of images of any size."""

import json
import os

import numpy as np
import pytest
from PIL import Image

import smalti
from tests.cli.large_pictures import damage, put_zarr, tiff
from tests.cli.program import JSON_KEYS, invoke, json_lines, names, run
from tests.pictures import encoded
from tests.scale.checks import blots, files_in, levels_in, litter, mapped

tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[large]")
zarr = pytest.importorskip("zarr", minversion="3", reason="needs the extra smalti[large]")
pytest.importorskip("filelock", reason="needs the extra smalti[large]")

HEIGHT, WIDTH = 45, 71
RGB = blots(HEIGHT, WIDTH)
LARGE = ("--max-pixels", 100)
SMALL = RGB[:40]
# Of more pixels than b.png has, and fewer than a.tif.
MIXED = ("--max-pixels", 3000)
USUAL = ("-k", 4, "--effort", 1)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with a picture as a TIFF file and as Zarr, and a smaller one as PNG."""
    monkeypatch.chdir(tmp_path)
    tiff(tmp_path / "a.tif", RGB)
    put_zarr(tmp_path / "z.zarr", RGB)
    (tmp_path / "b.png").write_bytes(encoded(SMALL))
    return tmp_path


def compress(*arguments, **options):
    return invoke("compress", *arguments, *USUAL, **options)


def shown(path):
    """The pixels of an output, by its own palette."""
    if path.suffix == ".zarr":
        labels = levels_in(path)[0]
        colors = zarr.open_group(path, mode="r").attrs["image-label"]["colors"]
        rgba = {color["label-value"]: color["rgba"][:3] for color in colors}
        return np.array([[rgba[label] for label in row] for row in labels.tolist()], np.uint8)
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            page = file.pages[0]
            return (page.colormap.T[page.asarray()] >> 8).astype(np.uint8)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def nearest(samples=RGB, k=4):
    """What is expected of it."""
    palette = smalti.fit_palette(samples, k, effort=1)
    return np.asarray(palette.colors)[mapped(samples, palette)]


def check(path, samples=RGB):
    np.testing.assert_array_equal(shown(path), nearest(samples))


# Outputs and their names


@pytest.mark.parametrize("out", ["o.tif", "o.tiff", "o.png", "o.ome.zarr", "o.zarr"])
def test_a_large_file_becomes_a_file_of_each_kind(folder, out):
    result = compress("a.tif", "-o", out, *LARGE)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"a.tif: {WIDTH} x {HEIGHT}, 4 colours, ")
    assert result.stdout.endswith(f": {out}\n")
    check((folder / out).rename(folder / out.replace("tiff", "tif")))
    assert litter(folder) == []


@pytest.mark.parametrize("name", ["a.tif", "z.zarr", "z.zarr/"])
def test_the_usual_output_is_beside_the_input(folder, name):
    before = names(folder)
    assert compress(name, *LARGE).exit_code == 0
    (new,) = set(names(folder)) - set(before)
    assert new == f"{name[0]}-smalti.png"
    check(folder / new)


def test_the_word_compress_can_be_left_out(folder):
    finished = run("a.tif", *LARGE, *USUAL, "--quiet")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, b"", b"")
    check(folder / "a-smalti.png")


@pytest.mark.parametrize("out", ["o.tif", "o.ome.zarr"])
def test_an_ordinary_picture_becomes_a_pyramid(folder, out):
    assert compress("b.png", "-o", out).exit_code == 0
    check(folder / out, SMALL)


@pytest.mark.parametrize("ending", [".ome.zarr", ".tif"])
def test_large_and_ordinary_pictures_go_into_a_folder(folder, ending):
    result = compress("z.zarr", "b.png", "a.tif", "-o", "new/out", "--ext", ending, *MIXED)
    assert (result.exit_code, result.stderr) == (0, "")
    assert names(folder / "new/out") == [f"{letter}{ending}" for letter in "abz"]
    for letter in "az":
        check(folder / f"new/out/{letter}{ending}")
    assert shown(folder / f"new/out/b{ending}").shape == SMALL.shape


def test_several_go_into_their_own_places(folder):
    (folder / "in").mkdir()
    (folder / "z.zarr").rename(folder / "in/z.zarr")
    assert compress("in/z.zarr", "b.png", "--ext", "-few.tif").exit_code == 0
    check(folder / "in/z-few.tif")
    check(folder / "b-few.tif", SMALL)


def test_usual_names_in_a_folder_are_those_of_ordinary_pictures(folder):
    assert compress("z.zarr", "a.tif", "-o", "out", *LARGE).exit_code == 0
    assert names(folder / "out") == ["a-smalti.png", "z-smalti.png"]


def test_a_mask_of_thresholds_mixes_colours(folder):
    options = ["--dither", 0.5, "--dither-method", "blue-noise"]
    result = compress("z.zarr", "-o", "o.png", "--json", *options)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["dither"] == 0.5
    assert (shown(folder / "o.png") != nearest()).any()


@pytest.mark.parametrize("command", ["compress", "segment"])
def test_the_help_tells_of_them(command):
    text = " ".join(invoke(command, "--help").stdout.split())
    assert "mages larger than memory (Zarr, and TIFF of more than --max-pixels)" in text
    assert ".ome.zarr" in text
    assert command == "segment" or ".tif" in text


# What is printed


def test_json_has_the_fields_of_ordinary_pictures(folder):
    result = compress("z.zarr", "a.tif", "-o", "out/", "--ext", ".tif", "--json", *LARGE)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = json_lines(result.stdout)
    (folder / "c.png").write_bytes(encoded(RGB))
    ordinary = json.loads(compress("c.png", "-o", "o.png", "--json").stdout)
    for line, name in zip(lines, ["z.zarr", "a.tif"], strict=True):
        assert sorted(line) == sorted(JSON_KEYS)
        assert line["input"] == name
        assert line["output"] == f"out/{name[0]}.tif"
        for field in ("width", "height", "colors", "original_bits", "index_bits", "palette_bits"):
            assert line[field] == ordinary[field], field
        assert line["compressed_bits"] == line["index_bits"] + line["palette_bits"]
        assert line["ratio"] == pytest.approx(ordinary["ratio"])
        assert line["input_bytes"] == sum(map(len, files_in(folder / name).values()))
        assert line["output_bytes"] == (folder / line["output"]).stat().st_size
        assert [line[field] for field in ("mse", "psnr", "ssimulacra2")] == [None] * 3
        assert line["seconds"] >= 0


def test_a_missing_input_is_a_line_of_json_and_does_not_stop_the_others(folder):
    result = compress("none.zarr", "z.zarr", "-o", "out", "--ext", ".png", "--json")
    assert (result.exit_code, result.stderr) == (1, "smalti: none.zarr: no such file\n")
    first, second = json_lines(result.stdout)
    assert first == {"input": "none.zarr", "error": "none.zarr: no such file"}
    assert second["output"] == "out/z.png"
    check(folder / "out/z.png")


def test_an_input_that_fails_does_not_stop_the_others(folder):
    damage(folder / "a.tif", 5)
    result = compress("none.zarr", "a.tif", "z.zarr", "-o", "out", *LARGE)
    assert result.exit_code == 1
    assert "smalti: none.zarr: no such file\n" in result.stderr
    assert "a.tif: rows 16 to 31, columns 64 to 70 cannot be read" in result.stderr
    assert names(folder / "out") == ["a-smalti.png", "z-smalti.png"]


@pytest.mark.parametrize("order", [["z.zarr", "b.png"], ["b.png", "z.zarr"]])
def test_large_and_ordinary_pictures_into_png_need_two_commands(folder, order):
    result = compress(*order, "-o", "out")
    assert result.exit_code == 2
    assert (
        "z.zarr is read by parts and b.png as a whole: name them in two commands" in result.stderr
    )
    assert not (folder / "out").exists()


# What is refused


@pytest.mark.parametrize("name", ["o.tif", "o.png", "o.ome.zarr"])
def test_an_existing_output_stays_without_force(folder, name):
    assert compress("z.zarr", "-o", name).exit_code == 0
    before = files_in(folder / name)
    result = invoke("compress", "z.zarr", "-k", 3, "-o", name)
    assert result.exit_code == 1
    assert result.stderr == f"smalti: {name}: exists already; to replace it, use --force\n"
    assert files_in(folder / name) == before
    assert invoke("compress", "z.zarr", "-k", 3, "-o", name, "--force").exit_code == 0
    assert files_in(folder / name) != before
    assert litter(folder) == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--quality", 80], "--quality"),
        (["--max-size", "3kB"], "--max-size"),
        (["--rate-weight", 2], "--rate-weight"),
        (["--block", "2x2"], "--block"),
        (["--dither", 0.5], "--dither"),
        (["--check"], "--check"),
        (["--dry-run"], "--dry-run"),
        (["--strip", "all"], "--strip"),
        (["--strip", "safe"], "--strip"),
        (["--preserve"], "--preserve"),
        (["-p"], "--preserve"),
        (["--shared-palette"], "--shared-palette"),
        (["--skip-if-larger"], "--skip-if-larger"),
        (["--format", "png"], "--format"),
        (["-o", "-"], "-o -"),
    ],
)
@pytest.mark.parametrize("inputs", [["z.zarr"], ["a.tif", "z.zarr"]])
def test_options_for_whole_images_are_wrong_usage(folder, options, named, inputs):
    before = files_in(folder)
    result = compress(*inputs, *options, *LARGE)
    assert (result.exit_code, result.stdout) == (2, "")
    (sentence,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert f" {named}" in sentence
    assert files_in(folder) == before


@pytest.mark.parametrize("out", ["o.tif", "o.ome.zarr"])
@pytest.mark.parametrize("inputs", [["a.tif", "z.zarr"], ["z.zarr", "b.png"], ["b.png", "b.png"]])
def test_one_file_for_several_inputs_is_wrong_usage(folder, out, inputs):
    result = compress(*inputs, "-o", out, *MIXED)
    assert (result.exit_code, result.stdout) == (2, "")
    told = f"-o {out}: must be a folder when there are 2 inputs, such as -o out/"
    assert told in result.stderr
    assert names(folder) == ["a.tif", "b.png", "z.zarr"]


def test_one_png_file_for_several_inputs_is_wrong_usage(folder):
    assert compress("a.tif", "z.zarr", "-o", "o.png", *LARGE).exit_code == 2
    assert names(folder) == ["a.tif", "b.png", "z.zarr"]


@pytest.mark.parametrize("options", [["-o", "o.jpg"], ["-o", "o.tif", "-k", 300]])
def test_outputs_that_cannot_be_are_wrong_usage_as_of_ordinary_pictures(folder, options):
    ordinary = [str(option).replace("tif", "png") for option in options]
    assert invoke("compress", "b.png", *ordinary).exit_code == 2
    assert invoke("compress", "z.zarr", *options).exit_code == 2
    assert names(folder) == ["a.tif", "b.png", "z.zarr"]


@pytest.mark.parametrize("name", ["a.tif", "z.zarr"])
def test_the_input_is_not_replaced(folder, name):
    before = files_in(folder)
    for out in (name, f"./{name}", folder / name):
        result = compress(name, "-o", out, "--force", *LARGE)
        assert result.exit_code == 1
        assert f"is the input {name}" in result.stderr
        assert result.stderr.count("\n") == 1
    assert files_in(folder) == before


def test_another_input_is_not_replaced(folder):
    (folder / "z.tif").write_bytes((folder / "a.tif").read_bytes())
    before = files_in(folder)
    compress("z.zarr", "z.tif", "-o", ".", "--ext", ".tif", "--force", *LARGE)
    assert files_in(folder)["z.tif"] == before["z.tif"]


@pytest.mark.parametrize("other", ["z.tif", "z.png"])
def test_two_inputs_do_not_have_one_output(folder, other):
    source = folder / ("a.tif" if other == "z.tif" else "b.png")
    source.rename(folder / other)
    result = compress("z.zarr", other, "-o", "out", "--ext", ".tif", "--force", *MIXED)
    assert result.exit_code == 1 or len(names(folder / "out")) == 2


# Trouble


@pytest.mark.parametrize("out", ["o.tif", "o.png", "o.ome.zarr"])
@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_a_damaged_tile_is_told_of_and_the_rest_is_written(folder, out, option):
    damage(folder / "a.tif", 5)
    # A palette of its own, as clear pixels would need a colour that TIFF has not.
    (folder / "p.hex").write_text("000000\nff0000\n00ff00\nffffff\n")
    result = compress("a.tif", "-o", out, option, "--palette", "p.hex", *LARGE)
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "smalti: warning: a.tif: rows 16 to 31, columns 64 to 70 cannot be read"
    )
    assert result.stderr.count("\n") == 1
    assert bool(result.stdout) == (option == "--json")
    palette = smalti.Palette.load("p.hex")
    expected = np.asarray(palette.colors)[mapped(RGB, palette)]
    whole = np.ones((HEIGHT, WIDTH), dtype=bool)
    whole[16:32, 64:] = False
    np.testing.assert_array_equal(shown(folder / out)[whole], expected[whole])


def test_a_damaged_tile_is_clear_where_the_output_can_be(folder):
    damage(folder / "a.tif", 5)
    assert compress("a.tif", "-o", "o.png", *LARGE).exit_code == 1
    with Image.open("o.png") as image:
        alpha = np.asarray(image.convert("RGBA"))[..., 3]
    assert not alpha[16:32, 64:].any()
    assert (alpha == 255).sum() == HEIGHT * WIDTH - 16 * 7
    result = compress("a.tif", "-o", "o.tif", *LARGE)
    assert result.exit_code == 1
    assert "columns 64 to 70 cannot be read, and are white" in result.stderr
    assert (shown(folder / "o.tif")[16:32, 64:] >= 250).all()


def test_a_file_that_was_cut_short_is_done_as_far_as_it_goes(folder):
    data = (folder / "a.tif").read_bytes()
    (folder / "a.tif").write_bytes(data[: len(data) * 2 // 3])
    result = compress("a.tif", "-o", "o.png", *LARGE)
    assert result.exit_code == 1
    assert "cannot be read" in result.stderr
    assert result.stderr.count("\n") == 1
    assert shown(folder / "o.png").shape == RGB.shape


@pytest.mark.parametrize("data", [b"", b"II*\0", b"II*\0" + b"\xff" * 40, b"MM\0+" + b"\0" * 99])
@pytest.mark.parametrize("out", ["new/o.tif", "o.png"])
def test_a_broken_file_is_one_sentence(folder, data, out):
    (folder / "a.tif").write_bytes(data)
    result = compress("a.tif", "-o", out, *LARGE)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("smalti: a.tif: ")
    assert result.stderr.count("\n") == 1
    assert names(folder) == ["a.tif", "b.png", "z.zarr"]


def test_a_folder_that_is_missing_is_made(folder):
    assert compress("z.zarr", "-o", "new/deep/o.ome.zarr").exit_code == 0
    check(folder / "new/deep/o.ome.zarr")
    (folder / "file").write_bytes(b"")
    result = compress("z.zarr", "-o", "file/o.tif")
    assert result.exit_code == 1
    assert "file: cannot be made a folder" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_folder_that_is_read_only_is_one_sentence(folder):
    (folder / "shut").mkdir(mode=0o500)
    if os.access(folder / "shut", os.W_OK):
        pytest.skip("root writes everywhere")
    result = compress("z.zarr", "-o", "shut/o.tif")
    assert result.exit_code == 1
    assert result.stderr.startswith("smalti: shut/o.tif: cannot be written: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("out", ["o.tif", "o.ome.zarr"])
def test_stdin_is_read(folder, out):
    (folder / "-").write_bytes(encoded(255 - RGB))
    result = compress("-", "-o", out, stdin=(folder / "b.png").read_bytes())
    assert (result.exit_code, result.stderr) == (0, "")
    check(folder / out, SMALL)
