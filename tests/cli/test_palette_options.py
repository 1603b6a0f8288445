"""`--palette` and `--shared-palette` of compress."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti import Palette
from tests.batch.trees import put, state
from tests.cli.program import JSON_KEYS, invoke, json_lines, names
from tests.pictures import encoded, noise, photographs_reduced

THREE = ("a.png", "b.png", "c.jpg")
BRAND = ["000000", "ff8800", "3060c0", "ffffff", "70b050"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with three pictures and the file of a palette."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(THREE):
        put(tmp_path / name, seed, "JPEG" if name.endswith("jpg") else "PNG", side=40)
    Palette.of(BRAND).save(tmp_path / "brand.gpl")
    return tmp_path


def compress(*arguments, **options):
    return invoke("compress", "--effort", 1, *arguments, **options)


def shown(path):
    """The pixels of a file as rows of red, green, blue and alpha."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))


def used(*paths):
    """The distinct colours of files."""
    rows = np.concatenate([shown(path).reshape(-1, 4) for path in paths])
    return set(map(tuple, np.unique(rows, axis=0).tolist()))


def refused(result, sentence, code=2):
    assert result.exit_code == code, result.output
    assert sentence in result.stderr
    assert result.stdout == ""


def outputs(folder):
    return sorted(folder.rglob("*.png"))


# A palette file


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--rate-weight", 0, "--dither", 0),
        ("--dither", 1, "--dither-method", "ordered"),
        ("--max-size", 500),
        ("-k", 5),
    ],
)
@pytest.mark.usefixtures("folder")
def test_every_pixel_has_a_colour_of_the_palette(options):
    result = compress("a.png", "--palette", "brand.gpl", "-o", "out.png", *options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(used("out.png")) > 1
    assert used("out.png") <= set(Palette.of(BRAND))


def test_it_is_that_of_the_api(folder):
    result = compress("a.png", "--palette", "brand.gpl", "-o", "out.png", "--json")
    expected = smalti.compress("a.png", palette=Palette.of(BRAND), effort=1)
    assert (folder / "out.png").read_bytes() == expected.to_bytes("png")
    (line,) = json_lines(result.stdout)
    assert list(line) == JSON_KEYS
    assert line["colors"] == 5


@pytest.mark.parametrize("name", ["brand.ase", "brand.css", "brand.png", "brand.json"])
@pytest.mark.usefixtures("folder")
def test_files_of_other_formats_do_as_well(name):
    assert invoke("palette", "brand.gpl", "-o", name).exit_code == 0
    for palette in (name, "brand.gpl"):
        assert compress("a.png", "--palette", palette, "-o", f"{palette}.out.png").exit_code == 0
    np.testing.assert_array_equal(shown("brand.gpl.out.png"), shown(f"{name}.out.png"))


def test_stdin_and_npz_take_it_too(folder):
    data = (folder / "a.png").read_bytes()
    result = compress("-", "--palette", "brand.gpl", "--quiet", stdin=data)
    assert result.exit_code == 0
    assert used(io.BytesIO(result.stdout_bytes)) <= set(Palette.of(BRAND))
    assert compress("a.png", "--palette", "brand.gpl", "-o", "out.npz").exit_code == 0
    assert smalti.load("out.npz").palette.tolist() == [list(c[:3]) for c in Palette.of(BRAND)]


def test_many_files_are_done_once(folder):
    arguments = (*THREE, "--palette", "brand.gpl", "-o", "out")
    assert compress(*arguments).exit_code == 0
    assert used(*outputs(folder / "out")) <= set(Palette.of(BRAND))
    before = state(folder)
    result = compress(*arguments)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.count("is made of it already") == 3
    assert state(folder) == before
    # The colours count, not the name of their file.
    Palette.of([*BRAND, "123456"]).save(folder / "brand.gpl")
    result = compress(*arguments)
    assert result.stderr.count("was made with other options") == 3
    assert state(folder / "out") == {
        Path(name).name: before[f"out/{name}"] for name in names(folder / "out")
    }


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--palette", "none.gpl"), "Invalid value: --palette none.gpl: no such file"),
        (("--palette", "broken.gpl"), "Invalid value: --palette broken.gpl: "),
        (("--palette", "."), "Invalid value: --palette .: is a folder"),
        (("--palette", "c.jpg"), "c.jpg: is not a palette file of any known format: .gpl, "),
        (("--palette", "brand.gpl", "-k", "4"), "-k 4 contradicts the 5 colours of --palette"),
        (
            ("--palette", "brand.gpl", "--keep-color", "ff0000"),
            "--keep-color cannot be given with --palette, which is kept as it is",
        ),
        (
            ("--palette", "brand.gpl", "--block", "2x2"),
            "--palette cannot be given with --block 2x2",
        ),
        (("--palette", "many.hex"), "256 colours"),
        (("--palette", "many.hex", "-o", "out.webp"), "256 colours"),
    ],
)
def test_what_does_not_go_with_a_palette_is_wrong_usage(folder, options, sentence):
    (folder / "broken.gpl").write_bytes(b"no palette")
    Palette.of(noise(1, 300)[0]).save(folder / "many.hex")
    before = state(folder)
    refused(compress("a.png", *options), sentence)
    assert state(folder) == before


def test_an_original_is_kept_only_if_its_colours_are_of_the_palette(folder):
    small = Image.fromarray(noise(30, 30)[..., 0] // 128 * 255).convert("1")
    (folder / "small.png").write_bytes(encoded(small, optimize=True))
    assert "already as small as it gets" in compress("small.png", "-o", "kept.png").stderr
    Palette.of(["102030", "405060", "708090", "a0b0c0"]).save(folder / "other.hex")
    options = ("--palette", "other.hex", "--dither", 1)
    result = compress("small.png", *options, "-o", "out.png")
    assert result.exit_code == 0
    assert used("out.png") <= set(Palette.load("other.hex"))
    assert "out.png: is larger than small.png" in result.stderr
    result = compress("small.png", *options, "-o", "none.png", "--skip-if-larger")
    assert result.exit_code == 98
    assert not (folder / "none.png").exists()
    # All its colours are in this one.
    result = compress("small.png", "--palette", "brand.gpl", "-o", "same.png")
    assert "already as small as it gets, written as it is" in result.stderr
    assert (folder / "same.png").read_bytes() == (folder / "small.png").read_bytes()


# A palette that is fitted to all inputs


def test_outputs_share_one_palette(folder):
    result = compress(*THREE, "-k", 6, "--shared-palette", "-o", "out")
    assert (result.exit_code, result.stderr) == (0, "")
    assert names(folder / "out") == ["a-smalti.png", "b-smalti.png", "c-smalti.png"]
    expected = smalti.fit_palette(THREE, 6, effort=1)
    assert used(*outputs(folder / "out")) == set(expected)
    separate = compress(*THREE, "-k", 6, "-o", "separate")
    assert separate.exit_code == 0
    assert len(used(*outputs(folder / "separate"))) > 6


@pytest.mark.parametrize("options", [(), ("--keep-color", "ff8800"), ("--space", "srgb")])
def test_they_are_those_of_the_palette_that_smalti_palette_makes(folder, options):
    arguments = ("-k", 9, "--effort", 1, *options)
    assert invoke("palette", *THREE, *arguments, "-o", "map.gpl").exit_code == 0
    assert invoke("compress", *THREE, *arguments, "--shared-palette", "-o", "shared").exit_code == 0
    without = [each for each in options if each not in ("--keep-color", "ff8800")]
    assert compress(*THREE, *without, "--palette", "map.gpl", "-o", "given").exit_code == 0
    for name in names(folder / "given"):
        np.testing.assert_array_equal(shown(f"shared/{name}"), shown(f"given/{name}"))
    if "--keep-color" in options:
        assert "#ff8800" in Palette.load("map.gpl").hex


def test_tiles_of_a_picture_are_those_of_the_whole(folder):
    whole = np.ascontiguousarray(photographs_reduced(8)[0][:64, :64])
    (folder / "in").mkdir()
    for y in (0, 32):
        for x in (0, 32):
            tile = encoded(whole[y : y + 32, x : x + 32])
            (folder / f"in/{y}-{x}.png").write_bytes(tile)
    options = ("-k", 7, "--rate-weight", 0, "--dither", 0)
    result = compress("-r", "in", *options, "--shared-palette", "-o", "out")
    assert result.exit_code == 0
    rows = [np.hstack([shown(f"out/{y}-{x}.png") for x in (0, 32)]) for y in (0, 32)]
    palette = smalti.fit_palette(whole, 7, effort=1)
    expected = smalti.compress(whole, palette=palette, rate_weight=0, dither=0).reconstruct()
    np.testing.assert_array_equal(np.vstack(rows)[..., :3], expected)


@pytest.mark.parametrize("where", [("-o", "out"), (), ("--ext", "-x.png"), ("--format", "npz")])
def test_a_second_run_leaves_out_everything(folder, where):
    arguments = (*THREE, "-k", 6, "--shared-palette", *where)
    assert compress(*arguments).exit_code == 0
    before = state(folder)
    assert len(before) == 7
    result = compress(*arguments)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.count("is made of it already") == 3
    assert state(folder) == before
    # With other colours it is another palette.
    result = compress(*arguments[:3], "-k", 5, *arguments[5:])
    assert result.stderr.count("was made with other options; to make it anew, use --force") == 3


@pytest.mark.parametrize("options", [(), ("--rate-weight", 2)])
def test_a_second_run_in_place_changes_nothing(folder, options):
    # A weight leaves some of the colours without pixels.
    for seed in range(2):
        put(folder / f"in/{seed}.png", seed)
    arguments = ("-r", "in", "-k", 64, "--shared-palette", "--ext", ".png", "--force", *options)
    assert compress(*arguments).exit_code == 0
    before = state(folder)
    assert compress(*arguments).exit_code == 0
    assert state(folder) == before


def test_of_outputs_beside_them_nothing_is_counted(folder):
    (folder / "in").mkdir()
    for name in THREE[:2]:
        (folder / name).rename(folder / "in" / name)
    for arguments in (("-r", "in"), ("in/*.png",)):
        for _ in range(2):
            assert compress(*arguments, "-k", 6, "--shared-palette").exit_code == 0
        expected = smalti.fit_palette(["in/a.png", "in/b.png"], 6, effort=1)
        assert used(*(folder / "in").glob("*-smalti.png")) == set(expected)


def test_one_broken_input_does_not_stop_the_others(folder):
    (folder / "bad.png").write_bytes(b"no image")
    inputs = ("a.png", "bad.png", "none.png", "b.png")
    result = compress(*inputs, "-k", 6, "--shared-palette", "-o", "out")
    assert result.exit_code == 1
    # Once, though inputs are read twice.
    assert result.stderr == (
        "smalti: bad.png: is not an image that can be read\nsmalti: none.png: no such file\n"
    )
    assert used(*outputs(folder / "out")) == set(smalti.fit_palette(THREE[:2], 6, effort=1))
    assert names(folder / "out") == ["a-smalti.png", "b-smalti.png"]
    result = compress("bad.png", "none.png", "--shared-palette", "-o", "nothing")
    assert result.exit_code == 1
    assert not (folder / "nothing").exists()


def test_the_number_of_jobs_makes_no_difference(folder):
    for jobs in (1, 2):
        arguments = (*THREE, "-k", 20, "--shared-palette", "-j", jobs, "-o", f"out{jobs}")
        assert compress(*arguments).exit_code == 0
    assert state(folder / "out1") == state(folder / "out2")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("a.png", "--palette", "brand.gpl"), "--shared-palette and --palette cannot be given tog"),
        (("a.png", "--block", "2x2"), "--shared-palette and --block cannot be given together"),
        (("-",), "--shared-palette: stdin cannot be read twice, name a file"),
        (("a.png", "-", "-o", "out"), "--shared-palette: stdin cannot be read twice"),
        (("a.png", "b.png", "-k", "300"), "-k 300: PNG holds at most 256 colours"),
    ],
)
def test_what_does_not_go_with_a_shared_palette_is_wrong_usage(folder, arguments, sentence):
    before = state(folder)
    refused(compress(*arguments, "--shared-palette", stdin=b""), sentence)
    assert state(folder) == before


@pytest.mark.parametrize("arguments", [["in/*.*"], ["-r", "in"]])
def test_no_original_is_kept_whose_colours_are_others(folder, arguments):
    (folder / "in").mkdir()
    # A PNG that does not become smaller, and JPEG files that are smaller than any PNG.
    small = Image.fromarray(noise(30, 30)[..., 0] // 128 * 255).convert("1")
    (folder / "in/small.png").write_bytes(encoded(small, optimize=True))
    for i, photograph in enumerate(photographs_reduced(8)):
        (folder / f"in/{i}.jpg").write_bytes(encoded(photograph, "JPEG", quality=10))
    expected = smalti.fit_palette(sorted((folder / "in").iterdir()), 40, effort=1)
    options = ("-k", 40, "--dither", 0, "--shared-palette", "-o", "out")
    assert compress(*arguments, *options).exit_code == 0
    assert len(outputs(folder / "out")) == 4
    assert used(*outputs(folder / "out")) <= set(expected)


@pytest.mark.usefixtures("folder")
def test_a_goal_goes_with_a_shared_palette():
    result = compress(*THREE, "-k", 6, "--shared-palette", "--max-size", 450, "-o", "out")
    assert result.exit_code == 0
    assert all(path.stat().st_size <= 450 for path in outputs(Path("out")))
    assert used(*outputs(Path("out"))) <= set(smalti.fit_palette(THREE, 6, effort=1))


def test_nothing_is_written_by_a_dry_run_or_a_check(folder):
    before = state(folder)
    assert compress(*THREE, "-k", 6, "--shared-palette", "--dry-run").exit_code == 0
    assert compress(*THREE, "-k", 6, "--shared-palette", "--check").exit_code == 3
    assert state(folder) == before
