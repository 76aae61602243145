"""Requests to try, which every server with models can answer: nothing in them need be stored."""

from typing import Any

Json = dict[str, Any]

CREATOR: Json = {
    "creator_id": "ana",
    "history": {
        "creators": [{"creator_id": "ana", "platform": "instagram"}],
        "snapshots": [
            {"creator_id": "ana", "observed_at": "2026-01-01T00:00:00Z", "followers": 42000}
        ],
    },
}
BRIEF: Json = {
    "brief_id": "spring",
    "brand_id": "shop",
    "created_at": "2026-01-02T00:00:00Z",
    "target_countries": {"DE": 0.7, "AT": 0.3},
    "conversion_goal": 50,
}
BODIES: dict[str, Json] = {
    "score": {"brief": BRIEF, "reasons": 3, "creators": [CREATOR]},
    "audit": {
        "followers": [
            {"followers": 310, "following": 290, "posts": 42, "frame": "random"},
            {"followers": 12, "following": 4870, "posts": 0, "frame": "random"},
        ],
        "probabilities": True,
    },
}
"""By the name of the route that reads one."""
