import io
import pickle

import numpy as np
import pytest
from PIL import Image

from smalti.exceptions import ImageReadError
from smalti.sources.provenance import Provenance
from smalti.sources.read import read
from smalti.sources.source_image import SourceImage
from tests.pictures import encoded, noise

PIXELS = noise(5, 7)
PNG = encoded(PIXELS)


def test_it_says_what_the_image_was():
    film = encoded(
        Image.fromarray(PIXELS), "PNG", save_all=True, append_images=[Image.new("RGB", (7, 5))]
    )
    source = read(film)
    provenance = Provenance.of(source)
    assert provenance.name == "the bytes given"
    assert provenance.original_bits == source.original_bits
    assert provenance.file_bytes == len(film)
    assert provenance.shape == (5, 7, 3)
    assert [note.kind for note in provenance.notes] == ["frames"]


@pytest.mark.parametrize(
    "source",
    [
        PNG,
        io.BytesIO(PNG),
        PIXELS,
        PIXELS.tolist(),
        PIXELS / 255.0,
        PIXELS[..., 0],
        Image.fromarray(PIXELS),
    ],
    ids=["bytes", "file", "array", "list", "floats", "grey", "Pillow"],
)
def test_what_was_given_is_read_again(source):
    if isinstance(source, list):
        source = (np.array(source) / 255.0).tolist()
    first = read(source)
    again = Provenance.of(first).read()
    np.testing.assert_array_equal(again.pixels, first.pixels)
    assert again.name == first.name
    assert Provenance.of(again) == Provenance.of(first)


def test_a_file_is_read_again_from_another_working_folder(tmp_path, monkeypatch):
    (tmp_path / "picture.png").write_bytes(PNG)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    provenance = Provenance.of(read("picture.png"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = provenance.read()
    np.testing.assert_array_equal(again.pixels, PIXELS)
    assert again.name == "picture.png"


def test_it_can_be_stored_and_read_from_again():
    stored = pickle.loads(pickle.dumps(Provenance.of(read(PNG))))
    np.testing.assert_array_equal(stored.read().pixels, PIXELS)


def test_it_keeps_no_pixels_of_a_file(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(encoded(noise(200, 200)))
    assert len(pickle.dumps(Provenance.of(read(path)))) < 2000


def test_a_file_that_is_gone_is_named(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(PNG)
    provenance = Provenance.of(read(path))
    path.unlink()
    with pytest.raises(ImageReadError, match=r"picture\.png: no such file"):
        provenance.read()


@pytest.mark.parametrize(
    "other", [PIXELS[::-1], PIXELS[:, :6], PIXELS.reshape(7, 5, 3), PIXELS ^ np.uint8(1)]
)
def test_a_file_that_has_changed_is_named(tmp_path, other):
    path = tmp_path / "picture.png"
    path.write_bytes(PNG)
    provenance = Provenance.of(read(path))
    path.write_bytes(encoded(np.ascontiguousarray(other)))
    with pytest.raises(ImageReadError, match=r"picture\.png: has changed since it was read"):
        provenance.read()


def test_a_file_saved_anew_with_the_same_pixels_is_the_same(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(PNG)
    provenance = Provenance.of(read(path))
    path.write_bytes(encoded(PIXELS, "BMP"))
    np.testing.assert_array_equal(provenance.read().pixels, PIXELS)


def test_an_array_that_has_changed_is_told():
    mine = PIXELS.copy()
    provenance = Provenance.of(read(mine))
    mine[0, 0] ^= 1
    with pytest.raises(ImageReadError, match="the image array: has changed"):
        provenance.read()
    mine[0, 0] ^= 1
    np.testing.assert_array_equal(provenance.read().pixels, PIXELS)


def test_pixels_alone_have_nowhere_to_be_read_from():
    provenance = Provenance.of(SourceImage(PIXELS, 840, "made by hand"))
    with pytest.raises(ImageReadError, match="made by hand: cannot be read again"):
        provenance.read()


def test_a_limit_holds_when_it_is_read_again(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(PNG)
    provenance = Provenance.of(read(path))
    with pytest.raises(ImageReadError, match="more than the 34 pixels"):
        provenance.read(max_pixels=34)
    assert provenance.read(max_pixels=35).file_bytes == path.stat().st_size
