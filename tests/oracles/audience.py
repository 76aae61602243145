"""Audience features again, naively."""

import math
from collections.abc import Callable

from tests.oracles.history import NAN, History, Row, known, middle, number


def audience(history: History, training: bool) -> dict[str, float]:
    """Return every audience feature."""
    sample = history.sample()

    def share(name: str, test: Callable[[float], bool]) -> float:
        values = [number(row, name) for row in sample if known(number(row, name))]
        return sum(test(value) for value in values) / len(values) if values else NAN

    digits = []
    for row in sample:
        count = number(row, "username_digits")
        if not known(count):
            ratio = number(row, "username_digit_ratio") * number(row, "username_length")
            count = math.floor(ratio + 0.5) if known(ratio) else NAN
        if known(count):
            digits.append(count)
    ratios = [(1 + row["following"]) / (1 + row["followers"]) for row in sample]
    countries, genders = history.breakdown("country"), history.breakdown("gender")
    people = sum(genders.values())
    platform = history.creator["platform"]
    return {
        "sample_size": math.log10(len(sample)) if sample else NAN,
        "sample_mass_following": share("following", lambda n: n > 1500),
        "sample_zero_posts": share("posts", lambda n: n == 0),
        "sample_no_picture": share("has_profile_pic", lambda flag: flag == 0),
        "sample_digits": sum(n >= 3 for n in digits) / len(digits) if digits else NAN,
        "sample_empty_bio": share("bio_length", lambda n: n == 0),
        "sample_private": share("is_private", lambda flag: flag == 1),
        "sample_following_ratio": math.log10(middle(ratios)) if ratios else NAN,
        "audience_country_entropy": _bits(countries),
        "audience_age_entropy": _bits(history.breakdown("age")),
        "audience_top_country": max(countries.values(), default=NAN),
        "audience_female": genders.get("female", 0.0) / people if people > 0 else NAN,
        "is_tiktok": float(platform == "tiktok"),
        "is_youtube": float(platform == "youtube"),
        "is_verified": stated(history, "is_verified", training),
    }


def stated(history: History, name: str, training: bool) -> float:
    """Return what a creator's row states, if it was known then."""
    return number(history.creator, name) if usable(history, history.creator, training) else NAN


def usable(history: History, row: Row, training: bool) -> bool:
    """Tell whether what a row states may be used: without a time not in training."""
    since = row.get("observed_at")
    return not training if since is None else since < history.as_of


def _bits(shares: dict[str, float]) -> float:
    total = sum(shares.values())
    if not total > 0:
        return NAN
    parts = [share / total for share in shares.values() if share > 0]
    return max(0.0, -sum(part * math.log2(part) for part in parts))
