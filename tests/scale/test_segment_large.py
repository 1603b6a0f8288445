"""`smalti.segment_large` gives every pixel the class that it has in the whole image."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import smalti
from smalti.exceptions import SegmentationWarning
from smalti.parallel import Threads
from smalti.scale import sample
from smalti.segmentation.classifier import PixelClassifier
from tests.scale.checks import (
    HEIGHT,
    SOURCES,
    WIDTH,
    Chunked,
    blots,
    check_levels,
    files_in,
    levels_in,
    litter,
    source_of,
)

FILES = ["areas.csv", "classes.npz", "labels.ome.zarr", "overlay.png", "regions.csv"]


@pytest.fixture(scope="module")
def slide():
    """Tissue in haematoxylin and DAB, 130 x 150."""
    skimage_data = pytest.importorskip("skimage.data", reason="needs the extra smalti[demo]")
    return np.ascontiguousarray(skimage_data.immunohistochemistry()[:390:3, :300:2])


@pytest.fixture(scope="module")
def kept():
    """Outputs, by what they are of."""
    return {}


def check_is(found, whole, folder):
    """What was found by parts is what was found in the whole, and so is what is written."""
    labels = whole.labels + np.uint8(1)
    levels = levels_in(folder / "labels.ome.zarr")
    np.testing.assert_array_equal(levels[0], labels)
    check_levels(levels, labels)
    assert found.shape == labels.shape
    assert found.names == whole.names
    np.testing.assert_array_equal(found.colors, whole.colors)
    assert found.areas.tolist() == whole.areas.tolist()
    assert found.areas.dtype == np.int64
    assert found.coherence == whole.coherence
    assert found.background == whole.classifier.background
    assert found.shares.tolist() == whole.shares.tolist()
    assert found.folder == folder
    assert sorted(path.name for path in folder.iterdir()) == FILES


WAYS = {
    "plain": {"k": 4},
    "many": {"k": 40},
    "linear": {"k": 3, "space": "linear", "seed": 7},
    "stains": {"k": 3, "space": "hdab"},
    "estimated": {"k": 3, "space": "he", "stains": "estimate"},
    "chroma": {"k": 5, "chroma_weight": 0.0},
    "variance": {"k": 4, "normalize": "variance"},
    "local": {"k": 3, "normalize": "local"},
    "begun": {"k": 4, "init_colors": ["f4f2ee", "2a1208"], "locked": [0]},
    "named": {"k": 2, "names": ["dark", "light"]},
    "weight": {"k": 3, "spatial_weight": 0.5},
    "weight of variance": {"k": 4, "normalize": "local", "spatial_weight": 0.6},
    "regions": {"k": 4, "min_region": 4},
    "both": {"k": 3, "spatial_weight": 0.4, "min_region": 30},
    "hdab": {"preset": "hdab"},
    "he": {"preset": "he"},
    "hdab and all": {"preset": "hdab", "spatial_weight": 0.5, "min_region": 16},
}


@pytest.mark.filterwarnings("ignore::smalti.exceptions.SegmentationWarning")
@pytest.mark.parametrize("way", WAYS)
def test_classes_are_those_of_the_whole(tmp_path, slide, way):
    whole = smalti.segment(slide, **WAYS[way])
    found = smalti.segment_large(Chunked(slide), tmp_path / "out", jobs=2, **WAYS[way])
    check_is(found, whole, tmp_path / "out")
    assert found.classifier.to_bytes() == whole.classifier.to_bytes()
    assert found.notes == whole.notes


def test_windows_do_not_show_in_a_larger_image(tmp_path):
    skimage_data = pytest.importorskip("skimage.data", reason="needs the extra smalti[demo]")
    image = np.ascontiguousarray(skimage_data.immunohistochemistry()[:, :360])
    whole = smalti.segment(image, 3, spatial_weight=0.8)
    found = smalti.segment_large(Chunked(image), tmp_path / "out", 3, spatial_weight=0.8)
    check_is(found, whole, tmp_path / "out")
    whole = smalti.segment(image, 4, min_region=25)
    smalti.segment_large(Chunked(image), tmp_path / "out", 4, min_region=25)
    labels = levels_in(tmp_path / "out/labels.ome.zarr")[0]
    # Neighbours with equally long boundaries are told apart by where they begin, which may be far
    # away; windows of 64 have many edges.
    assert np.mean(labels != whole.labels + np.uint8(1)) < 1e-3


@pytest.mark.parametrize("preset", ["he", "hdab"])
def test_a_made_slide_has_the_classes_of_the_whole(tmp_path, preset):
    from smalti.segmentation.histology.sample_slide import sample_slide

    image = sample_slide(150, 180).image
    if preset == "hdab":
        with pytest.warns(SegmentationWarning) as expected:
            whole = smalti.segment(image, preset=preset)
        with pytest.warns(SegmentationWarning) as told:
            found = smalti.segment_large(image, tmp_path / "out", preset=preset)
        assert [str(one.message) for one in told] == [str(one.message) for one in expected]
        assert {one.filename for one in told} == {__file__}
    else:
        whole = smalti.segment(image, preset=preset)
        found = smalti.segment_large(image, tmp_path / "out", preset=preset)
    check_is(found, whole, tmp_path / "out")


def disc():
    rows, columns = np.mgrid[:130, :150]
    return np.hypot(rows - 55, columns - 90) < 60


@pytest.mark.filterwarnings("ignore::smalti.exceptions.SegmentationWarning")
@pytest.mark.parametrize(
    ("way", "mask"),
    [
        ("plain", "bool"),
        ("many", "numbers"),
        ("weight", "lazy"),
        ("regions", "file"),
        ("hdab", "lazy"),
        ("variance", "bool"),
        ("estimated", "file"),
    ],
)
def test_pixels_outside_the_mask_belong_to_no_class(tmp_path, slide, way, mask):
    whole = smalti.segment(slide, mask=disc(), **WAYS[way])
    Image.fromarray(disc()).save(tmp_path / "mask.png")
    source = {
        "bool": disc(),
        "numbers": disc().astype(np.uint8),
        "lazy": Chunked(disc(), (31, 57)),
        "file": tmp_path / "mask.png",
    }[mask]
    found = smalti.segment_large(Chunked(slide), tmp_path / "out", mask=source, **WAYS[way])
    check_is(found, whole, tmp_path / "out")
    assert ((levels_in(tmp_path / "out/labels.ome.zarr")[0] > 0) == disc()).all()


@pytest.mark.parametrize("kind", ["rgb", "grey", "deep", "in a band"])
def test_pixels_without_data_belong_to_no_class(tmp_path, slide, kind):
    image = slide.copy()
    image[30:100, 20:90] = 7
    if kind == "grey":
        image = image[..., 0].copy()
    elif kind == "deep":
        image = image.astype(np.uint16) * 200
    elif kind == "in a band":
        image[110:, 120:, 1] = 7
    nodata = 1400 if kind == "deep" else 7
    whole = smalti.segment(image, 3, nodata=nodata)
    assert (whole.labels == 255).any()
    for number, source in enumerate((image, Chunked(image))):
        folder = tmp_path / f"{number}"
        check_is(smalti.segment_large(source, folder, 3, nodata=nodata), whole, folder)


@pytest.mark.parametrize("nodata", [1.0, -9999.0])
@pytest.mark.parametrize("kind", ["numpy", "chunked"])
def test_floats_without_data_belong_to_no_class(tmp_path, slide, nodata, kind):
    image = slide / np.float32(510) + np.float32(0.25)
    image[30:100, 20:90] = nodata
    whole = smalti.segment(image, 3, space="oklab", nodata=nodata)
    source = image if kind == "numpy" else Chunked(image)
    found = smalti.segment_large(source, tmp_path / "out", 3, nodata=nodata)
    check_is(found, whole, tmp_path / "out")


@pytest.mark.parametrize(
    ("way", "kind"),
    [
        *(("plain", kind) for kind in ("clear", "alpha", "nan", "deep")),
        ("weight", "alpha"),
        ("regions", "clear"),
        ("variance", "nan"),
        ("weight", "deep"),
    ],
)
def test_clear_pixels_belong_to_no_class(tmp_path, slide, way, kind):
    alpha = np.where(disc(), 255, 0).astype(np.uint8)
    if kind == "alpha":
        alpha[disc()] = np.arange(np.count_nonzero(disc())) % 255 + 1
    image = np.dstack([slide, alpha])
    if kind == "nan":
        image = slide / np.float32(255)
        image[~disc()] = np.nan
    elif kind == "deep":
        image = image.astype(np.uint16) * 257
    whole = smalti.segment(image, space="oklab", **WAYS[way])
    found = smalti.segment_large(Chunked(image), tmp_path / "out", space="oklab", **WAYS[way])
    check_is(found, whole, tmp_path / "out")


@pytest.mark.parametrize(
    ("way", "more"),
    [
        *((way, {}) for way in ("plain", "stains", "variance", "hdab", "many")),
        ("plain", {"spatial_weight": 0.4}),
        ("hdab", {"spatial_weight": 0.4}),
        ("variance", {"min_region": 12}),
    ],
)
def test_known_classes_are_found_again(tmp_path, slide, way, more):
    other = np.ascontiguousarray(slide[::-1, ::-1][:110, :120])
    classifier = smalti.segment(other, **WAYS[way]).classifier
    whole = classifier.segment(slide, **more)
    found = smalti.segment_large(Chunked(slide), tmp_path / "out", classifier=classifier, **more)
    check_is(found, whole, tmp_path / "out")
    assert (tmp_path / "out/classes.npz").read_bytes() == classifier.to_bytes()


def test_classes_are_loaded_and_find_the_same_again(tmp_path, slide):
    smalti.segment_large(slide, tmp_path / "out", preset="hdab")
    classifier = PixelClassifier.load(tmp_path / "out/classes.npz")
    labels = levels_in(tmp_path / "out/labels.ome.zarr")[0]
    np.testing.assert_array_equal(classifier.segment(slide).labels + np.uint8(1), labels)
    again = smalti.segment_large(slide, tmp_path / "again", classifier=classifier)
    assert again.classifier.to_bytes() == classifier.to_bytes()
    assert files_in(tmp_path / "again") == files_in(tmp_path / "out")


@pytest.mark.parametrize("sized", [False, True])
def test_areas_are_written_as_csv(tmp_path, slide, sized):
    from tests.scale.test_outputs import sized_zarr

    source = sized_zarr(tmp_path / "in.zarr", slide, scale=0.25) if sized else slide
    found = smalti.segment_large(source, tmp_path / "out", preset="hdab")
    text = (tmp_path / "out/areas.csv").read_text(encoding="utf-8")
    assert text == found.to_csv()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["class"] for row in rows] == list(found.names)
    assert [int(row["area"]) for row in rows] == found.areas.tolist()
    assert sum(found.areas) == slide.shape[0] * slide.shape[1]
    assert [float(row["share"]) for row in rows] == (found.areas / found.areas.sum()).tolist()
    tissue = [a * (i != found.background) for i, a in enumerate(found.areas.tolist())]
    expected = [area / sum(tissue) for area in tissue]
    assert [float(row["share_of_tissue"]) for row in rows] == expected
    assert [row["color"] for row in rows] == [f"#{bytes(c).hex()}" for c in found.colors]
    assert ("area_um2" in rows[0]) == sized
    if sized:
        assert found.pixel_size == 0.25
        assert [float(row["area_um2"]) for row in rows] == (found.areas / 16).tolist()
    assert all(name in str(found) for name in found.names)


def test_the_overlay_is_a_small_copy_with_the_classes_laid_over_it(tmp_path, slide):
    smalti.segment_large(Chunked(slide), tmp_path / "out", 3)
    with Image.open(tmp_path / "out/overlay.png") as overlay:
        assert overlay.size == (38, 33)
        shown = np.asarray(overlay.convert("RGB")).astype(int)
    reference = np.asarray(Image.fromarray(slide).resize((38, 33), Image.Resampling.BOX))
    levels = levels_in(tmp_path / "out/labels.ome.zarr")
    assert levels[2].shape == (33, 38)
    # Dark classes stay dark, and the classes have colours of their own.
    assert np.corrcoef(shown.sum(2).ravel(), reference.sum(2).ravel())[0, 1] > 0.5


def test_an_image_without_a_pyramid_has_an_overlay_of_its_size(tmp_path, slide):
    small = np.ascontiguousarray(slide[:50, :60])
    smalti.segment_large(small, tmp_path / "out", 3)
    with Image.open(tmp_path / "out/overlay.png") as overlay:
        assert overlay.size == (60, 50)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_labels_have_names_and_colours(tmp_path, slide, version):
    zarr = pytest.importorskip("zarr")
    found = smalti.segment_large(slide, tmp_path / "out", preset="hdab", ome_version=version)
    group = zarr.open_group(tmp_path / "out/labels.ome.zarr", mode="r")
    label = (group.attrs["ome"] if version == "0.5" else group.attrs)["image-label"]
    listed = [(entry["label-value"], entry["name"]) for entry in label["properties"]]
    assert listed == list(enumerate(found.names, 1))
    assert [entry["label-value"] for entry in label["colors"]] == [1, 2, 3, 4]
    assert len({tuple(entry["rgba"]) for entry in label["colors"]}) == 4


# Independence


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("kind", "jobs"), [*((kind, 2) for kind in SOURCES), ("zarr", 4)])
def test_bytes_do_not_depend_on_the_source_or_threads(tmp_path, kept, kind, jobs):
    if kind == "tiff":
        pytest.importorskip("imagecodecs")
    elif kind in ("dask", "one chunk", "columns"):
        pytest.importorskip("dask.array")
    source, options = source_of(kind, blots(), tmp_path)
    ways = {"k": 4, "spatial_weight": 0.4, "min_region": 9}
    if "source" not in kept:
        smalti.segment_large(blots(), tmp_path / "first", jobs=1, **ways)
        kept["source"] = files_in(tmp_path / "first")
    smalti.segment_large(source, tmp_path / "out", jobs=jobs, **ways, **options)
    assert files_in(tmp_path / "out") == kept["source"]
    assert litter(tmp_path / "out") == []


@given(
    rows=st.sets(st.integers(1, 65), max_size=4), columns=st.sets(st.integers(1, 69), max_size=4)
)
@settings(max_examples=20)
def test_any_chunks_of_dask_give_the_same_bytes(tmp_path_factory, kept, rows, columns):
    da = pytest.importorskip("dask.array")
    chunks = tuple(
        tuple(np.diff([0, *sorted(cuts), side]).tolist())
        for cuts, side in ((rows, 66), (columns, 70))
    )
    folder = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        # The image is larger than its sample.
        patch.setattr(sample, "SAMPLE", 1 << 12)
        patch.setattr(sample, "_SIDE", 16)
        ways = {"k": 3, "normalize": "variance"}
        if "chunks" not in kept:
            smalti.segment_large(blots(66, 70), folder / "first", jobs=1, **ways)
            kept["chunks"] = files_in(folder / "first")
        image = da.from_array(blots(66, 70), chunks=(*chunks, 3))
        smalti.segment_large(image, folder / "out", jobs=2, **ways)
    assert files_in(folder / "out") == kept["chunks"]


def test_a_sample_is_of_windows_of_the_image(monkeypatch):
    from smalti.scale.sample import sampled
    from smalti.sources.tiles.lazy_array import open_lazy

    monkeypatch.setattr(sample, "SAMPLE", 1 << 12)
    monkeypatch.setattr(sample, "_SIDE", 16)
    monkeypatch.setattr(sample, "_IN_A_ROW", 4)
    image = np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH)
    found = sampled(open_lazy(Chunked(image)), Threads(2)).pixels
    assert found.shape == (64, 64, 3)
    values = found[..., 0]
    assert len(np.unique(values)) == values.size
    tiles = values.reshape(4, 16, 4, 16).swapaxes(1, 2).reshape(16, 16, 16)
    for tile in tiles:
        row, column = divmod(int(tile[0, 0]), WIDTH)
        np.testing.assert_array_equal(tile, image[row : row + 16, column : column + 16])
    corners = np.array([divmod(int(tile[0, 0]), WIDTH) for tile in tiles])
    # They are spread over the image.
    assert corners[:, 0].min() < 40
    assert corners[:, 0].max() > 80
    small = image[:60, :60]
    np.testing.assert_array_equal(
        sampled(open_lazy(Chunked(small)), Threads(1)).pixels[..., 0], small
    )
