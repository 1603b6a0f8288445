"""Layer data tuples; napari itself is not needed to make them."""

import numpy as np
import pytest

from smalti.exceptions import InvalidParameterError
from smalti.labelmaps.classes import OUTSIDE
from smalti.labelmaps.export.napari import class_layer, region_layer
from smalti.labelmaps.regions import regions_of

LABELS = np.array([[0, 1, 1], [OUTSIDE, 1, 0]], dtype=np.uint8)
COLORS = np.array([[102, 0, 204], [255, 255, 255]], dtype=np.uint8)


def test_classes_have_their_colours_and_nothing_is_clear():
    data, keywords, kind = class_layer(LABELS, colors=COLORS)
    assert (data.dtype, data.tolist(), kind) == (np.uint8, [[1, 2, 2], [0, 2, 1]], "labels")
    clear = (0, 0, 0, 0)
    assert keywords == {
        "name": "classes",
        "colormap": {None: clear, 0: clear, 1: (0.4, 0, 0.8, 1), 2: (1, 1, 1, 1)},
    }


def test_names_have_a_row_for_the_background():
    _, keywords, _ = class_layer(
        LABELS, colors=COLORS, names=["nuclei", "stroma"], pixel_size=0.5, name="H&E"
    )
    assert keywords["features"]["class_name"].tolist() == ["", "nuclei", "stroma"]
    assert keywords["scale"] == (0.5, 0.5)
    assert keywords["name"] == "H&E"


def test_regions_have_their_figures_as_features():
    regions = regions_of(LABELS, names=["nuclei", "stroma"], pixel_size=2)
    data, keywords, kind = region_layer(regions)
    assert data is regions.labels
    assert kind == "labels"
    features = keywords["features"]
    assert features["area"].tolist() == [0, *regions.areas.tolist()]
    assert features["class_name"].tolist() == ["", "nuclei", "stroma", "nuclei"]
    assert {len(column) for column in features.values()} == {len(regions) + 1}
    assert keywords["scale"] == (2, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colors": COLORS[:1]}, "K of at least 2"),
        ({"colors": COLORS, "pixel_size": 0}, "pixel_size must be a finite number between"),
    ],
)
def test_arguments_are_checked(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        class_layer(LABELS, **options)
