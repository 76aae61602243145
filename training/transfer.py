"""How an account model fares on sources it never saw: its level there, and the doubt about it."""

import numpy as np
from scipy.special import expit, logit

from features.arrays import Floats, Ints
from models.sample import EXACT, Doubt, log_likelihoods, transfers
from models.share import STEPS, beta_log_masses, posteriors
from training.labelled import FEWEST
from training.metrics import MEASURES

# How accounts of a source that no model saw may look, where one source cannot tell: the shift of
# their log-odds, and the share of fakes that real and fake ones seem to hold.
SHIFT_ELSEWHERE, REAL_ELSEWHERE, FAKE_ELSEWHERE = 1.0, 0.05, 0.9
LEAST_SHIFT = 0.2  # two sources that happen to agree do not make the next one agree
WORST_REAL, WORST_FAKE = 0.45, 0.55  # an apparent share beyond these would allow any share


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


def doubt(log_odds: Floats, fake: Floats, source: Ints) -> Doubt:
    """Return how far a share may be off beyond sampling: few labels, and fakes of another kind.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (n,)
        Of labelled accounts, by models that never saw their source.
    fake : ndarray of float64, shape (n,)
        1 fake, 0 real.
    source : ndarray of int64, shape (n,)
        Where each account comes from; one source alone cannot tell of another.

    Returns
    -------
    Doubt
    """
    fakes, reals = fake.sum(), len(fake) - fake.sum()
    # The error of the learned odds is that of counting as many labelled accounts again.
    accounts = float(2.0 / (1.0 / fakes + 1.0 / reals))
    shifts, looks = [], []
    for one in np.unique(source):
        found, label = log_odds[source == one], fake[source == one]
        if min(label.sum(), len(label) - label.sum()) >= FEWEST:
            shifts.append(_shift(found, label))
            looks.append([_apparent(found[label == kind]) for kind in (0.0, 1.0)])
    if len(shifts) < 2:
        elsewhere = transfers(SHIFT_ELSEWHERE, (0.0, REAL_ELSEWHERE), (1.0, FAKE_ELSEWHERE))
        return Doubt(accounts, elsewhere)
    deviation = max(float(np.sqrt(np.mean(np.square(shifts)))), LEAST_SHIFT)
    real, made = np.mean(looks, axis=0)
    return Doubt(
        accounts,
        transfers(
            deviation, (0.0, min(float(real), WORST_REAL)), (1.0, max(float(made), WORST_FAKE))
        ),
    )


def _shift(log_odds: Floats, label: Floats) -> float:
    """Return what all log-odds of a source lack for its own share to come out."""
    share = label.mean()
    return MEASURES["calibration_intercept"](
        label, expit(log_odds + logit(share)), np.ones_like(label)
    )


def _apparent(log_odds: Floats) -> float:
    """Return the share of fakes that accounts seem to hold, sampling error alone in doubt."""
    masses = beta_log_masses(np.array([0.5]), 2.0)
    masses += log_likelihoods(log_odds, np.array([0, len(log_odds)]), EXACT)
    share = float(posteriors(masses, 0.5).share[0])
    return min(max(share, 0.5 / STEPS), 1.0 - 0.5 / STEPS)
