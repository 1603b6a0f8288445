"""Sound PNG files of every colour type, depth, layout and kind of transparency, exactly."""

from dataclasses import replace

import pytest

from tests.conformance.checks import assert_is_exactly, assert_is_read_exactly
from tests.conformance.pictures import picture
from tests.conformance.png_writer import (
    AVERAGE,
    DEPTHS,
    GREY,
    INDEXED,
    NONE,
    PAETH,
    RGB,
    SUB,
    UP,
)

KINDS = [(color_type, depth) for color_type, depths in DEPTHS.items() for depth in depths]
# In the smaller ones, up to six of Adam7's passes are empty.
SIZES = [(1, 1), (1, 6), (6, 1), (3, 5), (9, 7), (33, 17)]
FILTERS = {"none": NONE, "sub": SUB, "up": UP, "average": AVERAGE, "paeth": PAETH}
MIXED = (PAETH, NONE, AVERAGE, SUB, UP)
INTERLACES = pytest.mark.parametrize("interlaced", [False, True], ids=["plain", "interlaced"])


@INTERLACES
@pytest.mark.parametrize(
    "made",
    [picture(*kind, *size) for kind in KINDS for size in SIZES],
    ids=lambda made: made.name,
)
def test_every_type_and_depth_of_any_size_is_exact(made, interlaced):
    assert_is_exactly(made.file(interlaced=interlaced, filters=MIXED), made)


@INTERLACES
@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize(
    "made", [picture(*kind, 9, 7) for kind in KINDS], ids=lambda made: made.name
)
def test_every_filter_is_undone(made, name, interlaced):
    assert_is_read_exactly(made.file(interlaced=interlaced, filters=[FILTERS[name]]), made)


def _transparent_shades():
    for depth in DEPTHS[GREY]:
        grey = picture(GREY, depth, 9, 7)
        for shade in sorted({0, 1, int(grey.samples[3, 4, 0]), 2**depth - 1}):
            made = replace(grey, transparent=(shade,))
            yield pytest.param(made, id=f"{depth} bits, shade {shade}")


@INTERLACES
@pytest.mark.parametrize("made", list(_transparent_shades()))
def test_a_transparent_shade_of_grey_is_seen(made, interlaced):
    assert made.pixels.shape[2] == 4
    assert_is_exactly(made.file(interlaced=interlaced), made)


@INTERLACES
@pytest.mark.parametrize("depth", DEPTHS[RGB])
def test_a_transparent_colour_is_seen(depth, interlaced):
    made = picture(RGB, depth, 9, 7)
    made.samples[0, :3] = made.samples[3, 4]
    seen = replace(made, transparent=tuple(made.samples[3, 4].tolist()))
    assert (seen.pixels[..., 3] == 0).sum() == 4
    assert_is_exactly(seen.file(interlaced=interlaced), seen)


@INTERLACES
@pytest.mark.parametrize("depth", DEPTHS[RGB])
def test_a_colour_that_differs_in_one_bit_is_not_transparent(depth, interlaced):
    made = picture(RGB, depth, 9, 7)
    red, green, blue = made.samples[3, 4].tolist()
    unseen = replace(made, transparent=(red, green, blue ^ 1))
    assert (unseen.pixels[..., 3] > 0).all()
    assert_is_exactly(unseen.file(interlaced=interlaced), unseen)


def _palettes_with_alpha():
    for depth in DEPTHS[INDEXED]:
        made = picture(INDEXED, depth, 9, 7)
        for entries in sorted({1, 2**depth // 2, 2**depth - 1, 2**depth}):
            alphas = tuple(37 * i % 256 for i in range(entries))
            yield pytest.param(
                replace(made, transparent=alphas), id=f"{depth} bits, {entries} alphas"
            )


@INTERLACES
@pytest.mark.parametrize("made", list(_palettes_with_alpha()))
def test_alphas_of_palette_entries_are_looked_up(made, interlaced):
    assert_is_exactly(made.file(interlaced=interlaced), made)


@pytest.mark.parametrize("depth", DEPTHS[INDEXED])
def test_a_palette_may_have_fewer_colours_than_indices(depth):
    made = picture(INDEXED, depth, 9, 7)
    entries = 2 ** (depth - 1)
    short = replace(made, samples=made.samples % entries, palette=made.palette[:entries])
    assert_is_exactly(short.file(), short)
