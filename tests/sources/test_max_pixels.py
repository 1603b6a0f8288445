"""How many pixels a file may have is said with every call."""

import io
import threading

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.images.comparison import compare
from smalti.images.inspect import inspect
from smalti.sources.read import read
from tests.pictures import encoded, noise, png16

PIXELS = noise(5, 8)
INDEXED = smalti.compress(PIXELS, 4)

FILES = {
    "png": encoded(PIXELS),
    "png of 16 bits": png16(noise(5, 8, dtype=np.uint16)),
    "jpeg": encoded(PIXELS, "JPEG"),
    "gif": encoded(Image.fromarray(PIXELS).quantize(4), "GIF"),
    "webp": encoded(PIXELS, "WEBP", lossless=True),
    "tiff": encoded(PIXELS, "TIFF"),
}

READERS = {
    "read": (read, FILES["png"]),
    "load": (smalti.load, INDEXED.to_bytes("png")),
    "load webp": (smalti.load, INDEXED.to_bytes("webp")),
    "load npz": (smalti.load, INDEXED.to_bytes("npz")),
    "load blocks": (smalti.load, smalti.compress(PIXELS, 3, block=(2, 2)).to_bytes("npz")),
    "inspect": (inspect, FILES["png"]),
    "inspect npz": (inspect, INDEXED.to_bytes("npz")),
    "compare": (lambda data, **limit: compare(data, data, **limit), FILES["png"]),
    "compare npz": (lambda data, **limit: compare(data, data, **limit), INDEXED.to_bytes("npz")),
}


@pytest.mark.parametrize("name", FILES)
def test_a_limit_above_pillows_own_is_kept_to(monkeypatch, name):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)
    assert read(FILES[name], max_pixels=40).pixels.shape[:2] == (5, 8)
    with pytest.raises(ImageReadError, match=r"more than the 39 pixels .* raise max_pixels"):
        read(FILES[name], max_pixels=39)
    assert Image.MAX_IMAGE_PIXELS == 5


@pytest.mark.parametrize("name", FILES)
def test_without_one_pillows_limit_holds(monkeypatch, name):
    read(FILES[name], max_pixels=40)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)
    sentence = r"more than the 10 pixels allowed; if you trust it, raise PIL\.Image\.MAX_IMAGE"
    with pytest.raises(ImageReadError, match=sentence):
        read(FILES[name])
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(FILES[name]))


def test_a_pillow_image_has_to_keep_to_a_limit_that_is_given():
    image = Image.fromarray(PIXELS)
    assert read(image, max_pixels=40).pixels.shape == (5, 8, 3)
    with pytest.raises(ImageReadError, match="the Pillow image: has more than the 39 pixels"):
        read(image, max_pixels=39)


@pytest.mark.parametrize("name", READERS)
def test_every_reader_takes_a_limit(monkeypatch, name):
    reader, data = READERS[name]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)
    reader(data, max_pixels=40)
    with pytest.raises(ImageReadError):
        reader(data, max_pixels=39)


@pytest.mark.parametrize("reader", [reader for reader, _ in READERS.values()])
@pytest.mark.parametrize("limit", [0, -1, 1.5, "100"])
def test_limits_that_are_no_number_of_pixels_are_refused(reader, limit):
    with pytest.raises(InvalidParameterError, match="max_pixels must be"):
        reader(FILES["png"], max_pixels=limit)


def test_threads_have_limits_of_their_own():
    # Each waits for the others before it reads, so that limits are in force side by side.
    limits = [39, 40, 39, 10**9, 1, 40]
    start = threading.Barrier(len(limits))
    allowed = {}

    def work(number, limit):
        outcomes = set()
        start.wait()
        for _ in range(50):
            for data in (FILES["png"], FILES["webp"], FILES["tiff"]):
                try:
                    read(data, max_pixels=limit)
                    outcomes.add(True)
                except ImageReadError:
                    outcomes.add(False)
        allowed[number] = outcomes

    threads = [
        threading.Thread(target=work, args=(number, limit)) for number, limit in enumerate(limits)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert allowed == {number: {limit >= 40} for number, limit in enumerate(limits)}
