"""Raw rows drawn from a seed: small histories that most features know something about."""

from datetime import UTC, datetime, timedelta
from random import Random

Row = dict[str, object]
Rows = dict[str, list[Row]]

START = datetime(2025, 3, 3, tzinfo=UTC)
DAYS = 240
CREATORS = ("ada", "bo", "cy")
COUNTRIES = ("DE", "FR", "US", "ID")
GENDERS = ("female", "male", "other")
AGES = ("13-17", "18-24", "25-34", "35-44")
CATEGORIES = ("food", "sport", None)
COMPENSATION = ("monetary", "product", "event", "affiliate")
TYPES = ("sponsored_post", "product_seeding", "event", "affiliate", "ambassador", None)


def rows_of(seed: int) -> Rows:
    """Return the rows of every table of three creators, two brands and three briefs."""
    random = Random(seed)
    rows: Rows = {"creators": [_creator(random, name) for name in CREATORS]}
    rows["brands"] = [_brand(random, name) for name in ("acme", "zest")]
    rows["briefs"] = [_brief(random, f"brief{n}") for n in range(3)]
    per_creator = (_snapshots, _posts, _audience, _followers, _collaborations)
    for name in CREATORS:
        for draw in per_creator:
            if random.random() < 0.85:
                for table, some in draw(random, name).items():
                    rows.setdefault(table, []).extend(some)
    for table, key, time in (
        ("posts", "hashtag_count", "posted_at"),
        ("post_metrics", "likes", "observed_at"),
        ("snapshots", "followers", "observed_at"),
        ("collaborations", "fee", "agreed_at"),
    ):
        rows.setdefault(table, [])
        rows[table] += _again(random, rows[table], key, time)
    return rows


def asks_of(rows: Rows, seed: int, n: int = 4) -> list[Row]:
    """Return spine rows: creators at random moments, some of them exactly when a row is known."""
    random = Random(seed)
    moments = [
        row[name]
        for table, name in (("snapshots", "observed_at"), ("posts", "posted_at"))
        for row in rows[table]
    ]
    return [
        {
            "creator_id": random.choice(CREATORS),
            "as_of": random.choice(moments)
            if moments and random.random() < 0.4
            else _time(random, DAYS // 3, DAYS + 40),
            "brief_id": random.choice([row["brief_id"] for row in rows["briefs"]] + [None]),
            "compensation": random.choice((*COMPENSATION, None)),
            "fee": random.choice([None, 0.0, 150.0, 4000.0]),
        }
        for _ in range(n)
    ]


def _time(random: Random, first: float, last: float) -> datetime:
    return START + timedelta(microseconds=random.randint(int(first * 864e8), int(last * 864e8)))


def _maybe(random: Random, value: object, chance: float = 0.85) -> object:
    return value if random.random() < chance else None


def _again(random: Random, rows: list[Row], column: str, time: str) -> list[Row]:
    """Return a few copies of rows, exact, or with another value and so in conflict."""
    copies = [dict(row) for row in random.sample(rows, min(len(rows), random.randrange(3)))]
    for copy in copies:
        if random.random() < 0.6:
            copy[column] = random.randrange(1000)
            if time == "agreed_at" or (time == "posted_at" and random.random() < 0.7):
                copy[time] = _time(random, DAYS / 2, DAYS + 30)
    return copies


def _creator(random: Random, name: str) -> Row:
    return {
        "creator_id": name,
        "platform": random.choice(("instagram", "tiktok", "youtube")),
        "country": _maybe(random, random.choice(COUNTRIES)),
        "category": random.choice(CATEGORIES),
        "created_at": _maybe(random, _time(random, -900, DAYS + 20)),
        "is_verified": _maybe(random, random.random() < 0.3),
        "accepts": _maybe(random, random.sample(COMPENSATION, 2)),
        "min_fee": _maybe(random, random.choice([0.0, 100.0, 250.5])),
        "observed_at": _maybe(random, _time(random, 0, DAYS), 0.6),
    }


def _brand(random: Random, name: str) -> Row:
    return {
        "brand_id": name,
        "category": random.choice(CATEGORIES),
        "country": _maybe(random, random.choice(COUNTRIES)),
        "average_order_value": _maybe(random, 10 + 100 * random.random()),
        "observed_at": _maybe(random, _time(random, 0, DAYS), 0.6),
    }


def _brief(random: Random, name: str) -> Row:
    def targets(values: tuple[str, ...]) -> dict[str, float] | None:
        chosen = random.sample(values, random.randint(1, 3))
        weights = random.choice(([1.0, 1.0, 1.0], [1.0, 2.0, 0.5], [0.5, 0.0, 0.5]))
        return random.choice((None, dict(zip(chosen, weights, strict=False))))

    return {
        "brief_id": name,
        "brand_id": random.choice(("acme", "zest", "unlisted")),
        "created_at": _time(random, 0, DAYS / 2),
        "category": random.choice(CATEGORIES),
        "collaboration_type": random.choice(TYPES),
        "deliverables": _maybe(random, random.randint(1, 5)),
        "target_countries": targets(COUNTRIES),
        "target_genders": targets(GENDERS),
        "target_ages": targets(AGES),
        "conversion_goal": _maybe(random, random.randint(1, 30)),
        "budget": _maybe(random, 5000 * random.random()),
        "followers_min": _maybe(random, random.choice([0, 1000, 20000]), 0.5),
        "followers_max": _maybe(random, random.choice([20000, 500000]), 0.5),
        "publish_by": _maybe(random, _time(random, DAYS / 2, DAYS + 60)),
        "is_launch": _maybe(random, random.random() < 0.5),
    }


def _snapshots(random: Random, name: str) -> Rows:
    """Return daily or irregular totals with a bought burst, a drip or rounding."""
    followers = 10 ** random.uniform(1.5, 6)
    style = random.choice(("daily", "daily", "irregular", "single"))
    burst = random.choice((None, random.randrange(40, DAYS)))
    rounded = random.choice((1, 1, 1000))
    day = random.uniform(0, 60)
    rows: list[Row] = []
    while day < DAYS and not (style == "single" and rows):
        growth = random.gauss(0.002, 0.003)
        step = 1.0 if style == "daily" else random.expovariate(0.4)
        if burst is not None and day <= burst < day + step:
            growth += random.choice((0.05, 0.3))
        followers = max(0.0, followers * (1 + growth * step))
        rows.append(
            {
                "creator_id": name,
                "observed_at": START + timedelta(microseconds=round(day * 864e8)),
                "followers": int(followers) // rounded * rounded,
                "following": _maybe(random, 300 + random.randrange(50)),
                "media_count": _maybe(random, 100 + len(rows)),
            }
        )
        day += step
    return {"snapshots": rows}


def _posts(random: Random, name: str) -> Rows:
    insights = random.random() < 0.6  # whether the creator shares them
    posts: list[Row] = []
    metrics: list[Row] = []
    for n in range(random.choice((1, 6, 40, 90))):
        posted = _time(random, 0, DAYS)
        post_id = f"{name}{n}"
        posts.append(
            {
                "post_id": post_id,
                "creator_id": name,
                "posted_at": posted,
                "media_type": random.choice(("image", "video", "carousel", "reel", "story", None)),
                "is_sponsored": _maybe(random, random.random() < 0.3),
                "hashtag_count": _maybe(random, random.randrange(12)),
            }
        )
        for days in random.choice(([], [1.0], [0.95], [1.0, 3.0], [2.0, 30.0])):
            reach = int(10 ** random.uniform(2, 5))
            likes = int(reach * random.uniform(0.01, 0.2))
            metrics.append(
                {
                    "post_id": post_id,
                    "observed_at": posted + timedelta(days=days),
                    "likes": _maybe(random, likes, 0.95),
                    "comments": _maybe(random, likes // 30),
                    "views": _maybe(random, 2 * reach, 0.6),
                    **(_insights(random, reach) if insights else {}),
                }
            )
    return {"posts": posts, "post_metrics": metrics}


def _insights(random: Random, reach: int) -> Row:
    return {
        "shares": _maybe(random, reach // 100),
        "saves": _maybe(random, reach // 80),
        "impressions": _maybe(random, reach + reach // 4, 0.6),
        "reach": _maybe(random, reach),
        "reach_non_followers": _maybe(random, reach // 3),
        "link_clicks": _maybe(random, reach // 90, 0.5),
    }


def _audience(random: Random, name: str) -> Rows:
    rows: list[Row] = []
    for dimension, values in (("country", COUNTRIES), ("gender", GENDERS), ("age", AGES)):
        for _ in range(random.randrange(3)):
            observed = _time(random, 0, DAYS)
            weights = [random.random() for _ in values]
            rows += [
                {
                    "creator_id": name,
                    "observed_at": observed,
                    "dimension": dimension,
                    "value": value,
                    "share": weight / sum(weights),
                }
                for value, weight in zip(values, weights, strict=True)
                if random.random() < 0.9
            ]
    return {"audience": rows}


def _followers(random: Random, name: str) -> Rows:
    rows: list[Row] = []
    for n in range(random.randint(1, 3)):
        day = random.randrange(n * 60, n * 60 + 59)  # samples never share a day
        sample = random.choice((None, f"{name}-sample{n}"))
        for _ in range(random.choice((1, 7, 25))):
            length = random.randint(4, 15)
            digits = random.randrange(min(length, 6))
            rows.append(
                {
                    "creator_id": name,
                    "observed_at": _time(random, day, day + 0.9),
                    "followers": int(10 ** random.uniform(0, 4)),
                    "following": int(10 ** random.uniform(0, 4)),
                    "posts": random.choice((0, 3, 80)),
                    "has_profile_pic": _maybe(random, random.random() < 0.8),
                    "is_private": _maybe(random, random.random() < 0.5),
                    "username_length": _maybe(random, length),
                    "username_digits": _maybe(random, digits, 0.6),
                    "username_digit_ratio": _maybe(random, digits / length),
                    "bio_length": _maybe(random, random.choice((0, 0, 40))),
                    "sample_id": sample,
                }
            )
    return {"followers": rows}


def _collaborations(random: Random, name: str) -> Rows:
    deals: list[Row] = []
    outcomes: list[Row] = []
    for n in range(random.randrange(5)):
        agreed = _time(random, DAYS / 4, DAYS)
        published = agreed + timedelta(days=random.uniform(1, 20))
        deals.append(
            {
                "collaboration_id": f"{name}-deal{n}",
                "brief_id": f"brief{random.randrange(3)}",
                "creator_id": name,
                "agreed_at": agreed,
                "published_at": _maybe(random, published),
                "compensation": random.choice(COMPENSATION),
                "fee": _maybe(random, 500 * random.random()),
            }
        )
        count = 0
        for days in random.choice(([], [7.0, 30.0], [2.0, 10.0, 25.0, 41.0], [33.0])):
            count += random.randrange(20)
            outcomes.append(
                {
                    "collaboration_id": f"{name}-deal{n}",
                    "observed_at": published + timedelta(days=days),
                    "impressions": _maybe(random, 1000 * count),
                    "conversions": _maybe(random, count),
                }
            )
    return {"collaborations": deals, "outcomes": outcomes}
