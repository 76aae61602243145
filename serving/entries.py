"""What the online store holds, as bytes: numbers raw in little-endian order, nothing pickled."""

import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import msgspec
import numpy as np

from features.computing import States
from features.states import pack, unpack
from features.summary import HISTORY, DataSummary
from features.tables import Briefs
from features.tiers import TIER_NAMES
from models.fake_followers import FakeFollowersScores
from models.levels import LEVELS
from models.reasons import Peers
from models.scoring import AudienceScores
from serving.group import audience_told, data_used

FORMAT = 3
"""Version of the layout; a reader refuses any other."""

WORD = 8

assert sys.byteorder == "little", "raw numbers are stored in little-endian order"

# Platform, tier, level, missing tables (a bit each), followers sampled, lengths of the two texts;
# risk, share, low, high and the conversion model's share.
_HEAD = struct.Struct("<7q5d")
_UNKNOWN = -1
_MISSING = [
    tuple(table for bit, table in enumerate(HISTORY) if bits >> bit & 1)
    for bits in range(2 ** len(HISTORY))
]


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What a store says about itself."""

    format: int
    catalogue_hash: str
    as_of: int
    """Microseconds."""
    versions: dict[str, str]
    digests: dict[str, str]
    """Of the models' bundles, by name."""
    hashes: dict[str, str]
    """Of the tables' bytes, by name."""
    creators: int


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of n creators at one `as_of`, to be stored.

    Parameters
    ----------
    states : States
    audience : AudienceScores
    peers : Peers
        Platform and tier.
    summary : DataSummary
        What the scores rest on.
    """

    states: States
    audience: AudienceScores
    peers: Peers
    summary: DataSummary


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """What the store holds of n creators.

    Parameters
    ----------
    states : States
    audience : AudienceScores
        By the models that the store was published with.
    peers : Peers
        Platform and tier.
    told : list of Raw, length n
        The answer about each audience, which no brief changes, as JSON.
    data : list of Raw, length n
        What the scores rest on, as JSON.
    missing : list of tuple of str, length n
        Tables of HISTORY without a visible row.
    """

    states: States
    audience: AudienceScores
    peers: Peers
    told: list[msgspec.Raw]
    data: list[msgspec.Raw]
    missing: list[tuple[str, ...]]


_encode = msgspec.msgpack.Encoder().encode
_json = msgspec.json.Encoder().encode
_meta = msgspec.msgpack.Decoder(Meta).decode
_columns = msgspec.msgpack.Decoder(dict[str, Any]).decode


def pack_meta(meta: Meta) -> bytes:
    """Return what `unpack_meta` reads."""
    return _encode(meta)


def unpack_meta(data: bytes) -> Meta:
    """Return what a store says about itself.

    Raises
    ------
    msgspec.DecodeError
        If it is of another layout.
    """
    return _meta(data)


def pack_creators(known: Known) -> list[bytes]:
    """Return each of n creators as bytes, a head and then the texts and the state, whole words."""
    return [_packed(known, row) for row in range(len(known.states))]


def _packed(known: Known, row: int) -> bytes:
    followers, share = known.audience.followers, known.audience.conversion_share
    assert followers is not None
    platform, tier = known.peers.platform[row], known.peers.tier[row]
    told = _json(audience_told(followers, row))
    data = _json(data_used(known.summary, row))
    head = _HEAD.pack(
        _UNKNOWN if np.isnan(platform) else int(platform),
        _UNKNOWN if tier is None else TIER_NAMES.index(tier),
        LEVELS.index(followers.level[row]),
        _MISSING.index(known.summary.missing[row]),
        int(followers.n_sampled[row]),
        len(told),
        len(data),
        *(float(part[row]) for part in _shares(followers)),
        np.nan if share is None else float(share[row]),
    )
    texts = told + data
    return head + texts + b" " * (-len(texts) % WORD) + pack(known.states, row)


def _shares(scores: FakeFollowersScores) -> tuple[Any, ...]:
    return scores.risk, scores.share, scores.low, scores.high


def unpack_creators(packed: Sequence[bytes], *, with_conversion: bool) -> Entries:
    """Return the creators that were packed, in the order given.

    Parameters
    ----------
    packed : sequence of bytes
        From `pack_creators`.
    with_conversion : bool
        Whether there was a conversion model.
    """
    told, data, heads, starts, at = [], [], [], [], 0
    for one in packed:
        head = _HEAD.unpack_from(one)
        middle = _HEAD.size + head[5]
        end = middle + head[6]
        told.append(msgspec.Raw(one[_HEAD.size : middle]))
        data.append(msgspec.Raw(one[middle:end]))
        heads.append(head)
        starts.append((at + end + -end % WORD) // WORD)
        at += len(one)
    # A copy that can be written: compiled code is made for such.
    words = np.frombuffer(bytearray(b"".join(packed)), np.int64)
    columns = list(zip(*heads, strict=True)) if heads else [()] * 12
    platform, tier, level, missing, sampled = columns[:5]
    risk, share, low, high, conversion_share = (np.array(one, np.float64) for one in columns[7:])
    return Entries(
        states=unpack(words, np.array(starts, np.int64)),
        audience=AudienceScores(
            FakeFollowersScores(
                risk=risk,
                share=share,
                low=low,
                high=high,
                n_sampled=np.array(sampled, np.int64),
                level=[LEVELS[place] for place in level],
            ),
            conversion_share if with_conversion else None,
        ),
        peers=Peers(
            [np.nan if place == _UNKNOWN else float(place) for place in platform],
            [None if place == _UNKNOWN else TIER_NAMES[place] for place in tier],
        ),
        told=told,
        data=data,
        missing=[_MISSING[bits] for bits in missing],
    )


def pack_briefs(briefs: Briefs) -> bytes:
    """Return what `unpack_briefs` reads."""
    columns = {field.name: getattr(briefs, field.name) for field in fields(Briefs)}
    return _encode(
        {
            name: [str(values.dtype), values.tobytes()]
            if isinstance(values, np.ndarray)
            else values
            for name, values in columns.items()
        }
    )


def unpack_briefs(data: bytes) -> Briefs:
    """Return the briefs that were packed."""
    columns = _columns(data)
    # Copies, because compiled code is made for arrays that can be written.
    arrays: dict[str, Any] = {
        name: values if name in ("ids", "index") else np.frombuffer(values[1], values[0]).copy()
        for name, values in columns.items()
    }
    return Briefs(**arrays)
