"""From raw tables and a spine to X: one path for training, batch and online."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Floats, Ints, Times, owned
from features.catalogue import BASE, FIT, NAMES
from features.drivers import (
    Asked,
    BaseColumns,
    Moments,
    base_rows,
    fit_rows,
    state_rows,
)
from features.histories import brief_rows as brief_arrays
from features.histories import collaboration_rows, histories_of
from features.samples import Samples, samples
from features.spine import Spine, spine_of
from features.states import States, empty
from features.summary import DataSummary, data_summary
from features.tables import Briefs, Tables
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

CHUNK = 16_384  # rows whose states are held at a time


def compute(tables: Tables, spine: "pd.DataFrame") -> "pd.DataFrame":
    """Return every feature of the catalogue for each row of the spine.

    Parameters
    ----------
    tables : Tables
        From `features.read`.
    spine : DataFrame
        Columns creator_id, as_of and optionally brief_id, compensation, fee.

    Returns
    -------
    DataFrame
        The index of `spine`, the columns NAMES, float64; NaN is unknown.

    Raises
    ------
    InputError
        If the spine lacks a column or holds a value that cannot be read.
    """
    import pandas as pd

    X = matrix(tables, spine_of(tables, spine))
    return pd.DataFrame(X, index=spine.index, columns=list(NAMES))


def matrix(tables: Tables, spine: Spine, *, threads: int = 1, training: bool = False) -> Floats:
    """Return X, bit for bit the same for a row alone, in any batch and on any number of threads.

    Parameters
    ----------
    tables : Tables
    spine : Spine
    threads : int
        How many to compute on.
    training : bool
        Whether statements without a time (verified, accepts, min_fee, order value) stay unused.

    Returns
    -------
    ndarray of float64, shape (n, len(NAMES))
        NaN is unknown; a row of an unknown creator is NaN.
    """
    X = np.empty((len(spine), len(NAMES)))
    for start in range(0, len(spine), CHUNK):
        rows = slice(start, start + CHUNK)
        creators, moments, places = _distinct(spine.creator[rows], spine.as_of[rows])
        found = states(tables, creators, moments, threads=threads, training=training)
        X[rows, : len(BASE)] = found.base[places]
        X[rows, len(BASE) :] = fit_columns(
            found,
            np.where(spine.creator[rows] < 0, -1, places),
            tables.briefs,
            spine.brief[rows],
            compensation=spine.compensation[rows],
            fee=spine.fee[rows],
            as_of=spine.as_of[rows],
            threads=threads,
            training=training,
        )
    return X


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
    share()
    n = len(creators)
    moments = Moments(_rows_below(len(tables.creators.ids), creators), _moments(as_of, n))
    histories = histories_of(tables)
    collaborations = collaboration_rows(tables)
    blank = empty(n)
    columns = BaseColumns(blank.base, blank.creator, blank.category)
    _split(lambda span: base_rows(histories, moments, columns, training, span), n, threads)
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
    _split(lambda span: fit_rows(arrays, asked, out, training, span), n, threads)
    return out


def _split(work: Callable[[tuple[int, int]], None], n: int, threads: int) -> None:
    """Do rows 0:n in so many spans at once; the kernels let go of the interpreter's lock."""
    if threads <= 1 or n < 2 * threads:
        work((0, n))
        return
    edges = np.linspace(0, n, threads + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, pairwise(edges)))


def _rows_below(length: int, rows: Ints) -> Ints:
    """Return the rows for a kernel, which itself checks no bounds."""
    if len(rows) and int(rows.max()) >= length:
        raise IndexError(f"row {rows.max()} of a table of {length} rows")
    return owned(rows, np.int64)


def _moments(as_of: Times | int, n: int) -> Times:
    """Return one time a row."""
    # Copied: a broadcast view is read-only, for which numba would compile every kernel again.
    return np.array(np.broadcast_to(np.asarray(as_of, dtype=np.int64), n))


def _distinct(creators: Ints, as_of: Times) -> tuple[Ints, Times, Ints]:
    """Return the distinct (creator, as_of) and where each row finds its own among them."""
    if len(creators) == 1:
        return creators, as_of, np.zeros(1, dtype=np.int64)
    order = np.lexsort((as_of, creators))
    sorted_creators, sorted_times = creators[order], as_of[order]
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = np.diff(sorted_creators) != 0
    fresh[1:] |= np.diff(sorted_times) != 0
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.cumsum(fresh) - 1
    return sorted_creators[fresh], sorted_times[fresh], places
