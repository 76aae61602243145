"""What a batch job says of the creators that requests ask about, by the versions of an answer."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from features.computing import Spine
from features.reader import read as read_tables
from features.rows import from_rows
from features.tables import Tables
from models.bundle import read, to_model
from models.fetch import local
from models.scoring import Champions
from serving.contract import AuditRequest
from serving.sampled import values_of
from serving.scoring import Scored, scored

Json = dict[str, Any]
FOLLOWERS, CONVERSION, ACCOUNTS = "fake_followers", "conversion", "fake_accounts"


@dataclass(slots=True)
class Offline:
    """Numbers without a server.

    Parameters
    ----------
    tables : Tables
        What was published.
    as_of : int
        When, microseconds.
    """

    tables: Tables
    as_of: int
    _models: dict[tuple[str, str], Any] = field(default_factory=dict)

    @classmethod
    def of(cls, world: Any, as_of: int) -> "Offline":
        """Read the tables that were published."""
        return cls(read_tables(world), as_of)

    def model(self, name: str, version: str) -> Any:
        """Return a model by its number, loaded from this machine's bundles."""
        key = (name, version)
        if key not in self._models:
            self._models[key] = to_model(read(local(name, int(version))), version)
        return self._models[key]

    def scores(self, request: Json, versions: Mapping[str, str]) -> list[Json]:
        """Return the numbers of a request's creators, by the versions that an answer states."""
        champions = Champions(
            fake_followers=self.model(FOLLOWERS, versions[FOLLOWERS]),
            conversion=self.model(CONVERSION, versions[CONVERSION]),
        )
        return [self._one(one, request["brief_id"], champions) for one in request["creators"]]

    def audience(self, request: bytes, version: str) -> Json:
        """Return the share of an audience."""
        rows = msgspec.json.decode(request, type=AuditRequest).followers
        found = self.model(ACCOUNTS, version).audience(values_of(rows))
        return {
            "n": found.n,
            "share": found.share,
            "share_low": found.share_low,
            "share_high": found.share_high,
            "level": found.level,
        }

    def _one(self, asked: Json, brief: str, champions: Champions) -> Json:
        tables = self.tables
        if "history" in asked:
            tables = from_rows(asked["history"], briefs=tables.briefs)
        spine = Spine(
            creator=np.array([tables.creators.index[asked["creator_id"]]], np.int64),
            as_of=np.array([self.as_of], np.int64),
            brief=np.array([tables.briefs.index[brief]], np.int64),
            compensation=np.full(1, np.nan),
            fee=np.full(1, np.nan),
        )
        return _told(scored(tables, spine, champions))


def _told(found: Scored) -> Json:
    """Return the numbers of one row as an answer has them."""
    followers, conversion = found.followers, found.conversion
    assert conversion is not None
    low, high = (_first(x) for x in (conversion.expected_low, conversion.expected_high))
    return {
        FOLLOWERS: {
            "risk": _first(followers.risk),
            "share": _first(followers.share),
            "share_low": _first(followers.low),
            "share_high": _first(followers.high),
            "n_sampled": int(followers.n_sampled[0]),
            "level": followers.level[0],
        },
        CONVERSION: {
            "probability": _first(conversion.probability),
            "low": _first(conversion.low),
            "high": _first(conversion.high),
            "expected": _first(conversion.expected),
            "expected_low": None if low is None else int(low),
            "expected_high": None if high is None else int(high),
        },
    }


def _first(values: Sequence[float] | Any) -> float | None:
    value = float(values[0])
    return None if math.isnan(value) else value


def differs(told: Json, expected: Json) -> bool:
    """Return whether an answer has another number than expected anywhere, to the last bit."""
    if told[CONVERSION] is None:
        return True
    return any(
        told[name][key] != value
        for name in (FOLLOWERS, CONVERSION)
        for key, value in expected[name].items()
    )
