"""No output changes by accident: see `tests.golden`."""

import pytest

pytest.importorskip("skimage.data", reason="needs the extra smalti[demo]")
pytest.importorskip("sklearn.datasets", reason="needs the extra smalti[sklearn]")

from tests.golden import table
from tests.golden.images import IMAGES, PACKAGED

TABLE = table.read()


def test_the_table_has_every_image_and_no_other():
    assert set(TABLE["images"]) == set(IMAGES)
    assert len(IMAGES) >= 40


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", IMAGES)
def test_outputs_are_those_of_the_golden_table(name):
    entry = TABLE["images"][name]
    pixels, samples = table.pixels_of(name)
    if name in PACKAGED and samples != entry["samples"]:
        pytest.skip("the package ships another image than the one that the table knows")
    assert samples == entry["samples"]
    found = {}
    for hashes in table.found_of(name, pixels).values():
        found |= hashes
    expected = table.expected_of(entry, TABLE["versions"])
    assert len(expected) > 20
    changed = [part for part, digest in expected.items() if found.get(part) != digest]
    assert changed == []
