import pytest
from PIL import Image

from smalti.formats.png_chunks import chunk_of, chunks_in, with_chunks
from tests.conformance.png_writer import RGB, SIGNATURE, chunk, header
from tests.pictures import encoded, noise

FILE = SIGNATURE + chunk(*header(1, 1, 8, RGB)) + chunk(b"IDAT", b"data") + chunk(b"IEND", b"")


def test_chunks_are_read_in_their_order():
    read = [(one.kind, one.body) for one in chunks_in(FILE)]
    assert read == [header(1, 1, 8, RGB), (b"IDAT", b"data"), (b"IEND", b"")]
    assert SIGNATURE + b"".join(one.to_bytes() for one in chunks_in(FILE)) == FILE


def test_what_follows_the_end_is_no_chunk():
    assert len(list(chunks_in(FILE + chunk(b"tEXt", b"a\0b")))) == 3


@pytest.mark.parametrize(("length", "whole"), [(0, 0), (32, 0), (33, 1), (len(FILE) - 1, 2)])
def test_of_a_file_that_is_cut_the_whole_chunks_are_read(length, whole):
    assert list(chunks_in(FILE[:length])) == list(chunks_in(FILE))[:whole]


def test_a_chunk_is_written_with_its_checksum():
    made = chunk_of(b"tEXt", b"a\0b")
    assert made.to_bytes() == chunk(b"tEXt", b"a\0b")
    assert made.is_sound
    assert not made._replace(body=b"a\0c").is_sound


@pytest.mark.parametrize(
    ("kind", "critical", "copied"),
    [(b"IDAT", True, False), (b"tEXt", False, True), (b"gAMA", False, False)],
)
def test_the_letters_of_a_kind_tell_what_may_be_done_with_it(kind, critical, copied):
    made = chunk_of(kind, b"")
    assert (made.is_critical, made.may_be_copied) == (critical, copied)


def test_chunks_put_in_are_read_by_others(tmp_path):
    size = b"\0\0\x0b\x13" * 2 + b"\1"
    added = [chunk_of(b"pHYs", size), chunk_of(b"tEXt", b"Author\0someone")]
    path = tmp_path / "made.png"
    path.write_bytes(with_chunks(encoded(noise(2, 3)), added))
    with Image.open(path) as image:
        image.load()
        assert image.info["dpi"] == pytest.approx((72, 72), abs=0.01)
        assert image.text == {"Author": "someone"}
