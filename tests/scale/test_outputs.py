"""What is written is what other programs read: PNG, TIFF with a pyramid, OME-Zarr."""

import gc
import struct
import warnings

import numpy as np
import pytest
from PIL import Image

import smalti
from tests.pictures import noise
from tests.scale.checks import Chunked, blots, check_levels, levels_in, mapped, pyramid

CLEAR_FIRST = ["00000000", "ff000080", "00ff00ff"]


def chunks_of(png):
    """Kinds and bodies of the chunks of a PNG."""
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def sized_zarr(folder, samples, unit="micrometer", scale=0.5):
    """An OME-Zarr image whose pixels have a size."""
    import zarr

    group = zarr.open_group(str(folder), mode="w", zarr_format=2)
    planes = np.moveaxis(samples, 2, 0)
    array = group.create_array("0", shape=planes.shape, dtype="u1", chunks=(3, 40, 40))
    array[...] = planes
    axes = [{"name": "c", "type": "channel"}]
    axes += [{"name": name, "type": "space", "unit": unit} for name in "yx"]
    changes = [{"type": "scale", "scale": [1.0, scale, scale]}]
    datasets = [{"path": "0", "coordinateTransformations": changes}]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]
    return folder


# PNG


@pytest.mark.parametrize(
    ("k", "bits"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 4), (16, 4), (17, 8), (256, 8)]
)
@pytest.mark.parametrize("width", [1, 67])
def test_png_packs_indices_in_as_few_bits_as_they_need(tmp_path, k, bits, width):
    image = noise(70, width)
    if 70 * width < k:
        pytest.skip("there are fewer colours")
    found = smalti.compress_large(image, tmp_path / "a.png", k)
    kinds = chunks_of(found.path.read_bytes())
    assert kinds[0][1] == struct.pack(">IIBBBBB", width, 70, bits, 3, 0, 0, 0)
    assert [kind for kind, _ in kinds if kind != b"IDAT"] == [b"IHDR", b"PLTE", b"IEND"]
    expected = mapped(image, found.palette)
    colors = np.asarray(found.palette.colors)[expected]
    with Image.open(found.path) as written:
        np.testing.assert_array_equal(np.asarray(written), expected)
        np.testing.assert_array_equal(np.asarray(written.convert("RGB")), colors)
    np.testing.assert_array_equal(smalti.load(found.path).indices, expected)


def test_png_holds_alpha(tmp_path):
    image = blots(channels=4)
    found = smalti.compress_large(Chunked(image), tmp_path / "a.png", palette=CLEAR_FIRST)
    kinds = dict(chunks_of(found.path.read_bytes()))
    assert kinds[b"tRNS"] == bytes([0, 128, 255])
    expected = np.asarray(found.palette.colors)[mapped(image, found.palette)]
    with Image.open(found.path) as written:
        np.testing.assert_array_equal(np.asarray(written.convert("RGBA")), expected)


def test_png_and_tiff_tell_the_size_of_a_pixel(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    source = sized_zarr(tmp_path / "in.zarr", blots(70, 130))
    found = smalti.compress_large(source, tmp_path / "a.png", 4)
    with Image.open(found.path) as written:
        assert written.info["dpi"] == pytest.approx((50_800, 50_800))
    smalti.compress_large(source, tmp_path / "a.tif", 4)
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        for number, level in enumerate(tiff.series[0].levels):
            page = level.keyframe
            across, down = page.tags["XResolution"].value, page.tags["YResolution"].value
            assert across == down
            assert across[0] / across[1] == pytest.approx(20_000 / 2**number)
            assert page.tags["ResolutionUnit"].value == 3


# TIFF


@pytest.mark.parametrize("k", [1, 2, 17, 256])
@pytest.mark.parametrize("shape", [(130, 150), (1, 1), (32, 32), (33, 130)])
def test_tiff_has_a_pyramid_with_the_colours_of_the_palette(tmp_path, k, shape):
    tifffile = pytest.importorskip("tifffile")
    image = noise(*shape)
    if shape[0] * shape[1] < k:
        pytest.skip("there are fewer colours")
    found = smalti.compress_large(image, tmp_path / "a.tif", k)
    expected = mapped(image, found.palette)
    np.testing.assert_array_equal(tifffile.imread(found.path), expected)
    with tifffile.TiffFile(found.path) as tiff:
        assert not tiff.is_bigtiff
        assert len(tiff.pages) == len(tiff.series) == 1
        levels = [level.asarray() for level in tiff.series[0].levels]
        check_levels(levels, expected)
        for number, level in enumerate(tiff.series[0].levels):
            page = level.keyframe
            assert page.photometric.name == "PALETTE"
            assert page.is_tiled
            assert page.subfiletype == min(number, 1)
            colors = page.colormap[:, : len(found.palette)].T // 257
            np.testing.assert_array_equal(colors, found.palette.colors)
    with Image.open(found.path) as written:
        assert written.mode == "P"
        colors = np.asarray(written.convert("RGB"))
        np.testing.assert_array_equal(colors, np.asarray(found.palette.colors)[expected])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tiff_is_read_by_smalti_itself(tmp_path):
    pytest.importorskip("imagecodecs")
    image = blots()
    found = smalti.compress_large(image, tmp_path / "a.tif", 11)
    smalti.compress_large(found.path, tmp_path / "b.tif", 11, max_pixels=1)
    smalti.compress_large(found.path, tmp_path / "c.tif", 11)
    assert (tmp_path / "b.tif").read_bytes() == (tmp_path / "c.tif").read_bytes()
    shown = np.asarray(found.palette.colors)[mapped(image, found.palette)]
    with Image.open(tmp_path / "b.tif") as written:
        np.testing.assert_array_equal(np.asarray(written.convert("RGB")), shown)
    gc.collect()


def test_tiff_has_tiles_of_512_that_openslide_reads_if_it_can(tmp_path, monkeypatch):
    openslide = pytest.importorskip("openslide")
    from smalti.scale.outputs import palette_tiff

    monkeypatch.setattr(palette_tiff, "_TILE", 512)
    found = smalti.compress_large(blots(), tmp_path / "a.tif", 11)
    try:
        with openslide.OpenSlide(found.path) as slide:
            assert slide.dimensions == (150, 130)
            region = np.asarray(slide.read_region((0, 0), 0, (150, 130)))[..., :3]
    except openslide.OpenSlideError as error:
        pytest.skip(f"openslide does not know palettes: {error}")
    expected = np.asarray(found.palette.colors)[mapped(blots(), found.palette)]
    np.testing.assert_array_equal(region, expected)


# OME-Zarr


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("size", [None, 0.5])
def test_ome_zarr_says_what_the_standard_wants(tmp_path, version, size):
    zarr = pytest.importorskip("zarr")
    image = blots()
    source = image if size is None else sized_zarr(tmp_path / "in.zarr", image, "nanometer", 500)
    found = smalti.compress_large(source, tmp_path / "a.ome.zarr", 11, ome_version=version)
    levels = levels_in(found.path)
    check_levels(levels, (mapped(image, found.palette) + 1).astype(np.uint8))
    assert levels[0].min() >= 1
    group = zarr.open_group(found.path, mode="r")
    assert group.metadata.zarr_format == (3 if version == "0.5" else 2)
    attributes = group.attrs["ome"] if version == "0.5" else group.attrs
    (multiscale,) = attributes["multiscales"]
    unit = {} if size is None else {"unit": "micrometer"}
    assert multiscale["axes"] == [{"name": name, "type": "space", **unit} for name in "yx"]
    assert [dataset["path"] for dataset in multiscale["datasets"]] == ["0", "1", "2", "3"]
    for number, dataset in enumerate(multiscale["datasets"]):
        first, *others = dataset["coordinateTransformations"]
        scale = (size or 1) * 2**number
        assert first == {"type": "scale", "scale": [scale, scale]}
        # The centre of the first pixel of a level is that of the pixels it stands for.
        middle = np.mean(np.arange(2**number)) * (size or 1)
        assert [change["translation"] for change in others] == [[middle, middle]] * bool(number)
    label = attributes["image-label"]
    values = list(range(1, 12))
    assert [color["label-value"] for color in label["colors"]] == values
    assert [entry["label-value"] for entry in label["properties"]] == values
    rgba = [[*color, 255] for color in np.asarray(found.palette.colors).tolist()]
    assert [color["rgba"] for color in label["colors"]] == rgba
    assert [entry["name"] for entry in label["properties"]] == list(found.palette.hex)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("k", [3, 300])
def test_ome_zarr_models_take_it_for_a_label_image(tmp_path, version, k):
    zarr = pytest.importorskip("zarr")
    pytest.importorskip("ome_zarr_models")
    image = noise(70, 100, 4)
    image[..., 3] = np.where(image[..., 3] > 100, 255, 0)
    found = smalti.compress_large(image, tmp_path / "a.ome.zarr", k, ome_version=version)
    assert found.palette.colors.shape == (k, 4)
    group = zarr.open_group(found.path, mode="r")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if version == "0.4":
            from ome_zarr_models.v04.image import Image as Multiscale
            from ome_zarr_models.v04.image_label import ImageLabel
        else:
            from ome_zarr_models.v05.image import Image as Multiscale
            from ome_zarr_models.v05.image_label import ImageLabel
        label = ImageLabel.from_zarr(group)
        Multiscale.from_zarr(group)
    attributes = label.attributes.ome if version == "0.5" else label.attributes
    assert len(attributes.image_label.colors) == k
    assert len(attributes.multiscales[0].datasets) == 3


def test_arrays_of_ome_zarr_05_name_their_dimensions(tmp_path):
    zarr = pytest.importorskip("zarr")
    found = smalti.compress_large(blots(), tmp_path / "a.ome.zarr", 3, ome_version="0.5")
    group = zarr.open_group(found.path, mode="r")
    for _, array in group.arrays():
        assert array.metadata.dimension_names == ("y", "x")


def test_smalti_reads_its_own_label_map(tmp_path):
    found = smalti.compress_large(blots(), tmp_path / "a.ome.zarr", 3)
    image = smalti.fit_palette(found.path, 5)
    assert set(image.hex) == {"#010101", "#020202", "#030303"}


def test_a_pyramid_ends_with_one_chunk(tmp_path):
    found = smalti.compress_large(blots(300, 65), tmp_path / "a.ome.zarr", 3)
    assert [level.shape for level in levels_in(found.path)] == [
        level.shape for level in pyramid(np.zeros((300, 65), np.uint8))
    ]
