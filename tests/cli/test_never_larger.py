"""What would grow is not made larger."""

import numpy as np
import pytest
from PIL import Image

import smalti
from tests.cli.program import JSON_KEYS, invoke, json_lines
from tests.pictures import encoded, noise, with_png_chunk


@pytest.fixture
def small_png(tmp_path):
    """A picture that is as small as it gets: smalti has made it."""
    path = tmp_path / "photo.png"
    path.write_bytes(smalti.compress(noise(20, 20), 9).to_bytes("png", effort=9))
    return path


@pytest.fixture
def small_webp(tmp_path):
    """A lossy picture, which a lossless one cannot be as small as."""
    path = tmp_path / "photo.webp"
    path.write_bytes(encoded(noise(40, 40), "WEBP", quality=1))
    return path


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


def test_beside_the_input_nothing_is_written(small_png):
    for options in ([], ["--ext", "-x.png"]):
        result = invoke("compress", small_png, *options)
        assert result.exit_code == 0
        assert result.stderr == (
            f"smalti: {small_png}: already as small as it gets, nothing is written\n"
        )
        assert listed(small_png.parent) == ["photo.png"]


def test_quiet_does_not_tell(small_png):
    result = invoke("compress", small_png, "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("target", ["other.png", "folder", "-"])
def test_the_bytes_of_the_input_are_written_where_output_is_asked_for(small_png, target):
    before = small_png.read_bytes()
    folder = small_png.parent / "folder"
    folder.mkdir()
    out = target if target == "-" else small_png.with_name(target)
    result = invoke("compress", small_png, "-o", out)
    assert result.exit_code == 0
    assert "already as small as it gets, written as it is" in result.stderr
    written = {
        "other.png": small_png.with_name("other.png"),
        "folder": folder / "photo-smalti.png",
    }
    data = result.stdout_bytes if target == "-" else written[target].read_bytes()
    assert data == before


def test_metadata_are_removed_from_what_is_kept(small_png):
    plain = small_png.read_bytes()
    small_png.write_bytes(with_png_chunk(plain, b"tEXt", b"Comment\0" + bytes(200)))
    assert invoke("compress", small_png, "-o", small_png.with_name("o.png")).exit_code == 0
    assert small_png.with_name("o.png").read_bytes() == plain


def test_metadata_alone_are_worth_a_file_beside(small_png):
    plain = small_png.read_bytes()
    small_png.write_bytes(with_png_chunk(plain, b"tEXt", b"Comment\0" + bytes(200)))
    assert invoke("compress", small_png).exit_code == 0
    assert small_png.with_name("photo-smalti.png").read_bytes() == plain


def test_webp_is_kept_too(small_webp):
    result = invoke("compress", small_webp, "-o", small_webp.with_name("o.webp"))
    assert result.exit_code == 0
    assert small_webp.with_name("o.webp").read_bytes() == small_webp.read_bytes()
    assert invoke("compress", small_webp, "--format", "webp").exit_code == 0
    assert listed(small_webp.parent) == ["o.webp", "photo.webp"]


def test_the_format_is_that_of_the_contents(small_webp):
    misnamed = small_webp.rename(small_webp.with_suffix(".png"))
    result = invoke("compress", misnamed)
    assert "is larger than" in result.stderr
    assert smalti.load(misnamed.with_name("photo-smalti.png")).shape == (40, 40)


@pytest.mark.parametrize("options", [[], ["-o", "-", "--quiet"]])
def test_skip_if_larger_still_ends_with_98(small_webp, options):
    result = invoke("compress", small_webp, "--format", "webp", "--skip-if-larger", *options)
    assert result.exit_code == 98
    assert result.stdout_bytes == b""
    assert listed(small_webp.parent) == ["photo.webp"]


def test_an_animation_is_not_copied(tmp_path):
    frames = [Image.fromarray(noise(9, 9, seed=seed) // 200 * 200) for seed in (1, 2)]
    data = encoded(frames[0], save_all=True, append_images=frames[1:])
    (tmp_path / "film.png").write_bytes(data)
    assert invoke("compress", tmp_path / "film.png", "-o", tmp_path / "o.png").exit_code == 0
    with Image.open(tmp_path / "o.png") as still:
        assert getattr(still, "n_frames", 1) == 1


@pytest.mark.parametrize("output", [None, "o.png"])
def test_a_kept_file_has_a_line_of_the_same_keys(small_png, monkeypatch, output):
    monkeypatch.chdir(small_png.parent)
    before = small_png.stat().st_size
    result = invoke("compress", small_png, "--json", *(["-o", output] if output else []))
    (line,) = json_lines(result.stdout)
    assert set(line) == set(JSON_KEYS)
    assert line["output"] == output
    assert line["input_bytes"] == line["output_bytes"] == before
    assert (line["width"], line["height"], line["colors"]) == (20, 20, 9)
    assert (line["index_bits"], line["palette_bits"]) == (400 * 4, 9 * 24)
    assert (line["mse"], line["ssimulacra2"], line["worst_local_error"]) == (0, 100, 0)
    assert line["psnr"] is None


def test_what_is_kept_shows_the_original_whatever_was_asked_for(small_webp):
    out = small_webp.with_name("o.webp")
    assert invoke("compress", small_webp, "-k", 200, "-o", out).exit_code == 0
    with Image.open(out) as kept, Image.open(small_webp) as original:
        np.testing.assert_array_equal(np.asarray(kept), np.asarray(original))


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (
            [],
            "; for a file that is no larger use --max-size {input_bytes}, or keep the other with "
            "--skip-if-larger",
        ),
        (["-q", "99"], "; a lower quality than -q 99 makes it smaller"),
        (["--max-size", "5MB"], "; a smaller --max-size makes it smaller"),
        (["--format", "npz"], "; fewer colours than 256 (-k) make it smaller"),
    ],
)
def test_what_grew_from_another_format_is_told_with_advice(tmp_path, options, advice):
    (tmp_path / "a.jpg").write_bytes(encoded(noise(60, 60), "JPEG", quality=1))
    result = invoke("compress", tmp_path / "a.jpg", *options)
    assert result.exit_code == 0
    assert "is larger than" in result.stderr
    told = advice.format(input_bytes=(tmp_path / "a.jpg").stat().st_size)
    assert result.stderr.endswith(f"{told}\n")
