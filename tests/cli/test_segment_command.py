import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.segmentation.histology.sample_slide import sample_slide
from tests.cli.program import invoke, json_lines, run
from tests.pictures import encoded, noise

FILES = ["classes.npz", "figure.png", "labels.png", "overlay.png", "regions.csv"]


@pytest.fixture(scope="module")
def slide():
    return sample_slide(96, 128)


@pytest.fixture
def slide_png(slide, tmp_path):
    path = tmp_path / "slide.png"
    path.write_bytes(encoded(slide.image))
    return path


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_a_folder_gets_labels_overlay_masks_regions_classes_and_figure(slide, slide_png, tmp_path):
    out = tmp_path / "new" / "out"
    result = invoke("segment", slide_png, "-k", 3, "--spatial", 0.4, "-o", out)
    assert result.exit_code == 0, result.stderr
    masks = [f"mask-{i}.png" for i in range(3)]
    assert sorted(path.name for path in out.iterdir()) == sorted([*FILES, *masks])
    found = smalti.segment(slide.image, 3, spatial_weight=0.4)
    assert (pixels(out / "labels.png") == found.labels).all()
    for i in range(3):
        assert (pixels(out / f"mask-{i}.png") == found.mask(i)).all()
    assert (pixels(out / "overlay.png") == found.overlay()).all()
    rows = list(csv.DictReader((out / "regions.csv").read_text().splitlines()))
    assert len(rows) == len(found.regions())
    assert sum(int(row["area"]) for row in rows) == found.labels.size
    assert "class 0" in result.stdout
    assert "regions, coherence" in result.stdout


def test_the_preset_names_nuclei_stroma_and_background(slide_png, tmp_path):
    result = invoke("segment", slide_png, "--preset", "he", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.stderr
    (line,) = json_lines(result.stdout)
    assert [c["name"] for c in line["classes"]] == ["nuclei", "stroma", "background"]
    assert line["width"] == 128
    assert line["height"] == 96
    assert sum(c["pixels"] for c in line["classes"]) == 96 * 128
    assert abs(sum(c["share_of_tissue"] for c in line["classes"]) - 1) < 1e-9
    assert {"input", "output", "coherence", "regions", "seconds"} <= set(line)
    assert (tmp_path / "out" / "mask-0-nuclei.png").exists()


def test_several_inputs_get_a_folder_each_and_can_share_classes(slide, slide_png, tmp_path):
    other = tmp_path / "other.png"
    other.write_bytes(encoded(slide.image[:, :60]))
    out = tmp_path / "out"
    result = invoke("segment", slide_png, other, "-k", 3, "-o", out, "--same-classes", "--json")
    assert result.exit_code == 0, result.stderr
    first, second = json_lines(result.stdout)
    assert [c["color"] for c in first["classes"]] == [c["color"] for c in second["classes"]]
    labels = pixels(out / "slide" / "labels.png")
    assert (pixels(out / "other" / "labels.png") == labels[:, :60]).all()
    again = tmp_path / "again"
    classes = out / "slide" / "classes.npz"
    assert invoke("segment", other, "--classes", classes, "-o", again).exit_code == 0
    assert (pixels(again / "labels.png") == labels[:, :60]).all()


@pytest.mark.parametrize("preset", ["he", "hdab"])
def test_a_part_of_a_slide_has_the_labels_of_the_whole(slide, slide_png, tmp_path, preset):
    # Its own white level and threshold differ from those of the whole, and so would its labels.
    part = tmp_path / "part.png"
    part.write_bytes(encoded(slide.image[:50, 60:]))
    out, again = tmp_path / "out", tmp_path / "again"
    arguments = ["--preset", preset, "-o", out, "--same-classes"]
    assert invoke("segment", slide_png, part, *arguments).exit_code == 0
    classes = out / "slide" / "classes.npz"
    assert invoke("segment", part, "--classes", classes, "-o", again).exit_code == 0
    labels = pixels(out / "slide" / "labels.png")[:50, 60:]
    reach = smalti.PixelClassifier.load(classes).reach
    for folder in (out / "part", again):
        found = pixels(folder / "labels.png")
        assert (found[:-reach, reach:] == labels[:-reach, reach:]).all()


def test_outlines_and_ome_tiff_are_written_when_asked_for(slide_png, tmp_path):
    out = tmp_path / "out"
    options = ["--geojson", "--ome-tiff", "--pixel-size", "0.5", "--names", "nuclei, rest"]
    assert invoke("segment", slide_png, "-k", 2, "-o", out, *options).exit_code == 0
    features = json.loads((out / "regions.geojson").read_text())["features"]
    assert {f["properties"]["classification"]["name"] for f in features} == {"nuclei", "rest"}
    labels = pixels(out / "labels.png")
    assert (pixels(out / "labels.ome.tif") == labels + 1).all()
    (first, *_) = csv.DictReader((out / "regions.csv").read_text().splitlines())
    assert float(first["area_um2"]) == int(first["area"]) / 4


def test_colours_begin_and_stay(slide_png, tmp_path):
    options = ["--color", "ffffff", "--keep-color", "00ff00"]
    result = invoke("segment", slide_png, "-k", 3, "-o", tmp_path / "out", "--json", *options)
    (line,) = json_lines(result.stdout)
    assert "#00ff00" in [c["color"] for c in line["classes"]]


def test_a_mask_leaves_the_black_out(slide_png, tmp_path):
    mask = np.zeros((96, 128), dtype=np.uint8)
    mask[:50] = 255
    (tmp_path / "mask.png").write_bytes(encoded(mask))
    out = tmp_path / "out"
    arguments = ["-k", 2, "-o", out, "--mask", tmp_path / "mask.png"]
    assert invoke("segment", slide_png, *arguments).exit_code == 0
    assert ((pixels(out / "labels.png") == 255) == (mask == 0)).all()


def test_stdin_is_read(slide, tmp_path):
    result = invoke("segment", "-", "-k", 2, "-o", tmp_path / "out", stdin=encoded(slide.image))
    assert result.exit_code == 0
    assert (tmp_path / "out" / "labels.png").exists()


def test_nothing_is_overwritten_without_force(slide_png, tmp_path):
    out = tmp_path / "out"
    assert invoke("segment", slide_png, "-k", 3, "-o", out).exit_code == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    result = invoke("segment", slide_png, "-k", 2, "-o", out)
    assert result.exit_code == 1
    assert "exists already" in result.stderr
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert invoke("segment", slide_png, "-k", 2, "-o", out, "--force").exit_code == 0
    # The third mask of the earlier run would be taken for one of this.
    assert sorted(path.name for path in out.glob("mask*")) == ["mask-0.png", "mask-1.png"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "-k N, --preset or --classes must say which classes there are"),
        (["-k", 0], "'0' is not a whole number from 1 to 255"),
        (["-k", 2, "--spatial", "-1"], "'-1' is not a finite number of at least 0"),
        (["-k", 2, "--classes", "x.npz"], "-k is decided by --classes"),
        (["-k", 2, "--estimate-stains"], "--estimate-stains needs --space he or hdab"),
        (["-k", 2, "--keep-color", "red"], "'red' is not a colour"),
        (["-k", 1, "--keep-color", "ff0000", "--color", "0000ff"], "there cannot be 2 colours"),
        (["-k", 2, "--spatial", "nan"], "'nan' is not a finite number"),
        (["-k", 2, "--texture", "inf"], "'inf' is not a finite number"),
        (["-k", 2, "--chroma-weight", "nan"], "'nan' is not a finite number"),
        (["-k", 2, "--pixel-size", "nan"], "'nan' is not a finite number"),
        (["-k", 2, "--pixel-size", "1e-9"], "'1e-9' is not a finite number from"),
        (["-k", 2, "--seed", 2**64], "is not a whole number from 0 to"),
        (["-k", 2, "--names", "\udcff,b"], r"'\udcff,b' holds characters that are not text"),
        (["-k", 2, "--names", "a\x01,b"], r"'a\x01,b' holds characters that are not text"),
        (["-k", 2, "--spatial-method", "position"], "position needs --spatial"),
        (["--classes", "x.npz", "--texture", 1], "--texture is decided by --classes"),
        (["--classes", "x.npz", "--seed", 0], "--seed is decided by --classes"),
        (["--classes", "x.npz", "--estimate-stains"], "--estimate-stains is decided by --classes"),
        (["--classes", "x.npz", "--chroma-weight", 0], "--chroma-weight is decided by --classes"),
        (["--classes", "x.npz", "--same-classes"], "--same-classes is decided by --classes"),
        (["--classes", "x.npz", "--spatial-method", "potts"], "method is decided by --classes"),
        (["-k", 2, "--texture", 1, "--same-classes", "more.png"], "cannot be found again"),
        (["-k", 2, "--mask", "-", "-"], "- is stdin, which can be read only once"),
        (["--classes", "-", "--mask", "-"], "- is stdin, which can be read only once"),
    ],
)
def test_wrong_usage_is_told(slide_png, tmp_path, arguments, said):
    result = invoke("segment", slide_png, "-o", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--classes", "missing.npz"], "missing.npz: no such file"),
        (["-k", 2, "--mask", "missing.png"], "missing.png: no such file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(slide_png, tmp_path, arguments, said):
    result = invoke("segment", slide_png, "-o", tmp_path / "out", *arguments)
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-k", 2, "--names", "a,b,c"], "--names must be 2 different texts"),
        (["--preset", "he", "-k", 4], "-k is decided by preset 'he', got 4"),
        (["--preset", "he", "--texture", 1], "--texture is decided by preset 'he'"),
        (["-k", 2, "--space", "srgb", "--chroma-weight", 2], "--chroma-weight is for the space"),
        (["-k", 2, "--space", "bands", "--texture", 1], "--texture is that of colours"),
        (["-k", 2, "--space", "bands", "--color", "ff0000"], "--color cannot be given"),
    ],
)
def test_options_that_contradict_each_other_are_wrong_usage(slide_png, tmp_path, arguments, said):
    result = invoke("segment", slide_png, "-o", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_a_bad_input_does_not_stop_the_others(slide_png, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    result = invoke("segment", bad, slide_png, "-k", 2, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "bad.png" in result.stderr
    assert (tmp_path / "out" / "slide" / "labels.png").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-k", 2, "--mask", "missing.png"], "missing.png: no such file"),
        (["--classes", "missing.npz"], "missing.npz: no such file"),
    ],
)
def test_wrong_arguments_are_told_once(slide_png, tmp_path, arguments, said):
    out = tmp_path / "out"
    result = invoke("segment", slide_png, tmp_path / "other.png", "-o", out, *arguments)
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not out.exists()


def test_classes_with_texture_are_refused_once(slide_png, tmp_path):
    first = tmp_path / "first"
    assert invoke("segment", slide_png, "-k", 2, "--texture", 1, "-o", first).exit_code == 0
    classes = ["--classes", first / "classes.npz"]
    result = invoke("segment", slide_png, slide_png, *classes, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "classes that depend on texture cannot be found again" in result.stderr
    assert result.stderr.count("\n") == 1


def test_errors_tell_which_of_several_inputs_they_are_of(slide_png, tmp_path):
    mask = tmp_path / "mask.png"
    mask.write_bytes(encoded(np.full((1, 1), 255, dtype=np.uint8)))
    other = tmp_path / "other.png"
    other.write_bytes(slide_png.read_bytes())
    arguments = ["-k", 2, "--mask", mask, "-o", tmp_path / "out"]
    lines = invoke("segment", slide_png, other, *arguments).stderr.splitlines()
    said = "mask must have the shape of the image, (96, 128), got (1, 1)"
    assert lines == [f"smalti: {path}: {said}" for path in (slide_png, other)]
    (line,) = invoke("segment", slide_png, *arguments).stderr.splitlines()
    assert line == f"smalti: {said}"


def test_a_mask_and_classes_from_stdin_serve_all_inputs(slide_png, tmp_path):
    other = tmp_path / "other.png"
    other.write_bytes(slide_png.read_bytes())
    mask = np.zeros((96, 128), dtype=np.uint8)
    mask[:50] = 255
    out = tmp_path / "out"
    arguments = ["-k", 2, "--mask", "-", "-o", out]
    assert invoke("segment", slide_png, other, *arguments, stdin=encoded(mask)).exit_code == 0
    for name in ("slide", "other"):
        assert ((pixels(out / name / "labels.png") == 255) == (mask == 0)).all()
    classes = (out / "slide" / "classes.npz").read_bytes()
    arguments = ["--classes", "-", "-o", tmp_path / "again"]
    assert invoke("segment", slide_png, other, *arguments, stdin=classes).exit_code == 0


def test_classes_are_learnt_from_the_first_input_or_not_at_all(slide_png, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    out = tmp_path / "out"
    result = invoke("segment", bad, slide_png, "-k", 2, "-o", out, "--same-classes")
    assert result.exit_code == 1
    assert f"{bad}: gave no classes, so the other inputs are left out" in result.stderr
    assert not out.exists()
    (tmp_path / "good.png").write_bytes(slide_png.read_bytes())
    inputs = [slide_png, bad, tmp_path / "good.png"]
    result = invoke("segment", *inputs, "-k", 2, "-o", out, "--same-classes")
    assert result.exit_code == 1
    assert "left out" not in result.stderr
    assert sorted(path.name for path in out.iterdir()) == ["good", "slide", "summary.csv"]


def test_position_weighs_rows_and_columns(slide, slide_png, tmp_path):
    other = tmp_path / "other.png"
    other.write_bytes(slide_png.read_bytes())
    arguments = ["-k", 3, "--spatial", 0.5, "--spatial-method", "position", "--same-classes"]
    out = tmp_path / "out"
    assert invoke("segment", slide_png, other, *arguments, "-o", out).exit_code == 0
    found = smalti.segment(slide.image, 3, spatial_weight=0.5, spatial_method="position")
    for name in ("slide", "other"):
        assert (pixels(out / name / "labels.png") == found.labels).all()


def test_inputs_of_one_name_do_not_share_a_folder(slide_png, tmp_path):
    (tmp_path / "more").mkdir()
    other = tmp_path / "more" / "slide.png"
    other.write_bytes(slide_png.read_bytes())
    result = invoke("segment", slide_png, other, "-k", 2, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "as another input is" in result.stderr


def test_a_file_in_the_place_of_the_folder_is_refused(slide_png):
    result = invoke("segment", slide_png, "-k", 2, "-o", slide_png)
    assert result.exit_code == 1
    assert "cannot be made a folder" in result.stderr
    assert Image.open(io.BytesIO(slide_png.read_bytes())).size == (128, 96)


def test_the_program_itself_segments(slide_png, tmp_path):
    finished = run("segment", slide_png, "-k", "2", "-o", tmp_path / "out", "--quiet")
    assert finished.returncode == 0
    assert finished.stdout == b""


def test_areas_are_those_of_the_file_or_of_the_option(tmp_path):
    path = tmp_path / "slide.tif"
    buffer = io.BytesIO()
    Image.fromarray(noise(6, 9)).save(buffer, "TIFF", tiffinfo={270: "Aperio|MPP = 0.5|"})
    path.write_bytes(buffer.getvalue())
    for i, (options, size) in enumerate((((), 0.5), (("--pixel-size", "2"), 2.0))):
        done = invoke("segment", path, "-k", "1", "--json", "-o", tmp_path / str(i), *options)
        assert done.exit_code == 0
        row = json.loads(done.stdout)
        assert row["classes"][0]["area_um2"] == 54 * size**2


def test_classes_that_a_slide_lacks_are_told(tmp_path):
    path = tmp_path / "eosin.png"
    path.write_bytes(encoded(np.full((20, 20, 3), (220, 150, 190), dtype=np.uint8)))
    done = invoke("segment", path, "--preset", "he", "-o", tmp_path / "out")
    assert done.exit_code == 0
    assert f"smalti: warning: {path}: preset 'he' found no nuclei: no part" in done.stderr
