"""What results have in common: they are compared by value, and nothing about them changes."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, replace
from functools import cached_property

import numpy as np
import pytest
from numpy.typing import NDArray

import smalti
from smalti.labelmaps.regions import regions_of
from smalti.raw_array import RawArray, as_array_later
from smalti.values import Value, counted, read_only, same

POINTS = np.array([[0.0, 1.0], [2.0, 1.0], [9.0, 9.0], [9.5, 9.0]])


@dataclass(frozen=True, eq=False)
class Pair(Value):
    numbers: NDArray[np.float64]
    name: str


LABELS = np.array([[0, 0, 1], [1, 1, 0]], dtype=np.uint8)
PHOTO = np.random.default_rng(5).integers(0, 256, (12, 9, 3), dtype=np.uint8)
FILE = smalti.compress(PHOTO, 4).to_bytes()


class Thing(Value):
    """One that is no dataclass."""

    def __init__(self, number, provenance):
        self.number = number
        self.provenance = provenance

    @cached_property
    def double(self):
        return 2 * self.number


RESULTS = {
    "BlockImage": lambda: smalti.compress(PHOTO, 4, block=(2, 2)),
    "Comparison": lambda: smalti.compare(FILE, FILE),
    "CompressedImage": lambda: smalti.compress(PHOTO, 4),
    "PixelClassifier": lambda: smalti.segment(PHOTO, 3).classifier,
    "Regions": lambda: regions_of(LABELS),
    "Segmentation": lambda: smalti.segment(PHOTO, 3),
    "SourceImage": lambda: smalti.read(PHOTO),
    "KMeansResult": lambda: smalti.kmeans(POINTS, 2),
    "Elbow": lambda: smalti.elbow(POINTS, k=(1, 2, 3)),
    "Codebook": lambda: smalti.Codebook(POINTS),
}
MAKERS = list(RESULTS.values())


def _arrays(result):
    names = [name for name in dir(result) if not name.startswith("_")]
    values = {name: getattr(result, name) for name in names}
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    # What is made for every caller anew is the caller's own.
    return {name: array for name, array in arrays.items() if getattr(result, name) is array}


@pytest.mark.parametrize("make", MAKERS, ids=RESULTS)
def test_the_same_work_gives_equal_results(make):
    first, second = make(), make()
    assert first is not second
    assert first == second
    assert not first != second  # noqa: SIM202 - the operator is what is tested
    assert first != "something else"


@pytest.mark.parametrize("again", [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy])
@pytest.mark.parametrize("make", MAKERS, ids=RESULTS)
def test_results_come_back_equal_and_protected(make, again):
    result = make()
    back = again(result)
    assert back == result
    assert [name for name, array in _arrays(back).items() if array.flags.writeable] == []


@pytest.mark.parametrize("make", MAKERS, ids=RESULTS)
def test_arrays_of_results_cannot_be_written_to(make):
    arrays = _arrays(make())
    assert arrays
    assert [name for name, array in arrays.items() if array.flags.writeable] == []


@pytest.mark.parametrize("make", MAKERS, ids=RESULTS)
def test_attributes_of_results_cannot_be_set(make):
    result = make()
    for name in _arrays(result):
        with pytest.raises(AttributeError):
            setattr(result, name, np.zeros(1))


@pytest.mark.parametrize("make", MAKERS, ids=RESULTS)
def test_results_print_in_one_short_line(make):
    text = repr(make())
    assert len(text) < 120
    assert "\n" not in text
    assert "[" not in text


def test_sweeps_are_values():
    first, second = smalti.sweep(PHOTO, k=(2, 3)), smalti.sweep(PHOTO, k=(2, 3))
    assert first == second
    assert first != smalti.sweep(PHOTO, k=(2, 4))
    with pytest.raises(AttributeError):
        first.k = (2, 4)
    assert repr(first) == "<Sweep of the image array, K = 2, 3>"


def test_values_of_other_numbers_differ():
    pair = Pair(np.arange(3.0), "a")
    assert pair == Pair(np.arange(3.0), "a")
    assert pair != Pair(np.arange(3.0), "b")
    assert pair != Pair(np.arange(4.0), "a")
    assert pair != Pair(np.array([0.0, 1.0, 3.0]), "a")


def test_values_of_arrays_have_no_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(Pair(np.arange(3.0), "a"))


def test_values_are_frozen():
    pair = Pair(np.arange(3.0), "a")
    with pytest.raises(FrozenInstanceError):
        pair.name = "b"
    with pytest.raises(ValueError, match="read-only"):
        pair.numbers[0] = 1


def test_neither_provenance_nor_what_is_made_of_attributes_counts():
    thing, other = Thing(2, "here"), Thing(2, "there")
    assert thing.double == 4
    assert thing == other
    assert other == thing
    assert thing != Thing(3, "here")


def test_attributes_of_other_classes_can_be_neither_set_nor_deleted():
    thing = Thing(2, "here")
    with pytest.raises(FrozenInstanceError, match="number"):
        thing.number = 3
    with pytest.raises(FrozenInstanceError, match="number"):
        del thing.number


def test_the_callers_array_stays_writeable():
    numbers = np.arange(3.0)
    pair = Pair(numbers, "a")
    numbers[0] = 7
    assert pair.numbers[0] == 7
    assert read_only(numbers).base is numbers


def _made_by_the_core():
    raw = RawArray(np.array([[1.5, 2.0], [3.0, 4.0]]).tobytes(), (2, 2), "float64")
    return Pair(as_array_later(raw), "a")


def test_what_the_core_has_made_is_an_array_once_it_is_asked_for():
    pair = _made_by_the_core()
    assert isinstance(pair._as_made("numbers"), RawArray)
    assert dir(pair).count("numbers") == 1
    assert "numbers" not in vars(pair)
    np.testing.assert_array_equal(pair.numbers, [[1.5, 2.0], [3.0, 4.0]])
    assert pair.numbers is pair.numbers
    assert not pair.numbers.flags.writeable
    assert pair._as_made("name") == "a"
    with pytest.raises(AttributeError, match="'Pair' object has no attribute 'other'"):
        pair.other  # noqa: B018


def test_what_the_core_has_made_equals_an_array():
    array = np.array([[1.5, 2.0], [3.0, 4.0]])
    assert _made_by_the_core() == Pair(array, "a")
    assert Pair(array, "a") == _made_by_the_core()
    assert _made_by_the_core() != Pair(array + 1, "a")
    assert _made_by_the_core() != Pair(array, "b")


@pytest.mark.parametrize("asked", [False, True])
def test_what_the_core_has_made_is_copied_and_pickled_once(asked):
    pair = _made_by_the_core()
    if asked:
        assert pair.numbers.shape == (2, 2)
    for copied in (copy.deepcopy(pair), pickle.loads(pickle.dumps(pair)), replace(pair)):
        assert copied == pair
        assert not copied.numbers.flags.writeable
    assert pair.__getstate__().keys() == {"_raw", "name"}


def test_an_error_within_a_property_is_told_as_it_is():
    class Broken(Value):
        @property
        def half(self):
            return self.whole / 2

    with pytest.raises(AttributeError, match="no attribute 'whole'"):
        Broken().half  # noqa: B018


def test_what_the_core_has_made_cannot_be_set():
    with pytest.raises(FrozenInstanceError, match="numbers"):
        _made_by_the_core().numbers = np.zeros(1)


def test_not_a_number_equals_itself_and_no_array_equals_none():
    assert same(np.array([np.nan, 1.0]), np.array([np.nan, 1.0]))
    assert not same(np.array([1.0]), None)
    assert same(None, None)
    assert not same(np.array(["a"]), np.array(["b"]))


def test_numbers_of_things():
    assert counted(1, "centroid") == "1 centroid"
    assert counted(1000, "centroid") == "1,000 centroids"
