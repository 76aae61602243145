"""Functions timed in turns, so that whatever else the machine is doing falls on all of them."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

ROUNDS = 5
RUN = 20
"""Calls of one function before the next one's turn: LightGBM's idle threads spin for a while."""


def interleaved(timed: Mapping[str, Callable[[int], object]], times: int) -> dict[str, list[float]]:
    """Return each function's median seconds in every round, of so many calls with 0, 1, ..."""
    medians: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(ROUNDS):
        seconds: dict[str, list[float]] = {name: [] for name in timed}
        for first in range(0, times, RUN):
            for name, function in timed.items():
                for turn in range(first, min(first + RUN, times)):
                    start = time.perf_counter()
                    function(turn)
                    seconds[name].append(time.perf_counter() - start)
        for name, found in seconds.items():
            medians[name].append(statistics.median(found))
    return medians


def spread(mine: Sequence[float], theirs: Sequence[float]) -> str:
    """Return the median of the rounds' ratios and their range."""
    ratios = [one / other for one, other in zip(mine, theirs, strict=True)]
    return f"{statistics.median(ratios):.2f} [{min(ratios):.2f}, {max(ratios):.2f}]"


def milliseconds(rounds: Sequence[float]) -> str:
    """Return the median of the rounds."""
    return f"{1e3 * statistics.median(rounds):8.3f} ms"
