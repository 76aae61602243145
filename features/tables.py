"""The raw tables as sorted arrays: valid by construction, in an order that rows cannot choose.

Rows of a table are grouped by creator: those of creator `i` are `offsets[i]:offsets[i + 1]`,
sorted by the time they became known. Unknown numbers are NaN, unknown times `UNKNOWN_TIME`,
unknown codes 0. A row with `hidden` is visible at `as_of` where `known < as_of <= hidden`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from features.arrays import UNKNOWN_TIME
from features.deals import OUTCOMES, Applications, Briefs, Collaborations
from features.profiles import (
    FOLLOWER_VALUES,
    METRICS,
    POST_VALUES,
    SNAPSHOT_VALUES,
    Accounts,
    Audience,
    Audits,
    Creators,
    Followers,
    Posts,
    Snapshots,
)

__all__ = [
    "FOLLOWER_VALUES",
    "METRICS",
    "OUTCOMES",
    "POST_VALUES",
    "SNAPSHOT_VALUES",
    "Accounts",
    "Applications",
    "Audience",
    "Audits",
    "Briefs",
    "Collaborations",
    "Counts",
    "Creators",
    "Followers",
    "Posts",
    "SetAside",
    "Snapshots",
    "Tables",
]


@dataclass(frozen=True, slots=True)
class SetAside:
    """One bad row: where it stood, which rule it broke and why, and the row itself.

    `reason` never holds an input value; `row` is the row as JSON text; `place` counts the rows of
    the whole table before it.
    """

    table: str
    creator_id: str | None
    brief_id: str | None
    key: str
    rule: str
    reason: str
    row: str
    place: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of one table: read, collapsed as exact copies, set aside as bad."""

    read: int
    collapsed: int
    set_aside: int


@dataclass(frozen=True, slots=True)
class Tables:
    """Every raw table; one that is absent has no rows.

    `latest` is the latest `observed_at` of any good row, or UNKNOWN_TIME; `hashes` is the
    SHA-256 of the input bytes by table; `present` names the tables that were there.
    """

    creators: Creators
    snapshots: Snapshots
    posts: Posts
    audience: Audience
    followers: Followers
    briefs: Briefs
    collaborations: Collaborations
    applications: Applications
    audits: Audits
    accounts: Accounts
    set_aside: list[SetAside] = field(default_factory=list)
    counts: Mapping[str, Counts] = field(default_factory=dict)
    latest: int = UNKNOWN_TIME
    hashes: Mapping[str, str] = field(default_factory=dict)
    present: frozenset[str] = frozenset()

    @classmethod
    def empty(cls) -> Self:
        """Return the tables without a row."""
        return cls(
            creators=Creators.empty(),
            snapshots=Snapshots.empty(),
            posts=Posts.empty(),
            audience=Audience.empty(),
            followers=Followers.empty(),
            briefs=Briefs.empty(),
            collaborations=Collaborations.empty(),
            applications=Applications.empty(),
            audits=Audits.empty(),
            accounts=Accounts.empty(),
        )
