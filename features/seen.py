"""All that scores need of creators that bring their history, each for its own offer."""

from typing import NamedTuple

import numpy as np

from features.arrays import Floats
from features.catalogue import FIT
from features.chosen import CATALOGUE
from features.compiled import straight
from features.computing import listed
from features.drivers import Asked, BaseColumns, Moments, base_rows, fit_rows, summary_rows
from features.packed import History
from features.samples import Samples, samples_of
from features.states import empty
from features.summary import DataSummary, blank_summary, summary_of

_base_rows, _fit_rows = straight(base_rows), straight(fit_rows)
_summary_rows = straight(summary_rows)


class Seen(NamedTuple):
    """What n creators show."""

    X: Floats
    followers: Floats
    samples: Samples
    summary: DataSummary


def seen(history: History, asked: Asked) -> Seen:
    """Return features, samples and summary of creators, by the kernels of `matrix`.

    Parameters
    ----------
    history : History
        Of n creators.
    asked : Asked
        The brief, the offer and the moment of each; its states are 0 to n - 1.

    Returns
    -------
    Seen
        In their order; bit for bit what `matrix`, `samples` and `data_summary` give.
    """
    histories, collaborations, followers = history
    n = len(asked.state)
    moments = Moments(asked.state, asked.as_of)
    blank = empty(n)
    columns = BaseColumns(CATALOGUE.wanted, blank.base, blank.creator, blank.category)
    _base_rows(histories, moments, columns, False, (0, n))
    states = listed(blank, histories, collaborations, moments)
    fit = np.full((n, len(FIT)), np.nan)
    _fit_rows(states.arrays, asked, fit, False, (0, n))
    sampled = samples_of(followers, moments)
    counted = blank_summary(n)
    _summary_rows(histories, collaborations, moments, counted)
    X = np.concatenate([states.base, fit], axis=1)
    return Seen(X, states.followers, sampled, summary_of(counted, sampled.frame))
