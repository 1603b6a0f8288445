"""Images larger than memory whose outputs go to URLs."""

import pytest

import smalti
from smalti import urls
from smalti.exceptions import ImageWriteError
from smalti.scale.label_store import LabelStore
from smalti.scale.places import url_place
from smalti.scale.places.named import place_of
from tests.scale.checks import WINDOWS, Chunked, Stopped, blots, files_in, stopping

pytest.importorskip("fsspec")

RGB = blots()


def compress(out, **options):
    return smalti.compress_large(Chunked(RGB), out, 9, **options)


def segment(out, **options):
    return smalti.segment_large(Chunked(RGB), out, 4, **options)


CALLS = {"compress": (compress, "a.ome.zarr"), "segment": (segment, "out")}


def in_bucket(bucket, name):
    """The bytes of all files of an output, which is all that there is."""
    state = bucket.state()
    assert {place.partition("/")[0] for place in state} == {name}
    return {place.removeprefix(f"{name}/"): data for place, data in state.items()}


@pytest.mark.parametrize(
    ("name", "version"),
    [("a.ome.zarr", "0.4"), ("a.ome.zarr", "0.5"), ("a.tif", "0.4"), ("a.png", "0.4")],
)
def test_a_picture_has_the_bytes_of_one_here(bucket, tmp_path, name, version):
    found = compress(f"{bucket.url}/{name}", ome_version=version)
    here = compress(tmp_path / name, ome_version=version)
    assert in_bucket(bucket, name) == files_in(tmp_path / name)
    assert found.path == f"{bucket.url}/{name}"
    assert found.output_bytes == here.output_bytes
    assert not list((tmp_path / "cache/runs").iterdir())


def test_classes_have_the_bytes_of_those_here(bucket, tmp_path):
    found = segment(f"{bucket.url}/deep/out", outlines=True)
    segment(tmp_path / "out", outlines=True)
    state = bucket.state()
    here = files_in(tmp_path / "out")
    assert state == {f"deep/out/{name}": data for name, data in here.items()}
    assert found.folder == f"{bucket.url}/deep/out"


def test_a_file_url_is_a_path(tmp_path):
    found = compress(f"file://{tmp_path}/a.tif")
    assert found.path == tmp_path / "a.tif"
    assert found.path.is_file()
    assert segment(f"file://{tmp_path}/out").folder == tmp_path / "out"


@pytest.mark.parametrize("moment", [("histogram", 1), ("labels", 4), ("pyramid", 1)])
@pytest.mark.parametrize("which", CALLS)
def test_a_stopped_run_goes_on_to_the_same_bytes(memory, tmp_path, monkeypatch, which, moment):
    (call, name), (stage, after) = CALLS[which], moment
    out = f"{memory.url}/{name}"
    with pytest.raises(Stopped):
        call(out, jobs=1, progress=stopping(stage, after))
    assert not [place for place in memory.state() if place.startswith("a.ome.zarr")]
    written = []
    write = LabelStore.write
    monkeypatch.setattr(LabelStore, "write", lambda *arguments: written.append(write(*arguments)))
    call(out)
    missing = {"histogram": [WINDOWS], "labels": range(1, WINDOWS), "pyramid": [0]}[stage]
    assert len(written) in missing
    call(tmp_path / name)
    assert in_bucket(memory, name) == files_in(tmp_path / name)


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("which", CALLS)
def test_a_run_that_is_stopped_in_copying_goes_on(memory, tmp_path, monkeypatch, which, overwrite):
    call, name = CALLS[which]
    out = f"{memory.url}/{name}"
    if overwrite:
        smalti.compress_large(blots(seed=1), f"{memory.url}/a.ome.zarr", 4)
    copied = url_place.copy_names

    def stopped(storage, targets):
        copied(storage, targets)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(url_place, "copy_names", stopped)
        with pytest.raises(KeyboardInterrupt):
            call(out, overwrite=overwrite)
    # It is no image yet, and belongs to nobody else.
    call(out, overwrite=overwrite)
    call(tmp_path / name)
    found = {place: data for place, data in memory.state().items() if place.startswith(name)}
    here = files_in(tmp_path / name)
    assert found == {f"{name}/{place}": data for place, data in here.items()}


def test_labels_that_have_vanished_are_made_again(memory, tmp_path):
    out = f"{memory.url}/a.ome.zarr"
    with pytest.raises(Stopped):
        compress(out, progress=stopping("labels", 4))
    storage, path = memory.storage
    storage.rm(f"{path}/.a.ome.zarr.smalti-part", recursive=True)
    compress(out)
    compress(tmp_path / "a.ome.zarr")
    assert in_bucket(memory, "a.ome.zarr") == files_in(tmp_path / "a.ome.zarr")


def test_a_run_with_other_options_leaves_nothing_of_the_first(memory):
    out = f"{memory.url}/a.ome.zarr"
    with pytest.raises(Stopped):
        compress(out, progress=stopping("labels", 4))
    compress(out, seed=1)
    in_bucket(memory, "a.ome.zarr")


def test_what_is_there_is_not_replaced(memory):
    out = f"{memory.url}/a.ome.zarr"
    compress(out)
    before = memory.state()
    for call, name in ((compress, "a.ome.zarr"), (compress, "a.tif"), (segment, "out")):
        call(f"{memory.url}/{name}")
        with pytest.raises(ImageWriteError, match=rf"/{name}.*: exists already; to replace it"):
            call(f"{memory.url}/{name}", overwrite=False)
    assert {name: memory.state()[name] for name in before} == before


def test_a_smaller_picture_replaces_a_larger_one(bucket, tmp_path):
    out = f"{bucket.url}/a.ome.zarr"
    compress(out)
    small = blots(40, 50)
    smalti.compress_large(small, out, 9)
    smalti.compress_large(small, tmp_path / "b.ome.zarr", 9)
    assert in_bucket(bucket, "a.ome.zarr") == files_in(tmp_path / "b.ome.zarr")


def test_folders_of_others_are_not_replaced(bucket):
    bucket.put("a.ome.zarr/x.png")
    bucket.put("a.tif/x.png")
    bucket.put("image/.zgroup", data=b"{}")
    before = bucket.state()
    with pytest.raises(ImageWriteError, match="is there, but is no Zarr that could be replaced"):
        compress(f"{bucket.url}/a.ome.zarr")
    with pytest.raises(ImageWriteError, match="is a folder, not a file to write"):
        compress(f"{bucket.url}/a.tif")
    with pytest.raises(ImageWriteError, match="is a Zarr image; choose another folder"):
        segment(f"{bucket.url}/image")
    assert bucket.state() == before


def test_outlines_of_an_earlier_run_do_not_stay(memory):
    segment(f"{memory.url}/out", outlines=True)
    segment(f"{memory.url}/out")
    assert "out/regions.geojson" not in memory.state()


def test_storage_that_cannot_be_written_is_one_sentence(web, s3):
    _, address = web
    for call in (compress, segment):
        with pytest.raises(ImageWriteError, match="can be read, but not written"):
            call(f"{address}/a.tif")
    with pytest.raises(ImageWriteError, match="Protocol not known: nothing"):
        compress("nothing://a/a.tif")
    with pytest.raises(ImageWriteError) as caught:
        compress(f"{s3.url}-not/a.ome.zarr")
    assert str(caught.value).startswith(f"{s3.url}-not/a.ome.zarr: cannot be written: ")
    assert "\n" not in str(caught.value)


def test_two_runs_do_not_write_one_output(memory):
    from filelock import FileLock

    out = f"{memory.url}/a.tif"
    folder = place_of(out).run_folder
    folder.mkdir(parents=True)
    with (
        FileLock(folder / "lock"),
        pytest.raises(ImageWriteError, match="is being written by another run"),
    ):
        compress(out)


def test_a_folder_of_this_machine_is_needed(memory, monkeypatch, tmp_path):
    out = f"{memory.url}/a.tif"
    monkeypatch.setenv("SMALTI_CACHE_DIR", "")
    with pytest.raises(ImageWriteError, match="SMALTI_CACHE_DIR must name one"):
        compress(out)
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("SMALTI_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(ImageWriteError, match=r"file/runs/\w+: cannot be made: Not a directory"):
        compress(out)
    assert memory.state() == {}


def test_an_input_is_not_replaced(bucket, tmp_path):
    smalti.compress_large(RGB, tmp_path / "a.tif", 9)
    url = bucket.put("a.tif", data=(tmp_path / "a.tif").read_bytes())
    with pytest.raises(ImageWriteError, match="is the image"):
        smalti.compress_large(url, url, 9, max_pixels=100)


# What is there of others


@pytest.mark.parametrize(("name", "other"), [("a[1]", "a1"), ("a*", "ab"), ("a?", "ab")])
def test_a_name_is_no_pattern(memory, name, other):
    for each in (other, name):
        compress(f"{memory.url}/{each}.ome.zarr")
    before = memory.state()
    compress(f"{memory.url}/{name}.ome.zarr", seed=1)
    after = memory.state()
    assert set(after) == set(before)
    assert {place.partition("/")[0] for place in after} == {f"{name}.ome.zarr", f"{other}.ome.zarr"}


@pytest.fixture
def cut_off(memory, monkeypatch):
    """Make an output whose copies are cut off."""

    def made(call, name):
        copied = url_place.copy_names

        def stopping_copies(storage, targets):
            copied(storage, dict(list(targets.items())[:2]))
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(url_place, "copy_names", stopping_copies)
            with pytest.raises(KeyboardInterrupt):
                call(f"{memory.url}/{name}")

    return made


@pytest.mark.parametrize("which", CALLS)
def test_copies_that_were_cut_off_are_not_those_of_another_run(memory, cut_off, which):
    call, name = CALLS[which]
    cut_off(call, name)
    before = memory.state()
    with pytest.raises(ImageWriteError, match="exists already"):
        call(f"{memory.url}/{name}", overwrite=False, seed=1)
    kept = {place for place in before if "smalti-part" not in place}
    assert kept <= set(memory.state())


def test_cut_off_copies_are_replaced_from_elsewhere(memory, cut_off, tmp_path, monkeypatch):
    cut_off(compress, "a.ome.zarr")
    monkeypatch.setenv("SMALTI_CACHE_DIR", str(tmp_path / "another"))
    with pytest.raises(ImageWriteError, match="exists already"):
        compress(f"{memory.url}/a.ome.zarr", overwrite=False)
    compress(f"{memory.url}/a.ome.zarr")
    compress(tmp_path / "a.ome.zarr")
    state = {
        place.removeprefix("a.ome.zarr/"): data
        for place, data in memory.state().items()
        if place.startswith("a.ome.zarr/")
    }
    assert state == files_in(tmp_path / "a.ome.zarr")


def test_labels_that_vanish_before_they_are_copied_cost_no_old_output(memory, monkeypatch):
    out = f"{memory.url}/a.ome.zarr"
    compress(out)
    before = memory.state()
    take = url_place.UrlPlace.take

    def robbed(place, made, number):
        place.remove_staged(f"labels-{number}")
        take(place, made, number)

    monkeypatch.setattr(url_place.UrlPlace, "take", robbed)
    with pytest.raises(ImageWriteError, match="has vanished"):
        compress(out, seed=1)
    assert {place: memory.state()[place] for place in before} == before


def test_storage_that_cannot_copy_gets_what_is_sent(memory, monkeypatch, tmp_path):
    def refused(*_arguments, **_options):
        raise NotImplementedError

    monkeypatch.setattr(type(memory.storage[0]), "copy", refused)
    compress(f"{memory.url}/a.ome.zarr")
    compress(tmp_path / "a.ome.zarr")
    assert in_bucket(memory, "a.ome.zarr") == files_in(tmp_path / "a.ome.zarr")


def test_another_run_that_copies_meanwhile_wins(memory, monkeypatch):
    out = f"{memory.url}/a.ome.zarr"
    copied = url_place.copy_names
    _, path = memory.storage

    def overtaken(storage, targets):
        copied(storage, targets)
        storage.pipe_file(f"{path}/a.ome.zarr/.smalti-copying", b"another")

    monkeypatch.setattr(url_place, "copy_names", overtaken)
    with pytest.raises(ImageWriteError, match="another run is writing it"):
        compress(out)
    assert "a.ome.zarr/.zgroup" not in memory.state()


def test_a_slash_at_the_end_changes_nothing(memory):
    assert compress(f"{memory.url}/a.ome.zarr/").path == f"{memory.url}/a.ome.zarr"


def test_a_name_that_is_too_long_is_one_sentence(tmp_path):
    with pytest.raises(ImageWriteError, match="cannot be written: File name too long"):
        compress(tmp_path / f"{'a' * 247}.tif")


def test_a_run_here_goes_on_without_fsspec(tmp_path, monkeypatch):
    with pytest.raises(Stopped):
        compress(tmp_path / "a.ome.zarr", progress=stopping("labels", 4))

    def missing(_url):
        raise ImportError("No module named 'fsspec'")

    monkeypatch.setattr(urls, "opened", missing)
    compress(tmp_path / "a.ome.zarr")
