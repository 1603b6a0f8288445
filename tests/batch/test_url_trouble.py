"""What is refused at URLs: to write over files, and what cannot be."""

import sys

import fsspec
import pytest

from smalti import urls
from smalti.exceptions import ImageWriteError, OptionsError
from smalti.files import write
from tests.batch.trees import put, run


def statuses(results):
    return [result.status for result in results]


def failure(*arguments, **options):
    """The sentence of the only input of a run."""
    (result,) = run(*arguments, **options)
    assert result.status == "failed"
    assert "\n" not in str(result.error)
    return result.error


# Never over another file


def test_what_exists_is_not_replaced_unless_that_is_wanted(bucket):
    url, out = bucket.put("in/x.png"), f"{bucket.url}/out/x-smalti.png"
    bucket.put("out/x-smalti.png", data=b"mine")
    error = failure([url], f"{bucket.url}/out")
    assert str(error) == f"{out}: exists already; to replace it, use overwrite=True"
    assert error.command_line == f"{out}: exists already; to replace it, use --force"
    assert bucket.state()["out/x-smalti.png"] == b"mine"
    assert statuses(run([url], f"{bucket.url}/out", overwrite=True)) == ["written"]
    assert bucket.state()["out/x-smalti.png"] != b"mine"


def test_a_folder_is_not_replaced_by_a_file(bucket):
    bucket.put("out/x-smalti.png/inside.txt", data=b"mine")
    error = failure([bucket.put("in/x.png")], f"{bucket.url}/out")
    assert str(error) == f"{bucket.url}/out/x-smalti.png: is a folder, not a file to write"


def test_what_another_run_writes_meanwhile_stays(bucket, monkeypatch):
    # Nothing is there when that is asked.
    monkeypatch.setattr(urls, "kind_at", lambda _: None)
    url = bucket.put("x.png", data=b"theirs")
    with pytest.raises(ImageWriteError, match="exists already"):
        write(url, b"mine", overwrite=False)
    assert bucket.state()["x.png"] == b"theirs"


def test_storage_that_cannot_refuse_is_written_to(memory, monkeypatch):
    asked = []

    def piped(_self, _path, _data, mode="overwrite"):
        asked.append(mode)
        if mode == "create":
            raise OSError(38, "A header you provided implies functionality not implemented")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "pipe_file", piped)
    write(f"{memory.url}/x.png", b"mine", overwrite=False)
    assert asked == ["create", "overwrite"]


def test_an_input_is_not_replaced_by_an_output(bucket):
    inputs = [bucket.put("in/x.png"), bucket.put("in/y.png", 1)]
    before = bucket.state()
    for given in (inputs, inputs[:1]):
        results = run(given, f"{bucket.url}/in", suffix=".png", overwrite=True)
        assert str(results[0].error) == (
            f"{inputs[0]}: would be replaced or removed, but is the input {inputs[0]}; choose "
            "another folder with -o"
        )
    assert bucket.state() == before


def test_spellings_of_a_url_are_one_file(memory):
    url = memory.put("x.png")
    other = url.replace("memory://", "memory:///")
    first, second = run([url, other], f"{memory.url}/out/")
    assert first.status == "written"
    assert "would be written to" in str(second.error)


# What cannot be


def test_what_is_missing_is_one_sentence(bucket):
    bucket.put("in/x.png")
    missing = f"{bucket.url}/none.png"
    assert str(failure([missing], f"{bucket.url}/out")) == f"{missing}: no such file"
    folder = f"{bucket.url}/none/"
    error = failure(folder, f"{bucket.url}/out", recursive=True)
    assert str(error) == f"{folder}: cannot be read: no such folder"
    error = failure(f"{bucket.url}/in/", f"{bucket.url}/out")
    assert "is a folder, not a file; to compress the images in it, use" in str(error)
    assert "is a folder, not a file" in str(failure([f"{bucket.url}/in"], f"{bucket.url}/out"))
    bucket.put("empty.png", data=b"")
    assert "is empty" in str(failure([f"{bucket.url}/empty.png"], f"{bucket.url}/out"))


def test_a_missing_bucket_is_named_and_not_made(s3):
    reason = "The specified bucket does not exist"
    url = "s3://smalti-none/x.png"
    assert str(failure([url], f"{s3.url}/out")) == f"{url}: {reason}"
    error = failure("s3://smalti-none/in/", f"{s3.url}/out", recursive=True)
    assert str(error) == f"s3://smalti-none/in/: cannot be read: {reason}"
    error = failure([s3.put("x.png")], "s3://smalti-none/out")
    assert str(error) == f"s3://smalti-none/out/x-smalti.png: cannot be written: {reason}"
    assert not fsspec.filesystem("s3").exists("smalti-none")


def test_missing_credentials_are_told(object_server, monkeypatch, tmp_path):
    monkeypatch.setitem(fsspec.config.conf, "s3", {"endpoint_url": object_server})
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    reason = "Unable to locate credentials"
    source = put(tmp_path / "x.png")
    assert (
        str(failure(["s3://bucket/x.png"], tmp_path))
        == f"s3://bucket/x.png: cannot be read: {reason}"
    )
    error = failure([source], "s3://bucket/out")
    assert str(error) == f"s3://bucket/out/x-smalti.png: cannot be written: {reason}"
    error = failure("s3://bucket/in/", tmp_path, recursive=True)
    assert str(error) == f"s3://bucket/in/: cannot be read: {reason}"


def test_a_server_that_does_not_answer_is_told(monkeypatch, tmp_path):
    pytest.importorskip("s3fs", reason="needs the extra smalti[s3]")
    options = {
        "endpoint_url": "http://127.0.0.1:9",
        "key": "key",
        "secret": "secret",
        "config_kwargs": {"retries": {"max_attempts": 0}},
    }
    monkeypatch.setitem(fsspec.config.conf, "s3", options)
    error = failure([put(tmp_path / "x.png")], "s3://bucket/out")
    assert "s3://bucket/out/x-smalti.png: cannot be written: Could not connect" in str(error)


def test_storage_that_refuses_is_told(memory, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError("Access\nDenied")

    url = memory.put("x.png")
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "pipe_file", refuse)
    error = failure([url], f"{memory.url}/out")
    assert str(error) == f"{memory.url}/out/x-smalti.png: cannot be written: Access Denied"


@pytest.mark.parametrize(
    ("out", "reason"),
    [
        ("http://127.0.0.1:9/out", "this kind of URL can be read, but not written"),
        ("https://127.0.0.1:9/out/", "this kind of URL can be read, but not written"),
        ("pigeon://home/out", "cannot be written: Protocol not known: pigeon"),
    ],
)
def test_places_that_cannot_be_written_to_are_refused_at_once(memory, out, reason):
    with pytest.raises(OptionsError, match=reason):
        run([memory.put("x.png")], out)


def test_a_missing_package_is_told(memory, monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    sentence = "this kind of URL needs another package: Please install gcsfs"
    assert sentence in str(failure(["gs://bucket/x.png"], f"{memory.url}/out"))
    with pytest.raises(OptionsError, match=sentence):
        run([memory.put("x.png")], "gs://bucket/out")


def test_times_and_modes_are_for_files_here(memory, tmp_path):
    url = memory.put("x.png")
    for inputs, out in (([url], tmp_path), ([put(tmp_path / "y.png")], f"{memory.url}/out")):
        with pytest.raises(OptionsError, match="preserve is for files of this machine"):
            run(inputs, out, preserve=True)
