import json
import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import smalti
from tests import reference
from tests.pictures import noise


@pytest.mark.parametrize("k", [2, 7, 60])
def test_figures_of_plain_kmeans_agree_with_numpy(photo, k):
    compressed = smalti.compress(photo, k, space="srgb", rate_weight=0, dither=0)
    report = compressed.report()
    pixels, bits = photo.shape[0] * photo.shape[1], math.ceil(math.log2(k))
    rebuilt = compressed.palette[compressed.indices]
    mse = reference.mse(photo, rebuilt)
    assert report.original_bits == 24 * pixels
    assert report.index_bits == pixels * bits
    assert report.palette_bits == 24 * k
    assert report.compressed_bits == pixels * bits + 24 * k
    assert report.ratio == (pixels * bits + 24 * k) / (24 * pixels)
    assert report.entropy_bits == pytest.approx(reference.entropy_bits(compressed.indices))
    assert report.entropy_bits <= report.index_bits
    assert report.mse == pytest.approx(mse)
    assert report.psnr == pytest.approx(10 * math.log10(255**2 / mse))
    assert report.ssimulacra2 == smalti.metrics.ssimulacra2(photo, rebuilt)
    expected = reference.local_errors(photo, rebuilt).max()
    assert report.worst_local_error == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("goal", [{}, {"quality": 20}, {"max_bytes": 4000}])
@pytest.mark.parametrize(
    ("shape", "alpha", "is_kept"),
    # Nearly opaque pixels are made opaque, and small pictures are scored enlarged, too.
    [((96, 120, 3), 0, True), ((60, 50, 4), 127, True), ((60, 50, 4), 254, False)],
)
def test_a_score_that_the_search_has_found_is_that_of_the_metric(goal, shape, alpha, is_kept):
    rows = np.linspace(0, 200, shape[0])[:, np.newaxis, np.newaxis]
    image = (rows + noise(*shape) / 9).astype(np.uint8)
    image[..., 3:] = np.minimum(image[..., 3:] // 2, 252)
    image[::3, :, 3:] = alpha
    compressed = smalti.compress(image, 200, **goal)
    assert ("_score" in vars(compressed)) == is_kept
    expected = smalti.metrics.ssimulacra2(image, compressed.reconstruct())
    assert compressed.report().ssimulacra2 == expected
    assert compressed.report(image).ssimulacra2 == expected
    other = image ^ np.uint8(1)
    assert compressed.report(other).ssimulacra2 == smalti.metrics.ssimulacra2(
        other, compressed.reconstruct()
    )


def test_alpha_takes_a_fourth_sample():
    report = smalti.compress(noise(10, 10, 4), 4).report()
    assert report.original_bits == 3200
    assert report.palette_bits == 4 * 32


def test_a_perfect_picture_has_no_error():
    report = smalti.compress(np.zeros((9, 9, 3), np.uint8), 2).report()
    assert (report.mse, report.psnr, report.ssimulacra2) == (0.0, math.inf, 100.0)
    assert report.worst_local_error == 0.0
    assert (report.index_bits, report.entropy_bits) == (0, 0.0)


def test_the_report_is_measured_once(photo):
    compressed = smalti.compress(photo, 3)
    assert compressed.report() is compressed.report()


def test_figures_come_as_a_dictionary(photo):
    report = smalti.compress(photo, 3).report()
    figures = report.to_dict()
    assert list(figures) == [
        "original_bits",
        "index_bits",
        "palette_bits",
        "compressed_bits",
        "ratio",
        "entropy_bits",
        "mse",
        "psnr",
        "ssimulacra2",
        "worst_local_error",
    ]
    assert all(getattr(report, name) == value for name, value in figures.items())
    assert json.loads(json.dumps(figures)) == figures


def test_a_report_cannot_be_changed(photo):
    report = smalti.compress(photo, 3).report()
    with pytest.raises(FrozenInstanceError):
        report.mse = 0.0
