"""The judged collaborations of all quarters: what was said of each, and what came of it."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.arrays import COUNTRY, Flags, Floats, Ints, Times, code, country_name
from features.errors import UnknownColumnWarning
from features.schema import TABLES
from features.sources import find, source
from features.tables import Briefs, Tables
from training.backtest.replay import CREDENCE, FORECASTERS, Played
from training.backtest.rivals import column, hits

TRUTH = "truth"
FOLLOWERS, ENGAGEMENT = "followers", "engagement_rate"
SLICES = ("tier", "platform", "category", "country", "market", "creator")
KNOWN, NEW = "known", "new"
INTERVALS = ("low", "high", "expected", "expected_low", "expected_high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Collaborations with the answers given before them.

    Parameters
    ----------
    row_id, brief_id, creator_id, quarter : sequence of str, length n
        Collaboration, brief, creator, and the quarter it was agreed in.
    brief : ndarray of int64, shape (n,)
        What is ranked together, and drawn together by the bootstrap.
    agreed : ndarray of int64, shape (n,)
        Microseconds.
    hit, conversions, goal, fee : ndarray of float64, shape (n,)
        What came of it, of how many, for what; an unknown fee is NaN.
    probability : mapping of str to ndarray of float64, shape (n,)
        By each forecaster; "truth" is NaN, or absent, where no simulated world tells it.
    count : mapping of str to ndarray of float64, shape (n,)
        Credence's `INTERVALS`: of the probability, and the expected count with its own.
    plain : mapping of str to ndarray of float64, shape (n,)
        Followers and engagement rate at the agreement, NaN unknown.
    slices : mapping of str to sequence of str
        By what the rows are told apart; empty text is unknown.
    """

    row_id: Sequence[str]
    brief_id: Sequence[str]
    creator_id: Sequence[str]
    quarter: Sequence[str]
    brief: Ints
    agreed: Times
    hit: Floats
    conversions: Floats
    goal: Floats
    fee: Floats
    probability: Mapping[str, Floats]
    count: Mapping[str, Floats]
    plain: Mapping[str, Floats]
    slices: Mapping[str, Sequence[str]]

    def __len__(self) -> int:
        return len(self.hit)

    def of_quarter(self, name: str) -> Flags:
        """Return which rows are of a quarter, shape (n,)."""
        return np.array([one == name for one in self.quarter], np.bool_)

    def to_parquet(self) -> bytes:
        """Return the rows as a Parquet file, equal for equal rows."""
        columns: dict[str, pa.Array] = {
            "collaboration_id": pa.array(self.row_id, pa.string()),
            "brief_id": pa.array(self.brief_id, pa.string()),
            "creator_id": pa.array(self.creator_id, pa.string()),
            "agreed_at": pa.array(self.agreed, pa.timestamp("us", "UTC")),
            "quarter": pa.array(self.quarter, pa.string()),
        }
        numbers = {
            "goal": self.goal,
            "conversions": self.conversions,
            "reached": self.hit,
            "fee": self.fee,
            **{f"{name}_probability": one for name, one in self.probability.items()},
            **{f"{CREDENCE}_{name}": one for name, one in self.count.items()},
            **self.plain,
        }
        columns |= {name: pa.array(one, from_pandas=True) for name, one in numbers.items()}
        columns |= {
            f"slice:{name}": pa.array([one or None for one in of], pa.string())
            for name, of in self.slices.items()
        }
        sink = BytesIO()
        pq.write_table(pa.table(columns), sink, compression="zstd")
        return sink.getvalue()


def judged(played: Sequence[Played], tables: Tables, folder: Path) -> Judged:
    """Join the quarters.

    Parameters
    ----------
    played : sequence of Played
        At least one.
    tables : Tables
        What they were played on.
    folder : Path
        Where the tables were read from: for names of categories, and a simulated world's truth.

    Returns
    -------
    Judged
    """
    table = tables.collaborations
    place = {name: row for row, name in enumerate(table.ids)}
    ids = [name for one in played for name in one.asked.row_id]
    rows = np.array([place[name] for name in ids], np.int64)
    said = {
        CREDENCE: _joined([one.scores.probability for one in played]),
        **{name: _joined([one.rivals[name] for one in played]) for name in FORECASTERS[1:]},
    }
    if (true := _truth(folder, ids)) is not None:
        said[TRUTH] = true
    return Judged(
        row_id=ids,
        brief_id=[tables.briefs.ids[row] for row in table.brief[rows].tolist()],
        creator_id=[tables.creators.ids[row] for row in table.creator[rows].tolist()],
        quarter=[one.quarter.name for one in played for _ in range(len(one.asked))],
        brief=table.brief[rows],
        agreed=table.agreed[rows],
        hit=_joined([hits(one.asked) for one in played]),
        conversions=_joined([one.asked.value for one in played]),
        goal=_joined([one.asked.goal for one in played]),
        fee=table.fee[rows],
        probability=said,
        count={name: _joined([getattr(p.scores, name) for p in played]) for name in INTERVALS},
        plain={
            FOLLOWERS: 10.0 ** _joined([column(one.asked, "log_followers") for one in played]),
            ENGAGEMENT: _joined([column(one.asked, "engagement_rate_90d") for one in played]),
        },
        slices=_slices(played, tables, folder, rows),
    )


def _joined(parts: Sequence[Floats]) -> Floats:
    return np.concatenate(parts)


def _slices(
    played: Sequence[Played], tables: Tables, folder: Path, rows: Ints
) -> dict[str, list[str]]:
    """Return what the rows are told apart by, in the order of SLICES."""
    creator, brief = tables.collaborations.creator[rows], tables.collaborations.brief[rows]
    own = [one.asked.slices() for one in played]
    names = _categories(folder)
    markets = _markets(tables.briefs)
    seen = [np.isin(one.asked.creator, one.known.creator) for one in played]
    return {
        "tier": [tier for part in own for tier in part["tier"]],
        "platform": [platform for part in own for platform in part["platform"]],
        "category": [names.get(one, "") for one in tables.creators.category[creator].tolist()],
        "country": [_country(one) for one in tables.creators.country[creator].tolist()],
        "market": [_country(one) for one in markets[brief].tolist()],
        "creator": [KNOWN if one else NEW for part in seen for one in part.tolist()],
    }


def _country(number: float) -> str:
    return "" if np.isnan(number) else country_name(number)


def _categories(folder: Path) -> dict[int, str]:
    """Return the creators' categories by their codes, which is all that tables keep of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownColumnWarning)  # said when all were read
        frame = source(find(folder, "creators"), TABLES["creators"]).frame
    return {code(text): text for text in set(frame.text("category").to_pylist()) if text}


def _markets(briefs: Briefs) -> Floats:
    """Return the country of each brief's brand, else the one it targets most, NaN for neither."""
    market = briefs.brand_country.copy()
    for brief in np.flatnonzero(np.isnan(market)).tolist():
        targets = slice(*briefs.target_offsets[brief : brief + 2].tolist())
        mine = briefs.target_dimension[targets] == COUNTRY
        if mine.any():
            heaviest = np.argmax(np.where(mine, briefs.target_weight[targets], -1.0))
            market[brief] = briefs.target_value[targets][heaviest]
    return market


def _truth(folder: Path, ids: Sequence[str]) -> Floats | None:
    """Return the simulation's own probabilities, None where the tables are of no simulation."""
    file = folder / TRUTH / "collaborations.parquet"
    if not file.is_file():
        return None
    table = pq.read_table(file)
    chances = table["conversion_probability"].to_pylist()
    true = dict(zip(table["collaboration_id"].to_pylist(), chances, strict=True))
    found = np.array([true.get(name, np.nan) for name in ids], np.float64)
    return found if np.isfinite(found).all() else None
