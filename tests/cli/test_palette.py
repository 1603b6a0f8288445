"""`smalti palette`: one palette of all inputs, printed and written."""

import json
import os

import numpy as np
import pytest

import smalti
from smalti import Palette
from smalti.formats.palette_registry import palette_formats
from tests.batch.trees import picture, put
from tests.cli.program import invoke, json_lines, names, run
from tests.pictures import encoded, noise

THREE = ("a.png", "b.png", "c.jpg")
FORMATS = pytest.mark.parametrize("name", palette_formats())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with three pictures."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "a.png", 1)
    put(tmp_path / "b.png", 2)
    put(tmp_path / "c.jpg", 3, "JPEG")
    return tmp_path


def palette(*arguments, **options):
    return invoke("palette", *arguments, **options)


def lines_of(text):
    """The cells of a table without its frame and headings."""
    rows = [[cell.strip() for cell in line.split("│")] for line in text.splitlines()]
    return [row[1:-1] for row in rows if len(row) > 2]


def refused(result, sentence, code=2):
    assert result.exit_code == code, result.output
    assert sentence in result.stderr
    assert result.stdout == ""


# What is printed


@pytest.mark.usefixtures("folder")
def test_a_table_shows_colours_and_their_pixels():
    result = palette(*THREE, "-k", 5)
    assert (result.exit_code, result.stderr) == (0, "")
    expected = smalti.fit_palette(THREE, 5)
    rows = lines_of(result.stdout)
    assert [row[:2] for row in rows] == [[str(i), code] for i, code in enumerate(expected.hex)]
    assert [int(row[3].replace(",", "")) for row in rows] == expected.weights.tolist()
    assert [row[4] for row in rows] == [f"{100 * share:.1f} %" for share in expected.shares]
    assert "share" in result.stdout
    assert [row[3] for row in lines_of(palette("a.png", "a.png", "-k", 1).stdout)] == ["576"]


def test_of_many_colours_the_first_are_listed(folder):
    (folder / "many.png").write_bytes(encoded(noise(20, 20)))
    result = palette("many.png", "-k", 300)
    assert len(lines_of(result.stdout)) == 64
    assert "and 236 more colours" in result.stdout


@pytest.mark.usefixtures("folder")
def test_a_line_of_json_tells_all():
    (line,) = json_lines(palette(*THREE, "-k", 4, "--json", "-o", "map.gpl").stdout)
    expected = smalti.fit_palette(THREE, 4)
    assert line == {
        "output": "map.gpl",
        "colors": 4,
        "palette": expected.hex,
        "weights": expected.weights.tolist(),
        "shares": expected.shares.tolist(),
    }
    (line,) = json_lines(palette("map.gpl", "--json").stdout)
    nothing = {"output": None, "weights": None, "shares": None}
    assert line == {**nothing, "colors": 4, "palette": expected.hex}


@pytest.mark.usefixtures("folder")
def test_quiet_prints_nothing():
    result = palette("a.png", "-k", 4, "-o", "map.gpl", "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert Palette.load("map.gpl") == Palette.of(smalti.fit_palette("a.png", 4))


@pytest.mark.usefixtures("folder")
def test_options_are_those_of_the_api():
    options = ("-k", 9, "--keep-color", "FF8800", "--keep-color", "#00ff00")
    result = palette(*THREE, *options, "--space", "linear", "--effort", 2, "--json")
    expected = smalti.fit_palette(
        THREE, 9, keep_colors=["ff8800", "00ff00"], space="linear", effort=2
    )
    assert json.loads(result.stdout)["palette"] == expected.hex
    assert {"#ff8800", "#00ff00"} < set(expected.hex)
    assert expected.hex != smalti.fit_palette(THREE, 9, keep_colors=["ff8800", "00ff00"]).hex


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("by", ["lightness", "hue", "weight"])
def test_colours_are_sorted_as_asked(by):
    expected = smalti.fit_palette(THREE, 12)
    lines = json_lines(palette(*THREE, "-k", 12, "--sort", by, "--json", "-o", "a.json").stdout)
    ordered = expected.sorted(by)
    assert lines[0]["palette"] == ordered.hex
    assert lines[0]["weights"] == ordered.weights.tolist()
    assert Palette.load("a.json").hex == ordered.hex
    assert (ordered.hex == expected.hex) == (by == "lightness")


# Where it goes


@FORMATS
@pytest.mark.usefixtures("folder")
def test_it_is_written_in_every_format(name):
    result = palette(*THREE, "-k", 6, "-o", f"map.{name}")
    assert result.exit_code == 0
    expected = smalti.fit_palette(THREE, 6)
    assert Palette.load(f"map.{name}").hex == expected.hex
    assert len(lines_of(result.stdout)) == 6
    assert palette(*THREE, "-k", 6, "-o", "any.txt", "--format", name).exit_code == 0
    with open("any.txt", "rb") as file:  # noqa: PTH123 - relative to the working folder
        assert file.read() == expected.to_bytes(name)


@FORMATS
@pytest.mark.usefixtures("folder")
def test_it_goes_to_stdout(name):
    expected = smalti.fit_palette("a.png", 6)
    result = palette("a.png", "-k", 6, "-o", "-", "--format", name)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout_bytes == expected.to_bytes(name)
    assert palette("a.png", "-k", 6, "-o", "-").stdout_bytes == expected.to_bytes("gpl")


def test_a_pipe_leads_from_stdin_to_stdout(folder):
    data = (folder / "a.png").read_bytes()
    finished = run("palette", "-", "-k", 6, "-o", "-", "--format", "hex", stdin=data)
    assert (finished.returncode, finished.stderr) == (0, b"")
    assert finished.stdout == smalti.fit_palette("a.png", 6).to_bytes("hex")


@pytest.mark.usefixtures("folder")
def test_an_existing_file_is_replaced_only_by_force():
    first, second = (smalti.fit_palette(name, 3).hex for name in THREE[:2])
    assert palette("a.png", "-k", 3, "-o", "map.hex").exit_code == 0
    result = palette("b.png", "-k", 3, "-o", "map.hex")
    refused(result, "smalti: map.hex: exists already; to replace it, use --force\n", code=1)
    assert Palette.load("map.hex").hex == first
    assert palette("b.png", "-k", 3, "-o", "map.hex", "--force").exit_code == 0
    assert Palette.load("map.hex").hex == second


@pytest.mark.parametrize("inputs", [["a.png"], ["a.png", "b.png"], ["b.png", "-r", "."]])
def test_an_input_is_not_replaced_by_its_palette(folder, inputs):
    before = (folder / "a.png").read_bytes()
    result = palette(*inputs, "-k", 3, "-o", "a.png", "--force")
    assert (folder / "a.png").read_bytes() == before
    assert result.exit_code != 0
    assert "a.png" in result.stderr


def test_what_cannot_be_written_is_one_sentence(folder, monkeypatch):
    refused(palette("a.png", "-o", "none/map.gpl"), "the folder none does not exist", code=1)
    (folder / "map.gpl").mkdir()
    refused(palette("a.png", "-o", "map.gpl"), "map.gpl: is a folder", code=1)
    # Of who runs the tests it may be that everything can be written.
    monkeypatch.setattr(os, "access", lambda *_: False)
    refused(palette("a.png", "-o", "map.hex"), "the folder . is not writable", code=1)
    assert names(folder) == ["a.png", "b.png", "c.jpg", "map.gpl"]


def test_alpha_that_a_format_lacks_is_one_sentence(folder):
    (folder / "clear.png").write_bytes(encoded(noise(6, 6, 4)))
    result = palette("clear.png", "-k", 5, "-o", "map.gpl")
    refused(result, "smalti: a .gpl file holds no alpha, but colour 1 is ", code=1)
    assert not (folder / "map.gpl").exists()
    assert palette("clear.png", "-k", 5, "-o", "map.css").exit_code == 0
    assert Palette.load("map.css").colors.shape == (5, 4)


# Many inputs


def test_folders_are_counted_without_outputs_of_earlier_runs(folder):
    put(folder / "in/sub/d.bmp", 4, "BMP")
    put(folder / "in/e.png", 5)
    (folder / "in/notes.txt").write_text("no image")
    expected = smalti.fit_palette(["in/sub/d.bmp", "in/e.png"], 7).hex
    for _ in range(2):
        result = palette("-r", "in", "-k", 7, "--json")
        assert (result.exit_code, json.loads(result.stdout)["palette"]) == (0, expected)
        assert invoke("compress", "-r", "in", "-k", 3, "--effort", 1).exit_code == 0
    assert "e-smalti.png" in names(folder / "in")
    result = palette("in")
    refused(result, "smalti: in: is a folder, not a file", code=1)


def test_patterns_are_expanded_by_the_program(folder):
    put(folder / "sub/d.png", 4)
    (line,) = json_lines(palette("**/*.png", "-k", 7, "--json").stdout)
    assert line["palette"] == smalti.fit_palette(["a.png", "b.png", "sub/d.png"], 7).hex
    refused(palette("none*.png"), "smalti: none*.png: no such file\n", code=1)


@pytest.mark.usefixtures("folder")
def test_the_palette_does_not_depend_on_jobs_and_order():
    for jobs, inputs in ((1, THREE), (2, THREE), (3, THREE[::-1])):
        assert palette(*inputs, "-k", 20, "-j", jobs, "-o", f"map{jobs}.json").exit_code == 0
    assert Palette.load("map1.json") == Palette.load("map2.json") == Palette.load("map3.json")


def test_one_broken_input_is_left_out(folder):
    (folder / "bad.png").write_bytes(b"no image")
    for jobs in (1, 2):
        inputs = ("a.png", "bad.png", "none.png", "b.png")
        result = palette(*inputs, "-k", 5, "-j", jobs, "-o", f"map{jobs}.gpl")
        assert result.exit_code == 1
        assert result.stderr == (
            "smalti: bad.png: is not an image that can be read\nsmalti: none.png: no such file\n"
        )
        assert Palette.load(f"map{jobs}.gpl").hex == smalti.fit_palette(THREE[:2], 5).hex
        assert len(lines_of(result.stdout)) == 5


def test_without_an_input_that_can_be_read_nothing_is_written(folder):
    (folder / "bad.png").write_bytes(b"no image")
    result = palette("bad.png", "none.png", "-o", "map.gpl", "--json")
    refused(result, "smalti: bad.png: is not an image that can be read\n", code=1)
    assert "smalti: none.png: no such file\n" in result.stderr
    assert not (folder / "map.gpl").exists()


def test_a_folder_without_images_is_one_sentence(folder):
    (folder / "empty").mkdir()
    result = palette("-r", "empty", "-k", 3, "-o", "map.gpl")
    refused(result, "empty: has no images in it", code=1)
    assert not (folder / "map.gpl").exists()


def test_animations_count_if_they_are_named(folder):
    stills = [picture(seed) for seed in (1, 2)]
    (folder / "in").mkdir()
    for kind in ("gif", "tif"):
        first, rest = (smalti.compress(still, 8).to_pillow() for still in stills)
        first.save(folder / f"in/film.{kind}", save_all=True, append_images=[rest])
    put(folder / "in/e.png", 5)
    (line,) = json_lines(palette("-r", "in", "-k", 7, "--json").stdout)
    assert line["palette"] == smalti.fit_palette("in/e.png", 7).hex
    result = palette("in/film.tif", "-k", 256, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["colors"] == 8
    assert "smalti: warning: in/film.tif" in result.stderr


@pytest.mark.usefixtures("folder")
def test_large_images_are_refused_if_asked():
    result = palette("a.png", "--max-pixels", 100)
    refused(result, "smalti: a.png: ", code=1)
    assert palette("a.png", "--max-pixels", 576).exit_code == 0


# A palette file


@FORMATS
def test_a_palette_file_keeps_its_colours_and_their_order(folder, name):
    brand = Palette.of(["ffffff", "ff0000", "000000", "0000ff"])
    brand.save(folder / f"brand.{name}")
    result = palette(f"brand.{name}", "-o", "other.css")
    assert (result.exit_code, result.stderr) == (0, "")
    if name != "png":  # which is an image
        assert Palette.load("other.css") == brand
        assert palette(f"brand.{name}", "-o", "-", "--sort", "hue").stdout_bytes == (
            brand.sorted("hue").to_bytes()
        )
    np.testing.assert_array_equal(Palette.load("other.css").sorted().colors, brand.sorted().colors)


def test_weights_go_from_json_to_json(folder):
    Palette.of(["ff0000", "00ff00"], [1, 3]).save(folder / "a.json")
    result = palette("a.json", "--sort", "weight", "-o", "b.json")
    assert [row[3:] for row in lines_of(result.stdout)] == [["3", "75.0 %"], ["1", "25.0 %"]]
    assert Palette.load("b.json") == Palette.of(["00ff00", "ff0000"], [3, 1])


def test_what_a_palette_file_cannot_give_is_one_sentence(folder):
    Palette.of(["ff0000", "00ff0080"]).save(folder / "a.hex")
    result = palette("a.hex", "--sort", "weight", "-o", "b.hex")
    refused(result, "the palette tells no weights", code=1)
    refused(palette("a.hex", "-o", "b.ase"), "a .ase file holds no alpha", code=1)
    (folder / "broken.gpl").write_bytes(b"no palette")
    refused(palette("broken.gpl"), "smalti: broken.gpl: ", code=1)
    refused(palette("none.gpl"), "smalti: none.gpl: no such file\n", code=1)
    refused(palette("a.hex", "a.hex", "-o", "a.hex"), "exists already", code=1)
    assert names(folder) == ["a.hex", "a.png", "b.png", "broken.gpl", "c.jpg"]


# What is no use


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing argument 'INPUT...'"),
        (["a.png", "-o", "map.txt"], "-o map.txt: a palette's file name must end in .gpl, .ase,"),
        (["a.png", "-o", "map"], "-o map: a palette's file name must end in .gpl"),
        (["a.png", "--format", "hex"], "--format hex: there is no output; name one with -o"),
        (["a.png", "--format", "gif", "-o", "x"], "'gif' is not one of 'gpl', 'ase', 'act'"),
        (["a.png", "--json", "-o", "-"], "--json and the palette cannot both go to stdout"),
        (["a.png", "-k", "0"], "'0' is not a whole number from 1 to 65,536"),
        (["a.png", "-k", "65537"], "'65537' is not a whole number from 1 to 65,536"),
        (["a.png", "-j", "0"], "'0' is not a whole number"),
        (["a.png", "--sort", "name"], "'name' is not one of 'lightness', 'hue', 'weight'"),
        (["a.png", "--keep-color", "red"], "'red' is not a colour"),
        (
            ["a.png", "-k", "1", "--keep-color", "ff0000", "--keep-color", "00ff00"],
            "-k 1: 2 colours cannot be kept with --keep-color",
        ),
        (["a.png", "--space", "lab"], "'lab' is not one of"),
    ],
)
def test_wrong_usage_is_one_sentence_and_writes_nothing(folder, arguments, sentence):
    refused(palette(*arguments), sentence)
    assert names(folder) == list(THREE)


def test_where_nothing_can_be_read_the_reason_is_told_alone(folder):
    (folder / "broken.png").write_bytes(b"no image")
    result = palette("broken.png", "-o", "map.gpl")
    refused(result, "smalti: broken.png: is not an image", code=1)
    assert result.stderr.count("smalti: ") == 1
    assert not (folder / "map.gpl").exists()
