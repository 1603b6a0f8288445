"""What presets find on slides of known amounts of stain: names hold, whatever there is."""

import numpy as np
import pytest

import smalti
from smalti.exceptions import SegmentationWarning
from smalti.segmentation.histology.stains import HDAB, HE
from tests.segmentation.slides import OTHER_HDAB, OTHER_HE, real_h_dab_slide

SIDE, CELL, GLASS = 120, 4, 28


def tile(stains, parts, *, noise=3.0, spread=0.1, glass=GLASS, seed=0):
    """A tile of cells of 4 x 4 pixels and its parts, with -1 for glass at its left.

    `parts` are shares of the tissue and amounts of both stains; the last one fills what is left.
    """
    random = np.random.default_rng(seed)
    rows, columns = SIDE // CELL, (SIDE - glass) // CELL
    order = random.permutation(rows * columns)
    of_cells = np.full(rows * columns, len(parts) - 1)
    first = 0
    for i, (share, _) in enumerate(parts[:-1]):
        last = first + max(1, round(share * len(order)))
        of_cells[order[first:last]] = i
        first = last
    truth = np.full((SIDE, SIDE), -1)
    truth[:, glass:] = of_cells.reshape(rows, columns).repeat(CELL, 0).repeat(CELL, 1)
    amounts = np.array([*(amounts for _, amounts in parts), (0.0, 0.0)])[truth]
    amounts *= 1 + spread * random.normal(size=(SIDE, SIDE, 1))
    colors = stains.colors(amounts.clip(0)) + random.normal(0.0, noise, (SIDE, SIDE, 3))
    return np.rint(colors).clip(0, 255).astype(np.uint8), truth


def shares_of(found, where):
    return np.bincount(found.labels[where], minlength=found.k) / where.sum()


@pytest.mark.parametrize("stains", [HE, OTHER_HE], ids=["he", "other he"])
@pytest.mark.parametrize("strength", [0.6, 1.5])
@pytest.mark.parametrize("share", [0.002, 0.01, 0.05, 0.3, 0.6])
def test_nuclei_are_found_however_few_or_many_there_are(stains, strength, share):
    parts = [(share, (0.8 * strength, 0.2 * strength)), (1, (0.06 * strength, 0.4 * strength))]
    for seed, noise in ((0, 0.0), (1, 2.0)):
        slide, truth = tile(stains, parts, noise=noise, seed=seed)
        found = smalti.segment(slide, preset="he", seed=seed)
        assert not found.notes
        assert shares_of(found, truth == 0)[0] > 0.9
        assert shares_of(found, truth == 1)[1] > 0.98
        assert shares_of(found, truth == -1)[2] > 0.9


def test_few_nuclei_beside_glass_are_not_lost_in_the_noise_of_eosin():
    random = np.random.default_rng(0)
    haematoxylin = random.normal(0.05, 0.01, (200, 200))
    eosin = random.normal(0.6, 0.03, (200, 200))
    nuclei = np.zeros((200, 200), dtype=bool)
    for row in range(20, 180, 40):
        for column in range(70, 180, 40):
            nuclei[row - 4 : row + 5, column - 4 : column + 5] = True
    haematoxylin[nuclei], eosin[nuclei] = 0.9, 0.3
    haematoxylin[:, :50] = eosin[:, :50] = 0
    found = smalti.segment(HE.colors(np.dstack([haematoxylin, eosin]).clip(0)), preset="he")
    assert (found.labels[nuclei] == 0).all()
    assert found.areas[0] == nuclei.sum() == 972


@pytest.mark.parametrize("stains", [HE, OTHER_HE], ids=["he", "other he"])
@pytest.mark.parametrize("glass", [0, GLASS])
@pytest.mark.parametrize("noise", [0.0, 4.0])
@pytest.mark.parametrize(
    ("amounts", "label"),
    [((0.0, 0.4), 1), ((0.06, 0.4), 1), ((0.0, 1.2), 1), ((0.7, 0.0), 0), ((0.8, 0.1), 0)],
    ids=["eosin", "stroma", "much eosin", "haematoxylin", "nuclei"],
)
def test_one_stain_is_one_class_and_a_warning(stains, glass, noise, amounts, label):
    slide, truth = tile(stains, [(1, amounts)], noise=noise, glass=glass)
    missing, seen = ("stroma", "nuclei") if label == 0 else ("nuclei", "stroma")
    with pytest.warns(SegmentationWarning, match=f"found no {missing}: no part .* from {seen}"):
        found = smalti.segment(slide, preset="he")
    assert shares_of(found, truth == 0)[label] > 0.999


def test_a_flat_color_of_eosin_has_no_nuclei():
    slide = np.full((64, 64, 3), (220, 150, 190), dtype=np.uint8)
    with pytest.warns(SegmentationWarning, match="the image array: preset 'he' found no nuclei"):
        found = smalti.segment(slide, preset="he")
    assert found.areas.tolist() == [0, 64 * 64, 0]
    assert found.notes[0].kind == "classes"
    # The classes are of use for other tiles: nuclei have a common amount of haematoxylin.
    slide, truth = tile(HE, [(0.2, (0.8, 0.2)), (1, (0.02, 0.3))], glass=0)
    assert shares_of(found.apply(slide), truth == 0)[0] > 0.9


def test_eosin_of_uneven_thickness_has_no_nuclei():
    amounts = np.zeros((80, 80, 2))
    amounts[..., 1] = np.linspace(0.1, 1.2, 80)
    with pytest.warns(SegmentationWarning, match="found no nuclei"):
        found = smalti.segment(OTHER_HE.colors(amounts), preset="he")
    assert found.areas[0] == 0


PALE = (0.06, 0.03)


@pytest.mark.parametrize("stains", [HDAB, OTHER_HDAB], ids=["hdab", "other hdab"])
@pytest.mark.parametrize("noise", [0.0, 3.0])
@pytest.mark.parametrize(
    ("parts", "labels"),
    [
        ([(0.1, (0.35, 0.03)), (0.1, (0.05, 0.6)), (1, PALE)], (0, 1, 3)),
        ([(0.1, (0.35, 0.03)), (0.005, (0.05, 0.6)), (1, PALE)], (0, 1, 3)),
        ([(0.1, (0.35, 0.03)), (1, PALE)], (0, 3)),
        ([(0.1, (0.05, 0.6)), (1, PALE)], (1, 3)),
        ([(0.2, (0.4, 0.1)), (1, (0.05, 0.6))], (0, 1)),
        ([(1, (0.03, 0.6))], (1,)),
        ([(1, (0.4, 0.03))], (0,)),
        ([(1, PALE)], (3,)),
    ],
    ids=["all", "little DAB", "no DAB", "no nuclei", "no stroma", "DAB", "nuclei", "stroma"],
)
@pytest.mark.filterwarnings("ignore::smalti.exceptions.SegmentationWarning")
def test_classes_of_an_h_dab_slide_are_those_that_are_there(stains, noise, parts, labels):
    slide, truth = tile(stains, parts, noise=noise)
    found = smalti.segment(slide, preset="hdab")
    assert found.names == ("nuclei", "DAB", "background", "stroma")
    for part, label in enumerate(labels):
        assert shares_of(found, truth == part)[label] > 0.98
    # Smoothing widens tissue by two pixels or so.
    assert shares_of(found, truth == -1)[2] > 0.9
    # The rim of glass that smoothing adds may pass for stroma.
    assert bool(found.notes) == (not {0, 1} <= set(labels))


def test_pale_stroma_is_tissue():
    slide = real_h_dab_slide()
    found = smalti.segment(slide, preset="hdab")
    assert not found.notes
    assert 0.33 < found.tissue_shares[1] < 0.42
    # Stroma between the glands, and glass in the lumen at the left and in a vessel.
    assert shares_of(found, _box(235, 255, 110, 130))[3] > 0.6
    assert shares_of(found, _box(320, 380, 5, 35))[2] > 0.99
    assert shares_of(found, _box(430, 450, 430, 440))[2] > 0.9


def _box(top, bottom, left, right):
    where = np.zeros((512, 512), dtype=bool)
    where[top:bottom, left:right] = True
    return where
