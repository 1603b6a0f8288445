import io
import math

import numpy as np
import pytest
from PIL import Image

import smalti
from tests.cli.program import invoke, json_lines
from tests.pictures import encoded, noise

KEYS = [
    "reference",
    "distorted",
    "output",
    "width",
    "height",
    "reference_bytes",
    "distorted_bytes",
    "mse",
    "psnr",
    "ssimulacra2",
    "worst_local_error",
    "worst_x",
    "worst_y",
]


@pytest.fixture
def small(photo, photo_png):
    """The cat in 5 colours, as small.png beside photo.png."""
    path = photo_png.with_name("small.png")
    smalti.compress(photo, 5).save(path)
    return path


def drawn(source):
    with Image.open(source) as image:
        return np.asarray(image.convert("RGB"))


def test_the_table_has_bytes_errors_and_the_worst_place(photo, photo_png, small):
    result = invoke("compare", photo_png, small)
    assert (result.exit_code, result.stderr) == (0, "")
    report = smalti.compress(photo, 5).report()
    errors = smalti.metrics.local_errors(photo, drawn(small))
    y, x = np.unravel_index(errors.argmax(), errors.shape)
    for figure in (
        f"{photo_png.stat().st_size:,}",
        f"{small.stat().st_size:,}",
        f"{report.mse:.2f}",
        f"{report.psnr:.2f}",
        f"{report.ssimulacra2:.1f}",
        f"{report.worst_local_error:.2f}",
        f"{x}, {y}",
    ):
        assert figure in result.stdout
    assert sorted(path.name for path in small.parent.iterdir()) == ["photo.png", "small.png"]


def test_json_is_one_line_of_the_same_figures(photo, photo_png, small, tmp_path):
    out = tmp_path / "diff.png"
    (line,) = json_lines(invoke("compare", photo_png, small, "-o", out, "--json").stdout)
    assert list(line) == KEYS
    report = smalti.compress(photo, 5).report()
    assert line["output"] == str(out)
    assert (line["width"], line["height"]) == (151, 100)
    assert line["reference_bytes"] == photo_png.stat().st_size
    assert line["distorted_bytes"] == small.stat().st_size
    for name in ("mse", "psnr", "ssimulacra2", "worst_local_error"):
        assert line[name] == getattr(report, name)
    assert smalti.metrics.local_errors(photo, drawn(small))[line["worst_y"], line["worst_x"]] > 0


def test_equal_pictures_have_no_error(photo_png):
    (line,) = json_lines(invoke("compare", photo_png, photo_png, "--json").stdout)
    assert (line["mse"], line["psnr"], line["worst_local_error"]) == (0.0, None, 0.0)
    assert line["output"] is None
    assert "∞" in invoke("compare", photo_png, photo_png).stdout


def test_the_difference_map_is_written(photo, photo_png, small, tmp_path):
    out = tmp_path / "diff.png"
    result = invoke("compare", photo_png, small, "-o", out)
    assert result.exit_code == 0
    assert str(out) in result.stdout
    np.testing.assert_array_equal(drawn(out), smalti.metrics.difference_map(photo, drawn(small)))


def test_an_existing_map_is_left_alone_without_force(photo_png, small, tmp_path):
    out = tmp_path / "diff.png"
    out.write_bytes(b"precious")
    result = invoke("compare", photo_png, small, "-o", out)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{out}: exists already" in result.stderr
    assert out.read_bytes() == b"precious"
    assert invoke("compare", photo_png, small, "-o", out, "--force").exit_code == 0
    assert drawn(out).shape == (100, 151, 3)


def test_the_map_goes_into_a_folder_under_a_name_of_its_own(photo_png, small, tmp_path):
    (tmp_path / "out").mkdir()
    assert invoke("compare", photo_png, small, "-o", tmp_path / "out").exit_code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["small-difference.png"]


def test_pictures_come_through_stdin_and_the_map_goes_through_stdout(photo, photo_png, small):
    expected = smalti.metrics.difference_map(photo, drawn(small))
    result = invoke("compare", photo_png, "-", "-o", "-", stdin=small.read_bytes())
    np.testing.assert_array_equal(drawn(io.BytesIO(result.stdout_bytes)), expected)
    result = invoke("compare", "-", small, "-o", "-", stdin=photo_png.read_bytes())
    np.testing.assert_array_equal(drawn(io.BytesIO(result.stdout_bytes)), expected)


def test_quiet_prints_nothing(photo_png, small, tmp_path):
    result = invoke("compare", photo_png, small, "-o", tmp_path / "diff.png", "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert (tmp_path / "diff.png").exists()


@pytest.mark.parametrize("format_name", ["png", "webp", "npz"])
def test_every_format_that_is_written_can_be_compared(photo, photo_png, tmp_path, format_name):
    path = tmp_path / f"small.{format_name}"
    compressed = smalti.compress(photo, 5)
    compressed.save(path)
    (line,) = json_lines(invoke("compare", photo_png, path, "--json").stdout)
    assert line["worst_local_error"] == compressed.report().worst_local_error


def test_a_missing_alpha_channel_is_opaque(photo, tmp_path):
    (tmp_path / "photo.png").write_bytes(encoded(photo))
    opaque = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
    (tmp_path / "opaque.png").write_bytes(encoded(opaque))
    for names in (["photo.png", "opaque.png"], ["opaque.png", "photo.png"]):
        paths = [tmp_path / name for name in names]
        (line,) = json_lines(invoke("compare", *paths, "--json").stdout)
        assert (line["mse"], line["worst_local_error"]) == (0.0, 0.0)


def test_images_of_different_sizes_are_one_sentence(photo_png, tmp_path):
    (tmp_path / "other.png").write_bytes(encoded(noise(7, 8)))
    result = invoke("compare", photo_png, tmp_path / "other.png", "-o", tmp_path / "diff.png")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    for words in ("other.png: is 8 x 7", "photo.png is 151 x 100"):
        assert words in result.stderr
    assert not (tmp_path / "diff.png").exists()


def test_a_missing_or_damaged_file_is_one_sentence(photo_png, tmp_path):
    (tmp_path / "text.png").write_bytes(b"text")
    for name, words in (("missing.png", "no such file"), ("text.png", "is not an image")):
        for paths in ((photo_png, tmp_path / name), (tmp_path / name, photo_png)):
            result = invoke("compare", *paths)
            assert (result.exit_code, result.stdout) == (1, "")
            assert result.stderr.startswith(f"smalti: {tmp_path / name}: {words}")
            assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["-", "-"],
        ["photo.png"],
        ["photo.png", "photo.png", "-o", "diff.jpg"],
        ["photo.png", "photo.png", "-o", "-", "--json"],
    ],
)
def test_wrong_usage_ends_with_2(photo_png, monkeypatch, arguments):
    monkeypatch.chdir(photo_png.parent)
    result = invoke("compare", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert [path.name for path in photo_png.parent.iterdir()] == ["photo.png"]


def test_larger_images_than_allowed_are_refused(monkeypatch, photo_png):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    result = invoke("compare", photo_png, photo_png, "--max-pixels", 100)
    assert result.exit_code == 1
    assert "more than the 100 pixels allowed" in result.stderr


def test_figures_that_json_lacks_become_null(photo_png):
    (line,) = json_lines(invoke("compare", photo_png, photo_png, "--json").stdout)
    assert not any(isinstance(value, float) and math.isinf(value) for value in line.values())
