"""The rows that models learn from: features as of a moment, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from features.arrays import PLATFORMS, UNKNOWN_TIME, Floats, Ints, Times
from features.catalogue import NAMES
from features.computing import Spine, matrix
from features.tables import Tables
from features.tiers import tiers
from features.view import visible
from models.aims import Aims
from models.fake_followers import FakeFollowers, FakeFollowersScores
from models.references import References
from training.distinct import DistinctSamples, distinct, joined
from training.labels import Labels, labels, mature

THREADS = 2

SAMPLED = ("none", "1 to 99", "100 to 299", "300 or more")
_FROM = (1, 100, 300)

_LOG_FOLLOWERS = NAMES.index("log_followers")


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
    platform : ndarray of float64, shape (n,)
        Position in PLATFORMS.
    share : ndarray of float64, shape (n,)
        Of day 30's conversions, what was to be expected by `known`; 1 where the value is whole.
    aim : Aims
        What the briefs ask for.
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
    platform: Floats
    share: Floats
    aim: Aims

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
            platform=self.platform[chosen],
            share=self.share[chosen],
            aim=self.aim.take(chosen),
        )

    def beside(self, other: "Rows") -> "Rows":
        """Return these rows and then others that were taken from them."""
        arrays = ("group", "creator", "as_of", "known", "X", "value", "platform", "share")
        return Rows(
            row_id=[*self.row_id, *other.row_id],
            creator_id=[*self.creator_id, *other.creator_id],
            samples=self.samples.beside(other.samples),
            aim=self.aim.beside(other.aim),
            **{name: joined(self, other, name) for name in arrays},
        )

    @property
    def goal(self) -> Floats:
        """Conversions that the brief asks for, shape (n,); NaN for audits."""
        return self.aim.goal

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


def collaborations(tables: Tables, as_of: int, *, young: bool = False) -> Rows:
    """Return the mature collaborations, each seen as of its agreement.

    Parameters
    ----------
    tables : Tables
        Raw tables.
    as_of : int
        Moment of training, microseconds.
    young : bool
        Whether to return young collaborations too, with what they brought so far.

    Returns
    -------
    Rows
        `value` is the count of conversions by day 30.
    """
    table = tables.collaborations
    found = labels(tables, as_of) if young else mature(tables, as_of)
    chosen = found.rows
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
        known=found.known,
        value=found.count,
        share=found.share,
    )


def relabelled(tables: Tables, rows: Rows, as_of: int) -> Rows:
    """Return those of the rows that had a label at an earlier moment, with the one of then.

    Parameters
    ----------
    tables : Tables
        Raw tables.
    rows : Rows
        From `collaborations` with the young ones, seen at a later moment.
    as_of : int
        The earlier moment, microseconds.

    Returns
    -------
    Rows
        Features are those of the agreement either way.
    """
    found: Labels = labels(tables, as_of)
    place = {name: row for row, name in enumerate(rows.row_id)}
    names = [tables.collaborations.ids[row] for row in found.rows.tolist()]
    there = np.flatnonzero([name in place for name in names])
    found = found.take(there)
    then = rows.take(np.array([place[names[one]] for one in there.tolist()], np.int64))
    return replace(then, value=found.count, share=found.share, known=found.known)


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
        share=np.ones(len(chosen)),
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
    share: Floats,
) -> Rows:
    aim = Aims.of(tables.briefs, spine.brief)
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
        platform=tables.creators.platform[spine.creator],
        share=share,
        aim=aim,
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
