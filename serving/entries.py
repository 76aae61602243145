"""What the online store holds, as bytes: numbers raw in little-endian order, nothing pickled."""

import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import msgspec
import numpy as np

from features.arrays import Floats, Ints
from features.drivers import Asked
from features.states import States, matrix_of, pack, unpack
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
_PLATFORM, _TIER, _LEVEL, _TABLES, _SAMPLED, _RISK, _SHARE, _OTHER_SHARE = 0, 1, 2, 3, 4, 7, 8, 11
_UNKNOWN, _COLUMNS = -1, 12
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
    ground: str = ""
    """What all entries were computed by and on, whatever the moment and the rows."""
    creators: int = 0
    set_aside: int = 0
    """Rows of the tables."""


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


class _Texts(NamedTuple):
    """The texts of n creators, and at which word the state of each begins."""

    told: list[msgspec.Raw]
    data: list[msgspec.Raw]
    starts: list[int]


class Entries:
    """What the store holds of n creators; what is asked of it is unpacked then.

    Parameters
    ----------
    packed : sequence of bytes, length n
        From `pack_creators`; whole words may follow.
    """

    __slots__ = ("_columns", "_packed", "_texts")

    def __init__(self, packed: Sequence[bytes]) -> None:
        self._packed = packed
        self._columns: list[tuple[Any, ...]] | None = None
        self._texts: _Texts | None = None

    def __len__(self) -> int:
        return len(self._packed)

    @property
    def told(self) -> list[msgspec.Raw]:
        """The answer about each audience, which no brief changes, as JSON."""
        return self._said().told

    @property
    def data(self) -> list[msgspec.Raw]:
        """What each answer rests on, as JSON."""
        return self._said().data

    @property
    def risks(self) -> Sequence[float]:
        """The risk of each audience."""
        return self._head()[_RISK]

    @property
    def shares(self) -> Sequence[float]:
        """The share of each audience that looks inauthentic."""
        return self._head()[_SHARE]

    @property
    def levels(self) -> list[str]:
        """The level of each audience."""
        return [LEVELS[place] for place in self._head()[_LEVEL]]

    @property
    def tiers(self) -> list[str | None]:
        """The tier of each creator."""
        return [None if place == _UNKNOWN else TIER_NAMES[place] for place in self._head()[_TIER]]

    @property
    def missing(self) -> list[tuple[str, ...]]:
        """Tables of HISTORY without a visible row."""
        return [_MISSING[bits] for bits in self._head()[_TABLES]]

    @property
    def conversion_share(self) -> Floats:
        """The share by the conversion model's own copy of the audience model, shape (n,)."""
        return np.array(self._head()[_OTHER_SHARE], np.float64)

    @property
    def peers(self) -> Peers:
        """Platform and tier of each."""
        known = [np.nan if place == _UNKNOWN else float(place) for place in self._head()[_PLATFORM]]
        return Peers(known, self.tiers)

    @property
    def followers(self) -> FakeFollowersScores:
        """The scores of the audiences."""
        risk, share, low, high = (
            np.array(part, np.float64) for part in self._head()[_RISK:_OTHER_SHARE]
        )
        sampled = np.array(self._head()[_SAMPLED], np.int64)
        return FakeFollowersScores(risk, share, low, high, sampled, self.levels)

    @property
    def states(self) -> States:
        """What fit features need of each."""
        return unpack(*self._words())

    def matrix(self, offer: Asked) -> Floats:
        """Return X for a brief and an offer each, shape (n, len(NAMES))."""
        return matrix_of(*self._words(), offer)

    def _words(self) -> tuple[Ints, Ints]:
        """Return everything as words, and where each state begins."""
        # A copy that can be written: compiled code is made for such.
        words = np.frombuffer(bytearray(b"".join(self._packed)), np.int64)
        return words, np.array(self._said().starts, np.int64)

    def _head(self) -> list[tuple[Any, ...]]:
        """Return the columns of the heads."""
        if self._columns is None:
            heads = [_HEAD.unpack_from(one) for one in self._packed]
            self._columns = list(zip(*heads, strict=True)) if heads else [()] * _COLUMNS
        return self._columns

    def _said(self) -> _Texts:
        """Return the texts, and where what follows them begins."""
        if self._texts is None:
            found, before = _Texts([], [], []), 0
            head = self._head()
            for one, first, second in zip(self._packed, *head[_SAMPLED + 1 : _RISK], strict=True):
                middle = _HEAD.size + first
                end = middle + second
                found.told.append(msgspec.Raw(one[_HEAD.size : middle]))
                found.data.append(msgspec.Raw(one[middle:end]))
                found.starts.append(before + (end + WORD - 1) // WORD)
                before += len(one) // WORD
            self._texts = found
        return self._texts


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
