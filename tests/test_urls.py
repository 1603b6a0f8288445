"""URLs are cut and put together."""

import pytest
from fsspec.implementations.local import LocalFileSystem

from smalti import urls


@pytest.mark.parametrize(
    ("url", "last", "parent", "below"),
    [
        ("s3://b/in/a?#.png", "a?#.png", "s3://b/in", "s3://b/in/a?#.png/x/y"),
        ("s3://b/in/", "in", "s3://b", "s3://b/in/x/y"),
        ("memory://a.png", "a.png", "memory://", "memory://a.png/x/y"),
        ("memory://", "", "memory://", "memory://x/y"),
        ("http://h/in/a.png?q=/z", "a.png", "http://h/in?q=/z", "http://h/in/a.png/x/y?q=/z"),
        ("http://h", "", "http://", "http://h/x/y"),
        ("zip://in/a.png::s3://b/z.zip", "a.png", "zip://in::s3://b/z.zip", None),
        ("simplecache::s3://b/a.png", "a.png", "simplecache::s3://b", None),
    ],
)
def test_a_url_is_cut_and_put_together(url, last, parent, below):
    parts = urls.parts_of(url)
    assert "".join(parts) == url
    assert (parts.last, parts.parent) == (last, parent)
    if below is not None:
        assert parts.joined("x", "", "y/") == below


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("memory://a/b.png", "memory:///a/b.png", True),
        ("memory://a/b/", "memory://a/b", True),
        ("memory://a/b.png", "memory://a/B.png", False),
        ("http://h/a.png?x", "http://h/a.png?y", False),
        ("pigeon://a/b.png", "pigeon://a/b.png", True),
    ],
)
def test_spellings_of_a_url_are_told(one, other, is_same):
    assert (urls.identity_of(one) == urls.identity_of(other)) is is_same


def test_a_path_is_found_in_a_url_of_a_file():
    assert urls.local_path("file:///tmp/a b") == "/tmp/a b"
    assert urls.local_path("file:///tmp/a/") == "/tmp/a/"
    assert urls.local_path("s3://tmp/a") is None


def test_folders_are_made_where_storage_has_them(tmp_path, monkeypatch):
    monkeypatch.setattr(urls, "opened", lambda path: (LocalFileSystem(), path))
    urls.put(f"{tmp_path}/new/deep/x.bin", b"1", overwrite=False)
    assert (tmp_path / "new/deep/x.bin").read_bytes() == b"1"
    with pytest.raises(FileExistsError):
        urls.put(f"{tmp_path}/new/deep/x.bin", b"2", overwrite=False)


def test_nothing_is_made_where_the_first_folder_is_missing(monkeypatch):
    # In a bucket store that would make a bucket.
    monkeypatch.setattr(urls, "opened", lambda path: (LocalFileSystem(), path))
    with pytest.raises(FileNotFoundError):
        urls.put("/smalti-no-such-bucket/in/x.bin", b"1", overwrite=True)
