"""`smalti.compress_files` with one palette for all files."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.batch.original import Original
from smalti.exceptions import (
    ImageReadError,
    ImageWriteError,
    InvalidParameterError,
    OptionsError,
)
from tests.batch.trees import OPTIONS, picture, put, run, state
from tests.cli.program import invoke
from tests.pictures import encoded, noise

SHARED = {"recursive": True, "shared_palette": True}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(4):
        put(tmp_path / f"in/{number}.png", number)
    return tmp_path


def colors_of(folder):
    """The distinct colours of all files in a folder."""
    pictures = [Image.open(path).convert("RGB") for path in folder.iterdir()]
    return {color for picture in pictures for _, color in picture.getcolors()}


def expected_of(*numbers, **options):
    """The colours of the palette that fits these pictures."""
    images = [picture(number) for number in numbers]
    palette = smalti.fit_palette(images, OPTIONS.k, effort=OPTIONS.effort, **options)
    return {color[:3] for color in palette}


def test_all_outputs_have_one_palette(folder):
    results = run("in", "out", **SHARED)
    assert [result.status for result in results] == ["written"] * 4
    assert [result.figures["colors"] for result in results] == [8] * 4
    assert colors_of(folder / "out") == expected_of(0, 1, 2, 3)
    run("in", "separate", recursive=True)
    assert len(colors_of(folder / "separate")) > 8


def test_the_same_as_the_command_line(folder):
    run("in", "api", **SHARED)
    options = ("-k", OPTIONS.k, "--effort", OPTIONS.effort, "--shared-palette")
    assert invoke("compress", "-r", "in", "-o", "cli", *options).exit_code == 0
    assert state(folder / "api") == state(folder / "cli")


@pytest.mark.parametrize("jobs", [1, 3])
def test_jobs_and_the_order_of_inputs_make_no_difference(folder, jobs):
    run("in", "out", **SHARED)
    names = [str(path) for path in sorted((folder / "in").iterdir(), reverse=True)]
    results = run(names, "other", jobs=jobs, suffix=".png", shared_palette=True)
    assert [result.input for result in results] == names
    assert state(folder / "out") == state(folder / "other")


def test_space_and_kept_colours_are_those_of_the_options(folder):
    options = dataclasses.replace(OPTIONS, space="srgb", keep_colors=["ff8800"], dither=1)
    run("in", "out", options=options, **SHARED)
    expected = expected_of(0, 1, 2, 3, space="srgb", keep_colors=["ff8800"])
    assert (255, 136, 0) in expected
    assert colors_of(folder / "out") <= expected


def test_a_second_run_skips_everything_and_another_palette_nothing(folder):
    run("in", "out", **SHARED)
    before = state(folder)
    assert [result.status for result in run("in", "out", **SHARED)] == ["skipped"] * 4
    assert state(folder) == before
    # A further picture changes the palette, and with it all outputs.
    put(folder / "in/4.png", 5)
    results = run("in", "out", overwrite=True, **SHARED)
    assert [result.status for result in results] == ["written"] * 5
    assert colors_of(folder / "out") == expected_of(0, 1, 2, 3, 5)


def test_a_picture_that_is_added_shares_the_palette_of_what_is_done(folder):
    run("in", "out", **SHARED)
    before = state(folder / "out")
    put(folder / "in/4.png", 5)
    statuses = [result.status for result in run("in", "out", **SHARED)]
    assert statuses == ["skipped"] * 4 + ["written"]
    assert before.items() <= state(folder / "out").items()
    assert len(colors_of(folder / "out")) <= OPTIONS.k


def test_a_run_in_place_that_is_interrupted_is_completed_with_its_palette(folder):
    in_place = {"suffix": ".png", "overwrite": True, "jobs": 1, **SHARED}
    results = smalti.compress_files("in", options=OPTIONS, **in_place)
    assert [next(results).status for _ in range(2)] == ["written"] * 2
    results.close()
    again = [result.status for result in run("in", None, **in_place)]
    assert again == ["skipped"] * 2 + ["written"] * 2
    assert len(colors_of(folder / "in")) <= OPTIONS.k


def test_what_another_program_wrote_decides_on_no_colours(folder):
    (folder / "out").mkdir()
    (folder / "out/0.png").write_bytes(encoded(noise(30, 30, 1, dtype=np.uint16)[..., 0]))
    statuses = [result.status for result in run("in", "out", **SHARED)]
    assert statuses == ["skipped"] + ["written"] * 3
    assert {len(Image.open(folder / f"out/{n}.png").getcolors()) for n in (1, 2, 3)} <= {*range(9)}


def test_outputs_of_too_many_colours_are_told(folder):
    # Two runs into one folder, each with a palette of its own.
    for names in (["in/0.png", "in/1.png"], ["in/2.png", "in/3.png"]):
        run(names, "out", suffix=".png", shared_palette=True)
    put(folder / "in/4.png", 5)
    names = [f"in/{number}.png" for number in range(5)]
    with pytest.raises(ImageWriteError, match=r"^the outputs of earlier runs have \d+ colours"):
        run(names, "out", suffix=".png", shared_palette=True)


def test_what_stays_in_one_folder_does_not_stay_in_another(folder):
    two = Image.fromarray(np.where(np.eye(9) > 0, 255, 0).astype(np.uint8)).convert("P")
    for name in ("one", "other"):
        (folder / name).mkdir()
        (folder / name / "tiny.png").write_bytes(encoded(two, optimize=True))
    for number in range(4):
        put(folder / f"other/{number}.png", number)
    options = dataclasses.replace(OPTIONS, k=4)
    in_place = {"suffix": ".png", "overwrite": True, "options": options, **SHARED}
    run("one", None, **in_place)
    run("other", None, **in_place)
    assert len(colors_of(folder / "other")) <= 4


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_cannot_be_read_does_not_count_and_is_told_once(folder, jobs):
    (folder / "in/1.png").write_bytes(b"no image")
    results = run("in", "out", jobs=jobs, **SHARED)
    assert [result.status for result in results] == ["written", "failed", "written", "written"]
    assert isinstance(results[1].error, ImageReadError)
    assert colors_of(folder / "out") == expected_of(0, 2, 3)
    (result,) = run("in/1.png", "other", shared_palette=True)
    assert result.status == "failed"


def test_a_file_too_large_for_the_memory_does_not_stop_the_others(folder, monkeypatch):
    decoded = Original.decoded

    def exhausting(self, max_pixels):
        if self.name.endswith("2.png"):
            raise MemoryError
        return decoded(self, max_pixels)

    monkeypatch.setattr(Original, "decoded", exhausting)
    results = run("in", "out", **SHARED)
    assert [result.status for result in results] == ["written", "written", "failed", "written"]
    assert "there is not enough memory for this" in str(results[2].error)
    assert colors_of(folder / "out") == expected_of(0, 1, 3)


def test_a_folder_without_images_has_no_palette(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    assert [result.status for result in run("in", "out", **SHARED)] == ["skipped"]
    assert run([], "out", **SHARED) == []


def test_animations_in_folders_do_not_count(folder):
    stills = [Image.fromarray(picture(seed)).quantize(8) for seed in (7, 8)]
    film = encoded(stills[0], "GIF", save_all=True, append_images=stills[1:])
    (folder / "in/film.gif").write_bytes(film)
    statuses = [result.status for result in run("in", "out", **SHARED)]
    assert statuses == ["written"] * 4 + ["skipped"]
    assert colors_of(folder / "out") == expected_of(0, 1, 2, 3)


def test_the_work_begins_with_the_first_result_and_can_be_stopped(folder, monkeypatch):
    counted = []
    decoded = Original.decoded
    monkeypatch.setattr(
        Original, "decoded", lambda self, most: counted.append(self.name) or decoded(self, most)
    )
    results = smalti.compress_files("in", "out", options=OPTIONS, jobs=1, **SHARED)
    assert counted == []
    assert next(results).status == "written"
    # All were counted, and the first was compressed.
    assert len(counted) == 5
    results.close()
    assert [path.name for path in (folder / "out").iterdir()] == ["0.png"]


def test_what_progress_raises_while_files_are_counted_ends_the_work(folder):
    def stop(stage, _fraction):
        raise KeyError(stage)

    with pytest.raises(KeyError):
        run("in", "out", progress=stop, **SHARED)
    assert not (folder / "out").exists()


def test_what_does_not_go_with_it_is_refused_at_once(folder):
    for others in ({"palette": ["ff0000"]}, {"block": (2, 2), "format": "npz"}):
        options = smalti.CompressOptions(**others)
        with pytest.raises(OptionsError, match=r"shared_palette and \w+ cannot be given together"):
            smalti.compress_files("in", "out", options=options, **SHARED)
    with pytest.raises(InvalidParameterError, match="cannot be made a folder"):
        smalti.compress_files("in", folder / "in/0.png", options=OPTIONS, **SHARED)


def test_threads_that_count_do_not_wait_for_each_other():
    # A thread that held the sum while it merged colours was lent to another file, and then waited
    # for itself.
    program = (
        "import numpy as np\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from smalti import CompressOptions, read\n"
        "from smalti.images.color_sum import ColorSum\n"
        "from tests.pictures import noise\n"
        "for dtype in (np.uint8, np.uint16):\n"
        "    images = [read(noise(96, 96, 4, seed=i % 3, dtype=dtype)) for i in range(12)]\n"
        "    for _ in range(40):\n"
        "        colors = ColorSum()\n"
        "        with ThreadPoolExecutor(3) as pool:\n"
        "            list(pool.map(colors.add, images))\n"
        "    print(colors.palette(CompressOptions(k=4, effort=1)).weights.sum())\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    assert [float(line) for line in done.stdout.splitlines()] == [12 * 96 * 96] * 2


def test_an_output_is_that_of_its_own_picture(folder):
    run("in", "out", options=dataclasses.replace(OPTIONS, rate_weight=0, dither=0), **SHARED)
    palette = smalti.fit_palette([picture(number) for number in range(4)], 8, effort=1)
    for number in range(4):
        with Image.open(folder / f"out/{number}.png") as image:
            found = np.asarray(image.convert("RGB"))
        mapped = smalti.compress(picture(number), palette=palette, rate_weight=0, dither=0)
        np.testing.assert_array_equal(found, mapped.reconstruct())
