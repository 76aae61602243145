"""The limit: uvicorn, msgspec, and LightGBM's quickest call on a ready row.

One creator takes the single-row-fast path of the C library, several `Booster.predict`.
"""

import ctypes
import gc
import math
from collections.abc import Awaitable, Callable
from typing import Any

import lightgbm as lgb
import msgspec

from benchmarks.peers.ready import MODELS, Ready, probability
from features.arrays import Floats

_RAW, _FLOAT64, _ALL = 1, 1, -1


class Asked(msgspec.Struct):
    """A creator."""

    creator_id: str


class Request(msgspec.Struct):
    """What Credence is asked, too."""

    brief_id: str
    creators: list[Asked]


class Given(msgspec.Struct):
    """Two probabilities."""

    creator_id: str
    conversion: float
    fake_followers: float


class Answer(msgspec.Struct):
    """In the order asked."""

    scores: list[Given]


class Fast:
    """A booster's prediction of one row of a matrix, all but the call made ready."""

    def __init__(self, booster: lgb.Booster, rows: Floats) -> None:
        library = lgb.basic._LIB  # type: ignore[attr-defined]  # the library itself
        self._kept, self._ready = (booster, rows), ctypes.c_void_p()
        status = library.LGBM_BoosterPredictForMatSingleRowFastInit(
            booster._handle,
            ctypes.c_int(_RAW),
            ctypes.c_int(0),
            ctypes.c_int(_ALL),
            ctypes.c_int(_FLOAT64),
            ctypes.c_int32(rows.shape[1]),
            ctypes.c_char_p(b"num_threads=1"),
            ctypes.byref(self._ready),
        )
        if status:
            raise RuntimeError("LightGBM refused to make ready")
        self._call = library.LGBM_BoosterPredictForMatSingleRowFast
        self._rows = [ctypes.c_void_p(row.ctypes.data) for row in rows]
        self._out = ctypes.c_double()
        self._given = ctypes.byref(ctypes.c_int64()), ctypes.byref(self._out)

    def probability(self, place: int) -> float:
        """Return the prediction for a row of the matrix."""
        if self._call(self._ready, self._rows[place], *self._given):
            raise RuntimeError("LightGBM refused to predict")
        return 1.0 / (1.0 + math.exp(-self._out.value))


_ready = Ready.load()
_boosters = _ready.boosters()
_fast = {name: Fast(_boosters[name], _ready.rows[name]) for name in MODELS}
_conversion, _followers = (_fast[name].probability for name in MODELS)
_decode = msgspec.json.Decoder(Request).decode
_encode = msgspec.json.Encoder().encode
_place = _ready.place


def _one(creator_id: str) -> list[Given]:
    place = _place[creator_id]
    return [Given(creator_id, _conversion(place), _followers(place))]


def _several(ids: list[str]) -> list[Given]:
    places = [_place[one] for one in ids]
    found = [
        probability(
            _boosters[name].predict(_ready.rows[name][places], raw_score=True, num_threads=1)  # type: ignore[arg-type]
        ).tolist()
        for name in MODELS
    ]
    return [Given(*values) for values in zip(ids, *found, strict=True)]


async def app(
    _scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answer one request."""
    message = await receive()
    body = message["body"]
    while message["more_body"]:
        message = await receive()
        body += message["body"]
    creators = _decode(body).creators
    if len(creators) == 1:
        given = _one(creators[0].creator_id)
    else:
        given = _several([one.creator_id for one in creators])
    out = _encode(Answer(given))
    head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(out))]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": out})


gc.collect()
gc.freeze()
