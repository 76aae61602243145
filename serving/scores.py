"""The rows of `scores` and `rejects`: their columns, and how results become them."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import pyarrow as pa

from features.arrays import COMPENSATION, Flags, Floats, Ints
from features.catalogue import catalogue_hash
from features.computing import Spine
from features.tables import SetAside, Tables
from models.reasons import Reason
from models.scoring import CONVERSION_COLUMNS, FOLLOWERS_COLUMNS
from models.story import ConversionScores
from serving.scoring import Scored

_TEXT, _FLOAT, _TIME = pa.string(), pa.float64(), pa.timestamp("us", "UTC")

SCORES = pa.schema(
    [
        pa.field("creator_id", _TEXT, nullable=False),
        ("brief_id", _TEXT),
        pa.field("as_of", _TIME, nullable=False),
        ("compensation", _TEXT),
        ("fee", _FLOAT),
        ("tier", _TEXT),
        ("conversion_probability", _FLOAT),
        ("conversion_low", _FLOAT),
        ("conversion_high", _FLOAT),
        ("expected_conversions", _FLOAT),
        ("expected_conversions_low", pa.int64()),
        ("expected_conversions_high", pa.int64()),
        ("fake_share", _FLOAT),
        ("fake_share_low", _FLOAT),
        ("fake_share_high", _FLOAT),
        pa.field("fake_risk", _FLOAT, nullable=False),
        pa.field("level", _TEXT, nullable=False),
        ("conversion_version", _TEXT),
        pa.field("fake_followers_version", _TEXT, nullable=False),
        pa.field("fake_accounts_version", _TEXT, nullable=False),
        pa.field("catalogue_hash", _TEXT, nullable=False),
    ]
)
REASONS = pa.field("reasons", _TEXT)
REJECTS = pa.schema(
    [
        pa.field("table", _TEXT, nullable=False),
        ("creator_id", _TEXT),
        ("brief_id", _TEXT),
        pa.field("key", _TEXT, nullable=False),
        pa.field("rule", _TEXT, nullable=False),
        pa.field("reason", _TEXT, nullable=False),
        pa.field("row", _TEXT, nullable=False),
    ]
)


def scores_table(
    tables: Tables, spine: Spine, scored: Scored, versions: Mapping[str, str]
) -> pa.Table:
    """Return scored pairs as rows of `scores`.

    Parameters
    ----------
    tables : Tables
        Whose ids the spine's rows stand for.
    spine : Spine
        The n pairs.
    scored : Scored
        Their scores.
    versions : mapping of str to str
        Of the models, by name.

    Returns
    -------
    pyarrow.Table
        n rows with the columns `SCORES`.
    """
    n, followers = len(spine), scored.followers
    briefed = spine.brief >= 0
    columns: dict[str, object] = {
        "creator_id": _ids(tables.creators.ids, spine.creator),
        "brief_id": _ids(tables.briefs.ids, spine.brief),
        "as_of": spine.as_of,
        "compensation": _names(spine.compensation),
        "fee": _known(spine.fee),
        "tier": scored.peers.tier,
        **_conversion(scored.conversion, n),
        **{name: getattr(followers, field) for name, field in FOLLOWERS_COLUMNS.items()},
        "conversion_version": _where(versions.get("conversion"), briefed),
        "fake_followers_version": [versions["fake_followers"]] * n,
        "fake_accounts_version": [versions["fake_accounts"]] * n,
        "catalogue_hash": [catalogue_hash()] * n,
    }
    arrays = [_typed(columns[field.name], field.type) for field in SCORES]
    return pa.Table.from_arrays(arrays, schema=SCORES)


def with_reasons(scores: pa.Table, reasons: Mapping[str, Sequence[Sequence[Reason]]]) -> pa.Table:
    """Return the scores with a column of reasons.

    Parameters
    ----------
    scores : pyarrow.Table
        n rows.
    reasons : mapping of str to sequence of sequence of Reason
        For each model the reasons of the n rows.

    Returns
    -------
    pyarrow.Table
        With `reasons`: JSON objects of the models' lists, as POST /v1/score gives them.
    """
    texts = [
        msgspec.json.encode({name: found[row] for name, found in reasons.items()}).decode()
        for row in range(len(scores))
    ]
    return scores.append_column(REASONS, pa.array(texts, _TEXT))


def rejects_table(rejects: Sequence[SetAside]) -> pa.Table:
    """Return rows set aside as rows of `rejects`."""
    columns = [[getattr(one, field.name) for one in rejects] for field in REJECTS]
    return pa.Table.from_arrays([pa.array(values, _TEXT) for values in columns], schema=REJECTS)


def _conversion(scores: ConversionScores | None, n: int) -> dict[str, pa.Array]:
    """Return the columns of the conversion model, null where it says nothing."""
    if scores is None:
        return {
            field.name: pa.nulls(n, field.type) for field in SCORES if "conversion" in field.name
        }
    return {name: _known(getattr(scores, field)) for name, field in CONVERSION_COLUMNS.items()}


def _typed(values: object, kind: pa.DataType) -> pa.Array:
    return values.cast(kind) if isinstance(values, pa.Array) else pa.array(values, kind)


def _known(values: Floats) -> pa.Array:
    """Return NaN as null."""
    return pa.array(values, _FLOAT, from_pandas=True)


def _ids(ids: Sequence[str], rows: Ints) -> list[str | None]:
    return [ids[row] if row >= 0 else None for row in rows.tolist()]


def _names(compensation: Floats) -> list[str | None]:
    places = np.nan_to_num(compensation, nan=-1.0).astype(np.int64).tolist()
    return [COMPENSATION[place] if place >= 0 else None for place in places]


def _where(version: str | None, briefed: Flags) -> list[str | None]:
    return [version if has else None for has in briefed.tolist()]
