"""`smalti.Palette`: colours and weights as a value, in any order, and in files."""

import copy
import dataclasses
import io
import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smalti
from smalti import Palette
from smalti.colors import Color
from smalti.exceptions import ImageReadError, ImageWriteError, InvalidParameterError
from smalti.formats.palette_registry import palette_formats
from tests.pictures import noise

EACH = pytest.mark.parametrize("name", palette_formats())
WITH_ALPHA = pytest.mark.parametrize(
    "name", [form.name for form in palette_formats().values() if form.holds_alpha]
)
ORDERS = ("lightness", "hue", "weight")

BLACK, GREY, WHITE = "#000000", "#777777", "#ffffff"
RED, GREEN, BLUE = "#ff0000", "#00ff00", "#0000ff"
CYAN, MAGENTA, YELLOW = "#00ffff", "#ff00ff", "#ffff00"
BRAND = [WHITE, RED, BLACK, BLUE]

samples = st.sampled_from([0, 128, 254, 255]) | st.integers(0, 255)
colors = st.builds(Color, samples, samples, samples, st.just(255) | samples)


@pytest.fixture
def learned():
    """A palette as the core makes it, with weights and with colours before rounding."""
    return smalti.fit_palette(noise(20, 20), 7)


# As a value


@pytest.mark.parametrize(
    "written",
    [
        ["#FF0000", "00ff00"],
        ["ff0000ff", "00FF00FF"],
        [(255, 0, 0), (0, 255, 0)],
        [[255, 0, 0, 255], (0, 255, 0)],
        ["ff0000", (0, 255, 0)],
        np.array([[255, 0, 0], [0, 255, 0]], np.int64),
        Palette.of([RED, GREEN]),
    ],
)
def test_opaque_colours_have_three_channels_however_they_are_written(written):
    palette = Palette.of(written)
    assert palette.colors.dtype == np.uint8
    assert palette.colors.tolist() == [[255, 0, 0], [0, 255, 0]]
    assert palette.weights is palette.centroids is palette.shares is None
    assert palette.hex == [RED, GREEN]
    assert list(palette) == [Color(255, 0, 0), Color(0, 255, 0)]
    assert len(palette) == 2


def test_one_see_through_colour_gives_all_of_them_alpha():
    palette = Palette.of(["ff0000", "00ff0080"])
    assert palette.colors.tolist() == [[255, 0, 0, 255], [0, 255, 0, 128]]
    assert palette.hex == ["#ff0000ff", "#00ff0080"]
    assert list(palette) == [Color(255, 0, 0, 255), Color(0, 255, 0, 128)]


def test_what_the_core_has_made_is_the_same_before_and_after_it_becomes_an_array(learned):
    before = list(learned), learned.hex, len(learned)
    assert learned.colors.shape == (7, 3)
    assert (list(learned), learned.hex, len(learned)) == before
    assert before[1] == ["#" + bytes(row).hex() for row in learned.colors.tolist()]
    np.testing.assert_array_equal(np.rint(learned.centroids), learned.colors)


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1 colour"), (2, "2 colours"), (1000, "1,000 colours")]
)
def test_its_repr_counts_the_colours(number, text):
    assert repr(Palette.of([BLACK] * number)) == f"<Palette of {text}>"


def test_shares_are_of_all_pixels():
    palette = Palette.of([RED, GREEN, BLUE], [1, 0, 3])
    assert palette.weights.dtype == np.float64
    assert palette.shares.tolist() == [0.25, 0, 0.75]
    assert Palette.of([RED, GREEN], [0, 0]).shares.tolist() == [0, 0]


def test_equal_palettes_have_equal_colours_and_weights_in_order():
    palette = Palette.of([RED, GREEN], [1, 2])
    assert palette == Palette.of([(255, 0, 0), (0, 255, 0)], np.array([1.0, 2.0]))
    assert palette != Palette.of([RED, GREEN], [1, 3])
    assert palette != Palette.of([RED, GREEN])
    assert palette != Palette.of([GREEN, RED], [2, 1])
    assert palette != Palette.of([RED, BLUE], [1, 2])
    assert palette != [RED, GREEN]
    with pytest.raises(TypeError, match="unhashable"):
        hash(palette)


def test_colours_before_rounding_make_no_difference(learned):
    assert Palette.of(learned, learned.weights) == learned


def test_copies_are_equal(learned):
    for palette in (learned, Palette.of([RED, "00000000"]), Palette.of([RED], [3])):
        for again in (pickle.loads(pickle.dumps(palette)), copy.deepcopy(palette)):
            assert again == palette
            assert not again.colors.flags.writeable


def test_nothing_about_it_can_be_changed(learned):
    colors, weights = np.zeros((2, 3), np.uint8), np.ones(2)
    for palette in (learned, Palette.of([RED], [1]), Palette(colors, weights)):
        for array in (palette.colors, palette.weights):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1
        with pytest.raises(dataclasses.FrozenInstanceError):
            palette.weights = None
    # Whoever has the arrays can still write to them.
    colors[0] = 1


def test_weights_are_copied():
    weights = np.array([1.0])
    palette = Palette.of([RED], weights)
    weights[0] = 2
    assert palette.weights.tolist() == [1]


@pytest.mark.parametrize(
    ("given_colors", "sentence"),
    [
        ([], "a palette has between 1 and 65536 colours, got 0"),
        (np.zeros((65_537, 3), np.uint8), "a palette has between 1 and 65536 colours, got 65537"),
        ("brand.gpl", "colors must be a sequence of colours, got 'brand.gpl'"),
        (7, "colors must be a sequence of colours, got 7"),
        (["ff0000", "red"], "colors[1]: 'red' is not a colour of 6 hexadecimal digits"),
        (["ff000"], "colors[0]: 'ff000' is not a colour"),
        ([(256, 0, 0)], "colors[0] must be 3 or 4 whole numbers between 0 and 255"),
        ([(-1, 0, 0)], "colors[0] must be 3 or 4 whole numbers"),
        ([(0.5, 0, 0)], "colors[0] must be 3 or 4 whole numbers"),
        ([(0, 0)], "colors[0] must be 3 or 4 whole numbers"),
        ([(0, 0, 0, 0, 0)], "colors[0] must be 3 or 4 whole numbers"),
        ([RED, None], "colors[1] must be 3 or 4 whole numbers"),
    ],
)
def test_what_are_no_colours_is_refused(given_colors, sentence):
    with pytest.raises(InvalidParameterError, match=re.escape(sentence)):
        Palette.of(given_colors)


@pytest.mark.parametrize(
    "weights",
    [
        [1],
        [1, 2, 3],
        [[1, 2]],
        3,
        [1, -1],
        [1, np.nan],
        [1, np.inf],
        [1, None],
        pytest.param(["a", "b"], id="texts"),
        pytest.param([[1], [2, 3]], id="ragged"),
    ],
)
def test_what_are_no_weights_is_refused(weights):
    with pytest.raises(
        InvalidParameterError, match="numbers of at least 0, one for each of 2 colours"
    ):
        Palette.of([RED, GREEN], weights)


# In order


def test_lightness_is_from_dark_to_light_after_see_through_colours():
    assert Palette.of(BRAND).sorted().hex == [BLACK, BLUE, RED, WHITE]
    palette = Palette.of(["ffffff", "ffffff80", "000000", "00000080", "ff000000"])
    expected = ["#00000080", "#ff000000", "#ffffff80", "#000000ff", "#ffffffff"]
    assert palette.sorted("lightness").hex == expected


def test_hue_is_greys_and_then_the_circle_of_hues():
    palette = Palette.of([RED, YELLOW, WHITE, GREEN, CYAN, BLACK, BLUE, MAGENTA, GREY])
    circle = [CYAN, BLUE, MAGENTA, RED, YELLOW, GREEN]
    assert palette.sorted("hue").hex == [BLACK, GREY, WHITE, *circle]
    # A little colour is grey, too.
    assert Palette.of([GREY, "#706f70", RED]).sorted("hue").hex == ["#706f70", GREY, RED]


def test_weight_is_from_frequent_to_rare_and_from_dark_to_light_where_it_is_equal():
    palette = Palette.of([WHITE, RED, BLACK, "ffffff00"], [2, 9, 2, 5])
    ordered = palette.sorted("weight")
    assert ordered.hex == ["#ff0000ff", "#ffffff00", "#000000ff", "#ffffffff"]
    assert ordered.weights.tolist() == [9, 5, 2, 2]


def test_the_learned_order_is_that_of_lightness(learned):
    # Centroids go along, too.
    for name in ("colors", "weights", "centroids"):
        found = getattr(learned.sorted("hue").sorted("lightness"), name)
        np.testing.assert_array_equal(found, getattr(learned, name))
    assert learned.sorted("hue") != learned


@pytest.mark.parametrize("by", ORDERS)
@given(data=st.data(), listed=st.lists(colors, min_size=1, max_size=9, unique=True))
def test_the_order_before_makes_no_difference(by, data, listed):
    counts = st.lists(st.integers(0, 3), min_size=len(listed), max_size=len(listed))
    weights = data.draw(counts)
    order = data.draw(st.permutations(range(len(listed))))
    shuffled = Palette.of([listed[i] for i in order], [weights[i] for i in order])
    ordered = Palette.of(listed, weights).sorted(by)
    assert shuffled.sorted(by) == ordered
    kept = zip(ordered, ordered.weights.tolist(), strict=True)
    assert dict(kept) == dict(zip(listed, weights, strict=True))


@pytest.mark.parametrize("by", ORDERS)
def test_the_order_before_makes_no_difference_to_equal_colours(by):
    palette, other = Palette.of([RED, RED], [3, 5]), Palette.of([RED, RED], [5, 3])
    assert palette.sorted(by) == other.sorted(by)


def test_other_orders_and_unknown_weights_are_refused():
    palette = Palette.of([RED])
    with pytest.raises(InvalidParameterError, match="by must be one of 'lightness', 'hue', 'wei"):
        palette.sorted("name")
    with pytest.raises(InvalidParameterError, match="the palette tells no weights that it could"):
        palette.sorted("weight")


# In files


@EACH
def test_it_comes_back_from_a_file_of_every_format(name, tmp_path):
    palette, path = Palette.of(BRAND), tmp_path / f"brand.{name}"
    assert palette.save(path) == path.stat().st_size
    assert path.read_bytes() == palette.to_bytes(name) == palette.to_bytes(name.upper())
    assert Palette.load(path) == Palette.load(str(path)) == palette
    with path.open("rb") as file:
        assert Palette.load(file) == palette


@WITH_ALPHA
def test_alpha_comes_back_from_files_that_hold_it(name, tmp_path):
    palette = Palette.of(["ff000080", "000000", "00ff0000"])
    palette.save(tmp_path / f"shades.{name}")
    assert Palette.load(tmp_path / f"shades.{name}") == palette


@EACH
def test_it_comes_back_from_a_file_object(name):
    palette, file = Palette.of(BRAND), io.BytesIO(b"ab")
    file.seek(2)
    assert palette.save(file, name) == len(file.getvalue()) - 2
    data = file.getvalue()[2:]
    assert data == palette.to_bytes(name)
    if name != "act":  # whose ending alone tells what it is
        assert Palette.load(data) == Palette.load(io.BytesIO(data)) == palette


def test_weights_come_back_from_json(tmp_path):
    palette = Palette.of(BRAND, [4, 0, 0.5, 1e9])
    palette.save(tmp_path / "brand.json")
    assert Palette.load(tmp_path / "brand.json") == palette
    palette.save(tmp_path / "brand.gpl")
    assert Palette.load(tmp_path / "brand.gpl") == Palette.of(BRAND)


def test_equal_colours_stay_as_often_as_they_are_there():
    palette = Palette.of([RED, BLACK, RED])
    assert Palette.load(palette.to_bytes("hex")) == palette


def test_a_gimp_palette_is_the_usual_format(tmp_path):
    palette, file = Palette.of(BRAND), io.BytesIO()
    palette.save(file)
    assert file.getvalue() == palette.to_bytes() == palette.to_bytes("gpl")
    assert file.getvalue().startswith(b"GIMP Palette\n")
    # What is asked for counts more than the ending.
    palette.save(tmp_path / "brand.txt", "hex")
    assert (tmp_path / "brand.txt").read_text() == "ffffff\nff0000\n000000\n0000ff\n"


def test_a_url_is_written_and_read():
    pytest.importorskip("fsspec")
    palette = Palette.of(BRAND)
    palette.save("memory://palettes/brand.ase")
    assert Palette.load("memory://palettes/brand.ase") == palette


def test_an_existing_file_stays_if_that_is_wanted(tmp_path):
    path = tmp_path / "brand.gpl"
    Palette.of([RED]).save(path, overwrite=False)
    before = path.read_bytes()
    with pytest.raises(ImageWriteError, match="exists already; to replace it, use overwrite=True"):
        Palette.of([GREEN]).save(path, overwrite=False)
    assert path.read_bytes() == before
    Palette.of([GREEN]).save(path)
    assert Palette.load(path).hex == [GREEN]


def test_what_cannot_be_saved_is_one_sentence_and_no_file(tmp_path):
    palette = Palette.of([BLACK, "ff000080"])

    def refused(sentence, *arguments, error=InvalidParameterError):
        with pytest.raises(error, match=re.escape(sentence)):
            palette.save(*arguments)

    ending = "brand.txt: a palette's file name must end in .gpl, .ase,"
    refused(ending, tmp_path / "brand.txt")
    refused("format must be one of 'gpl', 'ase'", tmp_path / "brand.gpl", "jpeg")
    alpha = "a .gpl file holds no alpha, but colour 2 is ff000080: save the palette as .css,"
    refused(alpha, tmp_path / "brand.gpl")
    refused(alpha, io.BytesIO())
    refused("does not exist", tmp_path / "none" / "brand.css", error=ImageWriteError)
    refused("must be opened in binary mode", io.StringIO(), "css", error=ImageWriteError)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_loaded_is_one_sentence(tmp_path):
    (tmp_path / "broken.gpl").write_bytes(b"no palette")
    for source, sentence in {
        tmp_path / "none.gpl": "none.gpl: no such file",
        tmp_path / "broken.gpl": "broken.gpl: ",
        tmp_path: "is a folder",
        b"": "the bytes given: is empty",
        b"GIF89a": "the bytes given: is not a palette file of any known format: .gpl, ",
    }.items():
        with pytest.raises(ImageReadError, match=re.escape(sentence)):
            Palette.load(source)


def test_notebooks_show_a_square_for_each_colour():
    assert Palette.of([RED])._repr_html_() == (
        '<span title="#ff0000" '
        'style="display:inline-block;width:1.5em;height:1.5em;background:#ff0000"></span>'
    )
    shown = Palette.of([f"{i:06x}" for i in range(33)] + ["00ff0080"])._repr_html_()
    rows = [re.findall(r"background:(#\w+)", row) for row in shown.split("<br>")]
    assert [len(row) for row in rows] == [32, 2]
    assert rows[1] == ["#000020ff", "#00ff0080"]
