"""What a creator that brings its history costs, against one that is stored.

One process, one thread, nothing but decoding, answering and encoding: a stored creator, one with 90
posts and 90 snapshots inline, the same with 90 observations of the posts, and 500 histories of 19
posts and 19 snapshots. What msgspec alone needs to decode the body is taken off before comparing:
at most 2.5 times the stored one is wanted. Everything is measured in turn, over and over, so that
whatever else the machine does falls on all alike.

Needs a published store: set CREDENCE_HOME to one of `make run`.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from serving import answers, decode
from serving.contract import ScoreRequest
from serving.state import Snapshot, State

LIMIT = 2.5
NOW = datetime(2026, 1, 1, tzinfo=UTC)
_plain = msgspec.json.Decoder(ScoreRequest)
_encode = msgspec.json.Encoder().encode


def _when(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat().replace("+00:00", "Z")


def history(creator_id: str, rows: int, observed: int = 0) -> dict[str, object]:
    """Return a history with so many posts and snapshots, and some of the posts observed."""
    return {
        "creators": [
            {
                "creator_id": creator_id,
                "platform": "instagram",
                "country": "DE",
                "category": "beauty",
                "language": "de",
            }
        ],
        "snapshots": [
            {
                "creator_id": creator_id,
                "observed_at": _when(day + 0.25),
                "followers": 40_000 - 37 * day + day * day % 13,
                "following": 700 + day % 7,
                "media_count": 300 + day,
            }
            for day in range(rows)
        ],
        "posts": [
            {
                "post_id": f"{creator_id}-{number}",
                "creator_id": creator_id,
                "posted_at": _when(1 + 1.9 * number),
                "media_type": ("reel", "image", "video")[number % 3],
                "is_sponsored": number % 6 == 0,
                "caption_length": 40 + number * 11 % 300,
                "hashtag_count": number % 9,
                "mention_count": number % 3,
            }
            for number in range(rows)
        ],
        "post_metrics": [
            {
                "post_id": f"{creator_id}-{number}",
                "observed_at": _when(0.5 + 1.9 * number),
                "likes": 900 + 53 * (number * number % 17),
                "comments": 30 + number % 4,
                "shares": number % 7,
                "saves": number % 11,
                "views": 20_000 + number,
                "reach": 15_000 + number,
                "impressions": 18_000 + number,
            }
            for number in range(observed)
        ],
    }


def bodies(snapshot: Snapshot) -> dict[str, bytes]:
    """Return the requests that are compared."""
    assert snapshot.store is not None, "publish a store first"
    creator_id = snapshot.store.ids(1)[0]

    def body(*creators: dict[str, object]) -> bytes:
        brief_id = snapshot.store.briefs.ids[0] if snapshot.store else ""
        return _encode({"brief_id": brief_id, "creators": creators})

    def brought(name: str, rows: int, observed: int = 0) -> dict[str, object]:
        return {"creator_id": name, "history": history(name, rows, observed)}

    return {
        "stored": body({"creator_id": creator_id}),
        "inline": body(brought("one", 90)),
        "inline, posts observed": body(brought("one", 90, 90)),
        "500 histories": body(*(brought(f"c{number}", 19) for number in range(500))),
    }


def _seconds(work: Callable[[], object], times: int) -> float:
    # What this thread computed, and not how long it waited for its turn.
    start = time.thread_time()
    for _ in range(times):
        work()
    return (time.thread_time() - start) / times


def _works(snapshot: Snapshot, body: bytes) -> list[Callable[[], object]]:
    """Return the whole work on a body, and msgspec's alone."""

    def whole() -> bytes:
        return _encode(answers.score(snapshot, decode.score_request(body), NOW)[0])

    return [whole, lambda: _plain.decode(body)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=41)
    rounds = parser.parse_args().rounds
    snapshot = State.load().now
    works = {name: _works(snapshot, body) for name, body in bodies(snapshot).items()}
    for pair in works.values():
        for work in pair:
            work()
    gc.collect()
    gc.freeze()
    found: dict[str, list[list[float]]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, pair in works.items():
            times = 1 if name.startswith("500") else 30
            found[name].append([_seconds(work, times) for work in pair])
    stored = [whole for whole, _ in found["stored"]]
    print(f"microseconds of one core, least and median of {rounds} rounds in turn")
    for name, pairs in found.items():
        net = [whole - alone for whole, alone in pairs]
        told = f"{name:24}"
        for label, values in (
            ("in all", [whole for whole, _ in pairs]),
            ("msgspec alone", [alone for _, alone in pairs]),
            ("beyond it", net),
        ):
            told += f"  {label} {min(values) * 1e6:8.0f} {statistics.median(values) * 1e6:8.0f}"
        if name.startswith("inline"):
            ratios = [one / other for one, other in zip(net, stored, strict=True)]
            told += f"  of the stored one {min(net) / min(stored):.2f}"
            told += f" (median of rounds {statistics.median(ratios):.2f}, wanted {LIMIT})"
        print(told)


if __name__ == "__main__":
    main()
