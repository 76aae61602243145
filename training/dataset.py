"""The rows that models learn from: features as of a moment, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from features.arrays import PLATFORMS, UNKNOWN_TIME, Floats, Ints, Times
from features.catalogue import NAMES
from features.computing import Spine, matrix, samples
from features.tables import Tables
from features.tiers import tiers
from features.view import visible
from models.fake_followers import FakeFollowers, FakeFollowersScores, Sampled
from models.references import References
from training.labels import mature

THREADS = 2
BLOCK = 1024  # rows whose follower samples are held at once

SAMPLED = ("none", "1 to 99", "100 to 299", "300 or more")
_FROM = (1, 100, 300)

_LOG_FOLLOWERS = NAMES.index("log_followers")


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

    def sampled(self, model: FakeFollowers) -> Sampled:
        """Return what a model reads in the rows' samples, each distinct one read once."""
        seen, n = model.seen(self.values, self.offsets), np.diff(self.offsets)
        return Sampled(seen[self.place], n[self.place], self.frame, self.age)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of one kind, in the order of the tables.

    Parameters
    ----------
    row_id, creator_id : list of str, length n
        Of the collaboration, or of the creator and the audit.
    group : ndarray of int64, shape (n,)
        What the bootstrap draws: brief or creator.
    creator : ndarray of int64, shape (n,)
        Row in the creators table.
    as_of : ndarray of int64, shape (n,)
        When the features were seen, microseconds.
    known : ndarray of int64, shape (n,)
        When the label was, microseconds.
    X : ndarray of float64, shape (n, len(NAMES))
        The catalogue's columns.
    samples : DistinctSamples
        The follower sample that each row sees.
    value : ndarray of float64, shape (n,)
        Conversions by day 30, or the audited share.
    goal : ndarray of float64, shape (n,)
        The brief's goal; 1 for audits.
    platform : ndarray of float64, shape (n,)
        Position in PLATFORMS.
    """

    row_id: Sequence[str]
    creator_id: Sequence[str]
    group: Ints
    creator: Ints
    as_of: Times
    known: Times
    X: Floats
    samples: DistinctSamples
    value: Floats
    goal: Floats
    platform: Floats

    def __len__(self) -> int:
        return len(self.value)

    def take(self, chosen: Ints) -> "Rows":
        """Return some of the rows."""
        return Rows(
            row_id=[self.row_id[row] for row in chosen.tolist()],
            creator_id=[self.creator_id[row] for row in chosen.tolist()],
            group=self.group[chosen],
            creator=self.creator[chosen],
            as_of=self.as_of[chosen],
            known=self.known[chosen],
            X=self.X[chosen],
            samples=self.samples.take(chosen),
            value=self.value[chosen],
            goal=self.goal[chosen],
            platform=self.platform[chosen],
        )

    def references(self, columns: Sequence[str], X: Floats) -> References:
        """Return the quantiles of columns among peers."""
        return References.from_matrix(columns, X, self.platform, self.tiers())

    def tiers(self) -> list[str | None]:
        """Return the tier of each row's creator at its moment."""
        return tiers(10.0 ** self.X[:, _LOG_FOLLOWERS])

    def slices(self) -> dict[str, list[str]]:
        """Return what a model card tells the rows apart by: platform, tier and sample size."""
        sampled = np.diff(self.samples.offsets)[self.samples.place]
        return {
            "platform": [PLATFORMS[int(code)] for code in self.platform.tolist()],
            "tier": [tier or "" for tier in self.tiers()],
            "sampled followers": [
                SAMPLED[place] for place in np.searchsorted(_FROM, sampled, "right")
            ],
        }


def collaborations(tables: Tables, as_of: int) -> Rows:
    """Return the mature collaborations, each seen as of its agreement.

    Parameters
    ----------
    tables : Tables
        Raw tables.
    as_of : int
        Moment of training, microseconds.

    Returns
    -------
    Rows
        `value` is the count of conversions by day 30.
    """
    table, labels = tables.collaborations, mature(tables, as_of)
    chosen = labels.rows
    spine = Spine.of(
        table.creator[chosen],
        table.agreed[chosen],
        brief=table.brief[chosen],
        compensation=table.compensation[chosen],
        fee=table.fee[chosen],
    )
    return _rows(
        tables,
        spine,
        row_id=[table.ids[row] for row in chosen.tolist()],
        group=table.brief[chosen],
        known=labels.matured,
        value=labels.count,
        goal=table.goal[chosen],
    )


def audits(tables: Tables, as_of: int) -> Rows:
    """Return the audits, each with the creator as it was seen before.

    Parameters
    ----------
    tables : Tables
        Raw tables.
    as_of : int
        Moment of training, microseconds.

    Returns
    -------
    Rows
        `value` is the audited share of fake followers.
    """
    table = tables.audits
    creator = np.repeat(np.arange(len(table.offsets) - 1), np.diff(table.offsets))
    chosen = visible_audits(tables, as_of)
    ids = [tables.creators.ids[row] for row in creator[chosen].tolist()]
    moments = table.known[chosen]
    return _rows(
        tables,
        Spine.of(creator[chosen], moments),
        row_id=[f"{name}@{moment}" for name, moment in zip(ids, moments.tolist(), strict=True)],
        group=creator[chosen],
        known=moments,
        value=table.share[chosen],
        goal=np.ones(len(chosen)),
    )


def visible_audits(tables: Tables, as_of: int) -> Ints:
    """Return the rows of the audits table that are visible at `as_of`."""
    known = tables.audits.known
    return np.flatnonzero(visible(known, np.full_like(known, UNKNOWN_TIME), as_of))


def _rows(
    tables: Tables,
    spine: Spine,
    *,
    row_id: list[str],
    group: Ints,
    known: Times,
    value: Floats,
    goal: Floats,
) -> Rows:
    return Rows(
        row_id=row_id,
        creator_id=[tables.creators.ids[row] for row in spine.creator.tolist()],
        group=group,
        creator=spine.creator,
        as_of=spine.as_of,
        known=known,
        X=matrix(tables, spine, threads=THREADS, training=True),
        samples=distinct(tables, spine),
        value=value,
        goal=goal,
        platform=tables.creators.platform[spine.creator],
    )


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


def posterior(model: FakeFollowers, rows: Rows, *, sampled: bool = True) -> FakeFollowersScores:
    """Return what `model.score` would, reading each distinct sample once.

    Parameters
    ----------
    model : FakeFollowers
        Any.
    rows : Rows
        Rows to score.
    sampled : bool
        Whether the follower samples count; the history alone answers otherwise.

    Returns
    -------
    FakeFollowersScores
        Bit for bit those of `model.score`.
    """
    return model.posterior(rows.X, rows.samples.sampled(model) if sampled else None)
