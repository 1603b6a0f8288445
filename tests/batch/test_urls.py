"""Many files at URLs: in fsspec's memory, and in buckets of an object server."""

import pickle
from pathlib import Path

import fsspec
import pytest

import smalti
from smalti.batch.expand import Item, globbed
from smalti.batch.job import Wishes
from smalti.batch.plan import Places, Plan
from smalti.formats.marks import TAIL_BYTES
from smalti.parallel import PixelBudget
from tests.batch.trees import OPTIONS, put, run, state


def statuses(results):
    return [result.status for result in results]


def reasons(results):
    return [result.reason for result in results]


@pytest.fixture
def tree(bucket):
    """Pictures below a folder, and what is left out there."""
    names = ("in/10.png", "in/2.png", "in/a/b c é#?.bmp", "in/.hidden.png", "in/.git/x.png")
    for seed, name in enumerate((*names, "in/z.zarr/0/0.png", "in/page.ico")):
        bucket.put(name, seed)
    bucket.put("in/z.zarr/zarr.json", data=b"{}")
    bucket.put("in/notes.txt", data=b"no image")
    return bucket


PICTURES = ["2.png", "10.png", "a/b c é#?.png"]


# Folders, patterns and names


@pytest.mark.parametrize("ending", ["", "/"])
def test_a_folder_is_mirrored_without_what_folders_here_leave_out(tree, ending):
    results = run(f"{tree.url}/in{ending}", f"{tree.url}/out", recursive=True)
    assert tree.of(results, "out/") == PICTURES
    assert [reason for reason in reasons(results) if reason] == [
        "left out, it is an icon of several sizes; to compress one, name it alone",
        "left out, it is a Zarr image; name it alone",
    ]
    made = [name for name in tree.state() if name.startswith("out/")]
    assert sorted(made) == sorted(f"out/{name}" for name in PICTURES)


def test_the_bytes_are_those_of_files_here(tree, tmp_path):
    for name, data in tree.state().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    run(tmp_path / "in", tmp_path / "out", recursive=True)
    run(f"{tree.url}/in", f"{tree.url}/out", recursive=True)
    made = {name[4:]: data for name, data in tree.state().items() if name.startswith("out/")}
    assert made == state(tmp_path / "out")
    assert len(made) == 3


def test_a_folder_at_a_url_comes_here_and_one_from_here_goes_there(tree, tmp_path):
    results = run(f"{tree.url}/in", tmp_path / "out", recursive=True)
    assert statuses(results).count("written") == 3
    assert sorted(state(tmp_path / "out")) == sorted(PICTURES)
    for seed, name in enumerate(PICTURES):
        put(tmp_path / "in" / name, seed)
    up = run(tmp_path / "in", f"{tree.url}/up/", recursive=True)
    assert tree.of(up, "up/") == PICTURES


def test_several_folders_have_folders_of_their_own(bucket):
    bucket.put("a/x.png")
    bucket.put("b/x.png", 1)
    results = run([f"{bucket.url}/a", f"{bucket.url}/b/"], f"{bucket.url}/out", recursive=True)
    assert bucket.of(results, "out/") == ["a/x.png", "b/x.png"]


def test_the_output_folder_is_not_searched(bucket):
    bucket.put("x.png")
    for status in ("written", "skipped"):
        results = run(bucket.url, f"{bucket.url}/small", recursive=True)
        assert statuses(results) == [status]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("in/*.png", ["2-smalti.png", "10-smalti.png"]),
        ("in/[0-9].png", ["2-smalti.png"]),
        ("in/?.png", ["2-smalti.png"]),
        ("in/**/*.bmp", ["b c é#?-smalti.png"]),
        ("in/.h*.png", [".hidden-smalti.png"]),
        ("i*/1?.png", ["10-smalti.png"]),
    ],
)
def test_patterns_are_expanded_and_sorted_as_people_do(tree, pattern, names):
    results = run(f"{tree.url}/{pattern}", f"{tree.url}/out/")
    assert tree.of(results, "out/") == names


def test_a_pattern_means_folders_only_if_they_are_asked_for(tree):
    assert statuses(run(f"{tree.url}/i*", f"{tree.url}/out/")) == []
    results = run(f"{tree.url}/i*", f"{tree.url}/out/", recursive=True)
    assert tree.of(results, "out/") == PICTURES


def test_a_file_may_be_called_like_a_pattern(bucket):
    url = bucket.put("in/[a].png")
    bucket.put("in/a.png", 1)
    assert globbed(url) == [url]
    assert globbed(f"{bucket.url}/none*.png") == [f"{bucket.url}/none*.png"]


def test_names_that_lead_out_of_the_folder_are_left_out(s3, tmp_path):
    for name in ("in/a/../../../evil.png", "in//evil.png", "in/a/.."):
        s3.put(name)
    s3.put("in/marker/", data=b"")
    s3.put("in/good.png")
    results = run(f"{s3.url}/in", tmp_path / "deep/out", recursive=True)
    assert sorted(statuses(results)) == ["skipped", "skipped", "skipped", "written"]
    assert "its name has no place in a folder" in reasons(results)[-1]
    assert sorted(state(tmp_path)) == ["deep/out/good.png"]


def test_names_are_told_apart_by_their_endings(bucket):
    inputs = [bucket.put("in/logo.png"), bucket.put("in/logo.bmp", 1)]
    results = run(inputs, f"{bucket.url}/out/")
    assert bucket.of(results, "out/") == ["logo-png-smalti.png", "logo-bmp-smalti.png"]
    same = [bucket.put("a/x.png"), bucket.put("b/x.png", 1)]
    first, second = run(same, f"{bucket.url}/out/")
    assert first.status == "written"
    assert "as " + same[0] + " is" in str(second.error)


def test_a_percent_sign_stays_in_buckets_and_goes_in_names_here(bucket, tmp_path):
    bucket.put("in/100%25.png")
    results = run(f"{bucket.url}/in", f"{bucket.url}/out", recursive=True)
    assert bucket.of(results, "out/") == ["100%25.png"]
    run(f"{bucket.url}/in", tmp_path / "out", recursive=True)
    assert list(state(tmp_path / "out")) == ["100%.png"]


def test_one_file_is_written_where_it_is_to_be(bucket):
    url = bucket.put("in/x.png")
    (result,) = run([url], f"{bucket.url}/out")
    assert bucket.of([result]) == ["out/x-smalti.png"]
    job = Plan.made(Places([url], f"{bucket.url}/deep/y.png"), OPTIONS, Wishes(resume=False))
    (result,) = job.results()
    assert result.output == f"{bucket.url}/deep/y.png"
    # Alone it is not marked: its bytes are those of `smalti.compress`.
    alone = smalti.compress(url, options=OPTIONS)
    assert bucket.state()["deep/y.png"] == alone.to_bytes("png")


def test_without_a_folder_outputs_go_here(bucket, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    urls = [bucket.put("in/x.png"), bucket.put("in/y.png", 1)]
    assert statuses(run(urls)) == ["written", "written"]
    assert sorted(state(tmp_path)) == ["x-smalti.png", "y-smalti.png"]


def test_inputs_here_and_there_go_together(bucket, tmp_path):
    here = put(tmp_path / "here.png", 1)
    results = run([bucket.put("in/there.png"), here], f"{bucket.url}/out")
    assert bucket.of(results, "out/") == ["there-smalti.png", "here-smalti.png"]


def test_a_path_and_its_url_are_one_file(tmp_path):
    source = put(tmp_path / "in/x.png")
    results = run([source], f"file://{tmp_path}/out/")
    assert results[0].output == str(tmp_path / "out/x-smalti.png")
    results = run([f"file://{source}", source], tmp_path / "in", suffix=".png")
    assert statuses(results) == ["failed", "failed"]
    found = run(f"file://{tmp_path}/in", tmp_path / "new", recursive=True)
    assert statuses(found) == ["written"]


# A second run


def test_a_second_run_leaves_out_what_is_done_and_does_the_rest(tree):
    place = (f"{tree.url}/in", f"{tree.url}/out")
    run(*place, recursive=True)
    before = tree.state()
    again = run(*place, recursive=True)
    assert statuses(again) == ["skipped"] * 5
    assert reasons(again)[0] == f"left out, {tree.url}/out/2.png is made of it already"
    storage, path = tree.storage
    storage.rm_file(f"{path}/out/10.png")
    assert statuses(run(*place, recursive=True)).count("written") == 1
    assert tree.state() == before


def test_what_was_made_otherwise_is_told(bucket):
    url, out = bucket.put("in/x.png"), f"{bucket.url}/out/"
    inputs = [url, bucket.put("in/y.png", 1)]
    run(inputs, out)
    others = {"options": smalti.CompressOptions(k=4, effort=1)}
    assert "made with other options" in reasons(run(inputs, out, **others))[0]
    bucket.put("in/x.png", 7)
    changed, _ = run(inputs, out)
    assert "made from other contents" in str(changed.error)
    assert statuses(run(inputs, out, overwrite=True)) == ["written", "skipped"]


def test_a_second_run_reads_but_the_ends_of_outputs(memory, monkeypatch):
    inputs = [memory.put("in/x.png"), memory.put("in/y.png", 1)]
    run(inputs, f"{memory.url}/out")
    kind = type(fsspec.filesystem("memory"))
    asked, cat = [], kind.cat_file

    def noted(self, path, start=None, end=None, **options):
        asked.append((path.rpartition("/")[2], start, end))
        return cat(self, path, start, end, **options)

    monkeypatch.setattr(kind, "cat_file", noted)
    assert statuses(run(inputs, f"{memory.url}/out", jobs=1)) == ["skipped"] * 2
    assert [name for name, _, _ in asked] == ["x-smalti.png"] * 2 + ["y-smalti.png"] * 2
    assert asked[0][1:] == (0, 16)
    assert asked[1][1:] == (-TAIL_BYTES, None)


def test_storage_without_parts_of_files_is_read_whole(memory, monkeypatch):
    inputs = [memory.put("in/x.png"), memory.put("in/y.png", 1)]
    run(inputs, f"{memory.url}/out")
    kind = type(fsspec.filesystem("memory"))
    cat = kind.cat_file

    def whole(self, path, **limits):
        if limits:
            raise NotImplementedError
        return cat(self, path)

    monkeypatch.setattr(kind, "cat_file", whole)
    assert statuses(run(inputs, f"{memory.url}/out", jobs=1)) == ["skipped"] * 2


def test_outputs_among_inputs_are_known(bucket):
    bucket.put("photo.bmp")
    bucket.put("other.png", 1)
    # The first has an output beside it, which only its mark tells from an input.
    marked = run([f"{bucket.url}/photo.bmp", f"{bucket.url}/other.png"], f"{bucket.url}/first")
    assert statuses(marked) == ["written", "written"]
    bucket.put("photo.png", data=bucket.state()["first/photo-smalti.png"])
    storage, path = bucket.storage
    storage.rm(f"{path}/first", recursive=True)
    bucket.put("other-smalti.png", 2)
    results = run(bucket.url, f"{bucket.url}/out", recursive=True)
    assert [result.input.rpartition("/")[2] for result in results] == ["other.png", "photo.bmp"]
    named = run([f"{bucket.url}/other.png", f"{bucket.url}/other-smalti.png"], f"{bucket.url}/new")
    assert "has the name of an output of" in reasons(named)[1]


def test_names_cost_no_request_and_a_folder_one_listing(memory, monkeypatch):
    for number in range(5):
        memory.put(f"in/{number}/photo.png", number)
    kind, asked = type(fsspec.filesystem("memory")), []
    for method in ("ls", "info", "find", "glob", "isdir", "exists", "cat_file"):
        plain = getattr(kind, method)

        def noted(*arguments, _plain=plain, _method=method, **options):
            asked.append(_method)
            return _plain(*arguments, **options)

        monkeypatch.setattr(kind, method, noted)
    names = [f"{memory.url}/in/{number}/photo.png" for number in range(300)]
    for out in (f"{memory.url}/out", f"{memory.url}/out.v2/"):
        plan = Plan.made(Places(names, out, recursive=True), OPTIONS, Wishes())
        assert len(plan.items) == 300
    assert asked == []
    plan = Plan.made(
        Places([f"{memory.url}/in/"], f"{memory.url}/out", recursive=True), OPTIONS, Wishes()
    )
    assert len(plan.items) == 5
    assert asked == ["find"]


def test_a_job_travels_to_other_processes(bucket):
    bucket.put("in/x.png")
    bucket.put("in/y.png", 1)
    places = Places([f"{bucket.url}/in"], f"{bucket.url}/out", recursive=True)
    plan = Plan.made(places, OPTIONS, Wishes())
    (first, *_) = plan.results()
    assert first.status == "written"
    job = pickle.loads(pickle.dumps(plan.job))
    again, other = (job.run(0, item, PixelBudget(), None) for item in plan.items)
    assert again.status == "skipped"
    assert other.status == "skipped"
    assert job.run(0, Item(f"{bucket.url}/in/x.png"), PixelBudget(), None).status == "skipped"


# One palette


def test_one_palette_is_fitted_to_all(tree):
    results = run(f"{tree.url}/in", f"{tree.url}/out", recursive=True, shared_palette=True)
    assert statuses(results).count("written") == 3
    palettes = {
        tuple(map(tuple, smalti.load(f"{tree.url}/out/{name}").palette.tolist()))
        for name in PICTURES[:2]
    }
    assert len(set().union(*palettes)) <= OPTIONS.k
    again = run(f"{tree.url}/in", f"{tree.url}/out", recursive=True, shared_palette=True)
    assert "written" not in statuses(again)


def test_a_dry_run_writes_nothing(bucket):
    bucket.put("in/x.png")
    before = bucket.state()
    assert statuses(run(f"{bucket.url}/in", f"{bucket.url}/out", recursive=True, dry_run=True)) == [
        "written"
    ]
    assert bucket.state() == before


# Web servers


def test_a_web_server_is_read(web, tmp_path):
    folder, url = web
    for seed, name in enumerate(("in/10.png", "in/2.png", "in/a b/c é#.png", "in/.hidden.png")):
        put(folder / name, seed)
    found = run(f"{url}/in/", tmp_path / "tree", recursive=True)
    assert statuses(found) == ["written"] * 3
    assert sorted(state(tmp_path / "tree")) == ["10.png", "2.png", "a b/c é#.png"]
    assert statuses(run(f"{url}/in/", tmp_path / "tree", recursive=True)) == ["skipped"] * 3
    matched = run(f"{url}/in/*.png", tmp_path / "out")
    assert [Path(result.output).name for result in matched] == ["2-smalti.png", "10-smalti.png"]


def test_a_query_is_no_part_of_a_name_and_no_pattern(web, tmp_path):
    folder, url = web
    put(folder / "a b.png")
    put(folder / "c.png", 1)
    names = [f"{url}/a%20b.png?size=[1]*#top", f"{url}/c.png?"]
    results = run(names, tmp_path / "out")
    assert [Path(result.output).name for result in results] == ["a b-smalti.png", "c-smalti.png"]
    assert globbed("http://[::1]:80/a.png?x=*") == ["http://[::1]:80/a.png?x=*"]


def test_files_in_an_archive_are_compressed(memory, tmp_path):
    import zipfile

    put(tmp_path / "x.png")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(tmp_path / "x.png", "in/x.png")
    results = run(f"zip://in::file://{tmp_path}/all.zip", f"{memory.url}/out", recursive=True)
    assert memory.of(results, "out/") == ["x.png"]
