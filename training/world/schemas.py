"""The columns of every table a world writes: DESIGN.md section 2, and the truth beside it."""

import pyarrow as pa

_text, _count, _number, _flag = pa.string(), pa.int64(), pa.float64(), pa.bool_()
_time = pa.timestamp("us", "UTC")
_weights = pa.map_(pa.string(), pa.float64())
_follower = {
    "followers": _count,
    "following": _count,
    "posts": _count,
    "has_profile_pic": _flag,
    "is_private": _flag,
    "username_length": _count,
    "username_digits": _count,
    "username_digit_ratio": _number,
    "bio_length": _count,
}
_chance = {"conversion_probability": _number, "expected_conversions": _number}

TABLES = {
    name: pa.schema(list(columns.items()))
    for name, columns in {
        "creators": {
            "creator_id": _text,
            "platform": _text,
            "country": _text,
            "language": _text,
            "category": _text,
            "created_at": _time,
            "is_verified": _flag,
            "accepts": pa.list_(pa.string()),
            "min_fee": _number,
            "observed_at": _time,
        },
        "snapshots": {
            "creator_id": _text,
            "observed_at": _time,
            "followers": _count,
            "following": _count,
            "media_count": _count,
        },
        "posts": {
            "post_id": _text,
            "creator_id": _text,
            "posted_at": _time,
            "media_type": _text,
            "is_sponsored": _flag,
            "brand_id": _text,
            "caption_length": _count,
            "hashtag_count": _count,
            "mention_count": _count,
        },
        "post_metrics": {
            "post_id": _text,
            "observed_at": _time,
            "likes": _count,
            "comments": _count,
            "shares": _count,
            "saves": _count,
            "views": _count,
            "impressions": _count,
            "reach": _count,
            "reach_non_followers": _count,
            "link_clicks": _count,
        },
        "audience": {
            "creator_id": _text,
            "observed_at": _time,
            "dimension": _text,
            "value": _text,
            "share": _number,
        },
        "followers": {
            "creator_id": _text,
            "observed_at": _time,
            **_follower,
            "sample_id": _text,
            "frame": _text,
        },
        "brands": {
            "brand_id": _text,
            "category": _text,
            "country": _text,
            "average_order_value": _number,
            "observed_at": _time,
        },
        "briefs": {
            "brief_id": _text,
            "brand_id": _text,
            "created_at": _time,
            "category": _text,
            "collaboration_type": _text,
            "deliverables": _count,
            "target_countries": _weights,
            "target_genders": _weights,
            "target_ages": _weights,
            "conversion_goal": _count,
            "budget": _number,
            "followers_min": _count,
            "followers_max": _count,
            "publish_by": _time,
            "is_launch": _flag,
        },
        "applications": {
            "brief_id": _text,
            "creator_id": _text,
            "applied_at": _time,
            "asked_fee": _number,
            "declined_at": _time,
        },
        "collaborations": {
            "collaboration_id": _text,
            "brief_id": _text,
            "creator_id": _text,
            "agreed_at": _time,
            "published_at": _time,
            "compensation": _text,
            "fee": _number,
        },
        "outcomes": {
            "collaboration_id": _text,
            "observed_at": _time,
            "impressions": _count,
            "clicks": _count,
            "conversions": _count,
            "revenue": _number,
        },
        "audits": {
            "creator_id": _text,
            "observed_at": _time,
            "fake_share": _number,
            "source": _text,
        },
        "accounts": {"source": _text, "platform": _text, **_follower, "is_fake": _flag},
    }.items()
}

TRUTH = {
    name: pa.schema(list(columns.items()))
    for name, columns in {
        "creators": {
            "creator_id": _text,
            "fake_share": _number,  # at the end of the history
            "buys": _text,  # how followers were bought
            "pod": _flag,
            "appeal": _number,  # the log effect on conversions that no table shows
        },
        "fake_shares": {"creator_id": _text, "as_of": _time, "fake_share": _number},
        "spikes": {
            "creator_id": _text,
            "happened_at": _time,
            "kind": _text,
            "size": _number,  # followers that came, over the real ones before
        },
        "collaborations": {"collaboration_id": _text, **_chance},
        # Of everybody who applied, chosen or not, for the fee they asked.
        "applications": {"brief_id": _text, "creator_id": _text, "as_of": _time, **_chance},
        "briefs": {
            "brief_id": _text,
            "creator_id": _text,
            "as_of": _time,
            "compensation": _text,
            "fee": _number,
            **_chance,
        },
    }.items()
}
