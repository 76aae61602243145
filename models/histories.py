"""Raw histories that every model is asked about when it is made, and again whenever it is loaded.

They are made by arithmetic, not taken from anyone's data, so that a bundle carries no person. Each
creator shows a kind of history that features treat differently: complete, without insights, with a
bought audience, new, and empty. The rows travel in the bundle: changing this module changes what
new models are asked, never what old ones were.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

Row = dict[str, object]
Rows = dict[str, list[Row]]

AS_OF = datetime(2025, 6, 30, 12, tzinfo=UTC)
MEDIA = ("reel", "image", "carousel", "story", "video")
CREATORS = ("complete", "plain", "bought", "new", "empty")


def tables() -> Rows:
    """Return the rows of every table that scoring reads, as a request's history has them.

    Returns
    -------
    dict of str to list of dict
        JSON rows by table; times are ISO 8601 texts.
    """
    posts = [post for name in CREATORS for post in _posts(name)]
    return {
        "creators": _creators(),
        "snapshots": [row for name in CREATORS for row in _snapshots(name)],
        "posts": [post for post, _ in posts],
        "post_metrics": [row for _, metrics in posts for row in metrics],
        "audience": _audience(),
        "followers": [*_followers("complete", 60, False), *_followers("bought", 40, True)],
        "brands": [
            {"brand_id": "ash", "category": "beauty", "country": "DE", "average_order_value": 48.5},
            {"brand_id": "birch", "category": "travel"},
        ],
        "briefs": _briefs(),
        "collaborations": _collaborations(),
        "outcomes": _outcomes(),
    }


def spine() -> list[Row]:
    """Return the (creator, as_of, brief) rows that are scored.

    Returns
    -------
    list of dict
        creator_id, as_of, brief_id, compensation and fee.
    """
    offers: list[tuple[str, float | None]] = [("monetary", 850.0), ("affiliate", 0.0)]
    rows: list[Row] = [
        {
            "creator_id": name,
            "as_of": _text(0),
            "brief_id": ("autumn", "winter")[turn % 2],
            "compensation": offers[turn % 2][0],
            "fee": offers[turn % 2][1],
        }
        for turn, name in enumerate(CREATORS)
    ]
    earlier: Row = {"creator_id": "complete", "as_of": _text(45), "brief_id": "winter"}
    return [*rows, {**earlier, "compensation": None, "fee": None}]


def _text(days_ago: float) -> str:
    return (AS_OF - timedelta(days=days_ago)).isoformat()


def _creators() -> list[Row]:
    rich: Row = {"language": "de", "category": "beauty", "is_verified": True, "min_fee": 600.0}
    return [
        rich
        | {"creator_id": "complete", "platform": "instagram", "country": "DE"}
        | {"accepts": ["monetary", "product"], "created_at": _text(2000), "observed_at": _text(90)},
        {"creator_id": "plain", "platform": "youtube", "category": "travel"},
        {
            "creator_id": "bought",
            "platform": "tiktok",
            "country": "US",
            "category": "beauty",
            "created_at": _text(400),
        },
        {"creator_id": "new", "platform": "x"},
        {"creator_id": "empty", "platform": "facebook"},
    ]


def _snapshots(name: str) -> Iterator[Row]:
    """Yield daily, weekly or few profile totals; the bought audience jumps and then decays."""
    days, every, start = {
        "complete": (200, 1, 42_000),
        "plain": (180, 7, 5_200),
        "bought": (120, 1, 9_000),
        "new": (2, 1, 310),
        "empty": (0, 1, 0),
    }[name]
    for age in range(days, 0, -every):
        day = days - age
        bought = max(0, 12_000 - 30 * (60 - age)) if name == "bought" and age < 60 else 0
        yield {
            "creator_id": name,
            "observed_at": _text(age - 0.25),
            "followers": start + 31 * day + 17 * (day * day % 13) + bought,
            "following": 700 + day * 3 % 40,
            "media_count": 300 + day // 3,
        }


def _posts(name: str) -> Iterator[tuple[Row, list[Row]]]:
    """Yield posts with two observations of their metrics each."""
    count = {"complete": 70, "plain": 20, "bought": 25}.get(name, 0)
    for number in range(count):
        age = 1.4 + number * 2.3 + (number * 7 % 5) / 10
        post_id = f"{name}-{number}"
        post: Row = {"post_id": post_id, "creator_id": name, "posted_at": _text(age)}
        if name != "plain":
            post |= {"media_type": MEDIA[number % 5], "is_sponsored": number % 6 == 0}
            post |= {"caption_length": 40 + number * 11 % 300, "hashtag_count": number % 9}
            post |= {"mention_count": number % 3}
        if number % 12 == 0:
            post["brand_id"] = "ash"
        metrics = [_metrics(name, number, share) for share in (0.6, 1.0)]
        late = max(age - 8, 0.1)
        yield (
            post,
            [
                {"post_id": post_id, "observed_at": _text(max(age - 1, late))} | metrics[0],
                {"post_id": post_id, "observed_at": _text(late / 2)} | metrics[1],
            ],
        )


def _metrics(name: str, number: int, share: float) -> Row:
    likes = int(share * (900 + 53 * (number * number % 17)))
    if name == "plain":
        return {"likes": likes // 9, "comments": likes // 120, "views": likes * 3}
    if name == "bought":
        return {"likes": likes // 10, "comments": likes // 300, "views": likes * 2}
    reach = likes * 11 + 700
    return {
        "likes": likes,
        "comments": likes // 24 + number % 4,
        "shares": likes // 40,
        "saves": likes // 30 + number % 7,
        "views": reach + likes,
        "impressions": reach + reach // 4,
        "reach": reach,
        "reach_non_followers": reach // 3 + number,
        "link_clicks": number % 8 * 5,
    }


def _audience() -> list[Row]:
    shares = {
        "country": {"DE": 0.55, "AT": 0.2, "US": 0.15},
        "gender": {"female": 0.71, "male": 0.27, "other": 0.02},
        "age": {"18-24": 0.35, "25-34": 0.4, "35-44": 0.15},
    }
    when: Row = {"creator_id": "complete", "observed_at": _text(60)}
    return [
        when | {"dimension": dimension, "value": value, "share": share}
        for dimension, values in shares.items()
        for value, share in values.items()
    ]


def _followers(name: str, count: int, bought: bool) -> Iterator[Row]:
    """Yield a follower sample: in the bought one four of five look made, elsewhere one of nine."""
    for number in range(count):
        made = number % 5 != 0 if bought else number % 9 == 0
        yield {
            "creator_id": name,
            "observed_at": _text(50),
            "sample_id": f"{name}-sample",
            "frame": "random",
            "followers": number % 7 if made else 120 + number * 37 % 900,
            "following": 1500 + number * 13 if made else 200 + number * 29 % 700,
            "posts": 0 if made else 5 + number * 3 % 200,
            "has_profile_pic": not made or number % 2 == 0,
            "is_private": number % 4 == 0,
            "username_length": 8 + number % 9,
            "username_digits": 3 + number % 4 if made else number % 3,
            "bio_length": 0 if made else number * 7 % 140,
        }


def _briefs() -> list[Row]:
    autumn: Row = {"brief_id": "autumn", "brand_id": "ash", "created_at": _text(80)}
    winter: Row = {"brief_id": "winter", "brand_id": "birch", "created_at": _text(60)}
    return [
        autumn
        | {"category": "beauty", "collaboration_type": "sponsored_post", "conversion_goal": 10}
        | {"target_countries": {"DE": 2.0, "AT": 1.0}, "target_genders": {"female": 1.0}}
        | {"target_ages": {"18-24": 1.0, "25-34": 1.0}, "budget": 5000.0, "is_launch": True}
        | {"followers_min": 5000, "followers_max": 90_000, "publish_by": _text(-30)},
        winter | {"collaboration_type": "affiliate", "conversion_goal": 3, "budget": 900.0},
        {"brief_id": "spring", "brand_id": "ash", "created_at": _text(160), "conversion_goal": 5},
    ]


def _collaborations() -> list[Row]:
    return [
        {
            "collaboration_id": f"deal-{number}",
            "brief_id": ("spring", "autumn")[number % 2],
            "creator_id": ("complete", "bought")[number // 3],
            "agreed_at": _text(150 - 24 * number),
            "published_at": _text(145 - 24 * number),
            "compensation": ("monetary", "product")[number % 2],
            "fee": 400.0 + 75 * number,
        }
        for number in range(5)
    ]


def _outcomes() -> list[Row]:
    return [
        {
            "collaboration_id": f"deal-{number}",
            "observed_at": _text(145 - 24 * number - after),
            "impressions": 800 * after + 90 * number,
            "clicks": 9 * after,
            "conversions": after * (number + 1) // 8,
            "revenue": 31.5 * (after * (number + 1) // 8),
        }
        for number in range(5)
        for after in (7, 33)
    ]
