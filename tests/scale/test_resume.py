"""A run that is interrupted and repeated goes on where it was, and ends as an undisturbed one."""

import subprocess
import sys

import numpy as np
import pytest

import smalti
from smalti.exceptions import ImageWriteError
from smalti.scale.label_store import LabelStore
from smalti.scale.places.local_place import part_of
from tests.scale.checks import (
    HEIGHT,
    WIDTH,
    WINDOWS,
    Chunked,
    Stopped,
    blots,
    files_in,
    litter,
    stopping,
)

ENDINGS = [".ome.zarr", ".tif", ".png"]
# What a run can be stopped in, and the call at which it is.
MOMENTS = [
    ("histogram", 1),
    ("labels", 1),
    ("labels", 5),
    ("labels", WINDOWS),
    ("pyramid", 1),
    ("pyramid", 3),
]


def compress(source, path, **options):
    return smalti.compress_large(source, path, 9, **options)


def segment(source, path, **options):
    # By colours alone, so that a window is read without its surroundings.
    return smalti.segment_large(source, path, 4, **options)


CALLS = {"compress": (compress, "a.ome.zarr"), "segment": (segment, "out")}


@pytest.fixture(scope="module")
def kept():
    """Outputs of undisturbed runs, by what they are of."""
    return {}


def undisturbed(kept, call, name, folder, image=None):
    """The bytes of what a run makes that nobody disturbs."""
    key = call, name, image is None
    if key not in kept or image is not None:
        path = folder / "whole" / name
        path.parent.mkdir(exist_ok=True)
        call(Chunked(blots() if image is None else image), path)
        kept[key] = files_in(path)
    return kept[key]


@pytest.mark.parametrize(("stage", "after"), [*MOMENTS, ("kmeans", 1)])
@pytest.mark.parametrize("which", CALLS)
def test_a_stopped_run_goes_on_to_the_same_bytes(tmp_path, kept, which, stage, after):
    call, name = CALLS[which]
    path = tmp_path / name
    with pytest.raises(Stopped):
        call(Chunked(blots()), path, jobs=after, progress=stopping(stage, after))
    assert not (path if which == "compress" else path / "labels.ome.zarr").exists()
    call(Chunked(blots()), path, jobs=2)
    assert files_in(path) == undisturbed(kept, call, name, tmp_path)
    assert litter(tmp_path) == []


@pytest.mark.parametrize("ending", [".tif", ".png"])
@pytest.mark.parametrize(("stage", "after"), [("labels", 4), ("encode", 1), ("encode", 3)])
def test_files_are_the_same_after_a_stop(tmp_path, kept, ending, stage, after):
    path = tmp_path / f"a{ending}"
    with pytest.raises(Stopped):
        compress(Chunked(blots()), path, progress=stopping(stage, after))
    assert not path.exists()
    compress(Chunked(blots()), path)
    assert files_in(path) == undisturbed(kept, compress, path.name, tmp_path)
    assert litter(tmp_path) == []


@pytest.mark.parametrize("which", CALLS)
def test_windows_that_are_done_are_not_read_again(tmp_path, which):
    call, name = CALLS[which]
    path = tmp_path / name
    first, second, third = (Chunked(blots()) for _ in range(3))
    with pytest.raises(Stopped):
        call(first, path, jobs=1, progress=stopping("labels", 5))
    with pytest.raises(Stopped):
        call(second, path, jobs=1, progress=stopping("labels", 3))
    call(third, path, jobs=1)
    windows = [
        window.slices
        for window in LabelStore(
            str(tmp_path / "s"), (HEIGHT, WIDTH), np.dtype("u1"), "0.5"
        ).windows
    ]
    assert len(windows) == WINDOWS
    assert first.taken[-5:] == windows[:5]
    assert second.taken == windows[5:8]
    assert third.taken == windows[8:]


def test_a_stop_after_the_last_window_reads_nothing_again(tmp_path):
    path = tmp_path / "a.png"
    with pytest.raises(Stopped):
        compress(Chunked(blots()), path, progress=stopping("encode", 1))
    again = Chunked(blots())
    calls = []
    compress(again, path, progress=lambda stage, _: calls.append(stage))
    assert again.taken == []
    assert "histogram" not in calls


@pytest.mark.parametrize("which", CALLS)
@pytest.mark.parametrize("other", ["image", "seed", "version", "name"])
def test_another_run_begins_anew(tmp_path, which, other):
    call, name = CALLS[which]
    path = tmp_path / name
    image = blots(seed=3) if other in ("image", "name") else blots()
    options = {"seed": {"seed": 5}, "version": {"ome_version": "0.5"}}.get(other, {})
    with pytest.raises(Stopped):
        call(blots(), path, progress=stopping("labels", 6), jobs=1)
    source = image if other != "name" else Chunked(image, name="another")
    counting = []
    call(source, path, progress=lambda stage, _: counting.append(stage), **options)
    assert counting.count("labels") == WINDOWS
    found = files_in(path)
    call(image, tmp_path / f"b{name}", **options)
    assert found == files_in(tmp_path / f"b{name}")
    assert litter(tmp_path) == []


@pytest.mark.parametrize("kind", ["mapped", "zarr"])
def test_another_array_in_a_file_begins_anew(tmp_path, kind):
    sources = []
    for number in range(2):
        image = blots(seed=number)
        if kind == "mapped":
            np.save(tmp_path / f"{number}.npy", image)
            sources.append(np.load(tmp_path / f"{number}.npy", mmap_mode="r"))
        else:
            zarr = pytest.importorskip("zarr")
            path = str(tmp_path / f"{number}.zarr")
            array = zarr.create_array(path, shape=image.shape, dtype="u1", chunks=(40, 40, 3))
            array[...] = image
            sources.append(array)
    limit = {"max_pixels": 1}
    with pytest.raises(Stopped):
        compress(sources[0], tmp_path / "a.png", progress=stopping("labels", 6), **limit)
    compress(sources[1], tmp_path / "a.png", **limit)
    compress(blots(seed=1), tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_parts_of_other_options_are_removed(tmp_path):
    path = tmp_path / "a.ome.zarr"
    with pytest.raises(Stopped):
        compress(blots(), path, progress=stopping("labels", 6))
    (labels,) = part_of(path).glob("labels-*")
    (labels / "0/rubbish").write_text("of another run")
    compress(blots(), path, seed=3)
    assert not (path / "0/rubbish").exists()


# What the output was before


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("stage", ["histogram", "labels", "pyramid", "encode"])
def test_an_interrupted_run_leaves_the_old_output(tmp_path, ending, stage):
    if ending == ".ome.zarr" and stage == "encode":
        pytest.skip("there is no such stage")
    path = tmp_path / f"a{ending}"
    smalti.compress_large(blots(90, 90, seed=8), path, 3)
    before = files_in(path)
    with pytest.raises(KeyboardInterrupt):
        compress(blots(), path, progress=stopping(stage, 1, KeyboardInterrupt), jobs=2)
    assert files_in(path) == before
    with pytest.raises(ImageWriteError, match="exists already"):
        compress(blots(), path, overwrite=False)
    assert files_in(path) == before


@pytest.mark.parametrize("stage", ["histogram", "labels", "pyramid"])
def test_an_interrupted_segmentation_leaves_the_old_files(tmp_path, stage):
    path = tmp_path / "out"
    smalti.segment_large(blots(90, 90, seed=8), path, 2)
    before = files_in(path)
    with pytest.raises(KeyboardInterrupt):
        segment(blots(), path, progress=stopping(stage, 1, KeyboardInterrupt), jobs=2)
    now = {name: data for name, data in files_in(path).items() if not name.startswith(".")}
    assert now == before
    segment(blots(), path)
    assert files_in(path).keys() >= {"areas.csv", "overlay.png", "classes.npz"}
    assert litter(path) == []


def test_an_output_that_appears_meanwhile_is_not_replaced(tmp_path):
    path = tmp_path / "a.png"

    def appear(stage, _fraction):
        if stage == "encode":
            path.write_text("of somebody else")

    with pytest.raises(ImageWriteError, match="exists already"):
        compress(blots(), path, overwrite=False, progress=appear)
    assert path.read_text() == "of somebody else"
    path.unlink()
    compress(blots(), path, overwrite=False)
    assert litter(tmp_path) == []


# Two runs at the same time


@pytest.mark.parametrize("which", CALLS)
def test_a_second_run_at_the_same_time_is_refused(tmp_path, kept, which):
    call, name = CALLS[which]
    path = tmp_path / name
    sentences = []

    def meanwhile(stage, _fraction):
        if stage == "labels" and len(sentences) < 3:
            other = blots(seed=len(sentences))
            with pytest.raises(ImageWriteError) as caught:
                call(other, path)
            sentences.append(str(caught.value))

    call(Chunked(blots()), path, progress=meanwhile)
    target = path if which == "compress" else path / "labels.ome.zarr"
    assert sentences == [f"{target}: is being written by another run"] * 3
    assert files_in(path) == undisturbed(kept, call, name, tmp_path)


def test_a_run_of_another_process_is_seen(tmp_path):
    path = tmp_path / "a.png"
    with pytest.raises(Stopped):
        compress(blots(), path, progress=stopping("labels", 2))
    code = (
        "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire();"
        "print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(part_of(path) / "lock")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(ImageWriteError, match=r"a\.png: is being written by another run$"):
            compress(blots(), path)
        other.kill()
    # A lock ends with its process.
    compress(blots(), path)
    assert litter(tmp_path) == []
