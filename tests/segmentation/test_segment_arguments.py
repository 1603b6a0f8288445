import numpy as np
import pytest

import smalti
from smalti.exceptions import InvalidParameterError
from tests.segmentation.slides import stripes


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"k": 0}, "k must be between 1 and 255, got 0"),
        ({"k": 256}, "k must be between 1 and 255, got 256"),
        ({"k": None}, "k must be a whole number from 1 to 255, got None"),
        ({"space": "lab"}, "space must be one of"),
        (
            {"spatial_weight": -0.1},
            "spatial_weight must be a finite number of at least 0, got -0.1",
        ),
        ({"spatial_weight": float("nan")}, "spatial_weight must be a finite number"),
        ({"spatial_method": "icm"}, "spatial_method must be one of 'potts', 'position'"),
        ({"mask": np.ones((3, 3), dtype=bool)}, "mask must have the shape of the image, (8, 36)"),
        ({"mask": np.ones((8, 36))}, "mask must be of bool or whole numbers"),
        ({"mask": np.zeros((8, 36), dtype=bool)}, "has no pixel to segment"),
        ({"min_region": -1}, "min_region must be at least 0, got -1"),
        ({"superpixels": 0}, "superpixels must be at least 1, got 0"),
        ({"texture": -1}, "texture must be a finite number between 0 and 1e+06, got -1"),
        ({"chroma_weight": 2, "space": "srgb"}, "chroma_weight is for the space 'oklab'"),
        ({"normalize": "range"}, "normalize must be one of 'variance', 'local'"),
        ({"normalize": "local", "chroma_weight": 2}, "chroma_weight is decided by normalize"),
        ({"stains": "estimate"}, "stains are for the space 'he' or 'hdab'"),
        ({"stains": "guess", "space": "he"}, "stains must be 'estimate' or Stains of 'he'"),
        ({"init_colors": ["red"]}, "init_colors[0]: 'red' is not a colour"),
        ({"init_colors": ["ff0000"] * 4}, "init_colors must be 1 to 3 colours"),
        ({"init_colors": []}, "init_colors must be 1 to 3 colours"),
        ({"locked": True}, "locked says which of init_colors stay, but there are none"),
        ({"init_colors": ["ff0000"], "locked": [1]}, "locked must be True, False, 1 of these"),
        ({"init_colors": ["ff0000"], "locked": ["ff0000"]}, "locked must be True, False"),
        ({"init_colors": ["ff0000"], "texture": 1}, "init_colors cannot be given with a texture"),
        ({"names": ["a", "b"]}, "names must be 3 different texts"),
        ({"names": 5}, "names must be 3 different texts"),
        ({"names": {"a", "b", "c"}}, "names must be 3 different texts"),
        ({"names": ["a", "b", "c\n"]}, "names must be 3 different texts"),
        ({"k": 9, "names": list("abcdefghi")}, "has colours for 3 classes only, but there are 9"),
        ({"space": ""}, "space must be one of"),
        ({"chroma_weight": 1e300}, "chroma_weight must be a finite number between 0 and 1e+06"),
        ({"texture": 1e300}, "texture must be a finite number between 0 and 1e+06"),
        ({"init_colors": ["ff0000"], "locked": ["a", [1]]}, "locked must be True, False"),
        ({"names": "abc"}, "names must be 3 different texts"),
        ({"names": ["a", "a", "b"]}, "names must be 3 different texts"),
        ({"seed": -1}, "seed must be between 0"),
        ({"preset": "pas"}, "preset must be one of 'he', 'hdab'"),
        ({"preset": "he", "k": 4}, "k is decided by preset 'he', got 4"),
        ({"preset": "he", "space": "srgb"}, "space is decided by preset 'he', got 'srgb'"),
        ({"preset": "he", "locked": np.array([True, False])}, "locked is decided by preset 'he'"),
        ({"preset": "he", "names": ["a", "b", "c"]}, "names is decided by preset 'he'"),
    ],
)
def test_bad_arguments_are_named(options, said):
    options = {"k": 3, **options}
    with pytest.raises(InvalidParameterError) as error:
        smalti.segment(stripes(), options.pop("k"), **options)
    assert said in str(error.value)


def test_an_image_that_is_clear_everywhere_is_refused():
    clear = np.zeros((4, 4, 4), dtype=np.uint8)
    with pytest.raises(InvalidParameterError, match="no pixel to segment: all are fully transp"):
        smalti.segment(clear, 2)
