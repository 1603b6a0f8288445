import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import smalti
from smalti.exceptions import InvalidParameterError, MissingExtraError
from tests import reference

grid_points = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 60), st.integers(1, 4)),
    elements=st.integers(-9, 9).map(float),
)


def groups(k, dim=3, each=60, spread=0.5, seed=0):
    """Points around k places, at least 8 apart."""
    random = np.random.default_rng(seed)
    places = 8.0 * random.permutation(4**dim)[:k]
    centers = np.stack([8.0 * (places // 8 // 4**d % 4) for d in range(dim)], axis=1)
    return np.repeat(centers, each, axis=0) + random.normal(scale=spread, size=(k * each, dim))


def test_three_pairs_on_a_line():
    found = smalti.elbow([[0.0], [2.0], [10.0], [12.0], [17.0], [19.0]], k=(6, 1, 3, 2, 3))
    assert found.k == (1, 2, 3, 6)
    # Means 10; 1 and 14.5; 1, 11 and 18; the points.
    assert found.distortion.tolist() == [298 / 6, 55 / 6, 1.0, 0.0]
    assert [codebook.k for codebook in found.codebooks] == [1, 2, 3, 6]
    assert sorted(found.codebooks[2].centroids.ravel().tolist()) == [1.0, 11.0, 18.0]


@pytest.mark.parametrize("k", [2, 3, 5, 9])
def test_the_knee_and_the_best_silhouette_are_at_the_number_of_groups(k):
    found = smalti.elbow(groups(k, seed=k))
    assert found.k == tuple(range(1, 17))
    assert found.knee == k
    assert found.codebook is found.codebooks[k - 1]
    assert found.k[int(np.nanargmax(found.silhouette))] == k
    assert f"knee at {k}" in repr(found)


class Table:
    """What tables of pandas and polars have in common."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)


@pytest.mark.parametrize("library", ["any", "pandas", "polars"])
def test_tables_hold_points(library):
    # Such a table was once read as a greyscale image, its values taken as light from 0 to 1.
    points = np.random.default_rng(0).random((60, 2))
    if library == "any":
        table = Table(points)
        # As pandas shows a column of that name, which makes the table no file.
        table.read = points[:, 0]
    else:
        module = pytest.importorskip(library)
        table = module.DataFrame({"read": points[:, 0], "width": points[:, 1]})
    expected = smalti.elbow(points, range(1, 6))
    found = smalti.elbow(table, range(1, 6))
    assert found.codebooks == expected.codebooks
    assert found.distortion.tolist() == expected.distortion.tolist()
    weighted = smalti.elbow(table, range(1, 6), sample_weight=np.full(60, 2))
    assert weighted.distortion.tolist() == expected.distortion.tolist()
    with pytest.raises(InvalidParameterError, match="space is for images"):
        smalti.elbow(table, space="srgb")


def test_a_stack_with_three_axes_is_an_image_whatever_holds_it():
    image = np.random.default_rng(0).integers(0, 256, (9, 8, 3)).astype(np.uint8)
    expected = smalti.elbow(image, (1, 3))
    assert expected.codebooks[0].dim == 3
    for held in (Table(image), (image / 255.0).tolist()):
        np.testing.assert_allclose(smalti.elbow(held, (1, 3)).distortion, expected.distortion)


@given(grid_points, st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_distortion_never_rises_and_each_codebook_is_a_fixed_point(points, sizes):
    found = smalti.elbow(points, sizes)
    distinct = len(np.unique(points, axis=0))
    assert (np.diff(found.distortion) <= 1e-12 * found.distortion[0]).all()
    for k, distortion, codebook in zip(found.k, found.distortion, found.codebooks, strict=True):
        assert codebook.k == min(k, distinct)
        assert distortion == pytest.approx(codebook.distortion(points), abs=1e-9)
        labels = codebook.encode(points)
        for label, centroid in enumerate(codebook.centroids):
            members = points[labels == label]
            np.testing.assert_allclose(centroid, members.mean(axis=0), atol=1e-9)


@settings(max_examples=15)
@given(grid_points, st.data())
def test_weights_equal_repeats(points, data):
    repeats = data.draw(hnp.arrays(np.int64, len(points), elements=st.integers(1, 4)))
    weighted = smalti.elbow(points, range(1, 7), sample_weight=repeats)
    repeated = smalti.elbow(points.repeat(repeats, axis=0), range(1, 7))
    for one, other in zip(weighted.codebooks, repeated.codebooks, strict=True):
        np.testing.assert_allclose(one.centroids, other.centroids, atol=1e-12)
    np.testing.assert_allclose(weighted.distortion, repeated.distortion, atol=1e-12)


@settings(max_examples=25)
@given(grid_points, st.integers(0, 9), st.data())
def test_on_a_tiny_sample_distortion_still_never_rises(points, seed, data):
    weights = data.draw(
        hnp.arrays(np.float64, len(points), elements=st.sampled_from([0.001, 1.0, 50.0]))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("smalti.vectors.elbow._SAMPLE", 4)
        patch.setattr("smalti.vectors.elbow._SAMPLE_PER_CENTROID", 1)
        found = smalti.elbow(points, range(1, 9), sample_weight=weights, seed=seed)
    assert (np.diff(found.distortion) <= 1e-12 * found.distortion[0]).all()
    distinct = len(np.unique(points, axis=0))
    for k, distortion, codebook in zip(found.k, found.distortion, found.codebooks, strict=True):
        assert distortion == pytest.approx(codebook.distortion(points, weights), abs=1e-12)
        # What the sample misses is found among all points.
        assert codebook.k == min(k, distinct) or distortion <= 1e-12 * found.distortion[0]


def test_codebooks_of_a_sample_are_nearly_those_of_all_points():
    points = np.random.default_rng(0).normal(size=(30_000, 3))
    found = smalti.elbow(points, range(1, 13))
    for k, distortion in zip(found.k, found.distortion, strict=True):
        best = smalti.kmeans(points, k, n_init=4).inertia / len(points)
        assert distortion == pytest.approx(best, rel=0.02)
        assert distortion == pytest.approx(found.codebooks[k - 1].distortion(points), rel=1e-12)


def test_growing_is_as_good_as_ten_independent_starts():
    excess = []
    for points in (groups(7, dim=2, spread=3.0), np.random.default_rng(1).normal(size=(900, 5))):
        found = smalti.elbow(points, range(2, 17))
        best = [smalti.kmeans(points, k, n_init=10).inertia / len(points) for k in found.k]
        excess.extend(found.distortion / best - 1.0)
    assert np.mean(excess) < 0.01
    assert np.max(excess) < 0.05


def test_far_from_the_origin_nothing_changes():
    points = groups(4, seed=2)
    near, far = smalti.elbow(points), smalti.elbow(points + 1e9)
    assert far.knee == near.knee
    np.testing.assert_allclose(far.distortion, near.distortion, rtol=1e-5)


def test_equal_seeds_give_equal_results_and_others_draw_other_samples():
    points = np.random.default_rng(0).normal(size=(9000, 2))
    first, again, other = (smalti.elbow(points, range(1, 6), seed=s) for s in (3, 3, 2**64 - 1))
    assert first.codebooks == again.codebooks
    assert first.silhouette.tobytes() == again.silhouette.tobytes()
    assert first.codebooks != other.codebooks


def test_the_silhouette_of_few_points_is_that_of_all():
    points = groups(3, each=20, spread=2.0)
    found = smalti.elbow(points, range(1, 6))
    assert np.isnan(found.silhouette[0])
    for codebook, score in list(zip(found.codebooks, found.silhouette, strict=True))[1:]:
        expected = reference.silhouette(points, codebook.encode(points))
        assert score == pytest.approx(expected, abs=1e-12)


def test_heavy_points_count_more_in_the_silhouette():
    points = np.array([[0.0], [1.0], [10.0], [11.0], [13.0]])
    light = smalti.elbow(points, [2])
    heavy = smalti.elbow(points, [2], sample_weight=[1, 1, 500, 1, 1])
    assert heavy.silhouette[0] > light.silhouette[0] + 0.05


def test_a_weight_of_1_each_changes_no_silhouette():
    # 1,000 points were once drawn of 60, with repeats, and 60 clusters of one looked perfect.
    points = groups(2, each=30)
    without, ones = (smalti.elbow(points, range(1, 61), sample_weight=w) for w in (None, [1] * 60))
    assert ones.silhouette.tobytes() == without.silhouette.tobytes()
    assert int(np.nanargmax(ones.silhouette)) == 1
    assert ones.silhouette[-1] == 0.0
    many = groups(4, each=400, spread=2.0)
    without, ones = (smalti.elbow(many, range(1, 6), sample_weight=w) for w in (None, [1] * 1600))
    assert ones.silhouette.tobytes() == without.silhouette.tobytes()


def test_a_weight_of_3_is_three_points_in_the_silhouette():
    points = groups(3, each=40, spread=3.0)
    repeats = np.where(np.arange(120) % 2, 3, 1)
    weighted = smalti.elbow(points, range(1, 121, 7), sample_weight=repeats)
    repeated = smalti.elbow(points.repeat(repeats, axis=0), range(1, 121, 7))
    np.testing.assert_allclose(weighted.silhouette, repeated.silhouette, atol=1e-12)
    for codebook, score in list(zip(weighted.codebooks, weighted.silhouette, strict=True))[1:]:
        labels = codebook.encode(points).repeat(repeats)
        expected = reference.silhouette(points.repeat(repeats, axis=0), labels)
        assert score == pytest.approx(expected, abs=1e-12)


def test_weights_that_add_up_to_1_have_the_silhouettes_of_points():
    points = groups(3, each=20, spread=2.0)
    shares = smalti.elbow(points, range(1, 6), sample_weight=np.full(60, 1 / 60))
    np.testing.assert_allclose(shares.silhouette, smalti.elbow(points, range(1, 6)).silhouette)


def test_the_silhouette_of_a_sample_is_nearly_that_of_all():
    points = groups(3, each=700, spread=3.0)
    repeats = np.where(np.arange(2100) % 7, 1, 9)
    found = smalti.elbow(points, [2, 3, 4], sample_weight=repeats)
    for codebook, score in zip(found.codebooks, found.silhouette, strict=True):
        labels = codebook.encode(points).repeat(repeats)
        expected = reference.silhouette(points.repeat(repeats, axis=0), labels)
        assert score == pytest.approx(expected, abs=0.05)


def test_clusters_of_one_point_count_nothing_in_a_sample_either():
    points = np.random.default_rng(0).normal(size=(1200, 2))
    assert smalti.elbow(points, [1200]).silhouette.tolist() == [0.0]


@pytest.mark.parametrize("sizes", [range(1, 5), [1, 4], [4]])
def test_a_range_that_ends_at_the_bend_has_no_knee(sizes):
    # The first size was once taken for it.
    found = smalti.elbow(groups(4), sizes)
    assert found.knee is None
    assert repr(found) == f"<Elbow of K = {min(sizes)} to 4, no knee>"
    assert str(found).splitlines()[-1].strip() == "no knee: try larger K"
    words = rf"k = {min(sizes)} to 4 has no knee.*larger k"
    with pytest.raises(InvalidParameterError, match=words):
        _ = found.codebook
    assert smalti.elbow(groups(4), [1, *sizes, 5, 6, 7]).knee == 4


def test_equal_points_have_no_knee():
    found = smalti.elbow(np.ones((20, 2)), range(1, 5))
    assert found.distortion.tolist() == [0.0] * 4
    assert found.knee is None
    assert np.isnan(found.silhouette).all()
    assert found.k[np.nan_to_num(found.silhouette).argmax()] == 1
    assert "no knee" in str(found)
    assert smalti.elbow(np.ones((20, 2)), [7]).knee is None


def test_the_table_has_a_line_for_each_size_and_marks_the_knee():
    text = str(smalti.elbow(groups(3), range(1, 6)))
    lines = [line for line in text.splitlines() if line.startswith("│")]
    assert [line.split()[1] for line in lines] == ["1", "2", "3", "4", "5"]
    assert [line.split()[3] for line in lines] == ["0", "1", "2", "2", "3"]
    assert ["knee" in line for line in lines] == [False, False, True, False, False]
    assert smalti.elbow([[0.0], [1.0]], [1, 2]).figure is not None
    assert "∞" in str(smalti.elbow([[0.0], [1.0]], [1, 2]))


def test_the_figure_shows_both_curves_and_the_knee():
    pytest.importorskip("matplotlib", reason="needs the extra smalti[plot]")
    found = smalti.elbow(groups(3), range(1, 6))
    figure = found.figure()
    left, right = figure.axes
    np.testing.assert_array_equal(left.lines[0].get_xydata()[:, 1], found.distortion)
    assert left.get_yscale() == "log"
    assert list(left.lines[1].get_xdata()) == [3, 3]
    np.testing.assert_array_equal(right.lines[0].get_xydata()[:, 1], found.silhouette)
    figure.canvas.draw()
    # A distortion of 0 has no logarithm.
    exact = smalti.elbow([[0.0], [1.0]], [1, 2]).figure()
    assert exact.axes[0].get_yscale() == "linear"
    # And two sizes no knee.
    legend = [text.get_text() for text in exact.axes[0].get_legend().get_texts()]
    assert legend == ["distortion J", "silhouette", "no knee: try larger K"]
    exact.canvas.draw()


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"smalti\[plot\]"):
        smalti.elbow(groups(2), [1, 2]).figure()


def test_progress_is_told_and_can_stop_the_work():
    told = []
    smalti.elbow(groups(3), progress=lambda stage, fraction: told.append((stage, fraction)))
    assert {stage for stage, _ in told} == {"kmeans"}
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert 0.0 <= fractions[0] < fractions[-1] <= 1.0

    def stop(_stage, _fraction):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        smalti.elbow(groups(3), progress=stop)


SCRIPT = """
import hashlib
import numpy as np
import smalti
random = np.random.default_rng(0)
for dim in (3, 7):
    points = random.normal(size=(20_000, dim))
    found = smalti.elbow(points, range(1, 9), sample_weight=random.uniform(1, 2, 20_000))
    parts = [found.distortion, found.silhouette, *(c.centroids for c in found.codebooks)]
    print(*(hashlib.sha256(part.tobytes()).hexdigest() for part in parts))
"""


def test_the_number_of_threads_changes_no_byte():
    def output(threads):
        environment = {**os.environ, "RAYON_NUM_THREADS": threads}
        command = [sys.executable, "-c", SCRIPT]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return run.stdout.split()

    first = output("1")
    assert len(first) == 2 * 10
    assert output("3") == first


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        ([[0.0], [np.nan]], {}, ["data[1, 0]", "nan"]),
        ([[0.0], [1e91]], {}, ["data[1, 0]", "1e+91"]),
        (np.zeros((0, 2)), {}, ["data", "(0, 2)"]),
        ([1.0, 2.0], {}, ["data", "(2,)"]),
        (3, {}, ["data", "got ()"]),
        (None, {}, ["data", "NoneType"]),
        ({"a": [1.0]}, {}, ["data", "dict"]),
        (Table(np.array([["a", "b"]])), {}, ["data", "Table"]),
        ([[1.0], [2.0, 3.0]], {}, ["data", "list"]),
        (np.zeros((2, 2, 2, 2)), {}, ["data", "(2, 2, 2, 2)"]),
        ([[1.0]], {"k": ()}, ["k must", "got ()"]),
        ([[1.0]], {"k": 3}, ["k must", "got 3"]),
        ([[1.0]], {"k": "12"}, ["k", "'12'"]),
        ([[1.0]], {"k": [1, 0]}, ["k must", "got 0"]),
        ([[1.0]], {"k": [1.5]}, ["k must", "got 1.5"]),
        ([[1.0]], {"seed": -1}, ["seed", "got -1"]),
        ([[1.0]], {"sample_weight": [1, 2]}, ["sample_weight", "(1,)", "(2,)"]),
        ([[1.0]], {"sample_weight": [-1]}, ["sample_weight", "got -1"]),
        ([[1.0]], {"space": "srgb"}, ["space", "'srgb'", "(H, W, 1)"]),
    ],
)
def test_bad_arguments_are_named_with_their_values(data, options, words):
    with pytest.raises(InvalidParameterError) as caught:
        smalti.elbow(data, **options)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_records_and_data_frames_have_the_figures_of_each_size():
    pytest.importorskip("pandas", reason="needs the extra smalti[pandas]")
    random = np.random.default_rng(0)
    points = np.repeat([[0.0, 0.0], [9.0, 9.0]], 30, axis=0) + random.normal(size=(60, 2))
    found = smalti.elbow(points, k=(1, 2, 3, 4))
    records = found.to_records()
    assert [(r["k"], r["bits"]) for r in records] == [(1, 0), (2, 1), (3, 2), (4, 2)]
    assert [record["distortion"] for record in records] == found.distortion.tolist()
    assert [record["knee"] for record in records] == [k == found.knee for k in found.k]
    frame = found.to_dataframe()
    np.testing.assert_array_equal(frame["silhouette"], found.silhouette)


def test_notebooks_show_the_table():
    html = smalti.elbow([[0.0], [1.0], [5.0]], k=(1, 2))._repr_html_()
    assert html.startswith("<table><caption>no knee")
    assert "distortion J" in html
