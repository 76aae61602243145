"""The rows to compute: which creator, as of when, for which brief and on what offer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import COMPENSATION, Floats, Ints, Times, owned
from features.deals import Briefs
from features.drivers import Moments
from features.errors import InputError
from features.tables import Tables
from features.view import undisputed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Spine:
    """One entry a row.

    Parameters
    ----------
    creator : ndarray of int64, shape (n,)
        Rows of `tables.creators`, -1 for an unknown creator.
    as_of : ndarray of int64, shape (n,)
        Microseconds.
    brief : ndarray of int64, shape (n,)
        Rows of `tables.briefs`, -1 for none.
    compensation : ndarray of float64, shape (n,)
        Positions in COMPENSATION, NaN unknown.
    fee : ndarray of float64, shape (n,)
        Money, NaN unknown.
    """

    creator: Ints
    as_of: Times
    brief: Ints
    compensation: Floats
    fee: Floats

    def __len__(self) -> int:
        return len(self.creator)

    @property
    def moments(self) -> Moments:
        """Creator and moment for compiled loops."""
        return Moments(owned(self.creator, np.int64), owned(self.as_of, np.int64))

    def take(self, rows: Ints | slice) -> "Spine":
        """Return these rows, in this order."""
        return Spine(
            self.creator[rows],
            self.as_of[rows],
            self.brief[rows],
            self.compensation[rows],
            self.fee[rows],
        )

    @classmethod
    def of(
        cls,
        creator: Ints,
        as_of: Times | int,
        *,
        brief: Ints | None = None,
        compensation: Floats | None = None,
        fee: Floats | None = None,
    ) -> "Spine":
        """Return a spine, with what is left out as unknown.

        Parameters
        ----------
        creator, as_of, brief, compensation, fee
            As in `Spine`; one `as_of` may stand for all rows.

        Returns
        -------
        Spine
        """
        n = len(creator)
        unknown = np.full(n, np.nan)
        moments = np.broadcast_to(np.asarray(as_of, dtype=np.int64), n)
        return cls(
            # Copied: for a read-only view numba would compile every kernel again.
            creator=np.array(creator, dtype=np.int64),
            as_of=np.array(moments),
            brief=np.full(n, -1) if brief is None else np.array(brief, dtype=np.int64),
            compensation=unknown if compensation is None else np.array(compensation, np.float64),
            fee=unknown if fee is None else np.array(fee, np.float64),
        )


def spine_of(tables: Tables, rows: "pd.DataFrame") -> Spine:
    """Return the spine that a frame asks for.

    Parameters
    ----------
    tables : Tables
        Where ids are looked up; one that is not there is -1.
    rows : DataFrame
        Columns creator_id and as_of (with a time zone), and optionally brief_id, compensation, fee.

    Returns
    -------
    Spine

    Raises
    ------
    InputError
        If a required column is missing, a time has no zone, or a compensation is none of ours.
    """
    for column in ("creator_id", "as_of"):
        if column not in rows:
            raise InputError(
                f"spine: column {column!r} is missing; expected creator_id, as_of and optionally "
                "brief_id, compensation, fee",
                table="spine",
                column=column,
                rule="missing_column",
            )
    creators = _looked_up(tables.creators.index, rows["creator_id"])
    moments = _microseconds(rows["as_of"])
    briefs = _looked_up(tables.briefs.index, rows["brief_id"]) if "brief_id" in rows else None
    if briefs is not None:
        briefs = standing(tables.briefs, briefs, moments)
    compensation = _compensation(rows["compensation"]) if "compensation" in rows else None
    fee = rows["fee"].to_numpy(np.float64, na_value=np.nan) if "fee" in rows else None
    return Spine.of(creators, moments, brief=briefs, compensation=compensation, fee=fee)


def standing(briefs: Briefs, rows: Ints, as_of: Times) -> Ints:
    """Return the rows of briefs, -1 where a row that contradicts the brief was known by then.

    Parameters
    ----------
    briefs : Briefs
    rows : ndarray of int64, shape (n,)
        Rows of `briefs`, -1 for none.
    as_of : ndarray of int64, shape (n,)
        Microseconds.

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    if not len(briefs.ids):
        return rows
    found: Ints = np.where(undisputed(briefs.hidden[rows], as_of), rows, -1)
    return found


def _looked_up(index: dict[str, int], ids: "pd.Series[str]") -> Ints:
    return np.array([index.get(name, -1) for name in ids.tolist()], dtype=np.int64)


def _microseconds(times: "pd.Series[pd.Timestamp]") -> Times:
    import pandas as pd

    moments = pd.to_datetime(times)
    if moments.dt.tz is None:
        raise InputError(
            "spine: as_of has no time zone; localise it, such as with .dt.tz_localize('UTC')",
            table="spine",
            column="as_of",
            rule="time_zone",
        )
    if moments.isna().any():
        raise InputError("spine: as_of is empty in some rows; give each row a time", table="spine")
    moments = moments.dt.tz_convert("UTC").dt.tz_localize(None)
    return moments.to_numpy().astype("datetime64[us]").astype(np.int64)


def _compensation(names: "pd.Series[str]") -> Floats:
    positions = {name: float(position) for position, name in enumerate(COMPENSATION)}
    unknown = set(names.dropna().unique()) - set(positions)
    if unknown:
        raise InputError(
            f"spine: compensation {min(unknown)!r} is none of {', '.join(COMPENSATION)}",
            table="spine",
            column="compensation",
            rule="choice",
        )
    return np.array([positions.get(name, np.nan) for name in names.tolist()])
