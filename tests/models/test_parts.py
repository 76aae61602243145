"""Numbers as JSON bytes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parts import decode, encode


@given(st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_come_back_to_the_bit(numbers: dict[str, float]) -> None:
    """Every finite double survives, the sign of zero included."""
    again = decode(encode(numbers))
    assert {name: value.hex() for name, value in again.items()} == {
        name: value.hex() for name, value in numbers.items()
    }


def test_equal_numbers_are_equal_bytes() -> None:
    """The order in which a model lists its numbers does not show."""
    assert encode({"a": 1.0, "b": 2.0}) == encode({"b": 2.0, "a": 1.0})


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_numbers_without_a_word_are_refused(value: float) -> None:
    """NaN and infinity are no JSON."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode({"a": value})
