"""Regions of maps that are read by parts are those of the whole map."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smalti
from smalti.labelmaps.regions import regions_of
from smalti.scale.label_store import LabelStore
from smalti.scale.region_files import Listing, write_regions
from smalti.sources.read import read
from tests.scale.checks import blots

FIGURES = ("class", "area", "perimeter_crofton", "touches_border", "centroid-0", "centroid-1")
PLACES = ("bbox-0", "bbox-1", "bbox-2", "bbox-3")


@pytest.fixture
def found(tmp_path):
    """An image, and the folder of its classes."""
    image = blots(seed=3)
    return image, smalti.segment_large(image, tmp_path / "out", 3, min_area=1, outlines=True)


def figures_in(rows):
    """What rows of a table say, in an order that no numbering decides."""
    return sorted(tuple(str(row[name]) for name in (*PLACES, *FIGURES)) for row in rows)


def table_of(folder):
    with (folder / "regions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_lists_the_regions_of_the_whole_map(found):
    image, large = found
    columns = smalti.segment(image, 3).regions(image).to_dict()
    names = list(columns)
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    expected = [dict(zip(names, row, strict=True)) for row in rows]
    listed = table_of(large.folder)
    assert large.regions == len(listed) == len(expected) > 10
    assert figures_in(listed) == figures_in(expected)


def test_regions_are_numbered_as_they_end(found):
    _, large = found
    rows = table_of(large.folder)
    assert [int(row["label"]) for row in rows] == list(range(1, len(rows) + 1))
    ends = [int(row["bbox-2"]) for row in rows]
    assert ends == sorted(ends)


def test_outlines_are_those_of_the_whole_map(found):
    image, large = found
    written = json.loads((large.folder / "regions.geojson").read_bytes())
    expected = json.loads(smalti.segment(image, 3).to_geojson(image))
    assert written["type"] == "FeatureCollection"
    geometries = [json.dumps(feature["geometry"]) for feature in written["features"]]
    assert sorted(geometries) == sorted(
        json.dumps(feature["geometry"]) for feature in expected["features"]
    )
    ids = [feature["id"] for feature in written["features"]]
    assert ids == list(range(1, len(ids) + 1))
    names = {f["properties"]["classification"]["name"] for f in written["features"]}
    assert names == {"class 0", "class 1", "class 2"}
    areas = [f["properties"]["measurements"]["Area px^2"] for f in written["features"]]
    assert areas == [int(row["area"]) for row in table_of(large.folder)]


def test_regions_of_64_pixels_are_listed_unless_others_are_asked_for(tmp_path):
    image = blots(seed=3)
    areas = regions_of(smalti.segment(image, 3).labels).areas
    assert (areas < 64).any()
    usual = smalti.segment_large(image, tmp_path / "usual", 3)
    assert usual.regions == (areas >= 64).sum()
    assert (
        smalti.segment_large(image, tmp_path / "more", 3, min_area=5).regions == (areas >= 5).sum()
    )


def test_a_map_without_regions_has_a_table_of_names_and_no_features(tmp_path):
    image = np.zeros((5, 5, 3), dtype=np.uint8)
    large = smalti.segment_large(image, tmp_path / "out", 1, outlines=True)
    assert large.regions == 0
    assert (tmp_path / "out/regions.csv").read_text().startswith("label,class,class_name,area,")
    written = json.loads((tmp_path / "out/regions.geojson").read_bytes())
    assert written == {"type": "FeatureCollection", "features": []}


def test_pixels_of_no_class_are_in_no_region(tmp_path):
    image = blots(seed=5)
    mask = np.zeros(image.shape[:2], dtype=bool)
    mask[20:60, 30:90] = True
    large = smalti.segment_large(image, tmp_path / "out", 2, mask=mask, min_area=1)
    assert sum(int(row["area"]) for row in table_of(large.folder)) == 40 * 60


def test_areas_in_micrometres_are_listed_where_pixels_have_a_size(tmp_path):
    image = replace(read(blots(seed=3)), pixel_size=0.5)
    large = smalti.segment_large(image, tmp_path / "out", 2)
    assert large.pixel_size == 0.5
    for row in table_of(large.folder):
        assert float(row["area_um2"]) == int(row["area"]) / 4


@given(
    shape=st.tuples(st.integers(1, 140), st.integers(1, 140)), classes=st.sampled_from([1, 2, 254])
)
@settings(max_examples=15)
def test_pixels_and_pairs_are_counted_on_the_way(tmp_path_factory, shape, classes):
    folder = tmp_path_factory.mktemp("map")
    labels = np.random.default_rng(shape[0]).integers(0, classes + 1, shape, dtype=np.uint8)
    labels = np.repeat(labels, 2, axis=1)[:, : shape[1]]
    store = LabelStore(str(folder / "labels"), shape, labels.dtype, "0.4")
    for window in store.windows:
        store.write(window, labels[window.slices].copy())
    names = tuple(map(str, range(classes)))
    colors = np.zeros((classes, 3), dtype=np.uint8)
    listing = Listing(names, colors, None, 1, folder / "regions.csv", None)
    found = write_regions(store, listing, lambda _: None)
    assert found.areas[:classes].tolist() == [(labels == c + 1).sum() for c in range(classes)]
    pairs = same = 0
    for one, other in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        both = (one > 0) & (other > 0)
        pairs += int(both.sum())
        same += int((both & (one == other)).sum())
    assert found.coherence == (same / pairs if pairs else 1.0)
    assert found.listed == len(regions_of(labels - np.uint8(1)))
