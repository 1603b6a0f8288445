"""Connected regions: hand-drawn maps, and scikit-image as the reference."""

import builtins
import csv
import io
import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from smalti.exceptions import InvalidParameterError, MissingExtraError
from smalti.labelmaps.classes import OUTSIDE
from smalti.labelmaps.regions import Region, absorb_small_regions, regions_of

skimage_measure = pytest.importorskip("skimage.measure", reason="needs the extra smalti[demo]")

#   0 0 1
#   1 1 1
#   0 - 0
CORNER = np.array([[0, 0, 1], [1, 1, 1], [0, OUTSIDE, 0]], dtype=np.uint8)

MAPS = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=20),
    elements=st.sampled_from([0, 1, 2, OUTSIDE]),
)


def test_regions_are_numbered_row_by_row_and_carry_their_figures():
    regions = regions_of(CORNER)
    assert len(regions) == 4
    assert regions.labels.dtype == np.uint32
    assert regions.labels.tolist() == [[1, 1, 2], [2, 2, 2], [3, 0, 4]]
    assert regions.classes.tolist() == [0, 1, 0, 0]
    assert regions.areas.tolist() == [2, 4, 1, 1]
    assert regions.bboxes.tolist() == [[0, 0, 1, 2], [0, 0, 2, 3], [2, 0, 3, 1], [2, 2, 3, 3]]
    assert regions.centroids.tolist() == [[0, 0.5], [0.75, 1.25], [2, 0], [2, 2]]
    assert regions.touches_border.all()


def test_pixels_that_share_a_corner_are_connected_unless_asked_otherwise():
    labels = np.eye(3, dtype=np.uint8)
    assert regions_of(labels).labels.tolist() == [[1, 2, 2], [2, 1, 2], [2, 2, 1]]
    four = regions_of(labels, connectivity=4)
    assert four.areas.tolist() == [1, 3, 3, 1, 1]
    assert four.connectivity == 4


def test_only_a_region_at_the_border_touches_it():
    labels = np.zeros((3, 3), dtype=np.uint8)
    labels[1, 1] = 1
    assert regions_of(labels).touches_border.tolist() == [True, False]


def test_a_map_of_nothing_has_no_regions():
    regions = regions_of(np.full((2, 3), OUTSIDE, dtype=np.uint8), names=[], pixel_size=1)
    assert len(regions) == 0
    assert list(regions) == []
    assert regions.centroids.shape == (0, 2)
    assert regions.to_csv().count("\n") == 1


def test_the_perimeter_of_a_disc_is_nearly_that_of_its_circle():
    y, x = np.ogrid[-60:61, -60:61]
    regions = regions_of((x * x + y * y <= 50 * 50).astype(np.uint8))
    assert regions.perimeters[1] == pytest.approx(2 * math.pi * 50, rel=0.01)


def test_a_single_pixel_has_cauchys_perimeter():
    # Crossed from four sides, and from four corners by lines that lie closer.
    labels = np.full((1, 1), 3, dtype=np.uint8)
    assert regions_of(labels).perimeters.tolist() == [math.pi / 8 * (4 + 4 / math.sqrt(2))]


@given(MAPS, st.sampled_from([4, 8]))
def test_figures_are_those_of_scikit_image(labels, connectivity):
    regions = regions_of(labels, connectivity=connectivity)
    # Its background is 0 and not of any region, as OUTSIDE is here.
    expected = skimage_measure.label(
        (labels + np.uint8(1)).astype(int), connectivity=connectivity // 4
    )
    assert np.array_equal(regions.labels, expected)
    if not len(regions):
        return
    properties = skimage_measure.regionprops(expected)
    assert regions.areas.tolist() == [region.area for region in properties]
    assert regions.bboxes.tolist() == [list(region.bbox) for region in properties]
    np.testing.assert_allclose(
        regions.centroids, [region.centroid for region in properties], rtol=1e-12
    )
    np.testing.assert_allclose(
        regions.perimeters, [region.perimeter_crofton for region in properties], rtol=1e-12
    )


@given(MAPS)
def test_mean_colours_are_those_of_the_pixels(labels):
    pixels = np.random.default_rng(1).integers(0, 256, (*labels.shape, 3), dtype=np.uint8)
    regions = regions_of(labels, pixels=pixels)
    means = [pixels[regions.labels == i + 1].mean(axis=0) for i in range(len(regions))]
    np.testing.assert_allclose(regions.colors, np.reshape(means, (-1, 3)), rtol=1e-12)


def test_mean_colours_of_16_bits_and_alpha():
    labels = np.array([[0, 0]], dtype=np.uint8)
    deep = np.array([[[0, 257, 65535], [514, 257, 65535]]], dtype=np.uint16)
    assert regions_of(labels, pixels=deep).colors.tolist() == [[1, 1, 255]]
    clear = np.array([[[10, 20, 30, 255], [200, 200, 200, 0]]], dtype=np.uint8)
    assert regions_of(labels, pixels=clear).colors.tolist() == [[10, 20, 30]]


def test_iterating_gives_a_region_each_with_what_is_known():
    pixels = np.full((3, 3, 3), 7, dtype=np.uint8)
    regions = regions_of(CORNER, names=["sky", "sea"], pixel_size=0.5, pixels=pixels)
    sea = list(regions)[1]
    assert sea == Region(
        label=2,
        class_index=1,
        class_name="sea",
        area=4,
        area_um2=1.0,
        perimeter=regions.perimeters[1],
        perimeter_um=regions.perimeters[1] / 2,
        centroid=(0.75, 1.25),
        bbox=(0, 0, 2, 3),
        touches_border=True,
        color=(7.0, 7.0, 7.0),
    )
    bare = next(iter(regions_of(CORNER)))
    assert (bare.class_name, bare.area_um2, bare.perimeter_um, bare.color) == (None,) * 4


def test_columns_have_the_names_of_regionprops_table():
    pixels = np.random.default_rng(2).integers(0, 256, (3, 3, 3), dtype=np.uint8)
    table = regions_of(CORNER, pixels=pixels).to_dict()
    wanted = ("label", "area", "perimeter_crofton", "centroid", "bbox", "intensity_mean")
    theirs = skimage_measure.regionprops_table(
        skimage_measure.label(CORNER + np.uint8(1)), pixels, properties=wanted
    )
    assert set(table) == {*theirs, "class", "touches_border"}
    for name, column in theirs.items():
        np.testing.assert_allclose(table[name], column, rtol=1e-12)


def test_tables_have_a_row_for_each_region():
    regions = regions_of(CORNER, names=["a", "b, c"], pixel_size=2)
    frame = regions.to_dataframe()
    assert isinstance(frame, pd.DataFrame)
    assert frame["class_name"].tolist() == ["a", "b, c", "a", "a"]
    assert frame["area_um2"].tolist() == [8, 16, 4, 4]
    assert pl.DataFrame(regions.to_dict()).to_dicts() == frame.to_dict("records")


def test_csv_holds_what_the_dataframe_holds():
    regions = regions_of(CORNER, names=["a", "b, c"], pixel_size=0.3)
    text = regions.to_csv()
    assert text.startswith("label,class,class_name,area,area_um2,perimeter_crofton,")
    pd.testing.assert_frame_equal(
        pd.read_csv(io.StringIO(text)), regions.to_dataframe(), check_dtype=False
    )
    assert [row["class_name"] for row in csv.DictReader(io.StringIO(text))] == [
        "a",
        "b, c",
        "a",
        "a",
    ]


def test_a_dataframe_without_pandas_says_what_to_install(monkeypatch):
    real_import = builtins.__import__

    def without_pandas(name, *args, **options):
        if name == "pandas":
            raise ImportError(name)
        return real_import(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without_pandas)
    with pytest.raises(MissingExtraError, match="pip install pandas"):
        regions_of(CORNER).to_dataframe()


def test_the_representation_tells_number_and_size():
    assert repr(regions_of(CORNER[:2])) == "<Regions: 2 in 3 x 2 pixels>"


def test_views_of_maps_are_taken():
    twice = np.repeat(CORNER, 2, axis=1)
    assert np.array_equal(regions_of(twice[:, ::2]).labels, regions_of(CORNER).labels)


def test_a_speck_joins_the_neighbour_with_the_longest_boundary():
    labels = np.array([[0, 0, 1], [0, 2, 1], [0, 0, 1]], dtype=np.uint8)
    expected = np.array([[0, 0, 1], [0, 0, 1], [0, 0, 1]], dtype=np.uint8)
    assert np.array_equal(absorb_small_regions(labels, 2), expected)
    assert labels[1, 1] == 2


@pytest.mark.parametrize("min_area", [0, 1])
def test_nothing_is_smaller_than_a_pixel(min_area):
    assert np.array_equal(absorb_small_regions(CORNER, min_area), CORNER)


def test_any_area_may_be_asked_for():
    assert np.unique(absorb_small_regions(CORNER, 10**30)).tolist() == [1, OUTSIDE]


@given(MAPS, st.integers(0, 60), st.sampled_from([4, 8]))
def test_what_is_left_is_large_enough_or_alone(labels, min_area, connectivity):
    after = absorb_small_regions(labels, min_area, connectivity=connectivity)
    assert np.array_equal(after == OUTSIDE, labels == OUTSIDE)
    regions = regions_of(after, connectivity=connectivity)
    padded = np.pad(regions.labels, 1)
    for number in np.flatnonzero(regions.areas < min_area) + 1:
        own = padded == number
        edges = [own[1:] & ~own[:-1], own[:-1] & ~own[1:], own[:, 1:] & ~own[:, :-1]]
        beside = [padded[:-1], padded[1:], padded[:, :-1]]
        edges.append(own[:, :-1] & ~own[:, 1:])
        beside.append(padded[:, 1:])
        assert not any(other[edge].any() for edge, other in zip(edges, beside, strict=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"connectivity": 6}, "connectivity must be 8 or 4, got 6"),
        ({"names": ["sky"]}, r"names must be at least 2 strings, .* got \['sky'\]"),
        ({"names": "ab"}, "names must be at least 2 strings"),
        ({"names": [1, 2]}, "names must be at least 2 strings"),
        ({"names": 2}, "names must be at least 2 strings"),
        ({"pixel_size": 0}, r"pixel_size must be a finite number between 1e-05 and 1e\+12"),
        ({"pixel_size": math.nan}, "pixel_size must be a finite number"),
        ({"pixels": np.zeros((2, 3, 3), dtype=np.uint8)}, r"pixels must be .* \(3, 3, 3\)"),
        ({"pixels": np.zeros((3, 3, 3))}, "got float64"),
        ({"pixels": np.zeros((3, 3, 2), dtype=np.uint8)}, r"got uint8 of shape \(3, 3, 2\)"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(InvalidParameterError, match=message):
        regions_of(CORNER, **arguments)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (CORNER.astype(np.int64), r"uint8 array of shape \(H, W\), got int64 of shape \(3, 3\)"),
        (CORNER[0], r"got uint8 of shape \(3,\)"),
        (CORNER.tolist(), "got list"),
        (CORNER[:0], "labels must have 1 to 2,147,483,647 pixels, got 0"),
    ],
)
def test_labels_are_checked(labels, message):
    for function in (regions_of, lambda labels: absorb_small_regions(labels, 2)):
        with pytest.raises(InvalidParameterError, match=message):
            function(labels)


@pytest.mark.parametrize("min_area", [-1, 1.5, None])
def test_the_area_asked_for_is_checked(min_area):
    with pytest.raises(InvalidParameterError, match="min_area must be"):
        absorb_small_regions(CORNER, min_area)
