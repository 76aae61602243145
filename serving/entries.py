"""What the online store holds, as bytes: numbers raw in little-endian order, nothing pickled."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import msgspec
import numpy as np

from features.arrays import Floats
from features.computing import States
from features.states import pack, unpack
from features.summary import DataSummary
from features.tables import Briefs
from features.tiers import tiers
from models.fake_followers import FakeFollowersScores
from models.reasons import Peers
from models.scoring import AudienceScores

FORMAT = 2
"""Version of the layout; a reader refuses any other."""

assert sys.byteorder == "little", "raw numbers are stored in little-endian order"


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


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One creator."""

    state: bytes
    """Of `features.states.pack`."""
    audience: bytes
    """Risk, share, low, high and the conversion model's share, float64."""
    n_sampled: int
    level: str
    platform: int
    """Position in PLATFORMS."""
    posts_90d: int
    snapshots_90d: int
    followers_sampled: int
    followers_frame: str | None
    last_snapshot_at: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of n creators at one `as_of`.

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


_encode = msgspec.msgpack.Encoder().encode
_entry = msgspec.msgpack.Decoder(Entry).decode
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
    """Return each of n creators as bytes."""
    numbers = _audience_numbers(known.audience, len(known.states))
    followers, summary = known.audience.followers, known.summary
    assert followers is not None
    return [
        _encode(
            Entry(
                state=pack(known.states, row),
                audience=numbers[row].tobytes(),
                n_sampled=int(followers.n_sampled[row]),
                level=followers.level[row],
                platform=int(known.peers.platform[row]),
                posts_90d=int(summary.posts_90d[row]),
                snapshots_90d=int(summary.snapshots_90d[row]),
                followers_sampled=int(summary.followers_sampled[row]),
                followers_frame=summary.followers_frame[row],
                last_snapshot_at=int(summary.last_snapshot_at[row]),
                missing=summary.missing[row],
            )
        )
        for row in range(len(known.states))
    ]


def unpack_creators(packed: Sequence[bytes], *, with_conversion: bool) -> Known:
    """Return the creators that were packed, in the order given.

    Parameters
    ----------
    packed : sequence of bytes
        From `pack_creators`.
    with_conversion : bool
        Whether there was a conversion model.
    """
    entries = [_entry(one) for one in packed]
    states = unpack([entry.state for entry in entries])
    risk, share, low, high, conversion_share = (
        np.array([np.frombuffer(entry.audience) for entry in entries]).reshape(-1, 5).T.copy()
    )
    return Known(
        states=states,
        audience=AudienceScores(
            FakeFollowersScores(
                risk=risk,
                share=share,
                low=low,
                high=high,
                n_sampled=np.array([entry.n_sampled for entry in entries], dtype=np.int64),
                level=[entry.level for entry in entries],
            ),
            conversion_share if with_conversion else None,
        ),
        peers=Peers([float(entry.platform) for entry in entries], tiers(states.followers)),
        summary=DataSummary(
            posts_90d=np.array([entry.posts_90d for entry in entries], dtype=np.int64),
            snapshots_90d=np.array([entry.snapshots_90d for entry in entries], dtype=np.int64),
            followers_sampled=np.array(
                [entry.followers_sampled for entry in entries], dtype=np.int64
            ),
            followers_frame=[entry.followers_frame for entry in entries],
            last_snapshot_at=np.array(
                [entry.last_snapshot_at for entry in entries], dtype=np.int64
            ),
            missing=[entry.missing for entry in entries],
        ),
    )


def _audience_numbers(audience: AudienceScores, n: int) -> Floats:
    followers, share = audience.followers, audience.conversion_share
    assert followers is not None
    last = np.full(n, np.nan) if share is None else share
    return np.stack([followers.risk, followers.share, followers.low, followers.high, last], axis=1)


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
