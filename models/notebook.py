"""A model as a data scientist holds it: frames in, a frame out, by the functions that serve."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.arrays import UNKNOWN_TIME, Floats
from features.computing import Samples, matrix, samples, spine_of
from features.errors import InputError
from features.tables import Tables
from models.aims import Aims
from models.answers import Fitted
from models.conversion import Conversion
from models.fake_accounts import FakeAccounts
from models.manifest import Manifest
from models.scoring import (
    CONVERSION_COLUMNS,
    FOLLOWERS_COLUMNS,
    Champions,
    audience_scores,
    conversion_scores,
)


@dataclass(frozen=True, slots=True)
class Model:
    """One version of one model.

    Parameters
    ----------
    name : str
        Registered name.
    version : int
        Of the registry.
    manifest : Manifest
        What it learned from, its features and metrics.
    fitted : FakeAccounts or FakeFollowers or Conversion
        What computes.
    """

    name: str
    version: int
    manifest: Manifest
    fitted: Fitted

    def score(self, tables: Tables, pairs: pd.DataFrame) -> pd.DataFrame:
        """Score pairs of creator and brief.

        Parameters
        ----------
        tables : Tables
            From `features.read`.
        pairs : DataFrame
            creator_id [, brief_id, as_of, compensation, fee]; as_of is by default just after the
            latest observation in the tables.

        Returns
        -------
        DataFrame
            `pairs` with its as_of, the model's answers under the names that `credence score`
            writes, and its version; the index is that of `pairs`.

        Raises
        ------
        InputError
            If a creator or brief is not in the tables, or conversion is asked without a brief.
        """
        if "as_of" not in pairs:
            pairs = pairs.assign(as_of=_default_as_of(tables))
        spine = spine_of(tables, pairs)
        _expect(spine.creator >= 0, pairs, "creator_id")
        X, sampled = matrix(tables, spine), samples(tables, spine)
        if isinstance(self.fitted, FakeAccounts):
            return self._beside(pairs, _audiences(self.fitted, sampled))
        named: dict[str, Any] = {self.name: self.fitted}
        champions = Champions(**named)
        audience = audience_scores(champions, X, sampled)
        if not isinstance(self.fitted, Conversion):
            return self._beside(pairs, _named(audience.followers, FOLLOWERS_COLUMNS))
        _expect(spine.brief >= 0, pairs, "brief_id")
        aim = Aims.of(tables.briefs, spine.brief)
        scores = conversion_scores(champions, X, audience.conversion_share, aim)
        return self._beside(pairs, _named(scores, CONVERSION_COLUMNS))

    def _beside(self, pairs: pd.DataFrame, answers: Mapping[str, Any]) -> pd.DataFrame:
        return pairs.assign(**answers, **{f"{self.name}_version": str(self.version)})


def _default_as_of(tables: Tables) -> pd.Timestamp:
    if tables.latest == UNKNOWN_TIME:
        raise InputError("the tables hold no observed_at: give the pairs a column as_of")
    return pd.Timestamp(tables.latest + 1, unit="us", tz="UTC")


def _expect(found: np.ndarray[Any, np.dtype[np.bool_]], pairs: pd.DataFrame, column: str) -> None:
    if not found.all():
        row = int(np.argmin(found))
        value = pairs[column].iloc[row] if column in pairs else "missing"
        raise InputError(f"pairs, row {row}: {column} {value!r} is not in the tables")


def _named(scores: object, columns: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of scores under the names of a table's columns."""
    return {name: getattr(scores, field) for name, field in columns.items()}


def _audiences(model: FakeAccounts, sampled: Samples) -> dict[str, Any]:
    """Return the share of each pair's follower sample, unknown without one."""
    starts, stops = sampled.offsets[:-1], sampled.offsets[1:]
    shares: Floats = np.full((len(starts), 3), np.nan)
    levels = ["insufficient_data"] * len(starts)
    for row, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        if stop > start:
            found = model.audience(sampled.values[start:stop])
            shares[row] = found.share, found.share_low, found.share_high
            levels[row] = found.level
    share, low, high = shares.T
    columns = {"fake_share": share, "fake_share_low": low, "fake_share_high": high}
    return {"n_sampled": stops - starts, **columns, "level": levels}
