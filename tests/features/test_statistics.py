"""Order statistics inside kernels are those of NumPy, to the last bit."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features import statistics
from features.arrays import Floats
from features.compiled import kernel
from features.statistics import FEW, MANY, SD_OF_MAD

SIZES = st.integers(0, 3 * MANY)
any_values = arrays(np.float64, SIZES, elements=st.floats(-1e12, 1e12))
few_different = arrays(
    np.float64, SIZES, elements=st.sampled_from([-np.inf, -1.5, 0.0, 2.0, np.inf])
)


@kernel
def medians(values: Floats, out: Floats) -> None:
    """Fill in the median and the spread."""
    out[0] = statistics.median(values)
    out[1] = statistics.spread(values)


def both(values: Floats) -> tuple[float, float]:
    """Return the median and the spread."""
    out = np.empty(2)
    medians(values, out)
    return float(out[0]), float(out[1])


@given(st.one_of(any_values, few_different))
@example(np.arange(FEW + 1.0))
@example(np.arange(2.0 * MANY)[::-1].copy())
@example(np.ones(MANY))
def test_the_median_is_that_of_sorted_values(values: Floats) -> None:
    """Of few and of many, in any order, repeated or infinite; of nothing it is unknown."""
    ordered, n = np.sort(values), len(values)
    with np.errstate(invalid="ignore"):  # infinities of both signs have no middle
        middle = 0.5 * (ordered[(n - 1) // 2] + ordered[n // 2]) if n else np.nan

    np.testing.assert_array_equal(both(values)[0], middle)


@given(any_values)
def test_the_spread_is_that_of_distances_from_the_median(values: Floats) -> None:
    """1.4826 times the median absolute deviation."""
    distances = np.sort(np.abs(values - both(values)[0]))
    n = len(values)
    middle = 0.5 * (distances[(n - 1) // 2] + distances[n // 2]) if n else np.nan

    np.testing.assert_array_equal(both(values)[1], SD_OF_MAD * middle)


@pytest.mark.parametrize("n", [3, FEW, FEW + 1, MANY, 365])
def test_values_stay_as_they_are(n: int) -> None:
    """A statistic neither reorders nor overwrites what it is given."""
    values = np.random.default_rng(n).normal(size=n)
    before = values.copy()

    both(values)

    np.testing.assert_array_equal(values, before)
