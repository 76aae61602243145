"""Bodies of requests: 64 of each kind, because a processor learns the one that is repeated."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from benchmarks.serve_ready import AskedAbout

SEVERAL = 64
DAYS = 90


@dataclass(frozen=True, slots=True)
class Bodies:
    """Bodies for POST /v1/score, which name creators and briefs that are published."""

    about: AskedAbout

    def stored(self, creators: int = 1, **more: object) -> list[bytes]:
        """Return bodies with so many stored creators each."""
        ids, several = self.about.creators, len(self.about.creators)
        return [
            _body(
                self._brief(turn),
                [{"creator_id": ids[(turn * creators + i) % several]} for i in range(creators)],
                **more,
            )
            for turn in range(SEVERAL)
        ]

    def inline(self, *, metrics: bool) -> list[bytes]:
        """Return bodies with one creator, its 90 posts and 90 snapshots, perhaps with metrics."""
        as_of = datetime.fromtimestamp(self.about.as_of / 1e6, UTC)
        return [
            _body(
                self._brief(turn),
                [_brought(f"inline{turn}", as_of, Random(turn), metrics=metrics)],
                as_of=_text(as_of),
            )
            for turn in range(SEVERAL)
        ]

    def _brief(self, turn: int) -> str:
        return self.about.briefs[turn % len(self.about.briefs)]


def _body(brief: str, creators: Sequence[object], **more: object) -> bytes:
    asked = {"brief_id": brief, "creators": creators, **more}
    return json.dumps(asked, separators=(",", ":")).encode()


def _brought(creator: str, as_of: datetime, random: Random, *, metrics: bool) -> object:
    """Return a creator with its history of the last 90 days."""
    followers, days = random.randrange(5_000, 500_000), range(DAYS, 0, -1)
    mine = {"creator_id": creator}
    posts = [
        {
            "post_id": f"{creator}-{day}",
            **mine,
            "posted_at": _text(as_of - timedelta(days=day, minutes=-random.randrange(60, 1_380))),
            "media_type": random.choice(("image", "video", "carousel", "reel")),
            "is_sponsored": random.random() < 0.1,
            "caption_length": random.randrange(300),
            "hashtag_count": random.randrange(12),
            "mention_count": random.randrange(4),
        }
        for day in days
    ]
    history: dict[str, object] = {
        "creators": [
            {
                **mine,
                "platform": random.choice(("instagram", "tiktok", "youtube")),
                "country": random.choice(("DE", "FR", "US")),
                "category": random.choice(("beauty", "fitness", "food")),
                "created_at": _text(as_of - timedelta(days=900)),
            }
        ],
        "snapshots": [
            {
                **mine,
                "observed_at": _text(as_of - timedelta(days=day, hours=-6)),
                "followers": followers + 40 * (DAYS - day) + random.randrange(200),
                "following": 400 + random.randrange(50),
                "media_count": 1_000 - day,
            }
            for day in days
        ],
        "posts": posts,
    }
    if metrics:
        history["post_metrics"] = [_metrics(post, followers, as_of, random) for post in posts]
    return {**mine, "history": history}


def _metrics(
    post: Mapping[str, object], followers: int, as_of: datetime, random: Random
) -> dict[str, object]:
    likes = int(followers * random.uniform(0.01, 0.06))
    return {
        "post_id": post["post_id"],
        "observed_at": _text(as_of - timedelta(minutes=random.randrange(1, 50))),
        "likes": likes,
        "comments": likes // 40,
        "shares": likes // 60,
        "saves": likes // 30,
        "views": likes * 12,
        "reach": likes * 9,
    }


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
