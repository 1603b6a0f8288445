import io

import numpy as np
import pytest
from PIL import Image

import smalti
from tests.cli.program import invoke, json_lines
from tests.pictures import encoded, noise


@pytest.fixture
def picture(photo, tmp_path):
    """The cat in 5 colours, as a.png, b.npz and c.webp in a folder of their own."""
    image = smalti.compress(photo, 5)
    image.save(tmp_path / "a.png")
    image.save(tmp_path / "b.npz")
    image.save(tmp_path / "c.webp")
    return image


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.parametrize("name", ["a.png", "b.npz", "c.webp"])
def test_reconstruction_is_written_beside_as_true_colour(picture, tmp_path, name):
    result = invoke("reconstruct", tmp_path / name)
    assert result.exit_code == 0
    out = tmp_path / f"{name[0]}-reconstructed.png"
    np.testing.assert_array_equal(pixels(out), picture.reconstruct())
    assert str(out) in result.stdout


@pytest.mark.parametrize("ending", [".png", ".bmp", ".tif", ".PNG"])
def test_reconstruction_takes_any_lossless_format(picture, tmp_path, ending):
    out = tmp_path / f"out{ending}"
    assert invoke("reconstruct", tmp_path / "b.npz", "-o", out, "--quiet").stdout == ""
    np.testing.assert_array_equal(pixels(out), picture.reconstruct())


@pytest.mark.usefixtures("picture")
def test_reconstruction_of_several_goes_into_a_folder(tmp_path):
    (tmp_path / "out").mkdir()
    result = invoke("reconstruct", tmp_path / "a.png", tmp_path / "b.npz", "-o", tmp_path / "out")
    assert result.exit_code == 0
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_reconstruction_goes_through_stdin_and_stdout(picture, tmp_path):
    result = invoke("reconstruct", "-", stdin=(tmp_path / "b.npz").read_bytes())
    assert result.exit_code == 0
    np.testing.assert_array_equal(pixels(io.BytesIO(result.stdout_bytes)), picture.reconstruct())


def test_reconstruction_does_not_overwrite_without_force(picture, tmp_path):
    out = tmp_path / "a-reconstructed.png"
    out.write_bytes(b"precious")
    assert invoke("reconstruct", tmp_path / "a.png").exit_code == 1
    assert out.read_bytes() == b"precious"
    assert invoke("reconstruct", tmp_path / "a.png", "--force").exit_code == 0
    np.testing.assert_array_equal(pixels(out), picture.reconstruct())


@pytest.mark.usefixtures("picture")
def test_what_is_no_compressed_picture_cannot_be_reconstructed(photo_png, tmp_path):
    result = invoke("reconstruct", photo_png, tmp_path / "a.png", tmp_path / "missing.npz")
    assert result.exit_code == 1
    assert "photo.png: has no palette" in result.stderr
    assert "missing.npz: no such file" in result.stderr
    assert (tmp_path / "a-reconstructed.png").exists()


@pytest.mark.usefixtures("picture")
def test_unknown_endings_are_named(tmp_path):
    result = invoke("reconstruct", tmp_path / "a.png", "-o", tmp_path / "out.xyz")
    assert result.exit_code == 1
    assert "'.xyz'" in result.stderr


def _writable_endings():
    Image.init()
    return sorted(ending for ending, name in Image.EXTENSION.items() if name in Image.SAVE)


@pytest.mark.parametrize("channels", [3, 4])
def test_every_ending_is_written_or_refused(tmp_path, channels):
    smalti.compress(noise(8, 8, channels), 4).save(tmp_path / "a.npz")
    endings = _writable_endings()
    for ending in endings:
        out = tmp_path / f"out{ending}"
        result = invoke("reconstruct", tmp_path / "a.npz", "-o", out)
        assert result.exit_code == (0 if out.exists() else 1), ending
        if not out.exists():
            assert result.stderr.startswith(f"smalti: {out}: cannot be written"), ending
    written = {path.suffix for path in tmp_path.glob("out.*")}
    assert written <= set(endings)
    assert {".png", ".tif", ".tga", ".webp", ".gif"} <= written
    assert (".jpg" in written, ".bmp" in written) == (channels == 3, True)


def test_sweep_prints_the_tutorials_figures_and_draws(tutorial_image, tmp_path):
    path = tmp_path / "image.png"
    path.write_bytes(encoded(tutorial_image))
    result = invoke("sweep", path, "--effort", 1)
    assert result.exit_code == 0
    expected = {"1,650,744", "68,781", "48", "68,829", "137,634", "206,487", "275,508"}
    assert expected <= set(result.stdout.split())
    assert " 4.2 % " in result.stdout
    assert pixels(tmp_path / "image-sweep.png").shape[2] in (3, 4)
    assert str(tmp_path / "image-sweep.png") in result.stdout


def test_sweep_of_an_image_of_100_by_100_shows_a_sixth(tmp_path):
    path = tmp_path / "image.png"
    path.write_bytes(encoded(noise(100, 100)))
    result = invoke("sweep", path, "-k", "16", "-o", tmp_path / "figure.png")
    for figure in ("240,000", "40,000", "384", "40,384", "16.8 %"):
        assert f" {figure} " in result.stdout
    assert (tmp_path / "figure.png").exists()


def test_sweep_as_json_has_a_line_for_each_k(photo, photo_png):
    result = invoke("sweep", photo_png, "-k", "2,7", "--json")
    lines = json_lines(result.stdout)
    assert [line["k"] for line in lines] == [2, 7]
    assert [line["colors"] for line in lines] == [2, 7]
    for line in lines:
        # Plain K-Means: the dots of a dither would hide what a number of colours does.
        report = smalti.compress(photo, line["k"], rate_weight=0, dither=0).report()
        for name, value in report.to_dict().items():
            assert line[name] == value


def test_quiet_sweep_only_draws(photo_png):
    result = invoke("sweep", photo_png, "-k", "2", "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert photo_png.with_name("photo-sweep.png").exists()


def test_sweep_does_not_overwrite_without_force(photo_png):
    out = photo_png.with_name("photo-sweep.png")
    out.write_bytes(b"precious")
    assert invoke("sweep", photo_png, "-k", "2").exit_code == 1
    assert out.read_bytes() == b"precious"
    assert invoke("sweep", photo_png, "-k", "2", "-f").exit_code == 0
    assert out.read_bytes() != b"precious"


@pytest.mark.parametrize("k", ["", "a", "2,,x", "0", "2,-3", "2.5"])
def test_sweep_refuses_lists_of_other_things(photo_png, k):
    result = invoke("sweep", photo_png, "-k", k)
    assert result.exit_code == 2
    assert not photo_png.with_name("photo-sweep.png").exists()


def test_sweep_of_a_missing_file_is_one_sentence(tmp_path):
    result = invoke("sweep", tmp_path / "missing.png")
    assert result.exit_code == 1
    assert result.stderr == f"smalti: {tmp_path / 'missing.png'}: no such file\n"


@pytest.mark.parametrize("name", ["a.png", "b.npz", "c.webp"])
def test_inspect_shows_bits_and_palette(picture, tmp_path, name):
    result = invoke("inspect", tmp_path / name)
    assert result.exit_code == 0
    report = picture.report()
    for figure in (report.index_bits, report.palette_bits, report.compressed_bits):
        assert f" {figure:,} " in result.stdout
    for color in picture.palette:
        assert "#" + color.tobytes().hex() in result.stdout


def test_inspect_shows_what_a_photo_holds(photo, photo_png):
    result = invoke("inspect", photo_png)
    assert result.exit_code == 0
    colors = len(np.unique(photo.reshape(-1, 3), axis=0))
    for figure in (colors, 24 * 151 * 100, photo_png.stat().st_size):
        assert f" {figure:,} " in result.stdout


def test_inspect_as_json(picture, photo, photo_png, tmp_path):
    names = [photo_png, tmp_path / "a.png", tmp_path / "b.npz", tmp_path / "c.webp"]
    result = invoke("inspect", *names, "--json")
    assert result.exit_code == 0
    lines = json_lines(result.stdout)
    assert [line["input"] for line in lines] == [str(name) for name in names]
    assert [line["format"] for line in lines] == ["PNG", "PNG", "npz", "WEBP"]
    for line in lines:
        assert (line["width"], line["height"]) == (151, 100)
        assert line["original_bits"] == 24 * 151 * 100
    assert [line["colors"] for line in lines] == [
        len(np.unique(photo.reshape(-1, 3), axis=0)),
        5,
        5,
        5,
    ]
    for line in lines[1:]:
        assert line["compressed_bits"] == picture.report().compressed_bits
        assert line["entropy_bits"] == pytest.approx(picture.report().entropy_bits)


def test_the_palette_and_its_shares_are_in_json(tmp_path):
    pixels = np.zeros((2, 4, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[0, 0] = 255, 128, 0, 128
    smalti.compress(pixels).save(tmp_path / "x.npz")
    (line,) = json_lines(invoke("inspect", tmp_path / "x.npz", "--json").stdout)
    assert dict(zip(line["palette"], line["shares"], strict=True)) == {
        "#ff800080": 0.125,
        "#000000ff": 0.875,
    }


def test_an_image_without_a_palette_has_none_in_json(photo_png):
    (line,) = json_lines(invoke("inspect", photo_png, "--json").stdout)
    assert not {"palette", "shares"} & set(line)


def test_inspect_reads_stdin(photo):
    result = invoke("inspect", "-", "--json", stdin=encoded(photo))
    assert result.exit_code == 0
    assert json_lines(result.stdout)[0]["width"] == 151


def test_inspect_counts_the_colours_that_are_not_listed(tmp_path):
    smalti.compress(noise(20, 20), 40).save(tmp_path / "many.png")
    assert "24 more" in invoke("inspect", tmp_path / "many.png").stdout


def test_inspect_shows_alpha(tmp_path):
    smalti.compress(noise(9, 9, 4), 3).save(tmp_path / "alpha.npz")
    result = invoke("inspect", tmp_path / "alpha.npz")
    assert result.exit_code == 0
    for color in smalti.load(tmp_path / "alpha.npz").palette:
        assert "#" + color.tobytes().hex() in result.stdout


@pytest.mark.parametrize("name", ["cut.png", "cut-palette.png", "cut.npz", "empty.png", "no.png"])
def test_inspect_names_the_file_that_is_bad(photo, tmp_path, name):
    whole = {
        "cut.png": encoded(photo),
        "cut-palette.png": smalti.compress(photo, 200).to_bytes("png"),
        "cut.npz": smalti.compress(photo, 200).to_bytes("npz"),
    }.get(name, b"")
    if name != "no.png":
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    smalti.compress(photo, 2).save(tmp_path / "good.png")
    result = invoke("inspect", tmp_path / name, tmp_path / "good.png", "--json")
    assert result.exit_code == 1
    assert str(tmp_path / name) in result.stderr
    assert result.stderr.count("\n") == 1
    first, second = json_lines(result.stdout)
    assert set(first) == {"input", "error"}
    assert first["input"] == str(tmp_path / name)
    assert second["width"] == 151


def test_demo_writes_every_k_and_one_figure(photo, photo_png, tmp_path):
    result = invoke("demo", photo_png, "-o", tmp_path / "deep" / "results")
    assert result.exit_code == 0
    folder = tmp_path / "deep" / "results"
    pictures = {path.name: pixels(path) for path in folder.iterdir()}
    expected = {f"photo-k{k}.png" for k in (2, 3, 6, 16, 256)}
    assert set(pictures) == expected | {"comparison.png"}
    for k in (2, 3, 6, 16, 256):
        assert len(smalti.load(folder / f"photo-k{k}.png").palette) == k
        report = smalti.compress(photo, k, rate_weight=0, dither=0).report()
        for figure in (f"{report.compressed_bits:,}", f"{report.mse:.2f}"):
            assert f" {figure} " in result.stdout
    assert invoke("demo", photo_png, "-o", folder).exit_code == 0


def test_demo_of_a_bad_input_is_one_sentence(tmp_path):
    result = invoke("demo", tmp_path / "missing.png", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr == f"smalti: {tmp_path / 'missing.png'}: no such file\n"


def test_demo_cannot_write_into_a_file(photo_png):
    result = invoke("demo", photo_png, "-o", photo_png)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"smalti: {photo_png}: cannot be made")
