"""How labelled accounts of several sources are combined: each by how far it speaks of the same."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from features.arrays import Flags, Floats, Ints
from models.accounts import ACCOUNT_COLUMNS
from training.labelled import Rows
from training.learning import Plan, Task, learn, usable
from training.likelihoods import hits

LEAST = 0.05  # what a source that the world ranks no better than chance still counts
RIDGE = 30.0  # of the linear model that ranks


@dataclass(frozen=True, slots=True)
class Mixture:
    """Labelled accounts of all sources, those of the built-in world beside them.

    Parameters
    ----------
    X : ndarray of float64, shape (n, p)
        `ACCOUNT_COLUMNS`; the labelled rows first.
    fake : ndarray of float64, shape (n,)
        1 fake, 0 real.
    source : ndarray of int64, shape (n,)
        Numbers of the sources; the world's accounts are one source, the last.
    group : ndarray of int64, shape (n,)
        Equal for rows with equal values.
    given : ndarray of bool, shape (n,)
        Whether a row is one of the labelled ones, which are what a model is judged by.
    worth : ndarray of float64, shape (sources,)
        How much a source counts.
    """

    X: Floats
    fake: Floats
    source: Ints
    group: Ints
    given: Flags
    worth: Floats

    def weights(self, chosen: Ints) -> Floats:
        """Return the weights of some rows, mean 1, as `weights` gives them."""
        return weights(self.fake[chosen], self.source[chosen], self.worth)


def mix(rows: Rows, world: Rows | None) -> Mixture:
    """Put labelled accounts beside those of the built-in world.

    The world holds what published figures say of kinds of accounts that a labelled file may lack,
    such as people who follow thousands. A source counts by how well a model of the world ranks it:
    one that marks other things than fake followers (bots that post, say) would make the model worse
    where it matters. The world counts like all of them together.

    Parameters
    ----------
    rows : Rows
        Labelled accounts.
    world : Rows or None
        The world's accounts; None where the labelled ones are the world's themselves.

    Returns
    -------
    Mixture
    """
    sources = len(rows.accounts.sources)
    fake, source = rows.accounts.is_fake, rows.accounts.source
    everything = np.ones(len(fake), np.bool_)
    if world is None:
        return Mixture(rows.X, fake, source, rows.group, everything, np.ones(sources))
    found = agreement(rows, world)
    extra = len(world.X)
    return Mixture(
        X=np.concatenate([rows.X, world.X]),
        fake=np.r_[fake, world.accounts.is_fake],
        source=np.r_[source, np.full(extra, sources)],
        group=np.r_[rows.group, world.group + rows.group.max() + 1],
        given=np.r_[everything, np.zeros(extra, np.bool_)],
        worth=np.r_[found, found.sum()],
    )


def agreement(rows: Rows, world: Rows) -> Floats:
    """Return 2 AUC - 1 of a linear model of the world on each source, at least .05.

    Parameters
    ----------
    rows : Rows
        Labelled accounts.
    world : Rows
        The world's.

    Returns
    -------
    ndarray of float64, shape (sources,)
        1 for a source with one class only: nothing can be said against it.
    """
    fake = world.accounts.is_fake
    places = usable(ACCOUNT_COLUMNS, world.X)
    task = Task(
        columns=tuple(ACCOUNT_COLUMNS[place] for place in places),
        X=world.X[:, places],
        asked=hits(fake, weights(fake, world.accounts.source)),
        groups=world.accounts.source,
        seed=0,
    )
    score = learn(task, Plan(RIDGE, 0), "linear").raw(rows.X[:, places])
    found = np.ones(len(rows.accounts.sources))
    for one in range(len(found)):
        here = rows.accounts.source == one
        label = rows.accounts.is_fake[here]
        if 0.0 < label.sum() < len(label):
            found[one] = max(2.0 * roc_auc_score(label, score[here]) - 1.0, LEAST)
    return found


def weights(fake: Floats, source: Ints, worth: Floats | None = None) -> Floats:
    """Weigh accounts so that both classes count the same, and in each every source its worth.

    Else a source with many fakes would make whatever marks the source a mark of fakes. The share of
    fakes becomes one half, which belongs to no source.

    Parameters
    ----------
    fake : ndarray of float64, shape (n,)
        1 fake, 0 real.
    source : ndarray of int64, shape (n,)
        Where each account comes from.
    worth : ndarray of float64, shape (sources,), optional
        How much each source counts; by default all the same.

    Returns
    -------
    ndarray of float64, shape (n,)
        With mean 1.
    """
    counts = np.ones(source.max(initial=0) + 1) if worth is None else worth
    weight = np.zeros(len(fake))
    for label in (0.0, 1.0):
        rows = np.flatnonzero(fake == label)
        found, place, sizes = np.unique(source[rows], return_inverse=True, return_counts=True)
        share = counts[found] / counts[found].sum()
        weight[rows] = 0.5 * len(fake) * (share / sizes)[place]
    return weight
