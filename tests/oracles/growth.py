"""Growth features again, naively."""

import math
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from tests.oracles.engagement import engagement_of, posts_of
from tests.oracles.history import (
    NAN,
    History,
    days_before,
    known,
    middle,
    number,
    over,
    robust_sd,
    within,
)


class Step(NamedTuple):
    """What happened between two snapshots."""

    start: float  # days ago
    end: float
    days: float
    before: float
    gain: float
    rate: float
    weekend: bool | None


def growth(history: History) -> dict[str, float]:
    """Return every growth feature."""
    found = {**_size(history), **_pace(history), **_evenness(history)}
    return {**found, **_jump(history), **_year(history)}


def _kept(history: History, window: float = 180) -> list[tuple[float, float, float, datetime]]:
    """Return (age, followers, following, time) of a window, thinned from the last one backwards."""
    kept: list[tuple[float, float, float, datetime]] = []
    for row in reversed(history.snapshots):
        age = history.age(row["observed_at"])
        if age <= window and (not kept or days_before(row["observed_at"], kept[-1][3]) >= 0.75):
            kept.append(
                (age, number(row, "followers"), number(row, "following"), row["observed_at"])
            )
    return kept[::-1]


def _steps(history: History, days: float) -> list[Step]:
    rows = [row for row in _kept(history, max(days, 180)) if row[0] <= days]
    steps = []
    for (start, before, _, earlier), (end, after, _, later) in pairwise(rows):
        length = days_before(earlier, later)
        weekday = (earlier + (later - earlier) / 2).weekday()
        steps.append(
            Step(
                start=start,
                end=end,
                days=length,
                before=before,
                gain=after - before,
                rate=(math.log1p(after) - math.log1p(before)) / length,
                weekend=weekday in (5, 6) if length <= 1.5 else None,
            )
        )
    return steps


def _grain(history: History, window: float = 180) -> float:
    """Return the power of ten that all follower counts are multiples of."""
    counts = [int(row[1]) for row in _kept(history, window)]
    grain = 1
    if len(counts) < 2:
        return grain
    while grain < 10**9 and all(count % (10 * grain) == 0 for count in counts):
        grain *= 10
    return grain


def _size(history: History) -> dict[str, float]:
    last = history.snapshots[-1] if history.snapshots else {}
    followers, following = number(last, "followers"), number(last, "following")
    posts = number(last, "media_count")
    ages = [history.age(row["observed_at"]) for row in history.snapshots]
    created = history.creator.get("created_at")
    rows = [row for row in _kept(history) if row[0] <= 90 and known(row[2])]
    churn = NAN
    if rows and rows[0][0] - rows[-1][0] >= 15:
        changed = sum(abs(b[2] - a[2]) for a, b in pairwise(rows))
        churn = changed / (1 + rows[-1][2]) * (90 / (rows[0][0] - rows[-1][0]))
    return {
        "log_followers": math.log10(1 + followers),
        "following_ratio": math.log10((1 + following) / (1 + followers)),
        "following_churn_90d": churn,
        "followers_per_post": math.log10((1 + followers) / (1 + posts)),
        "history_days": ages[0] - ages[-1] if ages else NAN,
        "account_age_days": history.age(created)
        if created is not None and created < history.as_of
        else NAN,
    }


def _pace(history: History) -> dict[str, float]:
    found = {}
    for days in (30, 90):
        rows = [row for row in _kept(history) if row[0] <= days]
        pace = NAN
        if len(rows) > 1 and rows[0][0] - rows[-1][0] >= days / 6:
            gained = math.log1p(rows[-1][1]) - math.log1p(rows[0][1])
            pace = 30 * gained / (rows[0][0] - rows[-1][0])
        found[f"follower_growth_{days}d"] = pace
    return found


def _contrast(one: list[float], other: list[float]) -> float:
    a, b = middle(one), middle(other)
    return over(a - b, abs(a) + abs(b))


def _evenness(history: History) -> dict[str, float]:
    steps = _steps(history, 90)
    gains = [step.gain / step.days for step in steps]
    usual = abs(middle(gains))
    cv = NAN
    if len(steps) >= 14 and usual >= _grain(history):
        cv = min(over(robust_sd(gains), usual), 100.0)
    half_year = _steps(history, 180)
    weekend = [step.rate for step in half_year if step.weekend is True]
    weekday = [step.rate for step in half_year if step.weekend is False]
    ages = [age for age, post in posts_of(history, 180) if post.get("media_type") != "story"]
    daily = [step for step in steps if step.weekend is not None]
    lifted = [s.rate for s in daily if any(s.end < age <= s.start + 1 for age in ages)]
    others = [s.rate for s in daily if not any(s.end < age <= s.start + 1 for age in ages)]
    few = len(lifted) < 5 or len(others) < 5
    return {
        "growth_volatility_90d": robust_sd([s.rate for s in steps]) if len(steps) >= 7 else NAN,
        "growth_gain_cv_90d": cv,
        "growth_loss_days_90d": sum(s.gain < 0 for s in steps) / len(steps)
        if len(steps) >= 7
        else NAN,
        "growth_weekend_ratio_180d": _contrast(weekend, weekday)
        if len(weekend) >= 4 and len(weekday) >= 10
        else NAN,
        "growth_post_lift_90d": NAN if few else _contrast(lifted, others),
    }


NO_JUMP = dict.fromkeys(
    ["roundness", "decay", "explained", "response"],
    NAN,
)


def _jump(history: History) -> dict[str, float]:
    steps = _steps(history, 180)
    rates = [step.rate for step in steps]
    usual = middle(rates)
    found = {"z": NAN, "size": NAN, "share": NAN, **NO_JUMP}
    jumps = NAN
    gains = sorted((step.gain for step in steps if step.gain > 0), reverse=True)
    if len(steps) >= 10 and gains and sum(gains) >= 20 * _grain(history):
        found["share"] = sum(gains[:3]) / sum(gains)
    if len(steps) >= 7:
        counts = [row[1] for row in _kept(history)]
        sigma = max(robust_sd(rates), 5e-4, _grain(history) / (1 + middle(counts)))
        z = [(rate - usual) / sigma for rate in rates]
        place = z.index(max(z))
        found["z"] = min(z[place], 100.0)
        found["size"] = (rates[place] - usual) * steps[place].days
        jumps = float(sum(value >= 4 for value in z))
        if z[place] >= 4:
            found |= _about(history, steps, place, usual)
    return {
        **{f"growth_jump_{name}_180d": value for name, value in found.items()},
        "growth_step_days_180d": jumps,
    }


def _year(history: History) -> dict[str, float]:
    """Return what a year shows: jumps, each over what its best post got, and the worst loss."""
    steps = _steps(history, 365)
    if len(steps) < 7:
        return {"growth_jumps_unexplained_365d": NAN, "growth_drop_size_365d": NAN}
    rates = [step.rate for step in steps]
    usual, grain = middle(rates), _grain(history, 365)
    counts = [row[1] for row in _kept(history, 365)]
    sigma = max(robust_sd(rates), 5e-4, grain / (1 + middle(counts)))
    gained, worst = 0.0, 0.0
    for step in steps:
        beyond = step.gain - (1 + step.before) * math.expm1(usual * step.days)
        if (step.rate - usual) / sigma >= 4:
            explained = _explained(history, step, 365)
            gained += beyond / math.exp(explained if known(explained) else 0.0)
        worst = max(worst, (-beyond - grain) / (1 + step.before))
    return {
        "growth_jumps_unexplained_365d": gained / (1 + counts[-1]),
        "growth_drop_size_365d": within(worst, 0, 1),
    }


def _about(history: History, steps: list[Step], place: int, usual: float) -> dict[str, float]:
    """Describe the jump that `steps[place]` is."""
    step = steps[place]
    excess = step.gain - (1 + step.before) * math.expm1(usual * step.days)
    return {
        "roundness": _roundness(excess),
        "decay": _decay(steps, place, usual, excess),
        "explained": _explained(history, step),
        "response": _response(history, step),
    }


def _roundness(excess: float) -> float:
    if excess < 1:
        return 0.0
    unit = 10.0 ** math.floor(math.log10(excess))
    off = min(abs(excess / (package * unit) - 1) for package in (1, 2.5, 5, 10))
    return max(0.0, 1 - off / 0.1)


def _decay(steps: list[Step], place: int, usual: float, excess: float) -> float:
    end = steps[place].end
    reached = steps[place].before + steps[place].gain
    later = [step for step in steps[place + 1 :] if end - step.end <= 30]
    if not later or end - later[-1].end < 7:
        return NAN
    followers = later[-1].before + later[-1].gain
    lost = (1 + reached) * math.exp(usual * (end - later[-1].end)) - (1 + followers)
    return within(over(lost, excess), -1, 1)


def _explained(history: History, step: Step, days: float = 180) -> float:
    found = []
    for metric in ("views", "reach", "likes"):
        values = [
            (age, number(post, metric))
            for age, post in posts_of(history, days)
            if post.get("media_type") != "story" and known(number(post, metric))
        ]
        if len(values) < 5:
            continue
        near = [value for age, value in values if step.end - 1 <= age <= step.start + 3]
        usual = middle([value for _, value in values])
        best = math.log1p(max(near)) - math.log1p(usual) if near else 0.0
        found.append(within(best, 0, 10))
    return max(found) if found else NAN


def _response(history: History, step: Step) -> float:
    rates = [
        (age, engagement_of(post))
        for age, post in posts_of(history, 180)
        if post["mature"] and post.get("media_type") != "story" and known(engagement_of(post))
    ]
    after = [rate for age, rate in rates if step.end - 30 < age <= step.end]
    before = [rate for age, rate in rates if step.start < age <= step.start + 30]
    if len(after) < 2 or len(before) < 2 or not middle(after) > 0 or not middle(before) > 0:
        return NAN
    return within(math.log(middle(after) / middle(before)), -5, 5)
