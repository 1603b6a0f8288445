import json
import re

import fsspec
import numpy as np
import pytest
from PIL import Image

import smalti
from tests.cli.program import JSON_KEYS, invoke, json_lines
from tests.pictures import encoded, noise


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_result_is_written_beside_the_input(photo, photo_png):
    result = invoke("compress", photo_png, "-k", 5)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert names(photo_png.parent) == ["photo-smalti.png", "photo.png"]
    written = photo_png.with_name("photo-smalti.png").read_bytes()
    assert written == smalti.compress(photo, 5).to_bytes("png")
    assert f"{len(written):,}" in result.stdout
    assert "photo-smalti.png" in result.stdout


def test_256_colours_are_the_default(photo, photo_png):
    invoke("compress", photo_png)
    written = photo_png.with_name("photo-smalti.png").read_bytes()
    assert written == smalti.compress(photo).to_bytes("png")


def test_options_reach_the_compressor(photo, photo_png, tmp_path):
    out = tmp_path / "out.png"
    options = ["--space", "srgb", "--effort", 2]
    assert invoke("compress", photo_png, "-o", out, "-k", 7, *options).exit_code == 0
    assert out.read_bytes() == smalti.compress(photo, 7, space="srgb", effort=2).to_bytes("png")


def test_an_output_file_may_be_named(photo_png, tmp_path):
    assert invoke("compress", photo_png, "--out", tmp_path / "other.png", "-k", 2).exit_code == 0
    assert names(tmp_path) == ["other.png", "photo.png"]


@pytest.fixture
def three(photo, tmp_path):
    """Three small pictures in different formats."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    paths = [folder / "one.png", folder / "two.jpg", folder / "three.bmp"]
    for path in paths:
        Image.fromarray(photo[:30, :40]).save(path)
    return paths


def test_several_inputs_go_into_a_folder(three, tmp_path):
    (tmp_path / "out").mkdir()
    assert invoke("compress", *three, "-o", tmp_path / "out", "-k", 3).exit_code == 0
    assert names(tmp_path / "out") == ["one-smalti.png", "three-smalti.png", "two-smalti.png"]


def test_what_comes_from_stdin_has_a_name_in_a_folder(photo, tmp_path):
    assert invoke("compress", "-", "-o", tmp_path, "-k", 2, stdin=encoded(photo)).exit_code == 0
    assert names(tmp_path) == ["stdin-smalti.png"]


def test_what_comes_from_an_address_is_written_here(photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    memory = fsspec.filesystem("memory")
    memory.pipe("/smalti/deep/photo%20one.png", encoded(photo))
    try:
        result = invoke("compress", "memory://smalti/deep/photo%20one.png", "-k", 2)
    finally:
        memory.rm("/smalti", recursive=True)
    assert result.exit_code == 0
    assert names(tmp_path) == ["photo one-smalti.png"]


def test_several_inputs_without_a_folder_go_beside_each(three):
    assert invoke("compress", *three, "-k", 3).exit_code == 0
    assert len(names(three[0].parent)) == 6


@pytest.mark.parametrize("out", ["file.png", "file.npz", "-"])
def test_several_inputs_need_a_folder(three, tmp_path, out):
    target = out if out == "-" else f"{tmp_path}/{out}"
    result = invoke("compress", *three, "-o", target)
    assert result.exit_code == 2
    assert (
        f"-o {target}: must be a folder when there are 3 inputs, such as -o out/" in result.stderr
    )
    assert names(tmp_path) == ["pictures"]


def test_one_bad_input_does_not_stop_the_others(three):
    three[1].write_bytes(b"not a picture")
    result = invoke("compress", *three, "-k", 3)
    assert result.exit_code == 1
    assert names(three[0].parent) == [
        "one-smalti.png",
        "one.png",
        "three-smalti.png",
        "three.bmp",
        "two.jpg",
    ]
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(f"smalti: {three[1]}: is not an image")


def test_an_existing_file_is_left_alone_without_force(photo_png):
    out = photo_png.with_name("photo-smalti.png")
    out.write_bytes(b"precious")
    result = invoke("compress", photo_png)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"{out}: exists already" in result.stderr
    assert "--force" in result.stderr
    assert out.read_bytes() == b"precious"
    for option in ("-f", "--force"):
        out.write_bytes(b"precious")
        assert invoke("compress", photo_png, option, "-k", 4).exit_code == 0
        assert len(smalti.load(out).palette) == 4


def test_an_input_may_be_replaced_by_force(photo, photo_png):
    assert invoke("compress", photo_png, "-o", photo_png, "-k", 4).exit_code == 1
    np.testing.assert_array_equal(np.asarray(Image.open(photo_png)), photo)
    assert invoke("compress", photo_png, "-o", photo_png, "-k", 4, "-f").exit_code == 0
    np.testing.assert_array_equal(
        smalti.load(photo_png).reconstruct(), smalti.compress(photo, 4).reconstruct()
    )


def test_a_picture_from_stdin_goes_to_stdout(photo):
    result = invoke("compress", "-", "-k", 5, stdin=encoded(photo))
    assert result.exit_code == 0
    assert result.stdout_bytes == smalti.compress(photo, 5).to_bytes("png")
    assert result.stderr == ""


def test_stdin_and_files_mix(photo, photo_png, tmp_path):
    out = tmp_path / "from-stdin.png"
    assert invoke("compress", "-", "-o", out, "-k", 3, stdin=encoded(photo)).exit_code == 0
    assert out.read_bytes() == smalti.compress(photo, 3).to_bytes("png")
    result = invoke("compress", photo_png, "-o", "-", "-k", 3)
    assert result.stdout_bytes == out.read_bytes()


@pytest.mark.parametrize("content", [b"", b"text"])
def test_a_bad_stdin_is_one_sentence(content):
    result = invoke("compress", "-", stdin=content)
    assert result.exit_code == 1
    assert result.stdout_bytes == b""
    assert result.stderr.count("\n") == 1


def test_json_has_the_promised_keys_and_nothing_else(photo, three):
    result = invoke("compress", *three, "-k", 6, "--json")
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = json_lines(result.stdout)
    assert [set(line) for line in lines] == [set(JSON_KEYS)] * 3
    assert [line["input"] for line in lines] == [str(path) for path in three]
    first = lines[0]
    image = smalti.compress(photo[:30, :40], 6)
    report = image.report()
    assert (first["rate_weight"], first["dither"]) == (image.rate_weight, image.dither)
    out = three[0].with_name("one-smalti.png")
    assert first["output"] == str(out)
    assert (first["width"], first["height"], first["colors"]) == (40, 30, 6)
    assert first["input_bytes"] == three[0].stat().st_size
    assert first["output_bytes"] == out.stat().st_size
    for name in JSON_KEYS[9:-1]:
        assert first[name] == getattr(report, name)
    assert first["seconds"] > 0


def test_a_failure_is_a_line_of_json_and_a_sentence(three):
    three[0].unlink()
    result = invoke("compress", *three, "--json", "-k", 2)
    assert result.exit_code == 1
    first, *rest = json_lines(result.stdout)
    assert first == {"input": str(three[0]), "error": f"{three[0]}: no such file"}
    assert [set(line) for line in rest] == [set(JSON_KEYS)] * 2
    assert result.stderr == f"smalti: {three[0]}: no such file\n"


def test_json_knows_no_infinity(tmp_path):
    (tmp_path / "flat.png").write_bytes(encoded(np.zeros((9, 9, 3), np.uint8)))
    result = invoke("compress", tmp_path / "flat.png", "--json")

    def refuse(constant):
        raise AssertionError(constant)

    line = json.loads(result.stdout, parse_constant=refuse)
    assert line["psnr"] is None
    assert line["mse"] == 0.0


def test_json_and_the_picture_cannot_share_stdout(photo_png):
    assert invoke("compress", photo_png, "-o", "-", "--json").exit_code == 2


def test_quiet_prints_nothing_but_errors(photo_png):
    result = invoke("compress", photo_png, "-k", 2, "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    result = invoke("compress", photo_png, "-k", 2, "--quiet")
    assert result.exit_code == 1
    assert "exists already" in result.stderr


def test_warnings_go_to_stderr_as_a_sentence(tmp_path):
    frames = [Image.new("RGB", (4, 3), color) for color in ("red", "blue")]
    (tmp_path / "film.gif").write_bytes(
        encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    )
    result = invoke("compress", tmp_path / "film.gif", "--json")
    assert result.exit_code == 0
    assert len(json_lines(result.stdout)) == 1
    first, *rest = result.stderr.splitlines()
    assert first.startswith("smalti: warning: ")
    assert "film.gif" in first
    assert "2 frames" in first
    assert all("is larger than" in line for line in rest)


def test_a_result_larger_than_its_input_is_told(tmp_path):
    (tmp_path / "dot.gif").write_bytes(encoded(Image.new("RGB", (1, 1)), "GIF"))
    result = invoke("compress", tmp_path / "dot.gif")
    assert result.exit_code == 0
    assert "dot-smalti.png: is larger than" in result.stderr


def test_names_with_brackets_are_printed_as_they_are(tmp_path, photo):
    # rich would take them for markup.
    folder = tmp_path / "a["
    folder.mkdir()
    for name in ("photo[edited].png", "b].png"):
        (folder / name).write_bytes(encoded(photo[:20, :20]))
    result = invoke("compress", folder / "photo[edited].png", folder / "b].png", "-k", 2)
    assert result.exit_code == 0
    assert "photo[edited]-smalti" in result.stdout


def test_an_extension_alone_is_an_ending(photo_png):
    result = invoke("compress", photo_png, "--ext", ".npz", "-k", 2)
    assert result.exit_code == 0
    assert photo_png.with_suffix(".npz").read_bytes().startswith(b"PK")


def test_endings_of_other_formats_are_wrong_usage(tmp_path, photo_png):
    for options in (["-o", tmp_path / "x.jpg"], ["--ext", ".gif"]):
        assert invoke("compress", photo_png, *options).exit_code == 2
    for options in (["--format", "npz", "-o", tmp_path / "x.png"],):
        assert invoke("compress", photo_png, *options).exit_code == 2
    assert invoke("sweep", photo_png, "-o", tmp_path / "x.jpg").exit_code == 2
    assert list(tmp_path.iterdir()) == [photo_png]


def test_larger_images_than_allowed_are_refused(monkeypatch, photo_png):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    result = invoke("compress", photo_png, "--max-pixels", 100)
    assert result.exit_code == 1
    assert "more than the 100 pixels allowed" in result.stderr
    assert invoke("compress", photo_png, "--max-pixels", 10**9, "-k", 2).exit_code == 0


@pytest.mark.parametrize(
    "by", [["--format", "webp"], ["-o", "{}/photo-smalti.webp"], ["--ext", "-smalti.WebP"]]
)
def test_webp_is_asked_for_by_format_name_or_ending(photo, photo_png, tmp_path, by):
    options = [option.format(tmp_path) for option in by]
    assert invoke("compress", photo_png, "-k", 9, *options).exit_code == 0
    (written,) = set(tmp_path.iterdir()) - {photo_png}
    assert written.name.lower() == "photo-smalti.webp"
    assert written.read_bytes() == smalti.compress(photo, 9).to_bytes("webp")


@pytest.mark.parametrize("by", [["--format", "npz"], ["-o", "{}/x.npz"], ["--ext", "-s.npz"]])
def test_npz_is_asked_for_by_format_name_or_ending(tmp_path, by):
    image = noise(30, 30)
    (tmp_path / "noise.png").write_bytes(encoded(image))
    options = [option.format(tmp_path) for option in by]
    assert invoke("compress", tmp_path / "noise.png", "-k", 300, *options).exit_code == 0
    (written,) = tmp_path.glob("*.npz")
    expected = {"--format": "noise-smalti.npz", "-o": "x.npz", "--ext": "noise-s.npz"}
    assert written.name == expected[by[0]]
    loaded = smalti.load(written)
    np.testing.assert_array_equal(loaded.indices, smalti.compress(image, 300).indices)


def test_the_ending_of_names_may_be_chosen(photo_png):
    assert invoke("compress", photo_png, "-k", 2, "--ext", "-small.png").exit_code == 0
    assert names(photo_png.parent) == ["photo-small.png", "photo.png"]


@pytest.mark.parametrize(
    "options",
    [
        ["-k", "300"],
        ["-k", "257", "--format", "webp"],
        ["-k", "0"],
        ["-k", "70000", "--format", "npz"],
        ["-k", "many"],
        ["--effort", "0"],
        ["--effort", "10"],
        ["--space", "cmyk"],
        ["--format", "gif"],
        ["--no-such-option"],
    ],
)
def test_wrong_usage_ends_with_2_and_writes_nothing(photo_png, options):
    result = invoke("compress", photo_png, *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    sentence = result.stderr.split("Error: ")[1]
    assert re.search(rf"(?<![\w-]){options[0]}\b", sentence)
    assert names(photo_png.parent) == ["photo.png"]


def test_300_colours_as_png_tell_of_npz(photo_png):
    result = invoke("compress", photo_png, "-k", 300)
    assert "-k 300: PNG holds at most 256 colours; use --format npz" in result.stderr


def test_no_input_is_wrong_usage():
    assert invoke("compress").exit_code == 2


def test_a_missing_folder_is_named(photo_png, tmp_path):
    result = invoke("compress", photo_png, "-o", tmp_path / "missing" / "x.png")
    assert result.exit_code == 1
    assert "missing does not exist" in result.stderr


def test_a_name_that_is_too_long_is_one_sentence(photo_png, tmp_path):
    result = invoke("compress", photo_png, "-o", tmp_path / ("a" * 300 + ".png"))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1


def test_all_16_bits_and_alpha_are_reported(tmp_path):
    (tmp_path / "deep.tif").write_bytes(encoded(noise(5, 4, 1, dtype=np.uint16)[..., 0], "TIFF"))
    (tmp_path / "alpha.png").write_bytes(encoded(noise(5, 4, 4)))
    result = invoke("compress", tmp_path / "deep.tif", tmp_path / "alpha.png", "--json", "-k", 2)
    deep, alpha = json_lines(result.stdout)
    assert deep["original_bits"] == 20 * 16
    assert alpha["original_bits"] == 20 * 32
    assert alpha["palette_bits"] == 2 * 32


def test_verbose_tells_the_time_of_each_stage(photo, tmp_path):
    for name in ("a.png", "b.png"):
        Image.fromarray(photo).save(tmp_path / name)
    result = invoke("compress", tmp_path / "a.png", tmp_path / "b.png", "-k", "4", "--verbose")
    line = result.stdout.splitlines()[-1]
    assert line.startswith("time: reading ")
    stages = re.findall(r"([a-z-][a-z -]*) (\d+\.\d\d) s", line)
    names_of_stages = [stage for stage, _ in stages]
    assert names_of_stages[-1] == "measuring"
    assert "mapping pixels" in names_of_stages
    assert sum(float(seconds) for _, seconds in stages) > 0
