"""Temporary files of runs that were killed."""

import os
import subprocess
import sys
import time

import pytest

from smalti import files
from smalti.files import write_atomically


@pytest.fixture
def killed(tmp_path):
    """The temporary file of a process that was killed while it was writing."""
    program = (
        "import os, signal, sys\n"
        "from smalti import files\n"
        "def killed(path, data):\n"
        "    path.write_bytes(data)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "files._write_new = killed\n"
        "files.write_atomically(sys.argv[1], b'half')\n"
    )
    if os.name != "posix":
        pytest.skip("signals are POSIX's")
    subprocess.run([sys.executable, "-c", program, tmp_path / "x.png"], check=False)
    (left,) = tmp_path.iterdir()
    return left


def test_what_a_killed_run_left_is_removed_by_the_next(killed):
    assert killed.read_bytes() == b"half"
    path = killed.with_name("y.png")
    write_atomically(path, b"whole")
    assert list(killed.parent.iterdir()) == [path]


def temporary(folder, *, machine=None, process=None, age=0.0):
    """A file that is named as temporary files are."""
    machine = files._machine() if machine is None else machine
    process = os.getpid() if process is None else process
    path = folder / f".smalti-{machine}-{process}-{'0123456789abcdef'}.tmp"
    path.write_bytes(b"anything")
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_what_a_process_at_work_writes_stays(tmp_path):
    path = temporary(tmp_path)
    write_atomically(tmp_path / "y.png", b"whole")
    assert path.exists()


def test_what_a_process_of_another_machine_writes_stays_for_a_day(tmp_path, killed):
    # Its number is that of a process that has ended here.
    number = int(killed.name.split("-")[2])
    path = temporary(tmp_path, machine="0" * 8, process=number, age=86_000)
    write_atomically(tmp_path / "y.png", b"whole")
    assert path.exists()


@pytest.mark.parametrize("machine", [None, "0" * 8])
def test_after_a_day_it_is_removed_whoever_wrote_it(tmp_path, machine):
    path = temporary(tmp_path, machine=machine, age=87_000)
    write_atomically(tmp_path / "y.png", b"whole")
    assert not path.exists()


@pytest.mark.parametrize(
    "name",
    [
        ".smalti-0123456789abcdef.tmp",
        ".smalti-01234567-12-0123456789abcdef.tmp.png",
        "x.smalti-01234567-12-0123456789abcdef.tmp",
        ".smalti-01234567-12-0123456789ABCDEF.tmp",
        ".smalti-01234567-012-0123456789abcdef.tmp",
        ".smalti-01234567--0123456789abcdef.tmp",
        ".smalti-01234567-12-0123456789abcdef.tmp\n",
        "photo.tmp",
    ],
)
def test_nothing_else_is_ever_removed(tmp_path, name):
    other = tmp_path / name
    other.write_bytes(b"precious")
    os.utime(other, (0, 0))
    write_atomically(tmp_path / "y.png", b"whole")
    assert other.read_bytes() == b"precious"


def test_neither_folders_nor_links_are_litter(tmp_path):
    folder = temporary(tmp_path, age=10**6)
    folder.unlink()
    folder.mkdir()
    link = folder.with_name(folder.name.replace("0123456789abcdef", "f" * 16))
    link.symlink_to("nowhere")
    write_atomically(tmp_path / "y.png", b"whole")
    assert folder.is_dir()
    assert link.is_symlink()


def test_a_process_number_beyond_all_has_not_ended():
    assert not files._has_ended(10**30)
    assert not files._has_ended(os.getpid())
