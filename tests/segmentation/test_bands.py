import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smalti
from smalti.exceptions import ImageReadError, InvalidParameterError, SmaltiError
from smalti.labelmaps.classes import OUTSIDE
from tests.cli.program import invoke
from tests.pictures import encoded, noise

NODATA = -9999.0


def scene(height=40, width=60, bands=7, seed=0):
    """Three fields of the same brightness in the first bands, and where they are."""
    truth = np.zeros((height, width), dtype=np.uint8)
    truth[:, width // 3 :] = 1
    truth[height // 2 :, width // 2 :] = 2
    spectra = np.full((3, bands), 500.0)
    spectra[1, -1], spectra[2, -2] = 520.0, 530.0
    random = np.random.default_rng(seed)
    return spectra[truth] + random.normal(0, 2, (height, width, bands)), truth


def same_partition(labels, truth):
    """Whether labels are those of the truth by other numbers."""
    pairs = set(zip(labels.ravel().tolist(), truth.ravel().tolist(), strict=True))
    return len(pairs) == len(np.unique(truth)) == len(np.unique(labels))


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("bands", [5, 7, 40])
@pytest.mark.parametrize("normalize", [None, "variance", "local"])
def test_all_bands_count(bands, normalize):
    image, truth = scene(bands=bands)
    found = smalti.segment(image, 3, spatial_weight=0.4, normalize=normalize)
    assert (found.labels != found.labels[0, 0]).any()
    assert same_partition(found.labels, truth)


def test_bands_are_compared_as_scikit_learn_does():
    cluster = pytest.importorskip("sklearn.cluster", reason="needs the extra smalti[sklearn]")
    image, _ = scene(24, 30)
    image[..., 0] *= 3
    found = smalti.segment(image, 3)
    rows = image.reshape(-1, image.shape[2])
    peer = cluster.KMeans(3, n_init=10, random_state=0).fit(rows)
    distances = ((rows[:, None] - found.classifier.band_values) ** 2).sum(axis=2)
    assert (distances.argmin(axis=1) == found.labels.ravel()).mean() > 0.999
    assert distances.min(axis=1).sum() <= peer.inertia_ * (1 + 1e-6)


@settings(max_examples=20, deadline=None)
@given(
    scale=st.sampled_from([1e-9, 1e-3, 1.0, 1e6]),
    offset=st.sampled_from([-1e3, 0.0, 1e3]),
)
def test_units_make_no_difference(scale, offset):
    image, _ = scene(24, 30, 5)
    found = smalti.segment((image + offset) * scale, 3)
    assert same_partition(found.labels, smalti.segment(image, 3).labels)
    assert OUTSIDE not in found.labels


def test_values_that_no_picture_has_are_bands():
    kelvin = np.where(np.arange(60) < 20, 281.5, 290.25) * np.ones((40, 1))
    found = smalti.segment(kelvin, 2)
    assert found.areas.tolist() == [800, 1600]
    np.testing.assert_allclose(found.classifier.band_values, [[281.5], [290.25]])
    assert (found.colors[0] == found.colors[0, 0]).all()
    signed = np.where(np.arange(60) < 20, -7, 90_000).astype(np.int32) * np.ones((4, 1), int)
    assert smalti.segment(signed, 2).areas.tolist() == [80, 160]


def test_pictures_are_bands_only_if_asked(photo):
    assert smalti.segment(photo, 3).classifier.features.space == "oklab"
    four = noise(20, 30, 4)
    assert smalti.segment(four, 2).classifier.features.space == "oklab"
    found = smalti.segment(four, 2, space="bands")
    assert found.classifier.band_values.shape == (2, 4)
    as_file = smalti.segment(encoded(photo), 3, space="bands")
    np.testing.assert_array_equal(as_file.labels, smalti.segment(photo, 3, space="bands").labels)


@pytest.mark.parametrize("how", ["nan", "nodata", "masked"])
def test_pixels_without_data_have_no_class(how):
    image, _ = scene()
    gaps = np.zeros(image.shape[:2], dtype=bool)
    gaps[3:9, 4:20] = gaps[30, 30] = True
    options = {}
    if how == "masked":
        given = np.ma.masked_array(image, np.repeat(gaps[..., None], image.shape[2], axis=2))
    else:
        given = image.copy()
        given[gaps, 2] = np.nan if how == "nan" else NODATA
        options = {"nodata": NODATA} if how == "nodata" else {}
    found = smalti.segment(given, 3, **options)
    np.testing.assert_array_equal(found.labels == OUTSIDE, gaps)
    inside = smalti.segment(image, 3, mask=~gaps)
    assert same_partition(found.labels[~gaps], inside.labels[~gaps])
    labels = smalti.superpixels(given, 8, **options)
    np.testing.assert_array_equal(labels == 0, gaps)


def test_no_data_of_pictures_is_that_of_all_colours():
    image = np.full((6, 8, 3), 90, dtype=np.uint8)
    image[:, :3] = 0
    image[0, 5] = 0, 200, 0
    for source in (image, encoded(image), npy(image), image.astype(np.int64)):
        found = smalti.segment(source, 2, nodata=0)
        assert (found.labels == OUTSIDE).sum() == 18
        assert found.labels[0, 5] != OUTSIDE
        assert found.overlay().shape == (6, 8, 3)


@pytest.mark.parametrize("given_as", [np.asarray, npy])
def test_no_data_may_be_what_no_picture_has(given_as):
    image = np.full((6, 8, 3), 0.25, dtype=np.float32)
    image[:, 4:] = 0.75
    image[:2] = NODATA
    found = smalti.segment(given_as(image), 2, nodata=NODATA)
    assert found.classifier.features.space == "oklab"
    assert (found.labels == OUTSIDE).sum() == 16
    assert found.areas.tolist() == [16, 16]


def test_overlays_and_regions_show_the_first_three_bands():
    image, truth = scene()
    image[..., 0] += 40.0 * truth
    found = smalti.segment(image, 3, normalize="variance")
    overlay = found.overlay(alpha=0, boundaries=False)
    assert overlay[..., 0].std() > 50
    np.testing.assert_array_equal(found.overlay(image), found.overlay())
    assert len(found.regions()) >= 3
    image[0, 0] += 50
    with pytest.raises(ImageReadError, match="has changed"):
        found.overlay()


def test_classes_are_found_again_in_other_bands(tmp_path):
    image, truth = scene(seed=1)
    found = smalti.segment(image, 3, normalize="variance")
    found.classifier.save(tmp_path / "classes.npz")
    loaded = smalti.PixelClassifier.load(tmp_path / "classes.npz")
    assert loaded == found.classifier
    other, _ = scene(seed=2)
    again = loaded.segment(other)
    assert same_partition(again.labels, truth)
    np.testing.assert_array_equal(
        loaded.segment(other[5:, 7:]).labels, again.labels[5:, 7:], strict=True
    )
    with pytest.raises(InvalidParameterError, match="has 6 bands, but the classes are of 7"):
        loaded.segment(other[..., :6])


def test_multiband_tiff_files_are_read_with_all_bands():
    tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[ome-tiff]")
    image, truth = scene()
    for planar in ("contig", "separate"):
        samples = image if planar == "contig" else np.moveaxis(image, 2, 0)
        file = io.BytesIO()
        tifffile.imwrite(
            file, samples.astype(np.float32), photometric="minisblack", planarconfig=planar
        )
        found = smalti.segment(file.getvalue(), 3, space="bands", spatial_weight=0.4)
        assert same_partition(found.labels, truth)
        assert found.overlay().shape == (*truth.shape, 3)
        with pytest.raises(ImageReadError, match='to segment its bands, use space="bands"'):
            smalti.segment(file.getvalue(), 3)


def test_the_no_data_value_of_a_multiband_geotiff_counts():
    tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[ome-tiff]")
    image, _ = scene()
    image[3, 4, 1] = image[7, 8] = NODATA
    file, tag = io.BytesIO(), (42113, "s", 0, "-9999", True)
    tifffile.imwrite(file, image, photometric="minisblack", planarconfig="contig", extratags=[tag])
    found = smalti.segment(file.getvalue(), 3, space="bands")
    assert np.argwhere(found.labels == OUTSIDE).tolist() == [[3, 4], [7, 8]]


@pytest.mark.parametrize(
    ("image", "options", "sentence"),
    [
        (np.full((4, 5, 6), np.inf), {}, "finite numbers"),
        (np.full((4, 5, 6), 1e13), {}, "finite numbers"),
        (np.full((4, 5, 6), np.nan), {}, "all are without data"),
        (np.full((4, 5, 6), NODATA), {"nodata": NODATA}, "all are without data"),
        (np.full((4, 5, 6), "a"), {}, "numbers"),
        (np.ones((4, 5, 6, 2)), {"space": "bands"}, r"\(H, W, C\)"),
        (np.ones((4, 5, 6)), {"nodata": "none"}, "nodata must be a number"),
        (np.ones((4, 5, 6)), {"texture": 1.0}, "texture is that of colours"),
        (np.ones((4, 5, 6)), {"init_colors": ["#ff0000"]}, "init_colors cannot be given"),
        (np.ones((4, 5, 6)), {"chroma_weight": 2.0}, "space is 'bands'"),
        (np.ones((4, 5, 6)), {"space": "oklab"}, "1 to 4 bands"),
        (np.full((4, 5), 2.5), {"space": "srgb"}, "0 to 1"),
    ],
)
def test_what_is_refused_says_why(image, options, sentence):
    with pytest.raises(InvalidParameterError, match=sentence):
        smalti.segment(image, 2, **options)


def test_presets_are_for_colours():
    with pytest.raises(SmaltiError, match="1 to 4 bands"):
        smalti.segment(np.ones((4, 5, 6)), preset="he")


def test_the_command_line_segments_bands(tmp_path):
    image, truth = scene()
    image[:5, :5] = NODATA
    file, known = tmp_path / "scene.npy", tmp_path / "out" / "classes.npz"
    file.write_bytes(npy(image))
    options = ["--spatial", "0.4", "--nodata", "-9999", "--json"]
    done = invoke("segment", file, "-k", "3", *options, "-o", known.parent)
    assert done.exit_code == 0, done.stderr
    row = json.loads(done.stdout)
    assert sum(each["pixels"] for each in row["classes"]) == truth.size - 25
    done = invoke("segment", file, "--classes", known, *options, "-o", tmp_path / "again")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["classes"] == row["classes"]
    assert (tmp_path / "again" / "overlay.png").exists()
