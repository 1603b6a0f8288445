"""Parts of an image that cannot be read are clear, and told of."""

import numpy as np
import pytest

import smalti
from smalti.exceptions import ImageReadWarning
from tests.scale.checks import HEIGHT, WIDTH, blots, levels_in, source_of
from tests.scale.test_segment_large import check_is


def damaged(folder, samples, name="in.zarr"):
    """A Zarr array of which the chunk of rows 40 to 79, columns 24 to 47 is damaged."""
    source, _ = source_of("zarr", samples if samples.ndim == 3 else samples[..., None], folder)
    source = source.rename(folder / name)
    (source / "c/1/1/0").write_bytes(b"broken")
    return source


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_damaged_tile_has_no_class_and_is_warned_of(tmp_path, jobs):
    image = blots()
    holed = np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])
    holed[40:80, 24:48] = 0
    path = damaged(tmp_path, image)
    with pytest.warns(ImageReadWarning, match=r"in\.zarr: rows 40 to .* cannot be read") as told:
        found = smalti.segment_large(path, tmp_path / "out", 3, jobs=jobs)
    assert [one.filename for one in told] == [__file__]
    check_is(found, smalti.segment(holed, 3), tmp_path / "out")
    with pytest.warns(ImageReadWarning, match=r"in\.zarr: rows 40 to .* cannot be read") as told:
        picture = smalti.compress_large(path, tmp_path / "a.ome.zarr", 5, jobs=jobs)
    assert [one.filename for one in told] == [__file__]
    assert len(picture.notes) == 1
    palette = smalti.fit_palette(holed, 5)
    whole = smalti.compress(holed, palette=palette, rate_weight=0, dither=0)
    np.testing.assert_array_equal(levels_in(picture.path)[0], whole.indices.astype(int) + 1)


def test_a_damaged_tile_of_the_mask_is_warned_of(tmp_path):
    mask = damaged(tmp_path, np.full((HEIGHT, WIDTH), 255, np.uint8))
    with pytest.warns(ImageReadWarning, match="rows 40 to"):
        found = smalti.segment_large(blots(), tmp_path / "out", 3, mask=mask)
    assert found.areas.sum() == HEIGHT * WIDTH - 40 * 24
