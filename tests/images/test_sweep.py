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
    expected = {"68,829", "137,634", "206,487", "275,508", "1,650,744"}
    assert expected <= set(str(result).split())


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


def test_blocks_stand_beside_pixels(photo):
    result = smalti.sweep(photo, k=(4, 2), block=[(2, 2), (1, 1), (4, 3), (2, 2)], seed=3)
    assert result.k == (4, 2)
    assert result.blocks == ((1, 1), (2, 2), (4, 3))
    asked = [(block, k) for block in result.blocks for k in result.k]
    for (block, k), image, file, row in zip(
        asked, result.images, result.files, result.rows, strict=True
    ):
        alone = smalti.compress(photo, k, block=block, seed=3, rate_weight=0, dither=0)
        assert row.block == block
        assert row.label == str(k)
        assert row.report == alone.report()
        np.testing.assert_array_equal(image.indices, alone.indices)
        assert file == alone.to_bytes("png" if block == (1, 1) else "npz")
        assert row.file_bytes == len(file)
    assert repr(result) == ("<Sweep of the image array, K = 4, 2, 2 x 2 blocks, 4 x 3 blocks>")
    for heading in ("K, 2 x 2 blocks", "K, 4 x 3 blocks"):
        assert heading in str(result)


@pytest.mark.parametrize("block", [(2, 3), [2, 3], np.array([2, 3]), [(2, 3)], iter([(2, 3)])])
def test_one_block_or_several_may_be_asked_for(block):
    assert smalti.sweep(noise(6, 6), k=(2,), block=block).blocks == ((1, 1), (2, 3))


@pytest.mark.parametrize("block", [None, (), (1, 1)])
def test_pixels_alone_may_be_asked_for(block):
    assert smalti.sweep(noise(6, 6), k=(2,), block=block).blocks == ((1, 1),)


@pytest.mark.parametrize("show", [smalti.Sweep.table, smalti.Sweep.panels])
def test_blocks_that_were_not_swept_are_refused(show):
    result = smalti.sweep(noise(6, 6), k=(2,), block=(2, 3))
    with pytest.raises(InvalidParameterError) as caught:
        show(result, (9, 9))
    expected = "block must be one that was swept, (1, 1), (2, 3), got (9, 9)"
    assert str(caught.value) == expected
    with pytest.raises(InvalidParameterError, match="block must be a height and a width"):
        show(result, 2)
    assert show(result, [2, 3])


@pytest.mark.parametrize("block", [2, "2x2", (2,), (2, 65), [(2, 2), (0, 1)], [(2, 2), 3]])
def test_bad_blocks_are_named(photo, block):
    with pytest.raises(InvalidParameterError, match="block must be a height and a width"):
        smalti.sweep(photo, k=(2,), block=block)


def test_curves_are_bits_a_pixel_and_decibels(photo):
    pixels, blocks = smalti.sweep(photo, k=(4, 2), block=(2, 2)).curves()
    assert (pixels.label, blocks.label) == ("pixels", "2 x 2 blocks")
    count = photo.shape[0] * photo.shape[1]
    assert [point.label for point in blocks.points] == ["2", "4"]
    # 50 x 76 blocks of 1 or 2 bits, and a codebook of 96 bits an entry.
    expected = [(50 * 76 * 1 + 96 * 2) / count, (50 * 76 * 2 + 96 * 4) / count]
    assert [point.fixed for point in blocks.points] == expected
    for point, k in zip(blocks.points, (2, 4), strict=True):
        report = smalti.compress(photo, k, block=(2, 2)).report()
        assert point.entropy == (report.entropy_bits + 96 * k) / count
        assert point.psnr == report.psnr


def test_the_figure_of_blocks_has_curves_below_the_pictures(photo):
    pytest.importorskip("matplotlib", reason="needs the extra smalti[plot]")
    result = smalti.sweep(photo, k=(2, 6), block=(2, 2))
    figure = result.figure()
    figure.canvas.draw()
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert sum("original" in title for title in titles) == 2
    assert sum(title.startswith("2 x 2 blocks, K = ") for title in titles) == 2
    (curves,) = [axes for axes in figure.axes if axes.get_ylabel() == "PSNR in dB"]
    assert "bits a pixel" in curves.get_xlabel()
    pixels, _, blocks, entropy = curves.lines
    expected = result.curves()[1].points
    np.testing.assert_allclose(blocks.get_xdata(), [point.fixed for point in expected])
    np.testing.assert_allclose(entropy.get_xdata(), [point.entropy for point in expected])
    np.testing.assert_allclose(blocks.get_ydata(), [point.psnr for point in expected])
    assert len(pixels.get_xdata()) == 2
    assert (blocks.get_linestyle(), entropy.get_linestyle()) == ("-", "--")
    words = [text.get_text() for text in curves.get_legend().get_texts()]
    assert words == ["pixels", "2 x 2 blocks", "fixed-length indices", "their entropy"]
    # The strip below a picture shows its codebook, block beside block.
    strips = [axes.images[0].get_array() for axes in figure.axes if len(axes.images) == 1]
    codebook = result.images[3].codebook
    assert any(
        strip.shape == (2, 12, 3) and (strip == np.hstack(list(codebook))).all() for strip in strips
    )


def test_pictures_without_error_are_left_out_of_the_curves():
    pytest.importorskip("matplotlib", reason="needs the extra smalti[plot]")
    flat = np.zeros((6, 6, 3), np.uint8)
    figure = smalti.sweep(flat, k=(2,), block=(2, 2)).figure()
    figure.canvas.draw()
    (curves,) = [axes for axes in figure.axes if axes.get_ylabel() == "PSNR in dB"]
    assert [len(line.get_xdata()) for line in curves.lines] == [0, 0, 0, 0]


def test_without_matplotlib_the_extra_is_named(photo, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    result = smalti.sweep(photo, k=(2,))
    with pytest.raises(MissingExtraError, match=r"smalti\[plot\]"):
        result.figure()


@pytest.mark.parametrize(
    ("k", "words"),
    [
        ((), ["k must", "got ()"]),
        ((2, 0), ["k must", "got 0"]),
        ((2, 65_537), ["k must", "got 65537"]),
        ((2, "a"), ["k", "'a'"]),
        ((2.5,), ["k must", "got 2.5"]),
        (5, ["k must", "got 5"]),
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


def test_records_and_data_frames_have_the_figures_of_each_picture(photo):
    pytest.importorskip("pandas", reason="needs the extra smalti[pandas]")
    found = smalti.sweep(photo[:20, :30], k=(2, 4), block=(2, 3))
    records = found.to_records()
    assert [(r["k"], r["block_height"], r["block_width"]) for r in records] == [
        (2, 1, 1),
        (4, 1, 1),
        (2, 2, 3),
        (4, 2, 3),
    ]
    assert [record["file_bytes"] for record in records] == [len(data) for data in found.files]
    assert records[1]["mse"] == found.rows[1].report.mse
    assert found.to_dataframe().to_dict("records") == records


def test_notebooks_show_a_table_for_each_block(photo):
    html = smalti.sweep(photo[:20, :30], k=(2, 4), block=(2, 3))._repr_html_()
    assert html.count("<table>") == html.count("</table>") == 2
    assert html.startswith("<p>the image array</p>")
