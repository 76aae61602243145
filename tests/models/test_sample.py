"""The likelihood of a sample of scored followers."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln, logsumexp

from features.arrays import Floats
from models.mixture import ANYHOW, KNOTS
from models.parts import decode, encode
from models.sample import (
    EXACT,
    FIT,
    Doubt,
    Looks,
    Shift,
    Transfer,
    log_likelihoods,
    shifts,
    transfers,
)
from models.share import GRID, Posterior, posteriors


def spread(mean: float, deviation: float = 1.5) -> tuple[float, ...]:
    """Return a normal spread at the knots, never quite 0."""
    density = np.exp(-0.5 * ((KNOTS - mean) / deviation) ** 2) + 1e-4
    return tuple((density / density.sum()).tolist())


def places(real: float, fake: float) -> Looks:
    """Return heaps at -4 and 4, which elsewhere may stand at `real` and `fake` instead."""
    return Looks(
        real=(spread(-4.0), spread(-4.0), spread(real)),
        fake=(spread(4.0), spread(4.0), spread(fake)),
        weights=((0.5, 0.0, 0.0), (0.0, 0.0, 0.2), (0.0, 0.15, 0.1)),
        unlike=0.05,
    )


CELLS = np.r_[0.5, np.ones(len(GRID) - 2), 0.5] / (len(GRID) - 1)
KNOWN = places(-4.0, 4.0)
DOUBT = Doubt(500.0, transfers(real=(0.0, 0.02), fake=(1.0, 0.85)), places(-2.0, 1.0), shifts(0.5))


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


def normal(fakes: int, reals: int, fake: float = 4.0) -> Floats:
    """Return real accounts around -4 and fake ones around `fake`."""
    rng = np.random.default_rng(5)
    return np.concatenate([rng.normal(fake, 1.5, fakes), rng.normal(-4.0, 1.5, reals)])


def test_a_shift_matters_where_accounts_say_little() -> None:
    """If log-odds may be off, accounts with odds near one say nothing, clear ones much."""
    doubt = Doubt(1e12, EXACT.transfer, shifts=shifts(0.2))
    vague, clear_cut = read(np.full(500, 0.05), doubt), read(clear(150, 350), doubt)
    assert vague.high[0] - vague.low[0] > 0.9
    assert clear_cut.high[0] - clear_cut.low[0] < 0.1


def test_a_shift_is_of_the_log_odds() -> None:
    """One certain shift is the sample with its log-odds moved."""
    log_odds = np.random.default_rng(3).uniform(-4.0, 4.0, 80)
    moved = Doubt(1e12, EXACT.transfer, shifts=(Shift(1.0, 0.5),))
    found, wanted = likelihood(log_odds, moved), likelihood(log_odds + 0.5)
    np.testing.assert_allclose(found - found.max(), wanted - wanted.max(), atol=0.01)


@given(st.integers(1, 400), st.integers(0, 1000))
def test_is_the_weighted_sum_of_all_cases(n: int, seed: int) -> None:
    """Summed knot by knot and case by case at every step of the grid: likelihoods within .1."""
    place = np.random.default_rng(seed).integers(0, len(KNOTS) - 1, n)
    # In the middle of the first bin after a knot: a sixteenth of the way to the next.
    log_odds = KNOTS[place] + (KNOTS[1] - KNOTS[0]) / 16.0
    here, there = (np.bincount(place + k, minlength=len(KNOTS)) for k in (0, 1))
    counts = here * 15 / 16 + there / 16
    temper = DOUBT.accounts / (n + DOUBT.accounts)
    assert DOUBT.looks is not None
    terms = []

    def add(curve: Floats, *, known: bool = False) -> None:
        for case in EXACT.transfer if known else DOUBT.transfer:
            apparent = case.real + (case.fake - case.real) * GRID
            terms.append(np.log(case.weight) + np.interp(apparent, GRID, curve))

    for i, real in enumerate(DOUBT.looks.real):
        for j, fake in enumerate(DOUBT.looks.fake):
            weight = DOUBT.looks.weights[i][j]
            curve = np.log(np.outer(1.0 - GRID, real) + np.outer(GRID, fake)) @ counts
            curve = temper * (curve - (1.0 - FIT) * curve.max())
            if weight:
                add(np.log(weight) + curve, known=i + j == 0)
    before, seen = np.full(len(KNOTS), ANYHOW / len(KNOTS)), temper * FIT * counts
    unlike = np.sum(gammaln(before + seen) - gammaln(before))
    unlike += gammaln(ANYHOW) - gammaln(ANYHOW + seen.sum())
    for weight, shift in DOUBT.shifts:
        curve = temper * np.log1p(np.outer(GRID, np.expm1(KNOTS + shift))) @ counts
        curve += unlike - logsumexp(curve, b=CELLS)
        add(np.log(DOUBT.looks.unlike * weight) + curve)
    wanted = np.logaddexp.reduce(terms)
    found = likelihood(log_odds, DOUBT)[0]
    likely = wanted > wanted.max() - 5.0
    off = (found - logsumexp(found)) - (wanted - logsumexp(wanted))
    assert np.abs(off[likely]).max() < 0.1


def test_agrees_with_em_on_large_samples() -> None:
    """Without doubt, the mean is the share that EM on the prior (Saerens et al.) converges to."""
    rng = np.random.default_rng(8)
    for share in (0.08, 0.35, 0.8):
        fake = rng.random(20_000) < share
        log_odds = 2.0 * rng.normal(np.where(fake, 1.0, -1.0))  # the log of their densities' ratio
        found = 0.5
        for _ in range(500):
            odds = found / (1.0 - found) * np.exp(log_odds)
            found = float(np.mean(odds / (1.0 + odds)))
        assert read(log_odds).share[0] == pytest.approx(found, abs=0.005)


def test_a_sample_tells_a_new_kind_of_fakes() -> None:
    """Fakes that stand between the heaps are found, where training alone would miss most."""
    foreign = normal(120, 180, fake=-0.5)
    closed = read(foreign, Doubt(500.0, EXACT.transfer, KNOWN))
    opened = read(foreign, Doubt(500.0, EXACT.transfer, places(-4.0, -0.5)))
    assert abs(opened.share[0] - 0.4) < 0.05 < abs(closed.share[0] - 0.4)


def test_the_known_leaves_less_open() -> None:
    """The interval is wider for a new kind of fakes than for those of training."""
    doubt = Doubt(500.0, DOUBT.transfer, places(-4.0, 0.0))
    known, foreign = (read(normal(90, 210, fake), doubt) for fake in (4.0, 0.5))
    assert known.high[0] - known.low[0] < 0.8 * (foreign.high[0] - foreign.low[0])


def test_spreads_that_are_alike_say_nothing() -> None:
    """A model that cannot tell real from fake leaves every share as likely as before."""
    same = Looks((spread(0.0),), (spread(0.0),), ((0.9,),), unlike=0.1)
    curve = likelihood(np.tile([-0.01, 0.01], 50), Doubt(500.0, EXACT.transfer, same))[0]
    np.testing.assert_allclose(curve, curve[0], atol=0.05)


def test_a_sample_unlike_all_is_read_by_its_log_odds() -> None:
    """Accounts without columns stand on one spot, where spreads of whole accounts mean nothing."""
    spot = np.full(300, -1.0)
    assert read(spot, dataclasses.replace(DOUBT, shifts=shifts(1.0))).high[0] > 0.9
    certain = read(spot, Doubt(500.0, EXACT.transfer, DOUBT.looks))
    plain = read(spot, Doubt(500.0, EXACT.transfer))
    assert certain.share[0] == pytest.approx(plain.share[0], abs=0.01)


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
    with pytest.raises(ValueError, match="weights must add up"):
        Doubt(1.0, EXACT.transfer, shifts=(Shift(0.5),))
    with pytest.raises(ValueError, match="0 <= real < fake <= 1"):
        Doubt(1.0, transfers(real=(0.5,), fake=(0.4,)))
    with pytest.raises(ValueError, match="accounts must be above 0, got 0"):
        Doubt(0.0, EXACT.transfer)


def test_impossible_looks_are_refused() -> None:
    """Spreads that are not above 0 or not at the knots, and pairs without weights, are refused."""
    fine = spread(0.0)
    both = (fine, fine)
    with pytest.raises(ValueError, match="spreads above 0 at 65 knots"):
        Looks(((1.0, 2.0),), ((1.0, 2.0),), ((0.9,),), 0.1)
    with pytest.raises(ValueError, match="spreads above 0 at 65 knots"):
        Looks(((0.0, *fine[1:]), fine), both, ((0.5, 0.0), (0.0, 0.4)), 0.1)
    with pytest.raises(ValueError, match="a weight is needed for each pair"):
        Looks(both, both, ((0.5, 0.4),), 0.1)
    with pytest.raises(ValueError, match="all must add up to 1"):
        Looks(both, both, ((0.5, 0.0), (0.0, 0.5)), 0.1)
    with pytest.raises(ValueError, match="the first pair and being unlike all"):
        Looks(both, both, ((0.5, 0.0), (0.0, 0.5)), 0.0)
