"""Files that cannot be read or written, change or vanish, and runs that end early."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from smalti.batch import original as original_module
from smalti.batch.original import Original
from smalti.exceptions import ImageReadError, ImageWriteError, InvalidParameterError
from smalti.options import CompressOptions
from tests.batch.trees import OPTIONS, put, run, state


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(4):
        put(tmp_path / f"in/{number}.png", number)
    return tmp_path


IN_PLACE = {"recursive": True, "suffix": ".png", "overwrite": True}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("jobs", [1, 3])
def test_bad_files_do_not_stop_the_others(folder, jobs):
    (folder / "in/1.png").write_bytes(b"no image")
    (folder / "in/2.png").write_bytes(b"")
    results = run("in", "out", recursive=True, jobs=jobs)
    assert [result.status for result in results] == ["written", "failed", "failed", "written"]
    assert all(isinstance(result.error, ImageReadError) for result in results[1:3])
    assert all(str(result.error).startswith(str(Path("in"))) for result in results[1:3])
    assert names(folder / "out") == ["0.png", "3.png"]


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_file_that_vanishes_is_one_error(folder, jobs):
    results = run([*sorted(map(str, Path("in").iterdir())), "in/gone.png"], "out", jobs=jobs)
    assert [result.status for result in results] == ["written"] * 4 + ["failed"]
    assert "no such file" in str(results[4].error)
    assert len(names(folder / "out")) == 4


@pytest.mark.parametrize("in_place", [True, False])
def test_an_input_that_changes_meanwhile_is_not_replaced(folder, monkeypatch, in_place):
    decoded = Original.decoded

    def changed(self, max_pixels):
        image = decoded(self, max_pixels)
        if self.name.endswith("1.png"):
            put(folder / "in/1.png", 8)
        return image

    monkeypatch.setattr(original_module.Original, "decoded", changed)
    results = run("in", **IN_PLACE) if in_place else run("in", "out", recursive=True)
    if in_place:
        assert [result.status for result in results] == ["written", "failed", "written", "written"]
        assert "has changed while it was compressed, and is not replaced" in str(results[1].error)
        expected = put(folder / "expected.png", 8).read_bytes()
        assert (folder / "in/1.png").read_bytes() == expected
    else:
        # The output is of what was read, and a later run tells.
        assert {result.status for result in results} == {"written"}
        again = run("in", "out", recursive=True)
        assert "made from other contents" in str(again[1].error)
    assert names(folder / "in") == ["0.png", "1.png", "2.png", "3.png"]


def test_a_folder_that_cannot_be_written_is_one_error_each(monkeypatch, folder):
    before = state(folder)
    # Of who runs the tests it may be that everything can be written.
    monkeypatch.setattr(os, "access", lambda *_: False)
    for results in (run("in", recursive=True), run("in", **IN_PLACE)):
        assert {str(result.error).split(": ", 1)[1] for result in results} == {
            "the folder in is not writable"
        }
    assert state(folder) == before


def test_a_full_disk_is_one_error_each_and_leaves_nothing(folder, monkeypatch):
    from smalti import files

    def full(path, data):
        path.write_bytes(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_write_new", full)
    results = run("in", "out", recursive=True)
    assert {str(result.error).split(": ", 1)[1] for result in results} == {
        "cannot be written: No space left on device"
    }
    assert not (folder / "out").exists()


@pytest.mark.parametrize("place", [{"out_dir": "out", "recursive": True}, IN_PLACE])
def test_what_another_run_does_meanwhile_counts_as_done(folder, monkeypatch, place):
    decoded = Original.decoded
    begun = threading.Event()

    def slow(self, max_pixels):
        if not begun.is_set():
            begun.set()
            # The other run, from its beginning to its end.
            assert {result.status for result in run("in", **place)} == {"written"}
        return decoded(self, max_pixels)

    monkeypatch.setattr(original_module.Original, "decoded", slow)
    results = run("in", jobs=1, **place)
    assert {result.status for result in results} == {"skipped"}
    assert [path.name for path in folder.rglob("*.tmp")] == []


def test_a_name_that_no_file_can_have_is_one_error(folder):
    for name in ("in/a\0b.png", "in/" + "a" * 300 + ".png"):
        results = run([name, "in/0.png"], "out", overwrite=True)
        assert results[0].status == "failed"
        assert isinstance(results[0].error, ImageReadError | ImageWriteError)
    assert names(folder / "out") == ["0-smalti.png"]


def test_urls_are_read_like_files(folder):
    import fsspec

    memory = fsspec.filesystem("memory")
    urls = [f"memory://smalti/{number}.png" for number in range(3)]
    for number in range(2):
        memory.pipe(f"/smalti/{number}.png", (folder / f"in/{number}.png").read_bytes())
    try:
        results = run(urls, "out")
        again = run(urls, "out")
    finally:
        memory.rm("/smalti", recursive=True)
    assert [result.status for result in results] == ["written", "written", "failed"]
    assert [result.status for result in again] == ["skipped", "skipped", "failed"]
    assert names(folder / "out") == ["0-smalti.png", "1-smalti.png"]


def test_what_is_not_wanted_larger_fails(folder):
    put(folder / "in/0.jpg", kind="JPEG", quality=1, side=96)
    options = CompressOptions(effort=1)
    results = run("in", "out", options=options, recursive=True, skip_if_larger=True)
    assert [result.status for result in results].count("failed") == 1


def test_arguments_are_checked_at_once():
    for wrong in (
        {"jobs": 0},
        {"strip": "some"},
        {"max_pixels": 0},
        {"suffix": ".webp"},
        {"options": None},
    ):
        with pytest.raises(InvalidParameterError):
            run("in", **wrong)
    with pytest.raises(InvalidParameterError, match="inputs must be paths, URLs or patterns"):
        run([b"bytes"])


def test_to_close_the_iterator_ends_the_work(folder):
    import smalti

    for number in range(4, 40):
        put(folder / f"in/{number}.png", number, side=100)
    options = CompressOptions(effort=9)
    threads = threading.active_count()
    results = smalti.compress_files("in", "out", options=options, recursive=True, jobs=3)
    first = next(results)
    began = time.monotonic()
    results.close()
    assert time.monotonic() - began < 20
    done = names(folder / "out")
    assert Path(first.output).name in done
    assert len(done) < 40
    assert not list(folder.rglob("*.tmp"))
    assert threading.active_count() <= threads


def test_what_progress_raises_ends_the_work(folder):
    class Enough(Exception):  # noqa: N818 - a name of the test
        pass

    def progress(_stage, _fraction):
        raise Enough

    for jobs in (1, 2):
        with pytest.raises(Enough):
            run("in", "out", recursive=True, jobs=jobs, progress=progress)
    assert not (folder / "out").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(("sent", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_ends_a_run_and_leaves_whole_files(folder, sent, code):
    for number in range(30):
        put(folder / f"in/{number}.png", number, side=100)
    command = [sys.executable, "-m", "smalti", "-r", "in", "-o", "out", "--effort", "5", "-j", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not (folder / "out").exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(getattr(signal, sent))
        _, errors = process.communicate(timeout=30)
    assert process.returncode == code
    assert b"Traceback" not in errors
    assert not list(folder.rglob("*.tmp"))
    made = state(folder / "out")
    assert 0 < len(made) < 30
    assert all(data.endswith(b"IEND\xaeB`\x82") for data in made.values())


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize(
    "arguments", [["-r", "in", "-o", "out"], ["-r", "in", "--ext", ".png", "--force"]]
)
def test_a_killed_run_that_is_repeated_ends_as_an_undisturbed_one(folder, arguments):
    from tests.batch.killed_runs import killed_and_repeated

    found = killed_and_repeated(folder / "in", arguments, kills=3, seed=5)
    assert found.differing == []
    assert found.litter == []


def test_litter_is_removed_where_nothing_is_left_to_be_written(folder):
    from smalti import files

    run("in", "out", recursive=True)
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    number = int(ended.stdout)
    litter = folder / f"out/.smalti-{files._machine()}-{number}-{'0' * 16}.tmp"
    litter.write_bytes(b"half")
    files._tidied.clear()
    assert {result.status for result in run("in", "out", recursive=True, dry_run=True)} == {
        "skipped"
    }
    assert litter.exists()
    assert {result.status for result in run("in", "out", recursive=True)} == {"skipped"}
    assert not litter.exists()


def test_a_dry_run_writes_nothing(folder):
    before = state(folder)
    results = run("in", "out", recursive=True, dry_run=True)
    written = run("in", "other", recursive=True)
    assert state(folder).keys() - before.keys() == {f"other/{n}.png" for n in range(4)}
    assert [r.output_bytes for r in results] == [r.output_bytes for r in written]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_times_and_mode_are_preserved(folder):
    source = folder / "in/0.png"
    source.chmod(0o640)
    os.utime(source, ns=(10**18, 10**18 + 5))
    run("in", "out", recursive=True, preserve=True)
    run("in", preserve=True, **IN_PLACE)
    for path in (folder / "out/0.png", source):
        assert path.stat().st_mtime_ns == 10**18 + 5
        assert path.stat().st_mode & 0o777 == 0o640


def test_results_are_the_same_on_any_number_of_threads(folder):
    for number in range(4, 12):
        put(folder / f"in/{number}.png", number, side=40 + number)
    found = []
    for jobs in (1, 2, 5):
        results = run("in", f"out{jobs}", recursive=True, jobs=jobs, options=OPTIONS)
        found.append([(r.input, r.status, r.output_bytes) for r in results])
    assert found[0] == found[1] == found[2]
    assert state(folder / "out1") == state(folder / "out2") == state(folder / "out5")
