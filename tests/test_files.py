import errno
import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import fsspec
import pytest

from smalti.exceptions import ImageWriteError, InvalidParameterError
from smalti.files import check_writable, write, write_all_atomically, write_atomically


def test_all_bytes_are_written(tmp_path):
    path = tmp_path / "file.bin"
    assert write_atomically(path, b"content") == 7
    assert path.read_bytes() == b"content"
    assert list(tmp_path.iterdir()) == [path]


def test_an_existing_file_is_replaced_only_when_allowed(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    with pytest.raises(ImageWriteError, match=r"file\.bin: exists already"):
        write_atomically(path, b"new", overwrite=False)
    assert path.read_bytes() == b"old"
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("existed", [True, False])
@pytest.mark.parametrize(
    "failure",
    [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), SystemExit(143)],
    ids=["full disk", "Ctrl-C", "terminated"],
)
@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_no_litter(
    tmp_path, monkeypatch, where, failure, existed
):
    path = tmp_path / "file.bin"
    if existed:
        path.write_bytes(b"old")

    def fail(*_args, **_options):
        raise failure

    monkeypatch.setattr(os, where, fail)
    if where == "replace":
        monkeypatch.setattr("pathlib.Path.replace", fail)
    raised = ImageWriteError if isinstance(failure, OSError) else type(failure)
    with pytest.raises(raised):
        write_atomically(path, b"new")
    assert [p.read_bytes() for p in tmp_path.iterdir()] == ([b"old"] if existed else [])


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    def fail(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ImageWriteError, match=r"file\.bin: cannot be written: No space left"):
        write_atomically(tmp_path / "file.bin", b"new")


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_the_mode_of_a_new_file_follows_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "file.bin", b"content")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.bin").stat().st_mode) == 0o666 & ~mask


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_a_replaced_file_keeps_its_mode(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_atomically(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_symbolic_link_is_written_through(tmp_path):
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "file.bin"
    target.write_bytes(b"old")
    link = tmp_path / "link.bin"
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(ImageWriteError, match="missing does not exist"):
        write_atomically(tmp_path / "missing" / "file.bin", b"content")
    assert not (tmp_path / "missing").exists()


def test_a_folder_cannot_be_a_file(tmp_path):
    with pytest.raises(ImageWriteError, match="is a folder"):
        write_atomically(tmp_path, b"content")


def test_a_file_cannot_be_a_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ImageWriteError, match="does not exist"):
        write_atomically(tmp_path / "file" / "inside.bin", b"content")


def test_a_read_only_folder_is_named(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    try:
        if os.access(folder, os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(ImageWriteError, match="not writable"):
            write_atomically(folder / "file.bin", b"content")
    finally:
        folder.chmod(0o755)


def test_the_longest_name_that_a_folder_holds_is_written(tmp_path):
    path = tmp_path / ("a" * 251 + ".png")
    path.write_bytes(b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_name_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(ImageWriteError):
        write_atomically(tmp_path / ("a" * 300), b"content")


def test_a_name_that_no_file_has_is_refused(tmp_path):
    with pytest.raises(ImageWriteError):
        write_atomically(f"{tmp_path}/nul\0character", b"content")


def test_checking_beforehand_changes_nothing(tmp_path):
    check_writable(tmp_path / "file.bin", overwrite=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs the device /dev/full")  # noqa: PTH110
def test_devices_are_written_directly():
    assert write_atomically("/dev/null", b"content", overwrite=False) == 7
    with pytest.raises(ImageWriteError, match="/dev/full: cannot be written: No space left"):
        write_atomically("/dev/full", b"content")


_KILLED = """
import os, signal, sys
from smalti.cli import _terminate
from smalti.files import write_atomically
signal.signal(signal.SIGTERM, _terminate)
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGTERM)
write_atomically(sys.argv[1], b"new")
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_terminated_program_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    command = [sys.executable, "-c", _KILLED, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 143, run.stderr
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"old"]


def test_a_file_made_meanwhile_is_not_replaced(tmp_path, monkeypatch):
    # Between the look whether the file is there and the renaming somebody else makes it.
    path = tmp_path / "file.bin"
    fsync = os.fsync

    def slowly(descriptor):
        path.write_bytes(b"theirs")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", slowly)
    with pytest.raises(ImageWriteError, match="exists already"):
        write_atomically(path, b"ours", overwrite=False)
    assert path.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [path]


def together(tmp_path, data):
    return {tmp_path / name: data for name in ("a", "b", "c")}


def test_files_are_written_together_and_stale_ones_removed(tmp_path):
    stale = tmp_path / "stale"
    stale.write_bytes(b"old")
    write_all_atomically(together(tmp_path, b"new"), stale=[stale, tmp_path / "missing"])
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == dict.fromkeys("abc", b"new")


def test_another_name_of_a_new_file_is_not_stale(tmp_path):
    # As where case does not count.
    (tmp_path / "A").symlink_to(tmp_path / "a")
    write_all_atomically(together(tmp_path, b"new"), stale=[tmp_path / "A"])
    assert (tmp_path / "A").read_bytes() == b"new"


def test_none_is_written_if_one_exists_already(tmp_path):
    (tmp_path / "b").write_bytes(b"theirs")
    with pytest.raises(ImageWriteError, match="b: exists already"):
        write_all_atomically(together(tmp_path, b"new"), overwrite=False)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"theirs"]


@pytest.mark.parametrize("links", [True, False])
def test_none_is_written_if_one_is_made_meanwhile(tmp_path, monkeypatch, links):
    fsync, link = os.fsync, os.link

    def slowly(descriptor):
        fsync(descriptor)
        (tmp_path / "c").write_bytes(b"theirs")

    def linked(source, target):
        if not links:
            raise OSError(errno.EPERM, "Operation not permitted")
        link(source, target)

    monkeypatch.setattr(os, "fsync", slowly)
    monkeypatch.setattr(os, "link", linked)
    with pytest.raises(ImageWriteError, match="c: exists already"):
        write_all_atomically(together(tmp_path, b"new"), overwrite=False)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"theirs"]


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
@pytest.mark.parametrize("overwrite", [True, False])
def test_a_failure_before_all_are_there_changes_nothing(tmp_path, monkeypatch, failure, overwrite):
    if overwrite:
        for path in together(tmp_path, b""):
            path.write_bytes(b"old")
    calls = []

    def fail(_descriptor):
        calls.append(None)
        if len(calls) == 3:
            raise failure

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises((ImageWriteError, KeyboardInterrupt)):
        write_all_atomically(together(tmp_path, b"new"), overwrite=overwrite)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"old"] * 3 * overwrite


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("call", range(3))
@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_waits_until_all_are_renamed(tmp_path, monkeypatch, interrupt, call, done):
    for path in together(tmp_path, b""):
        path.write_bytes(b"old")
    (tmp_path / "stale").write_bytes(b"old")
    replace = Path.replace
    calls = []

    def interrupted(path, target):
        calls.append(None)
        now = len(calls) == call + 1
        if done or not now:
            replace(path, target)
        if now:
            raise interrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(interrupt):
        write_all_atomically(together(tmp_path, b"new"), stale=[tmp_path / "stale"])
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == dict.fromkeys("abc", b"new")


@pytest.mark.parametrize("done", [True, False])
def test_an_interrupt_takes_new_files_back(tmp_path, monkeypatch, done):
    link = os.link

    def interrupted(source, target):
        if target.name != "b" or done:
            link(source, target)
        if target.name == "b":
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "link", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_all_atomically(together(tmp_path, b"new"), overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_is_named(tmp_path, monkeypatch):
    stale = tmp_path / "stale"
    stale.write_bytes(b"old")
    unlink = Path.unlink

    def refused(path, **options):
        if path == stale:
            raise OSError(errno.EACCES, "Permission denied")
        unlink(path, **options)

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(ImageWriteError, match="stale: cannot be removed: Permission denied"):
        write_all_atomically(together(tmp_path, b"new"), stale=[stale])


PICTURE = b"some bytes of a file"


class RawStream(io.RawIOBase):
    """A stream that takes three bytes at a time."""

    def __init__(self):
        self.held = b""

    def writable(self):
        return True

    def write(self, data):
        self.held += bytes(data[:3])
        return len(data[:3])


def test_a_path_and_a_url_of_a_file_are_written_alike(tmp_path):
    assert write(tmp_path / "a.bin", PICTURE) == len(PICTURE)
    assert write((tmp_path / "b.bin").as_uri(), PICTURE) == len(PICTURE)
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [PICTURE, PICTURE]


def test_a_url_is_written_and_not_replaced_unless_asked():
    url = "memory://smalti/written.bin"
    write(url, PICTURE)
    with fsspec.open(url, "rb") as file:
        assert file.read() == PICTURE
    with pytest.raises(ImageWriteError, match=f"{url}: exists already"):
        write(url, b"other", overwrite=False)
    write(url, b"other")
    assert fsspec.filesystem("memory").cat("/smalti/written.bin") == b"other"


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (NotImplementedError(), "this kind of URL can be read, but not written"),
        (PermissionError(13, "Permission denied"), "cannot be written: Permission denied"),
        (RuntimeError(), "cannot be written: RuntimeError"),
    ],
)
def test_storage_that_refuses_is_told(monkeypatch, raised, message):
    def refuse(*_):
        raise raised

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "pipe_file", refuse)
    with pytest.raises(ImageWriteError, match=f"memory://a/b.png: {message}"):
        write("memory://a/b.png", PICTURE)


def test_an_unknown_kind_of_url_is_told():
    with pytest.raises(ImageWriteError, match=r"nothing://a/b.png: cannot be written: .*nothing"):
        write("nothing://a/b.png", PICTURE)


def test_a_file_object_is_written_to_where_it_stands():
    buffer = io.BytesIO()
    buffer.write(b"before ")
    assert write(buffer, PICTURE) == len(PICTURE)
    assert buffer.getvalue() == b"before " + PICTURE


def test_a_raw_stream_gets_all_bytes():
    stream = RawStream()
    write(stream, PICTURE)
    assert stream.held == PICTURE


def test_a_file_opened_for_text_or_closed_is_told(tmp_path):
    with (
        (tmp_path / "a.txt").open("w") as file,
        pytest.raises(ImageWriteError, match="binary mode"),
    ):
        write(file, PICTURE)
    with pytest.raises(ImageWriteError, match=r"a\.txt: cannot be written"):
        write(file.buffer, PICTURE)


@pytest.mark.parametrize("target", [3, b"name.png", None])
def test_other_targets_are_told(target):
    with pytest.raises(InvalidParameterError, match=f"got {type(target).__name__}"):
        write(target, PICTURE)
