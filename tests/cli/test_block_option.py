"""`--block` of compress and sweep, and what other commands make of its files."""

import io

import numpy as np
import pytest
from PIL import Image

import smalti
from tests.cli.program import JSON_KEYS, invoke, json_lines
from tests.pictures import encoded, noise


@pytest.fixture
def blocks_npz(photo_png):
    """The cat as photo.png in 20 blocks of 2 x 3, beside it."""
    path = photo_png.with_name("blocks.npz")
    assert invoke("compress", photo_png, "-k", 20, "--block", "2x3", "-o", path).exit_code == 0
    return path


def test_blocks_are_written_beside_as_npz(photo, photo_png):
    result = invoke("compress", photo_png, "-k", 20, "--block", "2x3", "-v")
    assert (result.exit_code, result.stderr) == (0, "")
    out = photo_png.with_name("photo-smalti.npz")
    assert str(out.name) in result.stdout.replace("\n", "")
    heads = [line.split() for line in result.stdout.splitlines() if line.startswith("output ")]
    assert [head[1] for head in heads] == ["before", "blocks"]
    assert out.read_bytes() == smalti.compress(photo, 20, block=(2, 3)).to_bytes()


def test_a_json_line_tells_the_block(photo, photo_png):
    result = invoke("compress", photo_png, "-k", 20, "--block", "2x3", "--json")
    (line,) = json_lines(result.stdout)
    at = JSON_KEYS.index("dither") + 1
    assert list(line) == [*JSON_KEYS[:at], "block", *JSON_KEYS[at:]]
    assert line["block"] == [2, 3]
    assert (line["width"], line["height"], line["colors"]) == (151, 100, 20)
    assert (line["rate_weight"], line["dither"]) == (0, 0)
    report = smalti.compress(photo, 20, block=(2, 3)).report()
    assert line["compressed_bits"] == report.compressed_bits == 50 * 51 * 5 + 8 * 18 * 20
    assert line["ssimulacra2"] == report.ssimulacra2


def test_a_block_of_one_pixel_is_a_png(photo_png):
    assert invoke("compress", photo_png, "-k", 5, "--block", "1X1").exit_code == 0
    assert photo_png.with_name("photo-smalti.png").exists()


def test_space_effort_and_plain_k_means_go_with_blocks(photo, photo_png, tmp_path):
    out = tmp_path / "out.npz"
    options = ("--space", "srgb", "--effort", 2, "--rate-weight", 0, "--dither", 0)
    result = invoke("compress", photo_png, "-k", 9, "--block", "4x4", "-o", out, *options)
    assert result.exit_code == 0
    expected = smalti.compress(photo, 9, block=(4, 4), space="srgb", effort=2)
    assert out.read_bytes() == expected.to_bytes()


def test_blocks_go_through_stdin_and_stdout(photo):
    result = invoke("compress", "-", "-k", 9, "--block", "2x2", "--quiet", stdin=encoded(photo))
    assert result.exit_code == 0
    loaded = smalti.load(io.BytesIO(result.stdout_bytes))
    assert loaded.block == (2, 2)


@pytest.mark.parametrize("text", ["2", "2x", "x2", "0x2", "2x65", "2x2x2", "-1x2", "2.5x2", "²x2"])
@pytest.mark.parametrize("command", ["compress", "sweep"])
def test_bad_blocks_are_refused(photo_png, command, text):
    result = invoke(command, photo_png, f"--block={text}")
    assert result.exit_code == 2
    assert f"{text!r} is not a height and a width of 1 to 64 pixels" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-o", "out.png"), ["--block 2x4", "only npz", "png"]),
        (("-o", "out.webp"), ["--block 2x4", "only npz", "webp"]),
        (("--format", "png"), ["--block 2x4", "only npz", "png"]),
        (("--ext", "-small.webp"), ["--block 2x4", "only npz", "webp"]),
        (("-q", 70), ["--quality", "--block 2x4"]),
        (("--max-size", "50kB"), ["--max-size", "--block 2x4"]),
        (("--rate-weight", 0.1), ["--rate-weight", "--block 2x4"]),
        (("--dither", 0.5), ["--dither ", "--block 2x4"]),
        (("--dither-method", "ordered"), ["--dither-method", "--block 2x4"]),
        (("--keep-color", "FF0000"), ["--keep-color", "--block 2x4"]),
    ],
)
def test_what_blocks_cannot_have_is_refused_before_work_begins(photo_png, options, words):
    result = invoke("compress", photo_png, "--block", "2x4", *options)
    assert result.exit_code == 2
    sentence = " ".join(result.stderr.split("Error:")[1].split())
    for word in words:
        assert word in f"{sentence} "
    assert [path.name for path in photo_png.parent.iterdir()] == ["photo.png"]


def test_files_of_blocks_are_reconstructed(photo_png, blocks_npz):
    result = invoke("reconstruct", blocks_npz)
    assert result.exit_code == 0
    assert "151 x 100, 20 blocks" in result.stdout
    with Image.open(photo_png.with_name("blocks-reconstructed.png")) as image:
        np.testing.assert_array_equal(np.asarray(image), smalti.load(blocks_npz).reconstruct())


def test_files_of_blocks_are_compared(photo, photo_png, blocks_npz, tmp_path):
    out = tmp_path / "difference.png"
    result = invoke("compare", photo_png, blocks_npz, "-o", out, "--json")
    (line,) = json_lines(result.stdout)
    rebuilt = smalti.load(blocks_npz).reconstruct()
    assert line["ssimulacra2"] == smalti.metrics.ssimulacra2(photo, rebuilt)
    assert out.exists()


def test_files_of_blocks_are_inspected(blocks_npz):
    (line,) = json_lines(invoke("inspect", blocks_npz, "--json").stdout)
    assert (line["format"], line["width"], line["height"]) == ("npz", 151, 100)
    assert (line["colors"], line["block"]) == (20, [2, 3])
    assert line["index_bits"] == 50 * 51 * 5
    shown = invoke("inspect", blocks_npz).stdout
    assert "2 x 3" in shown
    assert "4 more blocks" in shown
    picture = smalti.load(blocks_npz)
    counts = np.bincount(picture.indices.ravel())
    mean = np.rint(picture.codebook[counts.argmax()].mean(axis=(0, 1))).astype(np.uint8)
    assert "#" + mean.tobytes().hex() in shown
    assert f"{counts.max():,}" in shown


def test_damaged_files_of_blocks_are_one_sentence(blocks_npz):
    blocks_npz.write_bytes(blocks_npz.read_bytes()[:-100])
    for command in ("inspect", "reconstruct"):
        result = invoke(command, blocks_npz)
        assert result.exit_code == 1
        assert result.stderr.startswith(f"smalti: {blocks_npz}: is damaged")
        assert result.stderr.count("\n") == 1


def test_sweep_of_blocks_has_a_table_for_each(photo, photo_png):
    result = invoke("sweep", photo_png, "-k", "2,4", "--block", "2x2", "--block", "4x3")
    assert result.exit_code == 0
    for heading in ("K ", "K, 2 x 2 blocks", "K, 4 x 3 blocks"):
        assert heading in result.stdout
    report = smalti.compress(photo, 4, block=(4, 3)).report()
    assert f"{report.compressed_bits:,}" in result.stdout
    assert photo_png.with_name("photo-sweep.png").exists()


def test_sweep_of_blocks_as_json_has_a_line_for_each(tmp_path):
    path = tmp_path / "image.png"
    path.write_bytes(encoded(noise(12, 12)))
    lines = json_lines(invoke("sweep", path, "-k", "2,4", "--block", "2x2", "--json").stdout)
    assert [(line["k"], line.get("block")) for line in lines] == [
        (2, None),
        (4, None),
        (2, [2, 2]),
        (4, [2, 2]),
    ]
    assert [line["index_bits"] for line in lines] == [144, 288, 36, 72]
