"""The textbook estimates that the share is compared with."""

import numpy as np
import pytest

from benchmarks.share_rivals import RIVALS, Floats, counts, with_interval


def spread(mean: float) -> Floats:
    """Return accounts, in bins, whose log-odds are what they say: normal with variance 2 |mean|."""
    return counts(np.random.default_rng(1).normal(mean, np.sqrt(2.0 * abs(mean)), 20_000))


@pytest.mark.parametrize("name", [name for name in RIVALS if name != "count above .5"])
@pytest.mark.parametrize("share", [0.1, 0.4, 0.8])
def test_finds_the_share_of_a_mixture(name: str, share: float) -> None:
    """On a large mixture of the very accounts that it learned from, every estimate is right."""
    real, fake = spread(-3.0), spread(3.0)
    mixed = (1.0 - share) * real + share * fake
    assert RIVALS[name](mixed[None], real, fake)[0] == pytest.approx(share, abs=0.025)


def test_adjusted_counts_undo_what_counting_misses() -> None:
    """Where a fifth of real accounts looks fake, a count is off by a fifth and the others not."""
    real, fake = 0.8 * spread(-3.0) + 0.2 * spread(3.0), spread(3.0)
    mixed = (0.9 * real + 0.1 * fake)[None]
    assert RIVALS["count above .5"](mixed, real, fake)[0] > 0.25
    for name in ("adjusted count", "adjusted, PACC", "Hellinger, HDy", "kernels, KDEy"):
        assert RIVALS[name](mixed, real, fake)[0] == pytest.approx(0.1, abs=0.015)


def test_the_bootstrap_holds_the_estimate() -> None:
    """An interval of sampled followers lies around the estimate and narrows with their number."""
    rng, widths = np.random.default_rng(2), []
    for n in (100, 10_000):
        sampled = counts(rng.normal(np.where(rng.random(n) < 0.3, 3.0, -3.0), 1.5))[None]
        share, low, high = with_interval(
            RIVALS["adjusted count"], sampled, spread(-3.0), spread(3.0), rng
        )
        assert low[0] <= share[0] <= high[0]
        widths.append(high[0] - low[0])
    assert widths[1] < 0.3 * widths[0]
