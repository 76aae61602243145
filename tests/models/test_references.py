"""Quantiles among peers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.arrays import Floats
from models.parts import decode, encode
from models.references import References

NAN = float("nan")


def one_group(values: Floats) -> References:
    X = np.asarray(values, dtype=np.float64)[:, None]
    return References.from_matrix(["f"], X, np.zeros(len(X)), ["micro"] * len(X))


@given(st.integers(0, 1000), st.floats(-3.0, 3.0))
def test_percentile_is_the_share_below(seed: int, value: float) -> None:
    """Among normal numbers the percentile is the share below, within a knot."""
    values = np.random.default_rng(seed).normal(size=400)
    found = one_group(values).percentile("f", value, 0.0, "micro")
    assert found == pytest.approx(100.0 * (values < value).mean(), abs=5.0)


@given(st.lists(st.floats(-4.0, 4.0), min_size=2, max_size=10))
def test_percentile_rises_with_the_value(values: list[float]) -> None:
    """A larger value has no smaller percentile, and all lie in 0 to 100."""
    peers = one_group(np.random.default_rng(1).normal(size=200))
    found = [peers.percentile("f", value, 0.0, "micro") or 0.0 for value in sorted(values)]
    assert found == sorted(found)
    assert 0.0 <= found[0] <= found[-1] <= 100.0


def test_ties_count_half() -> None:
    """If 60 % of the peers have none, having none is the 30th percentile; thirds are ties too."""
    assert one_group(np.repeat([0.0, 1 / 3], [60, 40])).percentile("f", 0.0, 0.0, "micro") == (
        pytest.approx(30.0, abs=3.0)
    )
    assert one_group(np.repeat([0.0, 1 / 3], [60, 40])).percentile("f", 1 / 3, 0.0, "micro") == (
        pytest.approx(80.0, abs=3.0)
    )


def test_small_groups_fall_back() -> None:
    """Fewer than fifty peers of a tier: those of the platform; too few there: everybody."""
    platform = np.repeat([0.0, 1.0], [100, 10])
    tier = ["nano"] * 60 + ["mega"] * 40 + ["nano"] * 10
    found = References.from_matrix(["f"], np.arange(110.0)[:, None], platform, tier)
    assert found.peers("f", 0.0, "nano") == "nano creators on Instagram"
    assert found.peers("f", 0.0, "mega") == "creators on Instagram"
    assert found.peers("f", 1.0, "nano") == "all creators"
    assert found.peers("f", NAN, None) == "all creators"
    assert found.peers("g", 0.0, "nano") is None
    assert found.percentile("f", 59.0, 0.0, "nano") == pytest.approx(100.0, abs=5.0)
    assert found.percentile("f", 59.0, 0.0, "mega") == pytest.approx(60.0, abs=5.0)


def test_unknown_values_have_no_percentile() -> None:
    """NaN is nobody's rank, and a feature known to too few has no peers."""
    assert one_group(np.arange(100.0)).percentile("f", NAN, 0.0, "micro") is None
    sparse = np.where(np.arange(100) < 49, 1.0, NAN)
    assert one_group(sparse).percentile("f", 1.0, 0.0, "micro") is None


def test_round_trip() -> None:
    """Numbers through JSON are the same numbers."""
    peers = one_group(np.random.default_rng(2).normal(size=200))
    again = References.from_numbers(decode(encode(peers.numbers())))
    assert again.numbers() == peers.numbers()
    assert again.percentile("f", 0.4, 0.0, "micro") == peers.percentile("f", 0.4, 0.0, "micro")
