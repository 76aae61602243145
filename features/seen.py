"""All that scores need of creators that bring their history, each for its own offer."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from features.arrays import UNKNOWN_TIME, Codes, Floats, Ints
from features.catalogue import BASE, BASE_FAMILIES, FIT, NAMES
from features.compiled import kernel, kernel_part, straight
from features.computing import states
from features.drivers import (
    SERVED,
    START,
    Asked,
    BaseColumns,
    Moments,
    StateArrays,
    Wanted,
    base_rows,
    fit_rows,
    state_rows,
    summary_rows,
)
from features.histories import collaboration_rows, follower_rows, histories_of
from features.packed import History
from features.packed_arrays import arrays_in
from features.packed_tables import collaborations_in, histories_in
from features.samples import Samples, samples_of
from features.summary import COUNTED, DataSummary, blank_summary, summary_of
from features.tables import Followers, Tables
from features.view_audience import BREAKDOWN_COLUMNS, FollowerRows
from features.view_creator import Histories, Parts
from features.view_deal import (
    COLLABORATION_COLUMNS,
    CREATOR_FACTS,
    CREATOR_FOLLOWERS,
    CollaborationRows,
)

_BASE, _FIT, _WIDTH, _MODULES = len(BASE), len(FIT), len(NAMES), len(BASE_FAMILIES)


class Seen(NamedTuple):
    """What n creators show."""

    X: Floats
    platform: Floats
    followers: Floats
    samples: Samples
    summary: DataSummary


def seen(history: History, asked: Asked) -> Seen:
    """Return features, samples and summary of creators by one compiled pass.

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
    sizes, memory, category, followers = history
    X, about, counted = _seen_rows(sizes, memory, category, follower_rows(followers), asked)
    if len(followers.known):
        sampled = samples_of(followers, Moments(asked.state, asked.as_of))
    else:
        sampled = _unsampled(len(category))
    return Seen(X, about[0], about[1], sampled, summary_of(counted, sampled.frame))


def seen_of(tables: Tables, asked: Asked) -> Seen:
    """Return what `seen` does of creators whose tables the reader made.

    Parameters
    ----------
    tables : Tables
        Of n creators.
    asked : Asked
        As for `seen`.
    """
    moments = Moments(asked.state, asked.as_of)
    found = states(tables, asked.state, asked.as_of)
    fit = np.full((len(found), _FIT), np.nan)
    fit_rows(found.arrays, asked, fit, False, (0, len(found)))
    counted = blank_summary(len(found))
    summary_rows(histories_of(tables), collaboration_rows(tables), moments, counted)
    sampled = samples_of(tables.followers, moments)
    return Seen(
        np.concatenate([found.base, fit], axis=1),
        tables.creators.platform,
        found.followers,
        sampled,
        summary_of(counted, sampled.frame),
    )


@lru_cache(16)
def _unsampled(n: int) -> Samples:
    """Return the samples of creators that have none."""
    nobody = np.zeros(n, np.int64)
    return samples_of(Followers.empty(n), Moments(nobody, nobody))


@kernel_part
def _states(
    tables: Histories, worked: CollaborationRows, moments: Moments, base: BaseColumns
) -> StateArrays:
    """Return the creators' states, with the breakdowns and collaborations that they see."""
    n = len(base.category)
    offsets = np.zeros((2, n + 1), dtype=np.int64)
    counts = np.zeros((n, 2), dtype=np.int64)
    if len(tables.audience.known) + len(worked.known) > 0:
        uncounted = StateArrays(
            base.creator,
            base.category[:0],
            offsets[0],
            np.empty((0, BREAKDOWN_COLUMNS)),
            offsets[1],
            np.empty((0, COLLABORATION_COLUMNS)),
            np.empty((0, 2), dtype=np.int64),
        )
        state_rows(tables.audience, worked, moments, counts, uncounted)
    for i in range(n):
        for part in range(2):
            offsets[part, i + 1] = offsets[part, i] + counts[i, part]
    found = StateArrays(
        base.creator,
        base.category,
        offsets[0],
        np.empty((offsets[0, n], BREAKDOWN_COLUMNS)),
        offsets[1],
        np.empty((offsets[1, n], COLLABORATION_COLUMNS)),
        np.empty((offsets[1, n], 2), dtype=np.int64),
    )
    if offsets[0, n] + offsets[1, n] > 0:
        state_rows(tables.audience, worked, moments, counts, found)
    return found


@straight
@kernel
def _seen_rows(
    sizes: Ints, memory: Ints, category: Codes, followers: FollowerRows, asked: Asked
) -> tuple[Floats, Floats, Ints]:
    """Return X, platform and followers, and the counts of `features.summary`."""
    n = len(category)
    arrays = arrays_in(sizes, memory)
    tables = histories_in(arrays, category, followers)
    worked = collaborations_in(arrays)
    moments = Moments(asked.state, asked.as_of)
    base = BaseColumns(
        Wanted(
            np.ones(_BASE, dtype=np.bool_),
            np.ones(_MODULES, dtype=np.bool_),
            True,
            Parts(True, True, True, True, True),
        ),
        np.full((n, _BASE), np.nan),
        np.full((n, CREATOR_FACTS), np.nan),
        np.zeros(n, dtype=np.int64),
    )
    base_rows(tables, moments, base, SERVED, (START, n))
    fit = np.full((n, _FIT), np.nan)
    fit_rows(_states(tables, worked, moments, base), asked, fit, SERVED, (START, n))
    X = np.empty((n, _WIDTH))
    about = np.empty((2, n))
    for i in range(n):
        for j in range(_BASE):
            X[i, j] = base.X[i, j]
        for j in range(_FIT):
            X[i, _BASE + j] = fit[i, j]
        about[0, i] = tables.creators.platform[i]
        about[1, i] = base.creator[i, CREATOR_FOLLOWERS]
    counted = np.full((n, COUNTED), UNKNOWN_TIME, dtype=np.int64)
    summary_rows(tables, worked, moments, counted)
    return X, about, counted
