"""How small a picture becomes: quality, size, rate weight and dither on the command line."""

import re

import pytest
from PIL import Image

import smalti
from tests.cli.program import invoke, json_lines, run
from tests.pictures import encoded, noise

# No 256 colours make the cat look like this.
UNREACHABLE = 99


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_largest_size_of_a_webp_is_that_of_the_webp(photo, photo_png):
    result = invoke("compress", photo_png, "--max-size", 4200, "--effort", 3, "--format", "webp")
    assert result.exit_code == 0, result.stderr
    written = photo_png.with_name("photo-smalti.webp").read_bytes()
    assert 3000 < len(written) <= 4200
    found = smalti.compress(photo, max_bytes=4200, effort=3, format="webp")
    assert found.to_bytes("webp") == written
    assert len(found.to_bytes("png")) != len(written)


def test_a_quality_is_reached(photo, photo_png):
    (line,) = json_lines(invoke("compress", photo_png, "-q", 60, "--json").stdout)
    assert line["ssimulacra2"] >= 60
    assert line["rate_weight"] > 0
    written = photo_png.with_name("photo-smalti.png").read_bytes()
    assert written == smalti.compress(photo, quality=60).to_bytes("png")
    assert len(written) < len(smalti.compress(photo).to_bytes("png"))


def test_a_quality_is_reached_in_webp_too(photo_png):
    result = invoke("compress", photo_png, "--quality", 60, "--format", "webp", "--json")
    assert json_lines(result.stdout)[0]["ssimulacra2"] >= 60
    assert names(photo_png.parent) == ["photo-smalti.webp", "photo.png"]


def test_a_size_is_reached(photo, photo_png):
    result = invoke("compress", photo_png, "--max-size", "4.5kB", "--effort", 3, "--json")
    (line,) = json_lines(result.stdout)
    written = photo_png.with_name("photo-smalti.png").read_bytes()
    assert line["output_bytes"] == len(written) <= 4500
    assert written == smalti.compress(photo, max_bytes=4500, effort=3).to_bytes("png")


def test_a_size_larger_than_any_file_is_no_accident(photo_png):
    assert invoke("compress", photo_png, "--max-size", "9" * 30 + "GB").exit_code == 0


def test_weight_and_dither_are_used_and_told(photo, photo_png):
    options = ["--rate-weight", 0.3, "--dither", 0.25]
    (line,) = json_lines(invoke("compress", photo_png, *options, "--json").stdout)
    assert (line["rate_weight"], line["dither"]) == (0.3, 0.25)
    written = photo_png.with_name("photo-smalti.png").read_bytes()
    assert written == smalti.compress(photo, rate_weight=0.3, dither=0.25).to_bytes("png")


@pytest.mark.parametrize("method", ["diffusion", "blue-noise", "ordered"])
def test_the_dither_method_is_used(photo, photo_png, method):
    arguments = {"k": 8, "rate_weight": 0.01, "dither": 0.8}
    options = ["-k", 8, "--rate-weight", 0.01, "--dither", 0.8, "--dither-method", method]
    assert invoke("compress", photo_png, *options).exit_code == 0
    written = photo_png.with_name("photo-smalti.png").read_bytes()
    assert written == smalti.compress(photo, dither_method=method, **arguments).to_bytes("png")


def test_a_dither_goes_with_a_quality(photo_png):
    result = invoke("compress", photo_png, "-q", 50, "--dither", 0, "--json")
    (line,) = json_lines(result.stdout)
    assert line["dither"] == 0
    assert line["ssimulacra2"] >= 50


def test_plain_k_means_has_any_number_of_colours(tmp_path):
    (tmp_path / "noise.png").write_bytes(encoded(noise(30, 30)))
    plain = ["--rate-weight", 0, "--dither", 0, "--json"]
    result = invoke("compress", tmp_path / "noise.png", "-k", 300, "--format", "npz", *plain)
    (line,) = json_lines(result.stdout)
    assert (line["colors"], line["rate_weight"], line["dither"]) == (300, 0, 0)


@pytest.mark.parametrize(
    "size", ["4500", "4500b", "4.5k", "4.5K", "4.5kB", "4.5KB", " 4.5 kb", "0.0045MB", ".0045m"]
)
def test_sizes_have_units_of_1000(photo, photo_png, size):
    assert invoke("compress", photo_png, "--max-size", size, "--effort", 1).exit_code == 0
    written = photo_png.with_name("photo-smalti.png").read_bytes()
    assert written == smalti.compress(photo, max_bytes=4500, effort=1).to_bytes("png")


@pytest.mark.parametrize(
    ("size", "meant"), [("4KiB", 4096), ("4.5kib", 4608), (".0045MiB", 4718), ("5KIB", 5120)]
)
def test_sizes_may_have_units_of_1024(photo, photo_png, size, meant):
    assert invoke("compress", photo_png, "--max-size", size, "--effort", 1).exit_code == 0
    written = photo_png.with_name("photo-smalti.png").read_bytes()
    assert written == smalti.compress(photo, max_bytes=meant, effort=1).to_bytes("png")


@pytest.mark.parametrize(
    "size", ["", "0", "0.5", "-1", "kB", "5 apples", "5q", "1e3", "1,5MB", "1.5.2kB", "nan", "٣kB"]
)
def test_other_sizes_are_told_what_a_size_is(photo_png, size):
    result = invoke("compress", photo_png, "--max-size", size)
    assert result.exit_code == 2
    assert "--max-size" in result.stderr
    assert f"{size!r} is not a size" in result.stderr
    assert "50kB" in result.stderr
    assert names(photo_png.parent) == ["photo.png"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-q", "70", "--max-size", "5kB"], "--quality and --max-size cannot be given together"),
        (["-q", "70", "--rate-weight", "0"], "--quality and --rate-weight cannot be"),
        (["--max-size", "5kB", "--rate-weight", "1"], "--max-size and --rate-weight cannot be"),
        (["-k", "300", "-q", "70"], "-k 300: at most 256 colours are possible with --quality"),
        (["-k", "300", "-q", "70", "--format", "npz"], "-k 300: at most 256 colours"),
        (["-k", "300", "--dither", "0.5", "--format", "npz"], "possible with --dither"),
        (["-k", "300", "--dither-method", "ordered", "--format", "npz"], "with --dither-method"),
        (["--dither-method", "random"], "'random' is not one of 'diffusion', 'blue-noise'"),
        (["-k", "300", "--rate-weight", "0.1", "--format", "npz"], "possible with --rate-weight"),
        (["-q", "100.5"], "--quality"),
        (["-q", "nan"], "--quality"),
        (["-q", "-inf"], "--quality"),
        (["-q", "good"], "--quality"),
        (["--dither", "1.5"], "--dither"),
        (["--dither", "nan"], "--dither"),
        (["--rate-weight", "-1"], "--rate-weight"),
        (["--rate-weight", "inf"], "--rate-weight"),
    ],
)
def test_goals_that_cannot_be_are_wrong_usage(photo_png, options, told):
    result = invoke("compress", photo_png, *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert told in result.stderr
    assert names(photo_png.parent) == ["photo.png"]


def test_a_quality_out_of_reach_ends_with_99_and_tells_the_closest(photo_png):
    finished = run("photo.png", "-q", UNREACHABLE, cwd=photo_png.parent)
    assert finished.returncode == 99
    assert finished.stdout == b""
    assert finished.stderr.decode().count("\n") == 1
    sentence, _ = finished.stderr.decode().split("; ask for that or less")
    told, closest = sentence.split("the closest is SSIMULACRA2 ")
    assert told.startswith("smalti: photo.png: quality 99 cannot be reached")
    assert 50 < float(closest) < UNREACHABLE
    assert names(photo_png.parent) == ["photo.png"]


def test_a_size_out_of_reach_ends_with_99_and_tells_the_smallest(photo_png):
    result = invoke("compress", photo_png, "--max-size", "40", "--quiet")
    assert result.exit_code == 99
    assert result.stderr.startswith(
        f"smalti: {photo_png}: no file of at most 40 bytes was found: the smallest had "
    )
    assert names(photo_png.parent) == ["photo.png"]


def test_what_stdin_cannot_reach_leaves_stdout_empty(photo):
    finished = run("-", "-q", UNREACHABLE, stdin=encoded(photo))
    assert finished.returncode == 99
    assert finished.stdout == b""
    assert finished.stderr.startswith(b"smalti: <stdin>: quality 99 cannot be reached")


def test_what_exists_stays_when_the_goal_is_out_of_reach(photo_png):
    out = photo_png.with_name("photo-smalti.png")
    out.write_bytes(b"precious")
    assert invoke("compress", photo_png, "-q", UNREACHABLE, "--force").exit_code == 99
    assert out.read_bytes() == b"precious"


@pytest.fixture
def easy_and_hard(tmp_path):
    """A flat picture, which is perfect with one colour, and one of thousands of colours."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.new("RGB", (99, 99), "teal").save(folder / "easy.png", compress_level=0)
    (folder / "hard.png").write_bytes(encoded(noise(60, 60)))
    return folder


def test_one_goal_out_of_reach_does_not_stop_the_others(easy_and_hard):
    finished = run("hard.png", "easy.png", "-q", 95, "--json", cwd=easy_and_hard)
    assert finished.returncode == 99
    failed, line = json_lines(finished.stdout)
    assert failed["error"].startswith("hard.png: quality 95 cannot be reached")
    assert line["input"] == "easy.png"
    assert finished.stderr.decode().startswith("smalti: hard.png: quality 95 cannot be reached")
    assert names(easy_and_hard) == ["easy-smalti.png", "easy.png", "hard.png"]


@pytest.mark.parametrize("order", [["hard.png", "no.png"], ["no.png", "hard.png"]])
def test_another_failure_is_graver_than_a_goal_out_of_reach(easy_and_hard, order):
    result = invoke("compress", *(easy_and_hard / name for name in order), "-q", 95)
    assert result.exit_code == 1
    assert "hard.png: quality 95 cannot be reached" in result.stderr
    assert "no.png: no such file" in result.stderr


@pytest.fixture
def dot(tmp_path):
    """A file that no PNG is as small as."""
    path = tmp_path / "dot.gif"
    path.write_bytes(encoded(Image.new("RGB", (1, 1)), "GIF"))
    return path


@pytest.mark.usefixtures("photo_png")
def test_what_would_be_larger_is_skipped_on_demand(dot):
    finished = run("compress", dot.name, "photo.png", "--skip-if-larger", "-k", 4, cwd=dot.parent)
    assert finished.returncode == 98
    assert b"photo-smalti.png" in finished.stdout
    told = finished.stderr.decode()
    assert told.startswith("smalti: dot.gif: would become larger and is not written: ")
    assert told.endswith(f" bytes instead of {dot.stat().st_size}\n")
    assert names(dot.parent) == ["dot.gif", "photo-smalti.png", "photo.png"]


def test_what_stdin_would_make_larger_leaves_stdout_empty(dot):
    result = invoke("compress", "-", "--skip-if-larger", stdin=dot.read_bytes())
    assert result.exit_code == 98
    assert result.stdout_bytes == b""


def test_a_goal_out_of_reach_is_graver_than_a_larger_file(dot, easy_and_hard):
    hard = easy_and_hard / "hard.png"
    assert invoke("compress", dot, hard, "--skip-if-larger", "-q", 95).exit_code == 99
    result = invoke("compress", dot, hard, dot.with_name("no.png"), "--skip-if-larger", "-q", 95)
    assert result.exit_code == 1


def test_what_becomes_smaller_is_not_skipped(photo_png):
    assert invoke("compress", photo_png, "--skip-if-larger").exit_code == 0
    assert photo_png.with_name("photo-smalti.png").exists()


def test_help_tells_the_exit_codes():
    told = " ".join(run("--help").stdout.decode().split())
    for code in ("0 done", "1 some input failed", "2 wrong usage", "98 would be larger"):
        assert code in told
    assert "99 quality or size cannot be reached" in told


def test_a_size_is_kept_in_npz_too(photo, photo_png):
    result = invoke("compress", photo_png, "--max-size", "6k", "--format", "npz", "--effort", 3)
    assert (result.exit_code, result.stderr) == (0, "")
    written = photo_png.with_name("photo-smalti.npz").read_bytes()
    assert 4000 < len(written) <= 6000
    found = smalti.compress(photo, max_bytes=6000, effort=3, format="npz")
    assert smalti.load(written) == found


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (["-k", 8, "-q", 95], "; ask for that or less, or for more colours with -k"),
        (["-q", 100], "; ask for that or less: pictures of 256 colours come no closer"),
        (["-q", 99, "--dither", 1], "; ask for that or less, or try --dither 0"),
        (["--max-size", 70], "; ask for that or more, or for fewer colours with -k"),
    ],
)
def test_what_is_out_of_reach_is_told_with_what_is_not(photo_png, options, advice):
    result = invoke("compress", photo_png, *options, "--effort", 1)
    assert result.exit_code == 99
    assert re.search(r"the (closest is SSIMULACRA2|smallest had) [\d.]+; ask", result.stderr)
    assert result.stderr.endswith(f"{advice}\n")
    assert result.stderr.count("\n") == 1
