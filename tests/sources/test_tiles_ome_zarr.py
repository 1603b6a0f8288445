"""OME-Zarr images read by parts: which array is read, which axes it has, and the size of pixels."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smalti.exceptions import ImageReadError
from smalti.sources.note import FRAMES
from smalti.sources.tiles.open import opened_by_parts
from smalti.sources.tiles.window import Window
from tests.pictures import noise
from tests.sources.tile_checks import as_pixels, assert_is, assert_same, whole_of, windows

zarr = pytest.importorskip("zarr", minversion="3", reason="needs the extra smalti[large]")

HEIGHT, WIDTH = 45, 71
RGB = noise(HEIGHT, WIDTH)
VERSIONS = pytest.mark.parametrize("version", ["0.4", "0.5"])
KINDS = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.zarr"


def axes_of(names, unit="micrometer"):
    """The axes of OME-Zarr by their letters; those of space have a unit if there is one."""
    return [
        {"name": name, "type": KINDS[name], **({"unit": unit} if unit and name in "zyx" else {})}
        for name in names
    ]


def scaled(*factors):
    return [{"type": "scale", "scale": list(factors)}]


def write(path, levels, names="yx", *, version="0.5", **fields):
    """Write an OME-Zarr image of levels from large to small; fields are of its multiscale."""
    form = 3 if version == "0.5" else 2
    group = zarr.create_group(path, zarr_format=form)
    datasets = []
    for number, samples in enumerate(levels):
        chunks = tuple({"y": 16, "x": 32}.get(name, 1) for name in names)
        array = group.create_array(
            f"s{number}", shape=samples.shape, dtype=samples.dtype, chunks=chunks,
            **(
                {"chunk_key_encoding": {"name": "v2", "separator": "/"}}
                if form == 2
                else {"dimension_names": list(names)}
            ),
        )  # fmt: skip
        array[...] = samples
        scale = [2.0**number * 0.5 if name in "yx" else 1.0 for name in names]
        datasets.append({"path": f"s{number}", "coordinateTransformations": scaled(*scale)})
    multiscale = {"axes": axes_of(names), "datasets": datasets, "name": "a", **fields}
    if version == "0.5":
        group.attrs["ome"] = {"version": version, "multiscales": [multiscale]}
    else:
        group.attrs["multiscales"] = [{**multiscale, "version": version}]
    return group


def change(path, edit):
    """Edit the attributes of an image of version 0.5 in its file."""
    file = path / "zarr.json"
    document = json.loads(file.read_text())
    edit(document["attributes"])
    file.write_text(json.dumps(document))


def kinds(image):
    return [note.kind for note in image.all_notes()]


def arranged(samples, names, order="yxc"):
    """Samples with their axes in another order, and further ones of a length of 1."""
    kept = [name for name in names if name in order]
    array = samples.transpose([order.index(name) for name in kept])
    for place, name in enumerate(names):
        if name not in order:
            array = np.expand_dims(array, place)
    return array


# Axes


@VERSIONS
@pytest.mark.parametrize("names", ["yxc", "cyx", "tczyx", "czyx", "zyxc", "ycx"])
def test_three_channels_are_colours_wherever_their_axis_is(path, version, names):
    write(path, [arranged(RGB, names)], names, version=version)
    image = opened_by_parts(path)
    assert image.store.chunk == (16, 32)
    assert_is(image, RGB)
    assert kinds(image) == []
    assert image.pixel_size == 0.5


@pytest.mark.parametrize(
    ("names", "version"),
    [
        ("yx", "0.4"),
        ("yx", "0.5"),
        ("cyx", "0.5"),
        ("tczyx", "0.4"),
        ("zyx", "0.5"),
        ("tyx", "0.4"),
    ],
)
@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_one_channel_is_grey(path, version, names, dtype):
    samples = RGB[..., :1].astype(dtype)
    samples = samples / np.float32(255) if dtype == "f4" else samples
    order = "yxc" if "c" in names else "yx"
    array = arranged(samples if "c" in names else samples[..., 0], names, order)
    write(path, [array], names, version=version)
    assert_is(opened_by_parts(path), samples)


@pytest.mark.parametrize("names", ["xy", "cxy", "xyc"])
def test_columns_may_come_before_rows(path, names):
    samples = RGB if "c" in names else RGB[..., 0]
    write(path, [arranged(samples, names, "yxc" if "c" in names else "yx")], names)
    assert_is(opened_by_parts(path), samples)


@VERSIONS
@pytest.mark.parametrize("names", ["tczyx", "czyx", "tcyx", "zcyx"])
def test_the_first_moment_and_plane_is_read_and_the_others_told_of(path, version, names):
    first = arranged(RGB, names)
    axis = next(i for i, name in enumerate(names) if name in "tz")
    stack = np.concatenate([first, first // 2, first // 3], axis=axis)
    write(path, [stack], names, version=version)
    image = opened_by_parts(path)
    assert_is(image, RGB)
    assert kinds(image) == [FRAMES]


@pytest.mark.parametrize("channels", [2, 4])
def test_channels_are_no_alpha(path, channels):
    write(path, [noise(channels, HEIGHT, WIDTH)], "cyx")
    try:
        image = opened_by_parts(path)
    except ImageReadError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017 - or else it is read
        return
    assert whole_of(image).shape[2] == 3


def test_five_channels_are_refused(path):
    write(path, [noise(5, HEIGHT, WIDTH)], "cyx")
    with pytest.raises(ImageReadError, match=r"a\.zarr: has 5 bands"):
        opened_by_parts(path)


@settings(max_examples=15)
@given(data=st.data(), names=st.permutations("czyx").map("".join))
def test_any_window_of_any_axes_is_that_of_the_whole(tmp_path_factory, data, names):
    path = tmp_path_factory.mktemp("any") / "a.zarr"
    write(path, [arranged(RGB, names)], names)
    window = data.draw(windows(HEIGHT, WIDTH))
    np.testing.assert_array_equal(opened_by_parts(path).region(window), RGB[window.slices])


def test_a_damaged_chunk_of_one_channel_makes_its_pixels_clear(path):
    write(path, [arranged(RGB, "tczyx")], "tczyx")
    (path / "s0/c/0/1/0/1/2").write_bytes(b"broken")
    missing = np.zeros((HEIGHT, WIDTH), dtype=bool)
    missing[16:32, 64:] = True
    image = opened_by_parts(path)
    assert_same(whole_of(image), as_pixels(RGB, missing))
    assert list(image.failures.found) == [Window(16, 64, 32, 71)]


def test_chunks_of_other_moments_and_planes_are_not_read(path):
    stack = np.concatenate([arranged(RGB, "tczyx")] * 2)
    write(path, [stack], "tczyx")
    for file in (path / "s0/c/1").rglob("*"):
        if file.is_file():
            file.write_bytes(b"broken")
    image = opened_by_parts(path)
    assert_is(image, RGB)


# Levels


@VERSIONS
def test_of_levels_the_largest_is_read(path, version):
    write(path, [RGB, RGB[::2, ::2], RGB[::4, ::4]], "yxc", version=version)
    assert_is(opened_by_parts(path), RGB)
    small = opened_by_parts(path / "s2")
    assert_is(small, RGB[::4, ::4])
    assert small.pixel_size is None


def test_strings_are_axes_as_in_version_0_3(path):
    group = write(path, [arranged(RGB, "tczyx")], "tczyx", version="0.4")
    for axes in (list("tczyx"), None):
        group.attrs["multiscales"] = [{"axes": axes, "datasets": [{"path": "s0"}]}]
        image = opened_by_parts(path)
        assert_is(image, RGB)
        assert image.pixel_size is None


def test_an_image_within_a_group_is_named_by_its_path(tmp_path):
    outer = tmp_path / "outer.zarr"
    zarr.create_group(outer, attributes={"ome": {"version": "0.5", "bioformats2raw.layout": 3}})
    write(outer / "0", [RGB], "yxc")
    assert_is(opened_by_parts(outer / "0"), RGB)
    with pytest.raises(ImageReadError) as caught:
        opened_by_parts(outer)
    assert str(caught.value) == (
        f"{outer}: is a Zarr group without an OME-Zarr image; it holds 0: name an array or an "
        "image in it"
    )


def test_a_group_without_anything_is_one_sentence(path):
    zarr.create_group(path)
    with pytest.raises(ImageReadError, match="without an OME-Zarr image; it holds nothing: name"):
        opened_by_parts(path)


def test_other_files_in_a_group_are_no_warning(path):
    group = zarr.create_group(path)
    group.create_array("b", shape=(4, 4), dtype="u1")
    (path / "notes.txt").write_text("other")
    (path / "masks").mkdir()
    with pytest.raises(ImageReadError, match="it holds b: name an array"):
        opened_by_parts(path)


@pytest.mark.parametrize("value", [None, [], {}, "text", 7])
@pytest.mark.parametrize("field", ["ome", "multiscales"])
def test_fields_of_another_kind_are_one_sentence(path, field, value):
    write(path, [RGB], "yxc")
    change(path, lambda found: (found if field == "ome" else found["ome"]).update({field: value}))
    with pytest.raises(ImageReadError, match=r"a\.zarr: "):
        opened_by_parts(path)


@pytest.mark.parametrize(
    "datasets", [[], [{}], *([{"path": path}] for path in ("b", 3, "", "../.."))]
)
def test_levels_that_are_not_there_are_one_sentence(path, datasets):
    write(path, [RGB], "yxc")
    change(path, lambda found: found["ome"]["multiscales"][0].update(datasets=datasets))
    with pytest.raises(ImageReadError, match=r"a\.zarr: "):
        opened_by_parts(path)


@pytest.mark.parametrize("axes", [axes_of("yx"), axes_of("tzc"), [{}, {}, {}], 7, "abc", ["y"] * 3])
def test_axes_that_are_not_those_of_the_array_are_one_sentence(path, axes):
    write(path, [RGB], "yxc")
    change(path, lambda found: found["ome"]["multiscales"][0].update(axes=axes))
    with pytest.raises(ImageReadError, match=r"a\.zarr: "):
        opened_by_parts(path)


@pytest.mark.parametrize("text", ["", "{", "{}", "[]"])
def test_a_level_with_damaged_metadata_is_one_sentence(path, text):
    write(path, [RGB], "yxc")
    (path / "s0/zarr.json").write_text(text)
    with pytest.raises(ImageReadError, match=r"a\.zarr: "):
        opened_by_parts(path)


# The size of pixels


@pytest.mark.parametrize(
    ("unit", "scale", "size"),
    [
        ("micrometer", (0.5, 0.5), 0.5),
        ("nanometer", (250, 250), 0.25),
        ("millimeter", (0.001, 0.001), 1),
        ("meter", (1e-6, 1e-6), 1),
        ("micrometer", (0.5, 0.502), 0.5),
        ("micrometer", (0.5, 0.6), None),
        ("micrometer", (0, 0), None),
        ("micrometer", (-1, -1), None),
        ("micrometer", ("wide", 1), None),
        ("micrometer", (0.5,), None),
        ("pixel", (0.5, 0.5), None),
        (None, (0.5, 0.5), None),
        ("angstrom", (2500, 2500), 0.25),
        ("picometer", (250_000, 250_000), 0.25),
    ],
)
@VERSIONS
def test_scales_and_units_tell_the_size_of_pixels(path, version, unit, scale, size):
    datasets = [{"path": "s0", "coordinateTransformations": scaled(*scale)}]
    write(path, [RGB[..., 0]], version=version, datasets=datasets, axes=axes_of("yx", unit))
    found = opened_by_parts(path).pixel_size
    assert found is size is None or found == pytest.approx(size, rel=0.005)


def test_scales_of_the_image_and_of_its_level_are_multiplied(path):
    level = [*scaled(1, 2, 2), {"type": "translation", "translation": [0, 7, 7]}]
    datasets = [{"path": "s0", "coordinateTransformations": level}]
    both = scaled(3, 0.25, 0.25)
    write(path, [arranged(RGB, "cyx")], "cyx", datasets=datasets, coordinateTransformations=both)
    assert opened_by_parts(path).pixel_size == 0.5


@pytest.mark.parametrize("transformations", [None, [], [{"type": "identity"}], [{}], 7, "text"])
def test_without_a_scale_there_is_no_size(path, transformations):
    datasets = [{"path": "s0", "coordinateTransformations": transformations}]
    write(path, [RGB[..., 0]], datasets=datasets)
    image = opened_by_parts(path)
    assert image.pixel_size is None
    assert_is(image, RGB[..., 0])


@VERSIONS
def test_models_of_the_specification_know_the_images_of_these_tests(path, version):
    models = pytest.importorskip("ome_zarr_models")
    write(path, [arranged(RGB, "cyx"), arranged(RGB, "cyx")[:, ::2, ::2]], "cyx", version=version)
    assert models.open_ome_zarr(zarr.open_group(path, mode="r")) is not None
