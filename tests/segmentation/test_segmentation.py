import io
import json
import pickle

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.exceptions import ImageReadError, ImageWriteError, InvalidParameterError
from smalti.labelmaps.classes import OUTSIDE
from smalti.labelmaps.overlay import distinct_colors
from smalti.segmentation.classifier import PixelClassifier
from smalti.segmentation.features.feature_space import FeatureSpace
from smalti.segmentation.histology.stains import HE
from smalti.segmentation.histology.tissue import TissueThreshold
from tests.segmentation.slides import OTHER_HE, three_parts


@pytest.fixture
def found():
    """Black at the left, red at the right, and a corner outside the mask."""
    picture = np.zeros((4, 6, 3), dtype=np.uint8)
    picture[:, 4:] = 200, 30, 30
    mask = np.ones((4, 6), dtype=bool)
    mask[3, :2] = False
    return smalti.segment(picture, 2, mask=mask, names=["night", "rose"])


def test_areas_and_shares_are_those_of_the_labels(found):
    assert found.labels.dtype == np.uint8
    assert found.areas.tolist() == [14, 8]
    assert found.areas.dtype == np.int64
    assert found.shares.tolist() == [14 / 22, 8 / 22]
    assert found.colors.tolist() == [[0, 0, 0], [200, 30, 30]]
    assert found.k == 2
    assert found.shape == (4, 6)


def test_masks_are_where_the_labels_are(found):
    assert found.masks().shape == (2, 4, 6)
    assert found.masks().dtype == bool
    assert (found.mask("rose") == (found.labels == 1)).all()
    assert (found.mask(0) == found.masks()[0]).all()
    for wrong in ("sea", 2, -1, 0.5):
        with pytest.raises(InvalidParameterError, match="which must be"):
            found.mask(wrong)


def test_boundaries_are_on_both_sides(found):
    expected = np.zeros((4, 6), dtype=bool)
    expected[:, 3:5] = True
    expected[2, :2] = True
    expected[3, :3] = True
    assert (found.boundaries() == expected).all()


def test_coherence_counts_pairs_of_neighbours(found):
    # 5 + 5 + 5 + 3 pairs side by side and 6 + 6 + 4 above each other; 4 are of two classes.
    assert found.coherence == 30 / 34


def test_reconstruction_has_the_colours_of_the_classes(found):
    shown = found.reconstruct()
    assert shown[0, 0].tolist() == [0, 0, 0]
    assert shown[0, 5].tolist() == [200, 30, 30]
    assert shown[3, 0].tolist() == [255, 255, 255]


def test_overlay_mixes_colours_and_leaves_what_is_outside(found):
    shown = found.overlay(
        alpha=0.5, boundaries=False, colors=np.array([[100] * 3, [0] * 3], np.uint8)
    )
    assert shown[0, 0].tolist() == [50, 50, 50]
    # A sixteenth of red's saturation is left, around a grey of 81, and half of the light.
    assert shown[0, 5].tolist() == [44, 39, 39]
    assert shown[3, 0].tolist() == [0, 0, 0]
    drawn = found.overlay(alpha=0.0)
    assert drawn[0, 3].tolist() == found.display_colors[0].tolist()
    assert drawn[0, 4].tolist() == found.display_colors[1].tolist()
    assert drawn[0, 0].tolist() == [0, 0, 0]
    assert (found.overlay(alpha=0.0, boundaries=False) == found.provenance.read().pixels).all()


def test_overlay_of_16_bits_has_8():
    picture = np.full((3, 3, 3), 65535, dtype=np.uint16)
    assert (
        smalti.segment(picture, 1).overlay(alpha=0.0).tolist() == np.full((3, 3, 3), 255).tolist()
    )


@pytest.mark.parametrize(
    "options",
    [
        {"alpha": 1.1},
        {"alpha": -0.1},
        {"colors": np.zeros((3, 3), np.uint8)},
        {"colors": [[0.5] * 3] * 2},
        {"colors": [[1], [2, 3]]},
    ],
)
def test_overlay_refuses_what_does_not_fit(found, options):
    with pytest.raises(InvalidParameterError):
        found.overlay(**options)


def test_colours_to_show_classes_by_are_all_different():
    colors = distinct_colors(255)
    assert len(np.unique(colors, axis=0)) == 255


def test_regions_have_names_and_mean_colours(found):
    regions = found.regions(pixel_size=0.5)
    assert regions.areas.tolist() == [14, 8]
    assert regions.names == ("night", "rose")
    assert regions.colors[1].tolist() == [200, 30, 30]
    assert regions.areas_um2.tolist() == [3.5, 2.0]
    pytest.importorskip("pandas")
    assert found.to_dataframe()["class_name"].tolist() == ["night", "rose"]


def test_files_hold_the_labels(found, tmp_path):
    assert found.save(tmp_path / "labels.png") == (tmp_path / "labels.png").stat().st_size
    with Image.open(tmp_path / "labels.png") as image:
        assert image.mode == "P"
        assert (np.asarray(image) == found.labels).all()
        rgba = np.asarray(image.convert("RGBA"))
    assert (rgba[..., :3][found.labels < 2] == found.reconstruct()[found.labels < 2]).all()
    assert ((rgba[..., 3] == 0) == (found.labels == OUTSIDE)).all()
    found.save(tmp_path / "regions.csv")
    assert (tmp_path / "regions.csv").read_text().count("\n") == 3
    found.save(tmp_path / "regions.geojson")
    found.save(tmp_path / "labels.ome.tif")
    with Image.open(tmp_path / "labels.ome.tif") as image:
        assert (np.asarray(image) == np.where(found.labels == OUTSIDE, 0, found.labels + 1)).all()
    with pytest.raises(InvalidParameterError, match="the ending must be one of"):
        found.save(tmp_path / "labels.gif")
    with pytest.raises(ImageWriteError, match="exists already"):
        found.save(tmp_path / "labels.png", overwrite=False)


def test_other_programs_get_outlines_and_layers(found):
    features = json.loads(found.to_geojson(object_type="detection"))["features"]
    assert [f["properties"]["classification"]["name"] for f in features] == ["night", "rose"]
    data, keywords, kind = found.to_napari(pixel_size=2.0)
    assert (data == np.where(found.labels == OUTSIDE, 0, found.labels + 1)).all()
    assert kind == "labels"
    assert keywords["scale"] == (2.0, 2.0)


def test_a_figure_and_a_picture_can_be_shown(found):
    pytest.importorskip("matplotlib")
    figure = found.figure()
    texts = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert texts == ["night: 63.6 %", "rose: 36.4 %"]
    assert np.asarray(Image.open(io.BytesIO(found._repr_png_()))).shape == (4, 6, 3)


def test_names_are_shown_as_they_are(found):
    names = ["$\\foo$", "[/x]"]
    shown = smalti.segment(found.provenance.read().pixels, 2, names=names)
    assert all(name in str(shown) for name in names)
    pytest.importorskip("matplotlib")
    shown.figure().savefig(io.BytesIO())


def test_text_shows_names_and_shares(found):
    assert "rose" in str(found)
    assert "36.4 %" in str(found)
    assert repr(found) == "<Segmentation of the image array, 6 x 4, 2 classes>"


def test_classes_survive_pickling_and_files(found, tmp_path):
    classifier = smalti.segment(
        found.provenance.read().pixels, 2, space="he", names=["a", "b"]
    ).classifier
    classifier.save(tmp_path / "classes.npz")
    for again in (
        PixelClassifier.load(tmp_path / "classes.npz"),
        pickle.loads(pickle.dumps(classifier)),
    ):
        assert again.codebook == classifier.codebook
        assert again.names == ("a", "b")
        assert again.features == classifier.features
        assert hash(again.features.stains) == hash(classifier.features.stains)
    with pytest.raises(ImageWriteError, match="exists already"):
        classifier.save(tmp_path / "classes.npz", overwrite=False)


def test_files_that_hold_no_classes_are_refused(found, tmp_path):
    smalti.Codebook([[1.0]]).save(tmp_path / "codebook.npz")
    with pytest.raises(ImageReadError, match="is a codebook, not classes of a segmentation"):
        PixelClassifier.load(tmp_path / "codebook.npz")
    found.classifier.save(tmp_path / "classes.npz")
    with pytest.raises(ImageReadError, match=r"is classes of a segmentation.*PixelClassifier.load"):
        smalti.Codebook.load(tmp_path / "classes.npz")
    data = (tmp_path / "classes.npz").read_bytes()
    for damaged in (b"", b"no archive", data[: len(data) // 2]):
        with pytest.raises(ImageReadError):
            PixelClassifier.load(damaged)
    fields = dict(np.load(tmp_path / "classes.npz"))
    for name, value in (
        ("names", np.array(["a"])),
        ("background", np.int64(7)),
        ("class_centroids", np.full((2, 3), np.nan)),
        ("class_centroids", np.zeros((2, 5))),
        ("class_centroids", np.zeros((256, 3))),
        ("names", np.array(["a", "b\x07"])),
        ("space", np.str_("lab")),
        ("factors", np.ones(3)),
        ("matrix", np.ones((2, 2))),
        ("matrix", np.full((3, 3), np.inf)),
        ("stain_vectors", np.ones((3, 3))),
        ("position_unit", np.float64(-3.0)),
        ("position_unit", np.float64(np.nan)),
        ("tissue_white", np.ones(2)),
        ("tissue_white", np.ones(3)),
    ):
        np.savez(tmp_path / "wrong.npz", **{**fields, name: value})
        with pytest.raises(ImageReadError, match="is damaged"):
            PixelClassifier.load(tmp_path / "wrong.npz")


def test_spaces_of_the_same_features_are_equal():
    assert FeatureSpace("oklab") == FeatureSpace("oklab")


def test_glass_threshold_and_unit_of_positions_survive_files(tmp_path):
    slide, _ = three_parts(OTHER_HE)
    for options in (
        {"preset": "he"},
        {"k": 3, "spatial_method": "position", "spatial_weight": 0.5},
    ):
        classifier = smalti.segment(slide, **options).classifier
        classifier.save(tmp_path / "classes.npz")
        again = PixelClassifier.load(tmp_path / "classes.npz")
        assert again.tissue == classifier.tissue
        assert again.background == classifier.background
        assert again.features == classifier.features
        assert again.reach == classifier.reach
        assert again.to_bytes() == classifier.to_bytes()
    assert classifier.features.position_unit == 160.0


def version_1(**fields):
    """The file of a classifier as it was before glass, threshold and unit were stored."""
    stored = {
        "version": np.int64(1),
        "space": np.str_("srgb"),
        "stain_vectors": np.empty((0, 3)),
        "stain_white": np.full(3, 255.0),
        "matrix": np.eye(3),
        "factors": np.zeros(2),
        "background": np.int64(-1),
        **fields,
    }
    file = io.BytesIO()
    np.savez(file, **stored)
    return file.getvalue()


def test_classes_of_version_1_are_those_of_their_colours():
    data = version_1(
        class_centroids=np.array([[10.0, 0.0, 0.0], [200.0, 0.0, 0.0]]) / 255,
        names=np.array(["dark", "red"]),
    )
    classifier = PixelClassifier.load(data)
    assert classifier.names == ("dark", "red")
    assert classifier.reach == 0
    picture = np.zeros((3, 8, 3), dtype=np.uint8)
    picture[:, 5:, 0] = 180
    assert classifier.segment(picture).labels[0].tolist() == [0] * 5 + [1] * 3


def test_positions_of_version_1_scale_with_each_image():
    data = version_1(
        class_centroids=np.array([[0.0, 0.0, 0.0, 0.0, 0.25], [0.0, 0.0, 0.0, 0.0, 0.75]]),
        factors=np.array([0.0, 1.0]),
        names=np.array(["left", "right"]),
    )
    for classifier in (
        PixelClassifier.load(data),
        PixelClassifier.load(PixelClassifier.load(data).to_bytes()),
    ):
        assert classifier.reach is None
        for width in (9, 21, 301):
            labels = classifier.segment(np.zeros((2, width, 3), dtype=np.uint8)).labels
            assert labels[1].tolist() == [0] * (width // 2 + 1) + [1] * (width // 2)
        with pytest.raises(
            InvalidParameterError, match=r"corner must be \(0, 0\) with classes from"
        ):
            classifier.segment(np.zeros((2, 9, 3), dtype=np.uint8), corner=(0, 9))


def test_tissue_of_version_1_is_told_from_the_glass_of_each_image():
    data = version_1(
        class_centroids=np.array([[0.8, 0.3], [0.1, 0.1], [0.0, 0.0]]),
        space=np.str_("he"),
        stain_vectors=HE.vectors,
        matrix=np.eye(2),
        names=np.array(["nuclei", "stroma", "background"]),
        background=np.int64(2),
    )
    classifier = PixelClassifier.load(data)
    assert classifier.tissue is None
    assert classifier.reach is None
    # Against white 255 such glass is as dense as stroma.
    slide = np.full((60, 60, 3), 203, dtype=np.uint8)
    slide[20:40, 20:40] = 90, 60, 130
    labels = classifier.segment(slide).labels
    assert (labels[:10] == 2).all()
    assert (labels[25:35, 25:35] == 0).all()
    stored = TissueThreshold((255.0, 255.0, 255.0), 0.05)
    parts = classifier.features, classifier.codebook, classifier.names, classifier.background
    again = PixelClassifier(*parts, stored).segment(slide).labels
    assert (again[:10] == 1).all()


def test_tissue_without_a_background_is_refused(found):
    threshold = TissueThreshold((255.0, 255.0, 255.0), 0.05)
    with pytest.raises(InvalidParameterError, match="tissue is told from a background"):
        PixelClassifier(found.classifier.features, found.codebook, tissue=threshold)
