"""A quality or a size that is asked for, and how it is refused."""

import re

import numpy as np
import pytest
from PIL import Image, ImageDraw

import smalti
from smalti.exceptions import InvalidParameterError, SmaltiError, TargetNotReachedError
from smalti.measure.metrics import ssimulacra2
from tests.pictures import noise


def _size(compressed):
    return len(compressed.to_bytes("png"))


def _score(picture, compressed):
    return ssimulacra2(picture, compressed.reconstruct())


@pytest.mark.parametrize("effort", [1, 5])
def test_a_quality_is_reached_and_less_of_it_needs_fewer_bytes(photo, effort):
    sizes = []
    for quality in (30, 40, 50, 60, 70):
        compressed = smalti.compress(photo, quality=quality, effort=effort)
        assert _score(photo, compressed) >= quality
        sizes.append(_size(compressed))
    assert sizes == sorted(set(sizes))


def test_a_quality_is_not_exceeded_by_far(photo):
    for quality in (30, 50, 70):
        assert _score(photo, smalti.compress(photo, quality=quality)) < quality + 5


def test_a_quality_below_all_gives_a_very_small_picture(photo):
    compressed = smalti.compress(photo, quality=-1000)
    assert _size(compressed) < 0.2 * _size(smalti.compress(photo, quality=50))


def test_a_picture_of_few_colours_can_have_quality_100():
    image = noise(24, 24) // 64 * 64
    compressed = smalti.compress(image, quality=100)
    np.testing.assert_array_equal(compressed.reconstruct(), image)


@pytest.mark.parametrize("effort", [1, 5])
def test_a_size_is_kept(photo, effort):
    free = _size(smalti.compress(photo, rate_weight=0, effort=effort))
    scores = []
    for max_bytes in (free, free * 3 // 4, free // 2, free // 4):
        compressed = smalti.compress(photo, max_bytes=max_bytes, effort=effort)
        assert compressed.effort == effort
        assert 0.8 * max_bytes < _size(compressed) <= max_bytes
        scores.append(_score(photo, compressed))
    assert (np.diff(scores) < 1).all()


@pytest.mark.parametrize("max_bytes", [10**6, 2**63, 2**200])
def test_a_size_that_everything_fits_costs_no_quality(photo, max_bytes):
    compressed = smalti.compress(photo, 64, max_bytes=max_bytes)
    free = smalti.compress(photo, 64, rate_weight=0)
    np.testing.assert_array_equal(compressed.reconstruct(), free.reconstruct())


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_targets_are_reached_with_any_channels_and_depth(photo, channels):
    picture = photo[:60, :80, :1] if channels == 1 else photo[:60, :80]
    if channels == 4:
        picture = np.dstack([picture, np.linspace(0, 255, 80).astype(np.uint8)[None].repeat(60, 0)])
    for dtype, step in ((np.uint8, 1), (np.uint16, 257)):
        image = picture.astype(dtype) * step
        free = smalti.compress(image, 100, rate_weight=0)
        max_bytes = _size(free) * 2 // 3
        assert _size(smalti.compress(image, 100, max_bytes=max_bytes)) <= max_bytes
        quality = _score(image, free) - 10
        compressed = smalti.compress(image, 100, quality=quality)
        assert _score(image, compressed) >= quality
        assert _size(compressed) < _size(free)


def _line_drawing(side=160):
    large = Image.new("RGB", (4 * side, 4 * side), "white")
    draw = ImageDraw.Draw(large)
    for i in range(24):
        box = (8 * i, 5 * i, 4 * side - 3 * i, 4 * side - 9 * i)
        draw.arc(box, 10 * i, 10 * i + 200, fill=(10 * i, 40 + 7 * i, 200 - 8 * i), width=7)
    return np.asarray(large.resize((side, side), Image.Resampling.BOX))


@pytest.mark.parametrize(("quality", "most"), [(70, 32), (88, 64)])
def test_a_drawing_gets_as_few_colours_as_suffice(quality, most):
    drawing = _line_drawing()
    found = smalti.compress(drawing, quality=quality)
    assert _score(drawing, found) >= quality
    assert len(found.palette) <= most
    # Smaller and better than what any weight makes of more colours.
    for weight in (0.08, 0.2, 0.5):
        other = smalti.compress(drawing, rate_weight=weight)
        assert _size(found) < _size(other) or _score(drawing, other) < quality


def test_a_drawing_of_a_given_size_is_no_worse_with_fewer_colours():
    drawing = _line_drawing()
    other = smalti.compress(drawing, rate_weight=0.2)
    found = smalti.compress(drawing, max_bytes=_size(other))
    assert _size(found) <= _size(other)
    assert _score(drawing, found) > _score(drawing, other)
    assert len(found.palette) <= 64


def test_fewer_colours_are_not_fewer_than_those_to_keep():
    drawing = _line_drawing()
    kept = [(i, 255 - i, 7) for i in range(40)]
    found = smalti.compress(drawing, quality=70, keep_colors=kept)
    assert {tuple(color) for color in kept} <= {tuple(color) for color in found.palette.tolist()}


def test_a_quality_beyond_the_palette_is_refused_with_the_best(photo):
    with pytest.raises(TargetNotReachedError) as caught:
        smalti.compress(photo, 8, quality=95.5)
    said = re.fullmatch(
        r"the image array: quality 95\.5 cannot be reached with this many colours: the closest is "
        r"SSIMULACRA2 (-?\d+\.\d\d)",
        str(caught.value),
    )
    assert said
    best = _score(photo, smalti.compress(photo, 8, rate_weight=0))
    assert float(said[1]) == pytest.approx(best, abs=0.006)


@pytest.mark.parametrize("effort", [1, 5])
def test_a_size_below_all_is_refused_with_the_smallest(photo, effort):
    with pytest.raises(TargetNotReachedError) as caught:
        smalti.compress(photo, max_bytes=70, effort=effort)
    said = re.fullmatch(
        r"the image array: no file of at most 70 bytes was found: the smallest had (\d+)",
        str(caught.value),
    )
    assert said
    # Nearly what the message names can be had; other trials find other sizes.
    smallest = int(said[1])
    assert 70 < smallest < 0.15 * _size(smalti.compress(photo, rate_weight=0, effort=effort))
    max_bytes = smallest * 5 // 4
    assert _size(smalti.compress(photo, max_bytes=max_bytes, effort=effort)) <= max_bytes


def test_a_target_not_reached_is_a_value_error_of_smalti():
    assert issubclass(TargetNotReachedError, SmaltiError)
    assert issubclass(TargetNotReachedError, ValueError)
    assert not issubclass(TargetNotReachedError, InvalidParameterError)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"quality": 70, "max_bytes": 1000}, "quality and max_bytes"),
        ({"quality": 70, "rate_weight": 0}, "quality and rate_weight"),
        ({"max_bytes": 9, "rate_weight": 0.5}, "max_bytes and rate_weight"),
        (
            {"max_bytes": 9, "rate_weight": 0.5, "quality": 1},
            "quality and max_bytes and rate_weight",
        ),
    ],
)
def test_two_goals_together_are_refused(arguments, names):
    with pytest.raises(InvalidParameterError) as caught:
        smalti.compress(noise(3, 3), **arguments)
    said = f"{names} cannot be given together: each decides the file's size"
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"quality": 100.5}, "quality must be a finite number of at most 100, got 100.5"),
        ({"quality": -np.inf}, "quality must be a finite number of at most 100, got -inf"),
        ({"quality": np.nan}, "quality must be a finite number of at most 100, got nan"),
        ({"quality": "a"}, "quality must be a finite number of at most 100, got 'a'"),
        ({"max_bytes": 0}, "max_bytes must be at least 1, got 0"),
        ({"max_bytes": -5}, "max_bytes must be at least 1, got -5"),
        ({"max_bytes": 10.5}, "max_bytes must be a whole number at least 1, got 10.5"),
        ({"max_bytes": "a"}, "max_bytes must be a whole number at least 1, got 'a'"),
    ],
)
def test_bad_targets_are_named_with_what_is_allowed(arguments, sentence):
    with pytest.raises(InvalidParameterError) as caught:
        smalti.compress(noise(3, 3), **arguments)
    assert str(caught.value) == sentence
