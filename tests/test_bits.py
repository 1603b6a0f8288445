import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from smalti.bits import bits_per_index, entropy_bits, smallest_unsigned
from tests import reference


@given(st.integers(1, 2**40))
def test_index_bits_are_just_enough(k):
    bits = bits_per_index(k)
    assert 2**bits >= k
    assert bits == 0 or 2 ** (bits - 1) < k


def test_entropy_of_a_fair_coin_is_a_bit_each():
    assert entropy_bits(np.array([[0, 1], [1, 0]], dtype=np.uint8)) == 4.0


def test_entropy_of_one_value_is_nothing():
    assert entropy_bits(np.zeros((5, 5), dtype=np.uint8)) == 0.0


def test_entropy_of_three_to_one():
    # 4 * (3/4 log2(4/3) + 1/4 log2 4)
    assert entropy_bits(np.array([0, 0, 7, 0], dtype=np.uint16)) == pytest.approx(3.2451124978)


@given(hnp.arrays(np.uint16, st.integers(1, 60), elements=st.integers(0, 9)))
def test_entropy_follows_the_formula_and_stays_below_fixed_length(indices):
    found = entropy_bits(indices)
    assert found == pytest.approx(reference.entropy_bits(indices), abs=1e-9)
    assert found <= indices.size * bits_per_index(len(np.unique(indices))) + 1e-9


@pytest.mark.parametrize(
    ("k", "dtype"),
    [(1, "u1"), (256, "u1"), (257, "u2"), (65536, "u2"), (65537, "u4"), (2**32 + 1, "u8")],
)
def test_types_change_where_the_last_index_no_longer_fits(k, dtype):
    assert smallest_unsigned(k) == np.dtype(dtype)
