"""Exponential and logarithm from the four operations."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.arrays import Floats
from features.compiled import kernel
from models.arithmetic import exponential, logarithm, logit, sigmoids

finite = st.floats(-700.0, 700.0)


@kernel
def exponentials(x: Floats, out: Floats) -> None:
    """Write e to the power of every x."""
    for i in range(len(x)):
        out[i] = exponential(x[i])


@kernel
def logarithms(x: Floats, out: Floats) -> None:
    """Write the logarithm of every x."""
    for i in range(len(x)):
        out[i] = logarithm(x[i])


def exp(*x: float) -> list[float]:
    out = np.empty(len(x))
    exponentials(np.array(x), out)
    return out.tolist()


def log(*x: float) -> list[float]:
    out = np.empty(len(x))
    logarithms(np.array(x), out)
    return out.tolist()


@given(finite)
def test_exponential_is_right_to_the_last_place(x: float) -> None:
    """Exponentials agree with the C library within one unit in the last place."""
    assert abs(exp(x)[0] - math.exp(x)) <= math.ulp(math.exp(x))


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_logarithm_is_right_to_the_last_place(x: float) -> None:
    """Logarithms agree with the C library within one unit in the last place."""
    assert abs(log(x)[0] - math.log(x)) <= math.ulp(math.log(x))


@given(st.floats(-745.0, -690.0), st.floats(5e-324, 1e-300, allow_subnormal=True))
def test_the_smallest_numbers_are_right_too(x: float, small: float) -> None:
    """Beside and below the least normal number, where an exponent has no bits of its own."""
    assert abs(exp(x)[0] - math.exp(x)) <= math.ulp(math.exp(x))
    assert abs(log(small)[0] - math.log(small)) <= math.ulp(math.log(small))


def test_ends_of_the_range() -> None:
    """Overflow is infinite, underflow zero, and NaN stays NaN."""
    assert exp(1e4, -1e4, 0.0) == [math.inf, 0.0, 1.0]
    assert log(0.0, 1.0, math.inf) == [-math.inf, 0.0, math.inf]
    assert all(math.isnan(x) for x in [*exp(math.nan), *log(math.nan, -1.0)])


@given(st.lists(st.floats(-40.0, 40.0), min_size=2, max_size=20))
def test_sigmoid_rises_and_is_a_probability(x: list[float]) -> None:
    """A larger log-odds never has a smaller probability, and none leaves [0, 1]."""
    out = np.empty(len(x))
    sigmoids(np.sort(np.array(x)), out)
    assert (np.diff(out) >= 0.0).all()
    assert out.min() >= 0.0
    assert out.max() <= 1.0


@given(st.floats(1e-6, 1.0 - 1e-6))
def test_logit_undoes_sigmoid(p: float) -> None:
    """sigmoid(logit(p)) is p."""
    out = np.empty(1)
    sigmoids(np.array([logit(p)]), out)
    assert math.isclose(out[0], p, rel_tol=1e-12)
