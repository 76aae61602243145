"""What a worker counts, with labels that are known beforehand and summed over the workers.

Every series but the versions of predictions has its place in the tallies: nothing that a request
holds can make another one.
"""

import os
import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from models.levels import LEVELS
from serving import exposition, tallies
from serving.exposition import Gauge
from serving.problems import Problem
from serving.series import (
    ABSTAINED,
    BEGAN,
    COLUMN,
    CONVERSION,
    FOLLOWERS,
    LACKING,
    NANOSECONDS,
    ROW,
    SCORED,
    SCORES,
    SPENT,
    STRANGE,
    TOOK,
    UNROUTED,
    WIDTH,
    answered,
)
from serving.tallies import Tallies

SWITCH = "CREDENCE_METRICS"
"""Environment variable: `off` counts nothing, and /metrics is a 404."""
TALLIES = "CREDENCE_TALLIES"
"""Environment variable: the file of counts that the workers share."""

_INSUFFICIENT = LEVELS[0]
_RISKS, _PROBABILITIES = SCORED[FOLLOWERS], SCORED[CONVERSION]
_NO_LEVEL, _NO_PROBABILITY = ABSTAINED[FOLLOWERS], ABSTAINED[CONVERSION]
_SUM = len(SCORES) + 1
_ENDS = np.array(SCORES)
FEW = 16
"""More scores are counted together."""


class Metrics:
    """What one worker counts; any of its threads may call.

    Parameters
    ----------
    file : Path, optional
        Tallies of all workers; of this process alone by default.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._tallies = Tallies(WIDTH, file)
        self._here = self._tallies.here
        # What a worker that was killed had begun is not in flight any more.
        own = self._tallies.sums()[self._tallies.seat]
        self._here.parts[0][BEGAN] += answered(own) - int(own[BEGAN])

    def began(self) -> int:
        """Count a request whose head was read; return the time, for `ended`."""
        self._here.parts[0][BEGAN] += 1
        return time.perf_counter_ns()

    def ended(self, route: str, status: int, started: int) -> None:
        """Count how a request ended.

        Parameters
        ----------
        route : str
            The template of its path, UNROUTED for any path that is no route's.
        status : int
            Of its answer, 499 without one.
        started : int
            What `began` returned.
        """
        took = time.perf_counter_ns() - started
        words = self._here.parts[0]
        row = ROW.get(route, 0)
        words[row + COLUMN.get(status, STRANGE)] += 1
        words[row + TOOK + bisect_left(NANOSECONDS, took)] += 1
        words[row + SPENT] += took

    def refused(self, status: int) -> None:
        """Count a request that was refused before there was a head to read.

        Parameters
        ----------
        status : int
            Of the answer.
        """
        words = self._here.parts[0]
        words[BEGAN] += 1
        words[ROW[UNROUTED] + COLUMN[status]] += 1

    def scored(
        self,
        versions: Mapping[str, str],
        risks: Sequence[float | None] | None,
        levels: Sequence[str],
        probabilities: Sequence[float | None] | None,
        missing: Iterable[tuple[str, ...]],
    ) -> None:
        """Count the scores of some creators, and the predictions that they are.

        Parameters
        ----------
        versions : mapping of str to str
            Version of each model.
        risks : sequence of float or None
            Of fake followers; None instead of the sequence without that model.
        levels : sequence of str
            Of the same creators.
        probabilities : sequence of float or None
            Of the conversion; None instead of the sequence where none was asked for, or without
            that model.
        missing : iterable of tuple of str
            Tables of HISTORY without a visible row, for each creator.
        """
        words, floats, places = self._here.parts
        for tables in missing:
            words[LACKING[tables]] += 1
        if risks:
            name = FOLLOWERS, versions[FOLLOWERS]
            words[places.get(name) or self._here.place(name)] += len(risks)
            _spread(words, floats, _RISKS, risks)
            abstained = levels.count(_INSUFFICIENT)
            if abstained:
                words[_NO_LEVEL] += abstained
        if probabilities:
            name = CONVERSION, versions[CONVERSION]
            words[places.get(name) or self._here.place(name)] += len(probabilities)
            abstained = _spread(words, floats, _PROBABILITIES, probabilities)
            if abstained:
                words[_NO_PROBABILITY] += abstained

    def predictions(self, versions: Mapping[str, str], counts: Mapping[str, int]) -> None:
        """Count scores that `scored` is not told of.

        Parameters
        ----------
        versions : mapping of str to str
            Version of each model.
        counts : mapping of str to int
            Scores given by each model.
        """
        for model, number in counts.items():
            if number:
                self._here.parts[0][self._here.place((model, versions[model]))] += number

    def text(self, gauges: Iterable[Gauge] = ()) -> bytes:
        """Return the exposition of all workers, or of this process where it is alone.

        Parameters
        ----------
        gauges : iterable of Gauge
            What is so at the moment.
        """
        return exposition.text(self._tallies, gauges)


class Off(Metrics):
    """Metrics that count nothing."""

    def __init__(self) -> None:
        """Take no memory."""

    def began(self) -> int:
        """Return no time."""
        return 0

    def ended(self, route: str, status: int, started: int) -> None:
        """Count nothing."""

    def refused(self, status: int) -> None:
        """Count nothing."""

    def scored(
        self,
        versions: Mapping[str, str],
        risks: Sequence[float | None] | None,
        levels: Sequence[str],
        probabilities: Sequence[float | None] | None,
        missing: Iterable[tuple[str, ...]],
    ) -> None:
        """Count nothing."""

    def predictions(self, versions: Mapping[str, str], counts: Mapping[str, int]) -> None:
        """Count nothing."""

    def text(self, _: Iterable[Gauge] = ()) -> bytes:
        """Raise: a monitor that is told nothing must not take it for a server without requests."""
        raise Problem(404, f"metrics are off: start the server without {SWITCH}=off")


def _spread(
    words: "memoryview[int]",
    floats: "memoryview[float]",
    first: int,
    scores: Sequence[float | None],
) -> int:
    """Count scores in their buckets; return how many there are not."""
    if len(scores) > FEW:
        return _spread_many(words, floats, first, scores)
    unknown = 0
    for score in scores:
        # The second is true of NaN only.
        if score is None or score != score:  # noqa: PLR0124
            unknown += 1
        else:
            words[first + bisect_left(SCORES, score)] += 1
            floats[first + _SUM] += score
    return unknown


def _spread_many(
    words: "memoryview[int]",
    floats: "memoryview[float]",
    first: int,
    scores: Sequence[float | None],
) -> int:
    """Do what `_spread` does, in a tenth of the time where scores are many."""
    values = np.array(scores, np.float64)
    known = values[~np.isnan(values)]
    # Buckets hold what is up to their ends, as `bisect_left` finds it.
    counts = np.bincount(np.searchsorted(_ENDS, known), minlength=len(SCORES) + 1)
    for bucket, number in enumerate(counts.tolist()):
        words[first + bucket] += number
    floats[first + _SUM] += float(known.sum())
    return len(values) - len(known)


def of_server() -> Metrics:
    """Return the metrics of a worker of `credence serve`."""
    if os.environ.get(SWITCH) == "off":
        return Off()
    shared = os.environ.get(TALLIES)
    return Metrics(Path(shared) if shared else None)


def share(file: Path, workers: int) -> None:
    """Make the tallies of a server that starts, and tell its workers where they are.

    Parameters
    ----------
    file : Path
        Where to make them.
    workers : int
        How many there will be.
    """
    tallies.create(file, WIDTH, workers)
    os.environ[TALLIES] = str(file)
