import http.server
import io
import os
import threading

import fsspec
import numpy as np
import pytest
from PIL import Image

import smalti
from smalti import contents
from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.sources.read import read
from smalti.sources.source_image import SourceImage
from tests.pictures import encoded, noise

PIXELS = noise(5, 7)
PNG = encoded(PIXELS)


@pytest.fixture
def png_path(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(PNG)
    return path


@pytest.fixture
def server(tmp_path):
    """The address of a web server that serves picture.png and nothing else."""
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "picture.png").write_bytes(PNG)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(tmp_path / "served"))

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def _assert_is_the_picture(source, name):
    np.testing.assert_array_equal(source.pixels, PIXELS)
    assert source.original_bits == 5 * 7 * 24
    assert source.file_bytes == len(PNG)
    assert source.name == name


def test_paths_as_text_and_as_objects_are_read(png_path):
    _assert_is_the_picture(read(str(png_path)), str(png_path))
    _assert_is_the_picture(read(png_path), str(png_path))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_are_read(kind):
    _assert_is_the_picture(read(kind(PNG)), "the bytes given")


def test_file_objects_are_read(png_path):
    _assert_is_the_picture(read(io.BytesIO(PNG)), "the file object given")
    with png_path.open("rb") as file:
        _assert_is_the_picture(read(file), str(png_path))


def test_a_stream_that_hands_out_little_at_a_time_is_read_to_its_end():
    # As raw streams of pipes and sockets may.
    class Slow(io.RawIOBase):
        def __init__(self):
            self.rest = io.BytesIO(PNG)

        def readable(self):
            return True

        def readinto(self, buffer):
            return self.rest.readinto(memoryview(buffer)[:10])

    with Slow() as stream:
        _assert_is_the_picture(read(stream), "the file object given")


def test_web_addresses_are_read(server):
    _assert_is_the_picture(read(f"{server}/picture.png"), f"{server}/picture.png")


def test_a_page_that_is_not_found_is_named(server):
    with pytest.raises(ImageReadError, match=f"{server}/missing.png"):
        read(f"{server}/missing.png")


def test_a_server_that_does_not_answer_is_named():
    # The port of a server that is closed again.
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as closed:
        port = closed.server_port
    with pytest.raises(ImageReadError, match=f"http://127.0.0.1:{port}/picture.png"):
        read(f"http://127.0.0.1:{port}/picture.png")


def test_addresses_of_other_file_systems_are_read():
    memory = fsspec.filesystem("memory")
    memory.pipe("/smalti/picture.png", PNG)
    try:
        address = "memory://smalti/picture.png"
        _assert_is_the_picture(read(address), address)
        with pytest.raises(ImageReadError, match=r"memory://smalti/missing\.png"):
            read("memory://smalti/missing.png")
    finally:
        memory.rm("/smalti", recursive=True)


def test_unknown_kinds_of_address_are_refused():
    with pytest.raises(ImageReadError, match=r"carrier-pigeon://home/picture\.png"):
        read("carrier-pigeon://home/picture.png")


def test_pillow_images_are_read():
    source = read(Image.fromarray(PIXELS))
    np.testing.assert_array_equal(source.pixels, PIXELS)
    assert source.original_bits == 5 * 7 * 24
    assert source.file_bytes is None


def test_a_pillow_image_is_left_alone():
    image = Image.new("P", (2, 2), 1)
    image.info["transparency"] = 1
    before = (image.mode, image.info.copy(), image.tobytes())
    read(image)
    assert (image.mode, image.info, image.tobytes()) == before


def test_a_source_image_is_returned_as_it_is():
    source = read(PIXELS)
    assert isinstance(source, SourceImage)
    assert read(source) is source


@pytest.mark.parametrize(
    ("array", "expected", "bits"),
    [
        (PIXELS[..., 0], PIXELS[..., [0, 0, 0]], 8),
        (PIXELS[..., :1], PIXELS[..., [0, 0, 0]], 8),
        (PIXELS, PIXELS, 24),
        (noise(5, 7, 4), noise(5, 7, 4), 32),
        (PIXELS.astype(np.uint16) * 256, PIXELS.astype(np.uint16) * 256, 48),
        (np.array([[True, False]]), np.array([[[255] * 3, [0] * 3]], dtype=np.uint8), 1),
    ],
    ids=["H W", "H W 1", "RGB", "RGBA", "uint16", "bool"],
)
def test_arrays_of_all_documented_shapes_and_types_are_read(array, expected, bits):
    source = read(array)
    np.testing.assert_array_equal(source.pixels, expected)
    assert source.pixels.dtype == expected.dtype
    assert source.pixels.flags.c_contiguous
    assert source.original_bits == bits * array.shape[0] * array.shape[1]
    assert source.file_bytes is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4", np.longdouble])
def test_floats_from_0_to_1_become_16_bits(dtype):
    source = read(np.array([[0.0, 0.5, 1.0]], dtype=dtype))
    assert source.pixels.dtype == np.uint16
    assert source.pixels[0, :, 0].tolist() == [0, 32768, 65535]


def test_big_endian_samples_are_read():
    deep = noise(2, 3, dtype=np.uint16)
    np.testing.assert_array_equal(read(deep.astype(">u2")).pixels, deep)


def test_an_array_that_is_as_it_is_needed_is_not_copied():
    assert np.shares_memory(read(PIXELS).pixels, PIXELS)


def test_strided_arrays_are_read_in_place():
    np.testing.assert_array_equal(read(PIXELS[::-2, ::3, ::-1]).pixels, PIXELS[::-2, ::3, ::-1])


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.uint32, np.int64, ">i4", np.uint64])
def test_other_whole_numbers_are_samples_of_8_bits(dtype):
    source = read(np.array([[0, 1], [126, 127]], dtype=dtype))
    assert source.pixels.dtype == np.uint8
    assert source.pixels[..., 0].tolist() == [[0, 1], [126, 127]]
    assert source.original_bits == 4 * 8


def test_nested_lists_of_whole_numbers_are_an_image():
    source = read([[[255, 0, 1], [2, 3, 4]]])
    np.testing.assert_array_equal(source.pixels, [[[255, 0, 1], [2, 3, 4]]])
    assert source.original_bits == 48


def test_nested_lists_of_floats_are_an_array():
    assert read([[0.0, 1.0]]).pixels[..., 0].tolist() == [[0, 65535]]


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((0, 5, 3), np.uint8), ["(0, 5, 3)", "one pixel"]),
        (np.zeros((5, 0), np.uint8), ["(5, 0)", "one pixel"]),
        (np.zeros(5, np.uint8), ["(5,)"]),
        (np.zeros((2, 2, 5), np.uint8), ["(2, 2, 5)"]),
        (np.zeros((2, 2, 3, 1), np.uint8), ["(2, 2, 3, 1)"]),
        (np.full((2, 2), -1, np.int8), ["from -1 to -1", "int8"]),
        (np.full((2, 2), 2**32 - 1, np.uint32), ["4294967295", "uint32"]),
        (np.zeros((2, 2), np.complex128), ["complex128"]),
        (np.array([["a", "b"]]), ["<U1"]),
        (np.array([[None, 1]]), ["ndarray"]),
        (np.array([[0.0, 1.5]]), ["0 to 1.5"]),
        (np.array([[-0.1, 1.0]]), ["-0.1 to 1"]),
        (np.array([[0.0, np.inf]]), ["inf"]),
        ([[1, 2], [3, 65536]], ["int64", "1 to 65536"]),
        (np.array([[-1, 900]], np.int16), ["int16", "-1 to 900"]),
        (np.array([[0, 65536]], np.uint32), ["uint32", "0 to 65536"]),
        (np.ma.masked_all((2, 2, 5)), ["(2, 2, 5)", "1 to 4 bands"]),
        ([[0.0], [0.0, 1.0]], ["image"]),
        (None, ["NoneType"]),
        (7, ["()"]),
        ({"a": 1}, ["dict"]),
    ],
)
def test_other_arrays_are_refused_with_what_they_have(array, words):
    with pytest.raises(InvalidParameterError) as caught:
        read(array)
    for word in words:
        assert word in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ImageReadError, match=r"missing\.png: no such file"):
        read(tmp_path / "missing.png")


def test_a_folder_is_named(tmp_path):
    with pytest.raises(ImageReadError, match="is a folder"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["nul\0character", "", "a" * 5000])
def test_impossible_names_are_refused(name):
    with pytest.raises(ImageReadError):
        read(name)


def test_a_file_without_permission_is_named(png_path):
    png_path.chmod(0)
    if os.access(png_path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(ImageReadError, match=r"picture\.png: cannot be read: Permission denied"):
        read(png_path)


@pytest.mark.parametrize("content", [b"", b"not an image at all\n", b"\0" * 100, b"%PDF-1.7\n"])
def test_files_that_are_no_images_are_named(tmp_path, content):
    path = tmp_path / "notes.png"
    path.write_bytes(content)
    with pytest.raises(ImageReadError, match=r"notes\.png: is"):
        read(path)


def test_archives_of_smaltis_are_told_from_images(photo):
    for block in (None, (2, 2)):
        data = smalti.compress(photo, 4, block=block).to_bytes("npz")
        with pytest.raises(ImageReadError, match=r"is a compressed picture; ") as caught:
            read(data)
        assert str(caught.value).endswith("use smalti.load(path).reconstruct()")
        assert caught.value.command_line.endswith("use smalti reconstruct")
    codebook = io.BytesIO()
    np.savez(codebook, version=1, centroids=np.ones((2, 3)))
    with pytest.raises(ImageReadError, match="the bytes given: is a codebook, not an image"):
        read(codebook.getvalue())
    for other in (b"PK\x03\x04 cut short", _archive_of_one_number()):
        with pytest.raises(ImageReadError, match="the bytes given: "):
            read(other)


def _archive_of_one_number():
    buffer = io.BytesIO()
    np.savez(buffer, version=1)
    return buffer.getvalue()


def test_text_streams_are_refused():
    with pytest.raises(ImageReadError, match="binary mode, got str"):
        read(io.StringIO("text"))


def test_a_closed_file_is_refused(png_path):
    with png_path.open("rb") as file:
        pass
    with pytest.raises(ImageReadError, match=r"picture\.png"):
        read(file)


def test_a_stream_that_fails_is_refused():
    class Broken(io.RawIOBase):
        def read(self, _size=-1):
            raise OSError("the line went dead")

    with Broken() as stream, pytest.raises(ImageReadError, match="the line went dead"):
        read(stream)


def test_endless_streams_are_refused(monkeypatch):
    monkeypatch.setattr(contents, "MAX_FILE_BYTES", 1000)
    with pytest.raises(ImageReadError, match="longer than the 1000 bytes allowed"):
        read(io.BytesIO(b"\0" * 1001))
