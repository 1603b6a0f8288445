"""GeoJSON: outlines checked by the library that QuPath's own is the original of."""

import json
import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from smalti.exceptions import InvalidParameterError
from smalti.labelmaps.classes import OUTSIDE
from smalti.labelmaps.export import geojson
from smalti.labelmaps.regions import regions_of

MAPS = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=16),
    elements=st.sampled_from([0, 1, OUTSIDE]),
)

RING = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], dtype=np.uint8)


def features_of(labels, connectivity=8, **options):
    data = geojson.encode(regions_of(labels, connectivity=connectivity), **options)
    collection = json.loads(data)
    assert collection["type"] == "FeatureCollection"
    return collection["features"]


def test_a_ring_of_pixels_is_a_polygon_with_a_hole():
    ring, inside = features_of(RING)
    outer = [[0, 0], [3, 0], [3, 3], [0, 3], [0, 0]]
    hole = [[1, 2], [2, 2], [2, 1], [1, 1], [1, 2]]
    assert ring["geometry"] == {"type": "Polygon", "coordinates": [outer, hole]}
    assert inside["geometry"]["coordinates"] == [[[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]]


def test_a_feature_is_as_qupath_writes_it():
    pixels = np.full((3, 3, 3), (10, 20, 30), dtype=np.uint8)
    regions = regions_of(RING, names=["tumour", "µ, stroma"], pixel_size=0.5, pixels=pixels)
    colors = np.array([[200, 0, 0], [150, 200, 150]], dtype=np.uint8)
    inside = json.loads(geojson.encode(regions, colors=colors))["features"][1]
    assert inside["type"] == "Feature"
    assert inside["id"] == 2
    perimeter = regions.perimeters[1]
    assert inside["properties"] == {
        "objectType": "annotation",
        "classification": {"name": "µ, stroma", "color": [150, 200, 150]},
        "measurements": {
            "Region": 2,
            "Area px^2": 1,
            "Perimeter px": perimeter,
            "Area µm^2": 0.25,
            "Perimeter µm": perimeter / 2,
            "Red: Mean": 10,
            "Green: Mean": 20,
            "Blue: Mean": 30,
        },
    }


def test_classes_without_names_or_colours_are_numbered():
    properties = features_of(RING, object_type="detection")[1]["properties"]
    assert properties["objectType"] == "detection"
    assert properties["classification"] == {"name": "class 1"}


def test_a_region_held_together_by_corners_is_several_polygons():
    labels = np.array([[0, OUTSIDE], [OUTSIDE, 0]], dtype=np.uint8)
    (feature,) = features_of(labels)
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert len(feature["geometry"]["coordinates"]) == 2
    assert len(features_of(labels, connectivity=4)) == 2


def test_small_regions_are_left_out():
    assert [feature["id"] for feature in features_of(RING, min_area=2)] == [1]
    assert features_of(RING, min_area=100) == []


def test_coordinates_and_sizes_are_those_of_the_whole_image():
    (feature,) = features_of(np.zeros((1, 2), dtype=np.uint8), downsample=4, origin=(100, 50.5))
    corners = [[100, 50.5], [108, 50.5], [108, 54.5], [100, 54.5], [100, 50.5]]
    assert feature["geometry"]["coordinates"] == [corners]
    assert feature["properties"]["measurements"]["Area px^2"] == 32


def test_a_map_of_nothing_is_an_empty_collection():
    assert features_of(np.full((2, 2), OUTSIDE, dtype=np.uint8)) == []


@given(MAPS, st.sampled_from([4, 8]))
def test_polygons_are_valid_and_as_large_as_their_regions(labels, connectivity):
    regions = regions_of(labels, connectivity=connectivity)
    features = json.loads(geojson.encode(regions))["features"]
    assert [feature["id"] for feature in features] == list(range(1, len(regions) + 1))
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    for region, shape in zip(regions, shapes, strict=True):
        assert shape.is_valid, shapely.is_valid_reason(shape)
        assert shape.area == region.area
        top, left, bottom, right = region.bbox
        assert shape.bounds == (left, top, right, bottom)
        for polygon in getattr(shape, "geoms", [shape]):
            assert polygon.exterior.is_ccw
            assert not any(hole.is_ccw for hole in polygon.interiors)
    # Every pixel's centre lies in its own region's polygon, and in no other.
    for y, x in np.ndindex(labels.shape):
        inside = [
            i + 1 for i, s in enumerate(shapes) if s.contains(shapely.Point(x + 0.5, y + 0.5))
        ]
        assert inside == ([regions.labels[y, x]] if regions.labels[y, x] else [])


def test_the_same_regions_give_the_same_bytes():
    labels = np.random.default_rng(1).integers(0, 3, (200, 300), dtype=np.uint8)
    assert geojson.encode(regions_of(labels)) == geojson.encode(regions_of(labels.copy()))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"object_type": "cell"}, "object_type must be one of 'annotation', 'detection'"),
        ({"min_area": -1}, "min_area must be at least 0"),
        ({"downsample": 0}, "downsample must be a finite number between"),
        ({"downsample": math.inf}, "downsample must be a finite number"),
        ({"origin": (1,)}, "origin must be two numbers"),
        ({"origin": (1, 1e13)}, "origin must be two numbers"),
        ({"origin": (1, math.nan)}, "origin must be two numbers"),
        ({"colors": np.zeros((1, 3), dtype=np.uint8)}, "K of at least 2, got uint8 of shape"),
        ({"colors": np.zeros((2, 3))}, "colors must be a uint8 array"),
    ],
)
def test_arguments_are_checked(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        geojson.encode(regions_of(RING), **options)
