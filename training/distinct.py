"""The follower samples that rows see, equal ones kept once."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from features.arrays import Floats, Ints
from features.computing import Spine, samples
from features.tables import Tables
from models.fake_followers import FakeFollowers, Sampled

BLOCK = 1024  # rows whose follower samples are held at once


@dataclass(frozen=True, slots=True)
class DistinctSamples:
    """The follower samples of rows, each kept once: many rows see the same one.

    Parameters
    ----------
    offsets : ndarray of int64, shape (m + 1,)
        Where each distinct sample begins.
    values : ndarray of float64, shape (k, 9)
        Sampled followers.
    place : ndarray of int64, shape (n,)
        Which sample each row sees.
    frame, age : ndarray of float64, shape (n,)
        As in `features.samples.Samples`.
    """

    offsets: Ints
    values: Floats
    place: Ints
    frame: Floats
    age: Floats

    def take(self, chosen: Ints) -> "DistinctSamples":
        """Return the samples of some of the rows."""
        return replace(
            self, place=self.place[chosen], frame=self.frame[chosen], age=self.age[chosen]
        )

    def beside(self, other: "DistinctSamples") -> "DistinctSamples":
        """Return these and then others that were taken from them."""
        arrays = ("place", "frame", "age")
        return replace(self, **{name: joined(self, other, name) for name in arrays})

    def sampled(self, model: FakeFollowers) -> Sampled:
        """Return what a model reads in the rows' samples, each distinct one read once."""
        seen, n = model.seen(self.values, self.offsets), np.diff(self.offsets)
        return Sampled(seen[self.place], n[self.place], self.frame, self.age)


def distinct(tables: Tables, spine: Spine) -> DistinctSamples:
    """Return the follower samples of a spine, equal ones kept once.

    Parameters
    ----------
    tables : Tables
        Raw tables.
    spine : Spine
        Rows that look at samples.

    Returns
    -------
    DistinctSamples
    """
    found: dict[bytes, int] = {}
    kept: list[Floats] = []
    place = np.empty(len(spine), np.int64)
    frame, age = np.empty((2, len(spine)))
    for start in range(0, len(spine), BLOCK):
        rows = slice(start, start + BLOCK)
        seen = samples(tables, Spine.of(spine.creator[rows], spine.as_of[rows]))
        frame[rows], age[rows] = seen.frame, seen.age
        for number in range(len(seen.offsets) - 1):
            values = seen.values[seen.offsets[number] : seen.offsets[number + 1]]
            key = values.tobytes()
            if key not in found:
                found[key] = len(kept)
                kept.append(values)
            place[start + number] = found[key]
    sizes = [len(values) for values in kept]
    empty = np.empty((0, 9))
    return DistinctSamples(
        np.r_[0, np.cumsum(sizes)].astype(np.int64),
        np.concatenate([empty, *kept]),
        place,
        frame,
        age,
    )


def joined(one: Any, other: Any, name: str) -> Any:
    """Return a field of two records of arrays, one after the other."""
    return np.concatenate([getattr(one, name), getattr(other, name)])
