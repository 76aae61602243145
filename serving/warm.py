"""The first question of each kind, asked before anybody else does.

Machine code is loaded, and ways to explain trees are prepared, when they are first needed: a
request would wait for that, and all others of its worker with it.
"""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

import msgspec

from serving import answers, decode, docs_page, logs, lookups, openapi
from serving.problems import Problem
from serving.specimens import BODIES, BRIEF, Json
from serving.state import Snapshot

_NOW = datetime(2026, 1, 3, tzinfo=UTC)
_THEN = "2026-01-01T00:00:00Z"
_MINE = {"creator_id": "ana"}
_log = logging.getLogger("credence")

_HISTORY: Json = {
    "creators": [{**_MINE, "platform": "instagram"}],
    "snapshots": [{**_MINE, "observed_at": _THEN, "followers": 42000}],
    "posts": [{**_MINE, "post_id": "p", "posted_at": _THEN}],
    "post_metrics": [{"post_id": "p", "observed_at": "2026-01-02T00:00:00Z", "likes": 900}],
    "audience": [
        {**_MINE, "observed_at": _THEN, "dimension": "country", "value": "DE", "share": 0.5}
    ],
    "followers": [{**_MINE, "observed_at": _THEN, "followers": 10, "following": 20, "posts": 3}],
    "collaborations": [
        {
            **_MINE,
            "collaboration_id": "c",
            "brief_id": "b",
            "agreed_at": _THEN,
            "published_at": _THEN,
        }
    ],
    "outcomes": [{"collaboration_id": "c", "observed_at": "2026-01-02T00:00:00Z", "clicks": 9}],
}


def warm(snapshot: Snapshot) -> None:
    """Ask one question of each kind, and say how long it took.

    Parameters
    ----------
    snapshot : Snapshot
        Models and store; what they cannot answer is passed over.
    """
    started = time.perf_counter()
    for ask in _questions(snapshot):
        try:
            ask()
        except Problem:
            # No model or no store: there is nothing to prepare.
            continue
        except Exception as error:
            # Whoever asks it next is told, and so is the log: the other questions have answers.
            told = logs.event("warm_up_failed", error=type(error).__name__, at=logs.where(error))
            _log.error("a question at the start failed: %s", type(error).__name__, extra=told)
    took = time.perf_counter() - started
    _log.info("warm after %.1f s", took, extra=logs.event("warm", seconds=round(took, 3)))


def _questions(snapshot: Snapshot) -> Iterator[Callable[[], object]]:
    """Return the questions, those about what is stored if anything is."""
    brought = {**_MINE, "history": _HISTORY, "compensation": "monetary", "fee": 100}
    yield from _scored(snapshot, {"brief": BRIEF, "creators": [brought]})
    if snapshot.store is not None:
        creators = snapshot.store.ids(1)
        asked: Json = {"creators": [{"creator_id": one} for one in creators]}
        yield from _scored(snapshot, {**asked, **_brief(snapshot)})
        yield from (partial(lookups.creator, snapshot, one, _NOW) for one in creators)
    audit = msgspec.json.encode(BODIES["audit"])
    yield lambda: answers.audit(snapshot, decode.audit_request(audit))
    yield lambda: lookups.models(snapshot)
    yield from (lookups.features, openapi.document, docs_page.page)


def _scored(snapshot: Snapshot, asked: Json) -> Iterator[Callable[[], object]]:
    """Return questions for scores, plain and with reasons."""
    for reasons in (0, 3):
        body = msgspec.json.encode({**asked, "reasons": reasons})
        yield partial(_score, snapshot, body)


def _score(snapshot: Snapshot, body: bytes) -> None:
    answers.score(snapshot, decode.score_request(body), _NOW)


def _brief(snapshot: Snapshot) -> Json:
    """Return the name of the newest published brief, if there is any."""
    briefs = snapshot.store.briefs if snapshot.store else None
    if briefs is None or not len(briefs.ids):
        return {}
    known = briefs.known.tolist()
    return {"brief_id": briefs.ids[known.index(max(known))]}
