"""smalti.elbow of images; of points in tests/vectors."""

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.exceptions import ImageReadError, InvalidParameterError
from tests import reference
from tests.pictures import encoded, noise


def colors(k, each):
    """An image of k flat colours far apart, of `each` pixels."""
    palette = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]]
    return np.array(palette[:k], dtype=np.uint8)[:, np.newaxis].repeat(each, axis=1)


@pytest.mark.parametrize("k", [2, 3, 4, 5])
@pytest.mark.parametrize("space", ["oklab", "srgb", "linear"])
def test_the_knee_is_at_the_number_of_flat_colours(k, space):
    found = smalti.elbow(colors(k, 30), range(1, 9), space=space)
    assert found.knee == k
    assert found.distortion[k - 1 :].tolist() == [0.0] * (9 - k)


def test_distortion_is_that_of_all_pixels_in_the_space(photo):
    pixels = photo.reshape(-1, 3)
    places = {
        "srgb": pixels.astype(np.float64),
        "linear": 100 * reference.linear(pixels),
        "oklab": 100 * reference.oklab(pixels),
    }
    for space, points in places.items():
        found = smalti.elbow(photo, (1, 2, 5), space=space)
        # More colours than a sample holds: its mean is not quite that of all.
        assert found.distortion[0] == pytest.approx(points.var(axis=0).sum(), rel=1e-4)
        for distortion, codebook in zip(found.distortion, found.codebooks, strict=True):
            assert distortion == pytest.approx(codebook.distortion(points), rel=1e-6)
    default = smalti.elbow(photo, (1, 2, 5))
    assert default.codebooks == smalti.elbow(photo, (1, 2, 5), space="oklab").codebooks


def test_pixels_are_weights(photo):
    small = photo[:60, :60]
    found = smalti.elbow(small, range(1, 6), space="srgb")
    best = [smalti.kmeans(small.reshape(-1, 3), k, n_init=10).inertia / 3600 for k in found.k]
    np.testing.assert_allclose(found.distortion, best, rtol=0.03)


def test_any_source_gives_the_same(photo, photo_png):
    expected = smalti.elbow(photo, (2, 3))
    for source in (photo_png, str(photo_png), encoded(photo), Image.fromarray(photo)):
        assert smalti.elbow(source, (2, 3)).codebooks == expected.codebooks


def test_see_through_and_16_bit_and_grey_images_are_taken():
    clear = colors(3, 20)
    clear = np.dstack([clear, np.full(clear.shape[:2], 255, np.uint8)])
    clear[0, :, 3] = 0
    assert smalti.elbow(clear, range(1, 7)).knee == 3
    # What lies beneath fully transparent pixels is not seen.
    beneath = clear.copy()
    beneath[0, :, :3] = noise(1, 20)
    assert smalti.elbow(beneath, (1, 2, 3)).distortion[2] == 0.0
    deep = noise(12, 12, dtype=np.uint16)
    found = smalti.elbow(deep, (1, 200), space="srgb")
    exact = (deep.reshape(-1, 3) / 257.0).var(axis=0).sum()
    assert found.distortion.tolist() == [pytest.approx(exact, rel=1e-9), 0.0]
    grey = noise(9, 9, 1)
    assert smalti.elbow(grey, (1, 2)).codebooks[0].dim == 3
    assert smalti.elbow(grey[..., 0], (1, 2)).codebooks[0].dim == 9


def test_progress_begins_with_counting(photo):
    told = []
    smalti.elbow(photo, (1, 2), progress=lambda stage, _: told.append(stage))
    assert list(dict.fromkeys(told)) == ["histogram", "kmeans"]


def test_what_is_no_image_is_one_sentence(photo, tmp_path):
    with pytest.raises(ImageReadError, match="no such file"):
        smalti.elbow(tmp_path / "missing.png")
    with pytest.raises(InvalidParameterError, match="space must be one of 'oklab'"):
        smalti.elbow(photo, space="lab")
    with pytest.raises(InvalidParameterError, match="sample_weight is for points"):
        smalti.elbow(photo, sample_weight=np.ones(3))
    with pytest.raises(InvalidParameterError, match=r"\(2, 2, 7\)"):
        smalti.elbow(np.zeros((2, 2, 7)))
