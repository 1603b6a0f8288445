"""Many files by workers of a cluster: the same files as those of one process."""

import os

import pytest

import smalti
from smalti import CompressOptions
from smalti.batch.job import Wishes
from smalti.batch.plan import Places, Plan
from smalti.exceptions import ClusterError, InvalidParameterError
from tests.batch.trees import picture, put
from tests.cli.program import invoke, json_lines
from tests.dask.arrays import kill_once
from tests.pictures import noise
from tests.scale.checks import files_in, litter

distributed = pytest.importorskip("distributed", reason="needs the extra smalti[dask]")

import smalti.dask  # noqa: E402
from smalti.dask.cluster import Cluster  # noqa: E402

FAST = CompressOptions(k=16, effort=1)
NUMBER = 12


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with a tree of pictures, the last of which is broken."""
    monkeypatch.chdir(tmp_path)
    for i in range(NUMBER):
        put(tmp_path / f"in/{'abc'[i % 3]}/{i}.png", i)
    (tmp_path / "in/c/broken.png").write_bytes(b"broken")
    return tmp_path


def statuses(results):
    return [(result.input.rpartition("/")[2], result.status) for result in results]


# The same files


@pytest.mark.parametrize("shared", [False, True])
def test_files_are_those_of_one_process(folder, client, shared):
    ways = {"options": FAST, "recursive": True, "shared_palette": shared, "measure": False}
    here = list(smalti.compress_files("in", "here", **ways))
    there = list(smalti.dask.compress_many("in", "there", scheduler=client, **ways))
    assert statuses(there) == statuses(here)
    assert files_in(folder / "there") == files_in(folder / "here")
    assert litter(folder) == []
    again = list(smalti.dask.compress_many("in", "there", scheduler=client, **ways))
    assert {result.status for result in again} == {"skipped", "failed"}


def test_a_run_does_what_is_missing(folder, client):
    ways = {"options": FAST, "recursive": True}
    list(smalti.dask.compress_many("in", "out", scheduler=client, **ways))
    expected = files_in(folder / "out")
    missing = sorted((folder / "out").rglob("*.png"))[::3]
    for path in missing:
        path.unlink()
    again = list(smalti.dask.compress_many("in", "out", scheduler=client, **ways))
    written = [result.output for result in again if result.status == "written"]
    assert sorted(written) == [str(path) for path in missing]
    assert files_in(folder / "out") == expected


@pytest.mark.usefixtures("folder")
def test_the_client_that_there_is_is_used(client):
    with client.as_current():
        results = list(smalti.dask.compress_many("in/a/*.png", "out", options=FAST))
    assert {result.status for result in results} == {"written"}


def test_outputs_lie_beside_their_inputs(folder, client):
    results = smalti.dask.compress_many(
        ["in/a/0.png", "in/b/1.png"], scheduler=client, options=FAST
    )
    assert [result.output for result in results] == [
        str(folder / "in/a/0-smalti.png"),
        str(folder / "in/b/1-smalti.png"),
    ]


def test_arguments_are_checked_at_once(client):
    with pytest.raises(InvalidParameterError, match="strip must be one of"):
        smalti.dask.compress_many("in", "out", scheduler=client, strip="x")


def test_what_a_run_finds_out_itself_does_not_count(tmp_path, client):
    # Nobody has seen this picture before.
    seed = int.from_bytes(os.urandom(4), "little")
    data = smalti.compress(picture(seed), options=FAST).to_bytes("png")
    (tmp_path / "in").mkdir()
    for i in range(6):
        (tmp_path / f"in/{i}.png").write_bytes(data)
    ways = {"options": FAST, "recursive": True, "scheduler": client}
    first, second = (list(smalti.dask.compress_many(tmp_path / "in", **ways)) for _ in range(2))
    assert {result.status for result in first} == {"kept"}
    assert {result.status for result in second} == {"skipped"}


def test_to_close_the_iterator_ends_the_work(folder, client):
    results = smalti.dask.compress_many("in", "out", scheduler=client, recursive=True, options=FAST)
    next(results)
    results.close()
    list(smalti.dask.compress_many("in", "out", scheduler=client, recursive=True, options=FAST))
    assert len(files_in(folder / "out")) == NUMBER


# What goes wrong


class Disturbed(Cluster):
    """A cluster whose workers do something before each file."""

    def __init__(self, client, before):
        super().__init__(client)
        self._before = before

    def map(self, work, tasks, lost=None):
        return super().map(_After(self._before, work), tasks, lost)


class _After:
    def __init__(self, before, work):
        self.before = before
        self.work = work

    def __call__(self, task):
        self.before(task)
        return self.work(task)


class _Kill:
    """Kills a worker: once, or each that comes to one file."""

    def __init__(self, folder, name=None):
        self.folder, self.name = folder, name

    def __call__(self, task):
        _, item = task
        if self.name is None:
            kill_once(self.folder / "marker")
        elif item.name.endswith(self.name):
            number = len(list(self.folder.glob("killed-*")))
            kill_once(self.folder / f"killed-{number}")


def test_a_worker_that_is_killed_is_made_up_for(folder, client):
    ways = {"options": FAST, "recursive": True, "measure": False}
    workers = Disturbed(client, _Kill(folder))
    there = list(smalti.compress_files("in", "there", workers=workers, **ways))
    assert (folder / "marker").exists()
    assert statuses(there) == statuses(smalti.compress_files("in", "here", **ways))
    assert files_in(folder / "there") == files_in(folder / "here")


def test_a_file_that_kills_every_worker_fails_alone(folder, client):
    ways = {"options": FAST, "recursive": True, "measure": False}
    workers = Disturbed(client, _Kill(folder, "/4.png"))
    results = list(smalti.compress_files("in", "out", workers=workers, **ways))
    failed = {result.input.rpartition("/")[2]: result.error for result in results if result.error}
    assert {*failed} == {"4.png", "broken.png"}
    assert isinstance(failed["4.png"], ClusterError)
    assert "workers were lost one after the other" in str(failed["4.png"])
    assert len(files_in(folder / "out")) == NUMBER - 1


def test_a_file_that_kills_every_worker_does_not_count(folder, client):
    class Counting(Cluster):
        def map(self, work, tasks, lost=None):
            return super().map(_After(_KillShare(folder), work), tasks, lost)

    ways = {"options": FAST, "recursive": True, "shared_palette": True, "measure": False}
    results = list(smalti.compress_files("in", "out", workers=Counting(client), **ways))
    failed = {result.input.rpartition("/")[2] for result in results if result.error}
    assert failed == {"broken.png"}
    assert len(files_in(folder / "out")) == NUMBER


class _KillShare(_Kill):
    """Kills each worker that counts one file; files are compressed without."""

    def __call__(self, task):
        for item in getattr(task, "items", ()):
            if item.name.endswith("/4.png"):
                super(_KillShare, _KillShare(self.folder, "/4.png")).__call__((None, item))


def test_patterns_are_those_of_this_folder(tmp_path, client, monkeypatch):
    for name in ("a[1]", "a1"):
        put(tmp_path / name / f"{name[:2]}.png", 3)
    monkeypatch.chdir(tmp_path / "a[1]")
    results = list(smalti.dask.compress_many("*.png", "out", scheduler=client, options=FAST))
    assert [result.input for result in results] == [str(tmp_path / "a[1]/a[.png")]


def test_a_folder_that_cannot_be_written_fails_its_files(folder, client):
    (folder / "out").mkdir()
    (folder / "out/a").write_bytes(b"in the way")
    results = list(
        smalti.dask.compress_many("in", "out", scheduler=client, recursive=True, options=FAST)
    )
    assert {result.status for result in results if "/in/a/" in result.input} == {"failed"}
    assert {result.status for result in results if "/in/b/" in result.input} == {"written"}


def test_stdin_is_nowhere_on_a_cluster(client):
    for arguments in (["-"], ["a.png", "-o", "-"]):
        result = invoke("compress", *arguments, "--dask", client.scheduler.address)
        assert result.exit_code == 2
        assert "- cannot be given with --dask" in result.stderr
    with pytest.raises(InvalidParameterError, match="a cluster has no stdin and no stdout"):
        Plan.made(Places(["-"]), FAST, Wishes(), workers=Cluster(client))


# The command line


def test_the_command_line_does_the_same(folder, client):
    address = client.scheduler.address
    ways = ("compress", "-r", "in", "-k", 16, "--effort", 1, "--json")
    there = invoke(*ways, "-o", "there", "--dask", address)
    here = invoke(*ways, "-o", "here")
    assert there.exit_code == here.exit_code == 1
    found, expected = json_lines(there.stdout), json_lines(here.stdout)
    for row in (*found, *expected):
        row.pop("seconds", None)
    place = f"{folder}/"
    rows = [
        {
            name: str(value).replace(place, "").replace("there", "here")
            for name, value in row.items()
        }
        for row in found
    ]
    assert rows == [{name: str(value) for name, value in row.items()} for row in expected]
    assert files_in(folder / "there") == files_in(folder / "here")


def test_palettes_count_files_and_parts_of_large_ones(folder, client):
    from tests.cli.large_pictures import tiff

    tiff(folder / "in/large.tif", noise(200, 300) // 32 * 32)
    ways = ("palette", "-r", "in", "-k", 9, "--json", "--max-pixels", 10_000)
    there = invoke(*ways, "--dask", client.scheduler.address)
    here = invoke(*ways)
    assert there.exit_code == here.exit_code == 1
    assert json_lines(there.stdout) == json_lines(here.stdout)
    assert there.stderr.replace(f"{folder}/", "") == here.stderr
