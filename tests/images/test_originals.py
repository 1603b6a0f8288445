"""Results know where their original is, and hold none of its pixels."""

import gc
import weakref

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.sources import provenance
from tests.pictures import noise


@pytest.fixture
def path(tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


RESULTS = {
    "compress": lambda source: smalti.compress(source, 8),
    "compress blocks": lambda source: smalti.compress(source, 8, block=(2, 2)),
    "sweep": lambda source: smalti.sweep(source, (2, 3)),
    "segment": lambda source: smalti.segment(source, 2),
    "classifier": lambda source: smalti.segment(source, 2).apply(source),
}


@pytest.mark.parametrize("work", RESULTS.values(), ids=RESULTS)
def test_the_originals_pixels_are_freed(path, work):
    source = smalti.read(path)
    freed = weakref.ref(source), weakref.ref(source.pixels.base)
    result = work(source)
    del source
    gc.collect()
    assert [reference() for reference in freed] == [None, None]
    assert result.provenance.name == str(path)


def test_nothing_of_the_original_is_kept_after_a_report(path):
    compressed = smalti.compress(path, 8)
    before = len([x for x in gc.get_objects() if isinstance(x, smalti.SourceImage)])
    assert compressed.report().psnr > 20
    gc.collect()
    assert len([x for x in gc.get_objects() if isinstance(x, smalti.SourceImage)]) == before


def test_a_report_is_right_after_an_array_a_path_or_what_was_read(path, photo):
    reports = [smalti.compress(source, 8).report() for source in (photo, path, smalti.read(path))]
    assert reports[0] == reports[1] == reports[2]
    assert reports[0].mse == smalti.metrics.mse(photo, smalti.compress(photo, 8))


def test_an_original_given_is_measured_without_reading_another(monkeypatch, path, photo):
    source = smalti.read(path)
    compressed = smalti.compress(source, 8)
    expected = smalti.compress(photo, 8).report()
    path.unlink()
    monkeypatch.setattr(provenance, "read", None)
    assert compressed.report(source) == expected
    assert compressed.report() is compressed.report(source)
    assert (compressed.difference_map(source) > 0).any()


def test_another_original_does_not_change_the_report(photo):
    compressed = smalti.compress(photo, 8)
    darker = compressed.report(photo // 2)
    assert darker.mse > 4 * compressed.report().mse
    assert compressed.report(photo // 2) == darker
    assert compressed.report() == smalti.compress(photo, 8).report()


def test_a_picture_loaded_from_a_file_can_be_compared_with_an_original(photo):
    made = smalti.compress(photo, 8)
    loaded = smalti.load(made.to_bytes())
    assert loaded.provenance is None
    assert loaded.report().mse is None
    assert loaded.report(photo).mse == made.report().mse
    np.testing.assert_array_equal(loaded.difference_map(photo), made.difference_map())
    with pytest.raises(InvalidParameterError, match=r"no original .* pass an original"):
        loaded.difference_map()


def test_an_original_that_is_gone_is_told(path):
    compressed = smalti.compress(path, 8)
    path.unlink()
    with pytest.raises(ImageReadError, match=r"photo\.png: no such file"):
        compressed.report()


def test_pixels_alone_cannot_be_read_again(photo):
    source = smalti.SourceImage(photo, photo.size * 8, "a tile")
    compressed = smalti.compress(source, 8)
    with pytest.raises(ImageReadError, match=r"a tile: cannot be read again.* pass it"):
        compressed.report()
    assert compressed.report(source).mse == smalti.compress(photo, 8).report().mse


def test_an_image_read_with_a_larger_limit_can_be_read_again(monkeypatch, path, photo):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    compressed = smalti.compress(smalti.read(path, max_pixels=photo.size), 8)
    assert compressed.report() == smalti.compress(photo, 8).report()


def test_a_label_map_shows_the_image_given_or_read_again(path, photo):
    found = smalti.segment(path, 2)
    shown = found.overlay()
    regions = found.regions()
    path.unlink()
    np.testing.assert_array_equal(found.overlay(photo), shown)
    assert found.regions(photo) == regions
    assert found.to_geojson(photo) == smalti.segment(photo, 2).to_geojson()
    with pytest.raises(ImageReadError, match="no such file"):
        found.overlay()
    # A notebook shows the classes, then.
    assert found._repr_png_().startswith(b"\x89PNG")


def test_labels_and_outlines_are_saved_with_an_image_given(tmp_path, path, photo):
    found = smalti.segment(path, 2)
    path.unlink()
    found.save(tmp_path / "labels.png")
    found.save(tmp_path / "regions.csv", original=photo)
    assert (tmp_path / "regions.csv").read_text() == found.regions(photo).to_csv()


def test_an_image_of_another_size_is_no_original():
    found = smalti.segment(noise(6, 9), 2)
    with pytest.raises(InvalidParameterError, match=r"must be 9 x 6 pixels, .* is 9 x 5"):
        found.overlay(noise(5, 9))


def test_a_sweep_draws_the_original_given(path, photo):
    swept = smalti.sweep(path, (2, 3))
    path.unlink()
    original, *_ = swept.panels(original=photo)
    np.testing.assert_array_equal(original.pixels, photo)
    with pytest.raises(ImageReadError, match="no such file"):
        swept.panels()
