import importlib.util

import numpy as np
import pytest

import smalti
from smalti.exceptions import InvalidParameterError, MissingExtraError
from tests.pictures import noise


def test_the_tutorials_numbers_are_the_default(tutorial_image):
    result = smalti.sweep(tutorial_image, effort=1)
    assert result.k == (2, 3, 6, 16)
    assert [row.report.compressed_bits for row in result.rows] == [
        68_781 + 48,
        2 * 68_781 + 72,
        3 * 68_781 + 144,
        4 * 68_781 + 384,
    ]
    for figure in ("68,829", "137,634", "206,487", "275,508", "1,650,744"):
        assert figure in str(result)


def test_each_picture_is_the_one_that_compress_makes(photo):
    result = smalti.sweep(photo, k=[5, 2], space="srgb", seed=3)
    assert result.k == (5, 2)
    for k, image, row in zip(result.k, result.images, result.rows, strict=True):
        alone = smalti.compress(photo, k, space="srgb", seed=3, rate_weight=0, dither=0)
        np.testing.assert_array_equal(image.indices, alone.indices)
        assert row.report == alone.report()
        assert row.colors == k
        assert row.file_bytes == len(alone.to_bytes("png"))


def test_beyond_256_colours_the_file_is_npz():
    (row,) = smalti.sweep(noise(30, 30), k=(300,), effort=1).rows
    assert row.colors == 300
    image = smalti.compress(noise(30, 30), 300, effort=1)
    assert row.file_bytes == len(image.to_bytes("npz"))


def test_numbers_may_come_from_any_iterable(photo):
    assert smalti.sweep(photo, k=(n for n in (2, 4))).k == (2, 4)
    assert smalti.sweep(photo, k=np.array([3])).k == (3,)


def test_fewer_colours_than_asked_for_are_told():
    (row,) = smalti.sweep(np.zeros((4, 4, 3), np.uint8), k=(16,)).rows
    assert row.colors == 1


def test_a_file_is_read_once_even_if_it_is_a_stream(photo, photo_png):
    with photo_png.open("rb") as file:
        result = smalti.sweep(file, k=(2, 3))
    np.testing.assert_array_equal(
        result.images[1].indices, smalti.compress(photo, 3, rate_weight=0, dither=0).indices
    )


def test_the_figure_shows_the_original_and_each_k(photo):
    pytest.importorskip("matplotlib", reason="needs the extra smalti[plot]")
    figure = smalti.sweep(photo, k=(2, 6)).figure()
    titles = [axes.get_title() for axes in figure.axes]
    shown = [title for title in titles if title]
    assert len(shown) == 3
    assert "original" in shown[0]
    assert f"{24 * 151 * 100:,}" in shown[0]
    assert "K = 2" in shown[1]
    assert "K = 6" in shown[2]
    pictures = [axes.images[0].get_array() for axes in figure.axes if axes.get_title()]
    np.testing.assert_array_equal(pictures[0], photo)
    np.testing.assert_array_equal(
        pictures[1], smalti.compress(photo, 2, rate_weight=0, dither=0).reconstruct()
    )


@pytest.mark.parametrize(
    "image", [noise(3, 40, 4), noise(20, 20, dtype=np.uint16), noise(9, 9, 1)[..., 0]]
)
def test_figures_of_any_kind_of_image_are_drawn(image):
    pytest.importorskip("matplotlib", reason="needs the extra smalti[plot]")
    figure = smalti.sweep(image, k=(2,)).figure()
    figure.canvas.draw()


def test_without_matplotlib_the_extra_is_named(photo, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    result = smalti.sweep(photo, k=(2,))
    with pytest.raises(MissingExtraError, match=r"smalti\[plot\]"):
        result.figure()


@pytest.mark.parametrize(
    ("k", "words"),
    [
        ((), ["k", "()"]),
        ((2, 0), ["k", "0"]),
        ((2, 65_537), ["k", "65537"]),
        ((2, "a"), ["k", "'a'"]),
        ((2.5,), ["k", "2.5"]),
        (5, ["k", "5"]),
        (None, ["k", "None"]),
    ],
)
def test_bad_numbers_are_named(photo, k, words):
    with pytest.raises(InvalidParameterError) as caught:
        smalti.sweep(photo, k=k)
    for word in words:
        assert word in str(caught.value)


def test_without_matplotlib_the_table_is_there_and_the_figure_tells_what_to_install(
    photo, monkeypatch
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    result = smalti.sweep(photo[:30, :30], k=(2,))
    assert "compressed bits" in str(result)
    with pytest.raises(MissingExtraError, match=r"smalti\[plot\]"):
        result.figure()
