"""How an account model fares on sources it never saw: its level there, and the doubt about it."""

import numpy as np
from scipy.special import expit, logit

from features.arrays import Floats, Ints
from models.sample import EXACT, Doubt, Transfer, log_likelihoods, shifts
from models.share import STEPS, beta_log_masses, posteriors
from training.calibrate import level
from training.looks import looks

# Labelled accounts and an audience's fakes come in batches whose accounts resemble one another:
# so many of them tell as much as one that was drawn alone.
ALIKE = 2.0

SHIFT = 1.0  # deviation of what all log-odds lack in an audience that is like nothing known

# What an audience of another origin may show whatever its sample says, each with its probability:
# fakes kept for sale that look real, and real accounts that look fake.
LOOK_REAL, SHOWN_FAKE = 0.3, 0.8
LOOK_FAKE, SHOWN_REAL = 0.3, 0.05


def at_own_share(log_odds: Floats, source: Ints) -> Floats:
    """Return probabilities at the share of fakes that each source itself seems to hold.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (n,)
        log P(columns | fake) / P(columns | real).
    source : ndarray of int64, shape (n,)
        Each source counts as one audience, whose labels nobody knows.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    answer = np.empty(len(log_odds))
    for one in np.unique(source):
        here = source == one
        answer[here] = expit(log_odds[here] + logit(_apparent(log_odds[here])))
    return answer


def at_best_level(log_odds: Floats, fake: Floats, source: Ints) -> Floats:
    """Return probabilities at the level that fits each source's labels best.

    What an account model is chosen by: the level is the share's part, and the share that few
    sources seem to hold would decide between models by chance.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (n,)
        log P(columns | fake) / P(columns | real).
    fake : ndarray of float64, shape (n,)
        1 fake, 0 real.
    source : ndarray of int64, shape (n,)
        Where each account comes from.

    Returns
    -------
    ndarray of float64, shape (n,)
        For log-odds that are all the same, the share of fakes of the source.
    """
    answer = np.empty(len(log_odds))
    for one in np.unique(source):
        here = source == one
        found = level(log_odds[here], fake[here], np.ones(int(here.sum())))
        answer[here] = expit(log_odds[here] + found)
    return answer


def doubt(log_odds: Floats, fake: Floats, source: Ints, known: Floats | None = None) -> Doubt:
    """Return how far a share may be off beyond sampling: few labels, and fakes of another kind.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (n,)
        Of labelled accounts, by models that never saw their source.
    fake : ndarray of float64, shape (n,)
        1 fake, 0 real.
    source : ndarray of int64, shape (n,)
        Where each account comes from; one source alone cannot tell of another.
    known : ndarray of float64, shape (n,), optional
        The same by models that saw other accounts of the source, as far as there are any.

    Returns
    -------
    Doubt
    """
    fakes, reals = fake.sum(), len(fake) - fake.sum()
    # The error of the spreads is that of counting as many labelled accounts again.
    accounts = float(2.0 / (1.0 / fakes + 1.0 / reals)) / ALIKE
    return Doubt(
        accounts,
        tuple(
            Transfer(a * b, real, made)
            for a, real in ((1.0 - LOOK_FAKE, 0.0), (LOOK_FAKE, SHOWN_REAL))
            for b, made in ((1.0 - LOOK_REAL, 1.0), (LOOK_REAL, SHOWN_FAKE))
        ),
        looks(log_odds, None, fake, source)
        if known is None
        else looks(known, log_odds, fake, source),
        shifts(SHIFT),
    )


def _apparent(log_odds: Floats) -> float:
    """Return the share of fakes that accounts seem to hold, sampling error alone in doubt."""
    masses = beta_log_masses(np.array([0.5]), 2.0)
    masses += log_likelihoods(log_odds, np.array([0, len(log_odds)]), EXACT)
    share = float(posteriors(masses, 0.5).share[0])
    return min(max(share, 0.5 / STEPS), 1.0 - 0.5 / STEPS)
