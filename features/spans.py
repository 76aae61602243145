"""The rows that kernels do: each once, in spans, several at once (they let go of Python's lock)."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from features.arrays import Ints, Times

Span = tuple[int, int]
"""First row, and the row after the last."""


def split(work: Callable[[Span], None], n: int, threads: int) -> None:
    """Do rows 0:n in as many spans as threads.

    Parameters
    ----------
    work : callable
        Does one span.
    n : int
        Rows.
    threads : int
    """
    if threads <= 1 or n < 2 * threads:
        work((0, n))
        return
    edges = np.linspace(0, n, threads + 1).astype(int).tolist()
    each(work, list(pairwise(edges)), threads)


def each(work: Callable[[Span], None], spans: Sequence[Span], threads: int) -> None:
    """Do the spans, so many at once.

    Parameters
    ----------
    work : callable
        Does one span.
    spans : sequence of Span
    threads : int
    """
    if threads <= 1 or len(spans) < 2:
        for span in spans:
            work(span)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, spans))


def distinct(creators: Ints, as_of: Times) -> tuple[Ints, Times, Ints]:
    """Return the distinct (creator, as_of) and where each row finds its own among them.

    Parameters
    ----------
    creators : ndarray of int64, shape (n,)
    as_of : ndarray of int64, shape (n,)

    Returns
    -------
    creators, as_of : ndarray of int64
        Sorted.
    places : ndarray of int64, shape (n,)
    """
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
