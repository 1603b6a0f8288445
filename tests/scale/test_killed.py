"""Runs that are killed, or meet damage, end as undisturbed ones when they are repeated."""

import os
import shutil
import signal
import subprocess
import sys
import warnings
from errno import ENOSPC
from pathlib import Path

import pytest

from smalti.exceptions import ImageReadWarning, ImageWriteError
from smalti.scale.label_store import LabelStore
from smalti.scale.places.local_place import part_of
from tests.scale.checks import (
    WINDOWS,
    Chunked,
    Stopped,
    blots,
    files_in,
    litter,
    source_of,
    stopping,
)
from tests.scale.test_resume import CALLS, compress, segment, undisturbed


@pytest.fixture(scope="module")
def kept():
    """Outputs of undisturbed runs, by what they are of."""
    return {}


# Killed

SCRIPT = """
import os, signal, sys
import numpy as np
import smalti
from smalti.scale import overview, pyramid_store
from smalti.scale.outputs import palette_tiff, streamed_png
pyramid_store.CHUNK = streamed_png.CHUNK = palette_tiff._TILE = palette_tiff.CHUNK = 32
pyramid_store.WINDOW = overview.SIDE = 64
calls = []
which, source, target, moment, after = sys.argv[1:]
def progress(stage, _):
    if stage == moment:
        calls.append(stage)
        if len(calls) == int(after):
            os.kill(os.getpid(), signal.SIGKILL)
call = smalti.compress_large if which == "compress" else smalti.segment_large
call(source, target, 9 if which == "compress" else 4, jobs=2, progress=progress)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL")
@pytest.mark.parametrize(
    ("which", "name", "kills"),
    [
        ("compress", "a.tif", [("labels", 2), ("labels", 4), ("encode", 2)]),
        ("segment", "out", [("histogram", 1), ("labels", 7), ("pyramid", 2)]),
    ],
)
def test_a_killed_run_goes_on_to_the_same_bytes(tmp_path, kept, which, name, kills):
    source, _ = source_of("zarr", blots(), tmp_path)
    path = tmp_path / name
    for moment, after in kills:
        arguments = [which, str(source), str(path), moment, str(after)]
        done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], check=False)
        assert done.returncode == -signal.SIGKILL
    call = CALLS[which][0]
    stages = []
    call(str(source), path, progress=lambda stage, _: stages.append(stage))
    assert stages.count("labels") < WINDOWS
    assert files_in(path) == undisturbed(kept, call, name, tmp_path)
    assert litter(tmp_path) == []


def test_a_note_of_windows_that_was_cut_short_is_left_out(tmp_path, kept):
    path = tmp_path / "a.ome.zarr"
    with pytest.raises(Stopped):
        compress(Chunked(blots()), path, jobs=1, progress=stopping("labels", 6))
    done = part_of(path) / "done"
    data = done.read_bytes()
    assert len(data) == 48
    done.write_bytes(data[:-3])
    again = Chunked(blots())
    with pytest.raises(Stopped):
        compress(again, path, jobs=1, progress=stopping("labels", 2))
    last = Chunked(blots())
    compress(last, path, jobs=1)
    assert files_in(path) == undisturbed(kept, compress, "a.ome.zarr", tmp_path)
    assert (len(again.taken), len(last.taken)) == (2, WINDOWS - 7)


@pytest.mark.parametrize("which", CALLS)
def test_a_damaged_tile_of_an_earlier_run_is_warned_of(tmp_path, which):
    call, name = CALLS[which]
    source, _ = source_of("zarr", blots(), tmp_path)
    (source / "c/0/0/0").write_bytes(b"broken")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(Stopped):
            call(source, tmp_path / name, progress=stopping("labels", 8), jobs=1)
    with pytest.warns(ImageReadWarning, match="rows 0 to 39, columns 0 to 23"):
        call(source, tmp_path / name)


def test_the_folder_of_a_run_stands_beside_its_output():
    assert part_of(Path("b/a.tif")) == Path("b/.a.tif.smalti-part")
    assert os.fspath(part_of(Path("a.tif"))) == ".a.tif.smalti-part"


# Cleaning up


def interrupted_rmtree(monkeypatch, keep):
    """Let folders lose what they hold, but for what is kept, and then be interrupted."""

    def rmtree(folder, **_options):
        for entry in sorted(Path(folder).iterdir()):
            if entry.is_dir():
                removed(entry)
            elif entry.name not in keep:
                entry.unlink()
        raise KeyboardInterrupt

    removed = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", rmtree)


@pytest.mark.parametrize("name", ["a.ome.zarr", "a.tif", "a.png", "out"])
def test_an_interrupt_while_the_folder_is_removed_does_no_harm(tmp_path, kept, name):
    call = segment if name == "out" else compress
    path = tmp_path / name
    with pytest.MonkeyPatch.context() as patch:
        interrupted_rmtree(patch, {"digest", "done", "palette.json", "classes.npz", "learnt.json"})
        with pytest.raises(KeyboardInterrupt):
            call(Chunked(blots()), path)
    call(Chunked(blots()), path)
    assert files_in(path) == undisturbed(kept, call, name, tmp_path)
    assert litter(tmp_path) == []


def test_an_interrupt_while_other_parts_are_removed_does_no_harm(tmp_path, kept):
    path = tmp_path / "a.png"
    with pytest.raises(Stopped):
        compress(Chunked(blots()), path, progress=stopping("encode", 1))
    with pytest.MonkeyPatch.context() as patch:

        def interrupted(folder, **_options):
            removed(folder)
            raise KeyboardInterrupt

        removed = shutil.rmtree
        patch.setattr(shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            compress(Chunked(blots()), path, seed=7)
    compress(Chunked(blots()), path)
    assert files_in(path) == undisturbed(kept, compress, "a.png", tmp_path)


@pytest.mark.parametrize("which", CALLS)
def test_a_full_disk_is_one_sentence(tmp_path, kept, which, monkeypatch):
    call, name = CALLS[which]

    def full(*_):
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(LabelStore, "write", full)
        with pytest.raises(ImageWriteError, match="No space left"):
            call(Chunked(blots()), tmp_path / name)
    call(Chunked(blots()), tmp_path / name)
    assert files_in(tmp_path / name) == undisturbed(kept, call, name, tmp_path)
