"""Fit features again, naively."""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from tests.oracles.audience import stated, usable
from tests.oracles.history import NAN, History, Row, known, number, over

Tables = Mapping[str, Sequence[Row]]


def fit(
    history: History, rows: Tables, ask: Row, impressions: float, training: bool
) -> dict[str, float]:
    """Return every fit feature of `ask`: brief_id, compensation and fee, each possibly null."""
    brief, brand = brief_and_brand(rows, ask.get("brief_id"))
    found = {**_audience(history, brief, brand), **_offer(history, brief, brand, ask, training)}
    match = found["audience_match"]
    found["log_target_reach"] = impressions + math.log10(max(match, 0.001)) if known(match) else NAN
    return {**found, **_past(history, rows, brief, brand)}


def brief_and_brand(rows: Tables, brief_id: object) -> tuple[Row, Row]:
    """Return the rows of a brief and its brand, empty where there is none."""
    brief = next((row for row in rows["briefs"] if row["brief_id"] == brief_id), {})
    brands = [row for row in rows.get("brands", []) if row["brand_id"] == brief.get("brand_id")]
    return brief, brands[0] if brands else {}


def _equal(one: object, other: object) -> float:
    return NAN if one is None or other is None else float(one == other)


def _category(brief: Row, brand: Row) -> object:
    return brief.get("category") or brand.get("category")


def _match(shares: Mapping[str, float], targets: Mapping[str, float] | None) -> float:
    wanted = {value: weight for value, weight in (targets or {}).items() if weight > 0}
    if not shares or not wanted:
        return NAN
    total = sum(wanted.values())
    if len(set(wanted.values())) == 1:
        return min(1.0, sum(shares.get(value, 0.0) for value in wanted))
    overlap = sum(min(weight / total, shares.get(v, 0.0)) for v, weight in wanted.items())
    return min(1.0, overlap)


def _audience(history: History, brief: Row, brand: Row) -> dict[str, float]:
    matches = {
        dimension: _match(history.breakdown(dimension), brief.get(targets))
        for dimension, targets in (
            ("country", "target_countries"),
            ("gender", "target_genders"),
            ("age", "target_ages"),
        )
    }
    stated_matches = [match for match in matches.values() if known(match)]
    countries = [c for c, weight in (brief.get("target_countries") or {}).items() if weight > 0]
    home = history.creator.get("country")
    lives = _equal(home, brand.get("country"))
    if countries:
        lives = NAN if home is None else float(home in countries)
    followers = number(history.snapshots[-1], "followers") if history.snapshots else NAN
    low, high = number(brief, "followers_min"), number(brief, "followers_max")
    inside = NAN
    if known(followers) and (known(low) or known(high)):
        inside = float(not followers < low and not followers > high)
    return {
        **{f"{dimension}_match": match for dimension, match in matches.items()},
        "audience_match": math.prod(stated_matches) if stated_matches else NAN,
        "category_match": _equal(history.creator.get("category"), _category(brief, brand)),
        "home_country_match": lives,
        "in_follower_range": inside,
    }


def _offer(history: History, brief: Row, brand: Row, ask: Row, training: bool) -> dict[str, float]:
    paid, kind = ask.get("compensation"), brief.get("collaboration_type")
    fee = number(ask, "fee")
    followers = number(history.snapshots[-1], "followers") if history.snapshots else NAN
    mask = history.creator.get("accepts") if usable(history, history.creator, training) else None
    by = brief.get("publish_by")
    goal = number(brief, "conversion_goal")
    if brief and math.isnan(goal):
        goal = 1.0
    either = paid == "affiliate" or kind == "affiliate"
    return {
        "log_goal": math.log10(goal),
        "log_budget": math.log10(1 + number(brief, "budget")),
        "log_fee": math.log10(1 + fee),
        "fee_per_thousand_followers": 1000 * over(fee, followers),
        "fee_to_minimum": over(fee, stated(history, "min_fee", training)),
        "compensation_accepted": NAN if mask is None or paid is None else float(paid in mask),
        "pays_money": NAN if paid is None else float(paid == "monetary"),
        "is_affiliate": NAN if paid is None and kind is None else float(either),
        "is_seeding": NAN if kind is None else float(kind == "product_seeding"),
        "is_ambassador": NAN if kind is None else float(kind == "ambassador"),
        "deliverables": number(brief, "deliverables"),
        "lead_time_days": NAN if by is None or history.age(by) > 0 else -history.age(by),
        "is_launch": number(brief, "is_launch"),
        "log_order_value": math.log10(1 + number(brand, "average_order_value"))
        if usable(history, brand, training)
        else NAN,
    }


def _day30(outcomes: Sequence[Row], published: Any) -> tuple[float, float]:
    """Return conversions by day 30 and the impressions then, NaN until that was observed."""
    if published is None:
        return NAN, NAN
    earlier = (0.0, 0.0)
    for row in outcomes:
        days = (row["observed_at"] - published) / timedelta(days=1)
        count = number(row, "conversions")
        if days <= 0 or not known(count):
            continue
        if days >= 30:
            slope = (count - earlier[1]) / (days - earlier[0])
            return float(round(earlier[1] + slope * (30 - earlier[0]))), number(row, "impressions")
        earlier = (days, count)
    return NAN, NAN


def _past(history: History, rows: Tables, brief: Row, brand: Row) -> dict[str, float]:
    brand_id, category = brief.get("brand_id"), _category(brief, brand)
    worked = [_worked(history, rows, row) for row in history.collaborations]
    if not worked:
        return dict.fromkeys(PAST, NAN)
    counted = [w for w in worked if known(w.conversions)]
    shown = [w for w in counted if known(w.shown)]
    with_brand = [w.age for w in worked if w.brand == brand_id]
    rivals = [w for w in worked if w.category == category and w.brand != brand_id]
    found: dict[str, float] = {"prior_collaborations_365d": sum(w.age <= 365 for w in worked)}
    if brand_id:
        found["prior_collaborations_brand"] = len(with_brand)
        found["days_since_brand_collaboration"] = min(with_brand, default=NAN)
    if category:
        found["prior_collaborations_category"] = sum(w.category == category for w in worked)
    if category and brand_id:
        found["rival_collaborations_180d"] = sum(w.age <= 180 for w in rivals)
    if counted:
        reached = sum(w.conversions >= w.goal for w in counted)
        found["prior_conversions"] = math.log1p(sum(w.conversions for w in counted) / len(counted))
        found["prior_goal_rate"] = (reached + 0.4) / (len(counted) + 2)
    if shown:
        conversions, impressions = sum(w.conversions for w in shown), sum(w.shown for w in shown)
        found["prior_conversion_rate"] = 1000 * (conversions + 1) / (impressions + 10_000)
    return {name: float(found.get(name, NAN)) for name in PAST}


class Worked(NamedTuple):
    """One earlier collaboration."""

    age: float
    brand: object
    category: object
    conversions: float
    shown: float
    goal: float


def _worked(history: History, rows: Tables, row: Row) -> Worked:
    brief, brand = brief_and_brand(rows, row["brief_id"])
    count, shown = _day30(history.outcomes[row["collaboration_id"]], row.get("published_at"))
    goal = number(brief, "conversion_goal")
    return Worked(
        age=history.age(max(row["agreed_at"], brief["created_at"])),
        brand=brief.get("brand_id"),
        category=_category(brief, brand),
        conversions=count,
        shown=shown,
        goal=1.0 if math.isnan(goal) else goal,
    )


PAST = (
    "prior_collaborations_365d",
    "prior_collaborations_brand",
    "days_since_brand_collaboration",
    "prior_collaborations_category",
    "rival_collaborations_180d",
    "prior_conversions",
    "prior_conversion_rate",
    "prior_goal_rate",
)
