"""The likelihood of a sample of scored followers."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.arrays import Floats
from models.parts import decode, encode
from models.sample import EXACT, Doubt, Transfer, log_likelihoods, transfers
from models.share import GRID, Posterior, posteriors

DOUBT = Doubt(500.0, transfers(0.2, real=(0.0, 0.02), fake=(1.0, 0.85)))


def likelihood(log_odds: Floats, doubt: Doubt = EXACT) -> Floats:
    return log_likelihoods(log_odds, np.array([0, len(log_odds)]), doubt)


def read(log_odds: Floats, doubt: Doubt = EXACT) -> Posterior:
    return posteriors(likelihood(log_odds, doubt), 0.25)


def clear(fakes: int, reals: int) -> Floats:
    """Return accounts that leave no doubt."""
    return np.array([8.0] * fakes + [-8.0] * reals)


@given(st.integers(0, 100), st.integers(0, 1000))
def test_is_the_mixture_likelihood(n: int, seed: int) -> None:
    """Without doubt the curve is that of the product of 1 - q + q r, within a bin's width."""
    log_odds = np.random.default_rng(seed).uniform(-4.0, 4.0, n)
    exact = np.log1p(GRID * np.expm1(log_odds)[:, None]).sum(axis=0)
    found = likelihood(log_odds)[0]
    np.testing.assert_allclose(found - found[100], exact - exact[100], atol=0.02 * max(n, 1))


@given(st.integers(1, 60), st.integers(0, 1000))
def test_order_of_accounts_is_irrelevant(n: int, seed: int) -> None:
    """Shuffled accounts give the same bits."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(scale=4.0, size=n)
    assert likelihood(log_odds).tobytes() == likelihood(rng.permutation(log_odds)).tobytes()


def test_alone_is_as_in_a_batch() -> None:
    """A sample's curve is the same bits alone and among others; an empty one says nothing."""
    rng = np.random.default_rng(2)
    sizes = [5, 0, 300, 1]
    log_odds = rng.normal(scale=3.0, size=sum(sizes))
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    batch = log_likelihoods(log_odds, offsets, DOUBT)
    for row, (start, stop) in enumerate(pairwise(offsets)):
        assert likelihood(log_odds[start:stop], DOUBT)[0].tobytes() == batch[row].tobytes()
    assert (batch[1] == 0.0).all()


@given(st.integers(0, 40), st.integers(1, 40), st.integers(2, 20))
def test_more_of_the_same_narrows(fakes: int, reals: int, times: int) -> None:
    """The same mixture in a larger sample has no wider interval, with and without doubt."""
    for doubt in (EXACT, DOUBT):
        small = read(clear(fakes, reals), doubt)
        large = read(clear(fakes * times, reals * times), doubt)
        assert large.high[0] - large.low[0] <= small.high[0] - small.low[0] + 1e-9


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9])
def test_each_error_widens(share: float) -> None:
    """Model error and transfer error both widen the interval of a large sample."""
    accounts = clear(round(20_000 * share), round(20_000 * (1.0 - share)))
    sampling = read(accounts)
    for doubt in (
        Doubt(200.0, EXACT.transfer),
        Doubt(1e12, transfers(real=(0.0, 0.05), fake=(1.0, 0.9))),
        Doubt(1e12, DOUBT.transfer),
    ):
        found = read(accounts, doubt)
        assert found.high[0] - found.low[0] > sampling.high[0] - sampling.low[0]


def test_no_sample_is_certain() -> None:
    """A million followers are worth no more than the accounts the odds were learned from."""
    small, large = (read(clear(3 * n, 7 * n), Doubt(100.0, EXACT.transfer)) for n in (500, 100_000))
    assert large.high[0] - large.low[0] == pytest.approx(small.high[0] - small.low[0], rel=0.05)
    assert large.high[0] - large.low[0] > 0.1


def test_transfer_moves_the_share_towards_what_rates_say() -> None:
    """If one real account in ten may look fake, 10 % apparent fakes agree with none."""
    elsewhere = Doubt(1e12, transfers(real=(0.0, 0.1)))
    found = read(clear(100, 900), elsewhere)
    assert found.low[0] < 0.02
    assert found.high[0] > 0.09


def test_a_shift_matters_where_accounts_say_little() -> None:
    """If log-odds may be off, accounts with odds near one say nothing, clear ones much."""
    doubt = Doubt(1e12, transfers(0.2))
    vague, clear_cut = read(np.full(500, 0.05), doubt), read(clear(150, 350), doubt)
    assert vague.high[0] - vague.low[0] > 0.9
    assert clear_cut.high[0] - clear_cut.low[0] < 0.1


def test_a_shift_is_of_the_log_odds() -> None:
    """One certain shift is the sample with its log-odds moved."""
    log_odds = np.random.default_rng(3).uniform(-4.0, 4.0, 80)
    moved = Doubt(1e12, (Transfer(1.0, shift=0.5),))
    np.testing.assert_allclose(likelihood(log_odds, moved), likelihood(log_odds + 0.5), atol=1e-6)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.45, 0.7])
def test_interval_holds_the_truth(share: float) -> None:
    """With known odds, 90 % intervals hold the share in 86 to 94 % of 300 audiences of 200."""
    rng = np.random.default_rng(17)
    held = 0
    for _ in range(300):
        fake = rng.random(200) < share
        # Two normal populations 3 apart: the log of their densities' ratio is 3 (x - 1.5).
        x = rng.normal(size=200) + 3.0 * fake
        found = read(3.0 * (x - 1.5))
        held += bool(found.low[0] <= share <= found.high[0])
    assert 0.86 <= held / 300 <= 0.94


def test_far_beyond_every_rate_stays_finite() -> None:
    """An audience that no rate explains still has a finite curve."""
    narrow = Doubt(1e12, transfers(real=(0.4,), fake=(0.6,)))
    found = likelihood(clear(0, 50_000), narrow)
    assert np.isfinite(found).all()
    assert read(clear(0, 50_000), narrow).share[0] < 0.02


def test_round_trip() -> None:
    """Numbers through JSON are the same numbers."""
    assert Doubt.from_numbers(decode(encode(DOUBT.numbers()))) == DOUBT


def test_impossible_doubts_are_refused() -> None:
    """Weights that do not add up, rates out of order and no accounts are refused."""
    with pytest.raises(ValueError, match="weights must add up"):
        Doubt(1.0, (Transfer(0.5),))
    with pytest.raises(ValueError, match="0 <= real < fake <= 1"):
        Doubt(1.0, transfers(real=(0.5,), fake=(0.4,)))
    with pytest.raises(ValueError, match="accounts must be above 0, got 0"):
        Doubt(0.0, EXACT.transfer)
