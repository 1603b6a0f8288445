"""Options as values: checked when made, hashed, stored, described."""

import dataclasses
import json
import pickle
import subprocess
import sys

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smalti
from smalti import CompressOptions, SegmentOptions
from smalti.exceptions import InvalidParameterError, OptionsError
from smalti.segmentation.histology.stains import HDAB, HE
from tests.pictures import noise

HEX_COLORS = st.from_regex(r"\A#?[0-9a-fA-F]{6}([0-9a-fA-F]{2})?\Z")

COMPRESS = st.builds(
    CompressOptions,
    k=st.integers(5, 256),
    dither=st.none() | st.floats(0, 1),
    rate_weight=st.none() | st.floats(0, 1e3),
    dither_method=st.sampled_from(["diffusion", "blue-noise", "ordered"]),
    keep_colors=st.lists(HEX_COLORS, max_size=5),
    space=st.sampled_from(["oklab", "srgb", "linear"]),
    effort=st.integers(1, 9),
    seed=st.integers(0, 2**64 - 1),
)
SEGMENT = st.builds(
    SegmentOptions,
    k=st.integers(4, 255),
    spatial_weight=st.floats(0, 10),
    init_colors=st.none() | st.lists(HEX_COLORS, min_size=1, max_size=4),
    min_region=st.integers(0, 9),
    normalize=st.sampled_from([None, "variance", "local"]),
)


@given(options=COMPRESS | SEGMENT)
def test_options_come_back_from_json_and_fit_their_schema(options):
    stored = json.loads(json.dumps(options.to_dict()))
    jsonschema.validate(stored, type(options).json_schema())
    again = type(options)(**stored)
    assert again == options
    assert hash(again) == hash(options)
    assert again.digest() == options.digest()
    assert pickle.loads(pickle.dumps(options)) == options


@given(first=COMPRESS, second=COMPRESS)
def test_digests_are_equal_as_options_are(first, second):
    assert (first == second) == (first.digest() == second.digest())


def test_the_digest_is_the_same_in_another_process_and_of_what_is_not_default():
    code = "import smalti; print(smalti.CompressOptions(k=7, keep_colors=['f00000']).digest())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == CompressOptions(k=7, keep_colors=[(240, 0, 0)]).digest()
    # What is at its default does not count, so that a new option changes no digest.
    assert CompressOptions().digest() == (
        "f29154e62f9b92344ec3ac68716e67163469b4adbea466196346ffe6a48f44b2"
    )


@pytest.mark.parametrize("options", [CompressOptions(k=3), SegmentOptions(k=3)])
def test_options_cannot_be_changed(options):
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.k = 4
    assert dataclasses.replace(options, k=5).k == 5
    with pytest.raises(InvalidParameterError, match="k must be between 1 and"):
        dataclasses.replace(options, k=0)


@pytest.mark.parametrize("cls", [CompressOptions, SegmentOptions])
def test_schemas_are_valid_and_tell_of_every_option(cls):
    schema = cls.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    fields = {field.name: field for field in dataclasses.fields(cls)}
    assert set(schema["properties"]) == set(fields)
    for name, entry in schema["properties"].items():
        assert entry["description"].endswith(".")
        default = fields[name].default
        assert entry["default"] == (list(default) if isinstance(default, tuple) else default)


@pytest.mark.parametrize(
    ("cls", "stored"),
    [
        (CompressOptions, {"k": 0}),
        (CompressOptions, {"effort": 10}),
        (CompressOptions, {"space": "lab"}),
        (CompressOptions, {"quality": 101}),
        (CompressOptions, {"max_bytes": 0}),
        (CompressOptions, {"dither": 1.5}),
        (CompressOptions, {"keep_colors": ["red"]}),
        (CompressOptions, {"palette": []}),
        (CompressOptions, {"block": [2, 65]}),
        (CompressOptions, {"colours": 3}),
        (SegmentOptions, {"k": 256}),
        (SegmentOptions, {"k": 3, "normalize": "range"}),
        (SegmentOptions, {"k": 3, "texture": -1}),
        (SegmentOptions, {"k": 3, "init_colors": []}),
    ],
)
def test_the_schema_refuses_what_the_options_refuse(cls, stored):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(stored, cls.json_schema())
    with pytest.raises((InvalidParameterError, TypeError)):
        cls(**stored)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"quality": 70, "max_bytes": 5},
            "quality and max_bytes cannot be given together: each decides the file's size",
        ),
        ({"k": 300, "quality": 70}, "k=300: at most 256 colours are possible with quality"),
        ({"k": 300, "dither": 0.5}, "k=300: at most 256 colours are possible with dither"),
        (
            {"block": (2, 3), "dither": 0.5},
            "dither cannot be given with block=(2, 3): "
            "every block gets the nearest of the codebook",
        ),
        (
            {"block": (2, 3), "keep_colors": ["000000"]},
            "keep_colors cannot be given with block=(2, 3): colours are learned",
        ),
        (
            {"palette": ["000000"], "keep_colors": ["000000"]},
            "keep_colors cannot be given with palette, which is kept as it is",
        ),
        ({"palette": ["000000"], "k": 2}, "k=2 contradicts the 1 colours of palette"),
    ],
)
def test_options_that_contradict_each_other_are_named(options, sentence):
    with pytest.raises(OptionsError) as caught:
        CompressOptions(**options)
    assert str(caught.value) == sentence
    assert str(pickle.loads(pickle.dumps(caught.value))) == sentence


def test_what_comes_to_nothing_is_no_contradiction():
    plain = CompressOptions(k=300, rate_weight=0, dither=0)
    assert plain.k == 300
    assert CompressOptions(block=(2, 2), rate_weight=0, dither=0).is_in_blocks
    assert CompressOptions(k=2, keep_colors=["00000000", (9, 9, 9, 0)]).keep_colors == (
        (0, 0, 0, 0),
    )


def test_all_options_are_given_as_one_value():
    pixels = noise(6, 7)
    options = CompressOptions(k=4, rate_weight=0, dither=0)
    found = smalti.compress(pixels, options=options)
    expected = smalti.compress(pixels, 4, rate_weight=0, dither=0)
    np.testing.assert_array_equal(found.indices, expected.indices)
    segmented = smalti.segment(pixels, options=SegmentOptions(k=2, seed=1))
    np.testing.assert_array_equal(segmented.labels, smalti.segment(pixels, 2, seed=1).labels)


def test_options_beside_one_value_are_refused():
    with pytest.raises(InvalidParameterError, match=r"dither is decided by options, got 0\.5"):
        smalti.compress(noise(2, 2), dither=0.5, options=CompressOptions())
    with pytest.raises(InvalidParameterError, match="options must be SegmentOptions, got"):
        smalti.segment(noise(2, 2), options=CompressOptions())


def test_stains_are_part_of_the_options():
    ours, theirs = (SegmentOptions(k=2, space=s.name, stains=s) for s in (HE, HDAB))
    assert ours != theirs
    assert ours.digest() != theirs.digest()
    assert ours == SegmentOptions(k=2, space="he", stains=HE)


def test_making_options_imports_neither_numpy_nor_pillow():
    code = (
        "import sys, smalti; smalti.CompressOptions(keep_colors=['ff0000']).digest(); "
        "smalti.SegmentOptions(k=2).json_schema(); "
        "print([name for name in ('numpy', 'PIL') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
