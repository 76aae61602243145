"""From raw tables and a spine to X: one path for training, batch and online."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Floats, Ints, Times, owned
from features.catalogue import FIT, NAMES
from features.chosen import CATALOGUE, Choice, choice_of
from features.drivers import (
    Asked,
    BaseColumns,
    Moments,
    Wanted,
    base_rows,
    fit_rows,
    state_rows,
)
from features.histories import brief_rows as brief_arrays
from features.histories import collaboration_rows, histories_of
from features.samples import Samples, samples
from features.spans import distinct, each, split
from features.spine import Spine, spine_of
from features.states import States, empty
from features.summary import DataSummary, data_summary
from features.tables import Briefs, Tables
from features.view_creator import Histories
from features.view_deal import CollaborationRows
from features.warming import share

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DataSummary",
    "Samples",
    "Spine",
    "States",
    "compute",
    "data_summary",
    "fit_columns",
    "matrix",
    "samples",
    "spine_of",
    "states",
]

CHUNK = 2_048  # rows whose states are held at a time: they stay in a core's cache


def compute(
    tables: Tables, spine: "pd.DataFrame", *, columns: Sequence[str] | None = None
) -> "pd.DataFrame":
    """Return features for each row of the spine.

    Parameters
    ----------
    tables : Tables
        From `features.read`.
    spine : DataFrame
        Columns creator_id, as_of and optionally brief_id, compensation, fee.
    columns : sequence of str, optional
        Names of features; the whole catalogue by default. A few take less time than all.

    Returns
    -------
    DataFrame
        The index of `spine`, the columns asked for, float64; NaN is unknown.

    Raises
    ------
    InputError
        If the spine lacks a column or holds a value that cannot be read, or a name is no feature.
    """
    import pandas as pd

    X = matrix(tables, spine_of(tables, spine), columns=columns)
    return pd.DataFrame(X, index=spine.index, columns=list(NAMES if columns is None else columns))


def matrix(
    tables: Tables,
    spine: Spine,
    *,
    columns: Sequence[str] | None = None,
    threads: int = 1,
    training: bool = False,
) -> Floats:
    """Return X, bit for bit the same for a row alone, in any batch and on any number of threads.

    Parameters
    ----------
    tables : Tables
    spine : Spine
    columns : sequence of str, optional
        Names of features; the whole catalogue by default.
    threads : int
        How many to compute on.
    training : bool
        Whether statements without a time (verified, accepts, min_fee, order value) stay unused.

    Returns
    -------
    ndarray of float64, shape (n, len(columns))
        NaN is unknown; a row of an unknown creator is NaN.

    Raises
    ------
    InputError
        If a name is no feature.
    """
    chosen = choice_of(columns)
    # Memory is bounded by so many rows a thread, whatever the size of the spine.
    size = min(CHUNK, -(-len(spine) // threads))
    if len(spine) <= size:
        return _rows(tables, spine, chosen, training)
    X = np.empty((len(spine), len(chosen.places)))

    def fill(span: tuple[int, int]) -> None:
        X[slice(*span)] = _rows(tables, spine.take(slice(*span)), chosen, training)

    starts = range(0, len(spine), size)
    each(fill, [(start, min(start + size, len(spine))) for start in starts], threads)
    return X


def _rows(tables: Tables, spine: Spine, chosen: Choice, training: bool) -> Floats:
    """Return these columns of X for the rows of a spine."""
    creators, moments, rows = distinct(spine.creator, spine.as_of)
    places, wanted = chosen.places, chosen.wanted
    if not wanted.facts:
        seen = _moments_of(tables, creators, moments)
        return _base(histories_of(tables), seen, wanted, training).base[rows[:, None], places]
    found = states(tables, creators, moments, training=training)
    fit = fit_columns(
        found,
        np.where(spine.creator < 0, -1, rows),
        tables.briefs,
        spine.brief,
        compensation=spine.compensation,
        fee=spine.fee,
        as_of=spine.as_of,
        training=training,
    )
    X = np.concatenate([found.base[rows], fit], axis=1)
    return X if chosen is CATALOGUE else X[:, places]


def states(
    tables: Tables,
    creators: Ints,
    as_of: Times | int,
    *,
    threads: int = 1,
    training: bool = False,
) -> States:
    """Return what is known of each creator at its `as_of`, whatever the brief.

    Parameters
    ----------
    tables : Tables
    creators : ndarray of int64, shape (n,)
        Rows of `tables.creators`, -1 for an unknown creator.
    as_of : ndarray of int64, shape (n,), or int
        Microseconds.
    threads, training
        As in `matrix`.

    Returns
    -------
    States

    Raises
    ------
    IndexError
        If a creator is beyond the table.
    """
    moments = _moments_of(tables, creators, as_of)
    histories, collaborations = histories_of(tables), collaboration_rows(tables)
    blank = _base(histories, moments, CATALOGUE.wanted, training, threads)
    return _listed(blank, histories, collaborations, moments)


def _listed(
    blank: States, histories: Histories, collaborations: CollaborationRows, moments: Moments
) -> States:
    """Return states with the breakdowns and collaborations that creators and moments see."""
    n = len(blank)
    if not (len(histories.audience.known) or len(collaborations.known)):
        return blank
    counts = np.zeros((n, 2), dtype=np.int64)
    state_rows(histories.audience, collaborations, moments, counts, empty().arrays)
    offsets = np.concatenate([np.zeros((1, 2), dtype=np.int64), np.cumsum(counts, axis=0)])
    listed, worked = offsets[-1]
    found = States(
        base=blank.base,
        creator=blank.creator,
        category=blank.category,
        breakdown_offsets=offsets[:, 0].copy(),
        breakdown=np.empty((listed, blank.breakdown.shape[1])),
        collaboration_offsets=offsets[:, 1].copy(),
        collaborations=np.empty((worked, blank.collaborations.shape[1])),
        collaboration_codes=np.empty((worked, 2), dtype=np.int64),
    )
    state_rows(histories.audience, collaborations, moments, counts, found.arrays)
    return found


def _base(
    histories: Histories, moments: Moments, wanted: Wanted, training: bool, threads: int = 1
) -> States:
    """Return states of which only the wanted base features and facts are known."""
    share()
    n = len(moments.creator)
    found = empty(n)
    out = BaseColumns(wanted, found.base, found.creator, found.category)
    split(lambda span: base_rows(histories, moments, out, training, span), n, threads)
    return found


def _moments_of(tables: Tables, creators: Ints, as_of: Times | int) -> Moments:
    """Return creators and moments for kernels."""
    rows = _rows_below(len(tables.creators.ids), creators)
    return Moments(rows, _moments(as_of, len(creators)))


def fit_columns(
    states: States,
    rows: Ints,
    briefs: Briefs,
    brief_rows: Ints,
    *,
    compensation: Floats,
    fee: Floats,
    as_of: Times | int,
    threads: int = 1,
    training: bool = False,
) -> Floats:
    """Return the fit features of stored creators for briefs, whether these are stored or not.

    Parameters
    ----------
    states : States
    rows : ndarray of int64, shape (n,)
        Rows of `states`, -1 for an unknown creator.
    briefs : Briefs
    brief_rows : ndarray of int64, shape (n,)
        Rows of `briefs`, -1 for none.
    compensation, fee : ndarray of float64, shape (n,)
        Position in COMPENSATION and money, NaN unknown.
    as_of : ndarray of int64, shape (n,), or int
        The moment of the states, microseconds.
    threads, training
        As in `matrix`.

    Returns
    -------
    ndarray of float64, shape (n, len(FIT))
        The last columns of X.

    Raises
    ------
    IndexError
        If a state or a brief is beyond its table.
    """
    n = len(rows)
    asked = Asked(
        _rows_below(len(states), rows),
        brief_arrays(briefs),
        _rows_below(len(briefs.ids), brief_rows),
        owned(compensation, np.float64),
        owned(fee, np.float64),
        _moments(as_of, n),
    )
    arrays = states.arrays
    out = np.full((n, len(FIT)), np.nan)
    split(lambda span: fit_rows(arrays, asked, out, training, span), n, threads)
    return out


def _rows_below(length: int, rows: Ints) -> Ints:
    """Return the rows for a kernel, which itself checks no bounds."""
    if len(rows) and int(rows.max()) >= length:
        raise IndexError(f"row {rows.max()} of a table of {length} rows")
    return owned(rows, np.int64)


def _moments(as_of: Times | int, n: int) -> Times:
    """Return one time a row."""
    # Copied: a broadcast view is read-only, for which numba would compile every kernel again.
    return np.array(np.broadcast_to(np.asarray(as_of, dtype=np.int64), n))
