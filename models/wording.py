"""Numbers in the words of a marketer."""

import math
from collections.abc import Callable
from functools import partial

from models.references import References


def worded(value: float, unit: str) -> str:
    """Return a feature's value with its unit.

    Parameters
    ----------
    value : float
        NaN for unknown.
    unit : str
        Of the catalogue. Logarithms are told without: "log10 UNIT" and "log UNIT" (of one more) in
        UNIT, "log per UNIT" in per cent per UNIT, "log ratio" as so many times.

    Returns
    -------
    str
        Such as "4.1 %", "12,400 followers", "yes" or "unknown".
    """
    if math.isnan(value):
        return "unknown"
    if unit == "flag":
        return "yes" if value else "no"
    scale, _, rest = unit.partition(" ")
    if scale in {"share", "ratio"}:
        return f"{_short(100.0 * value)} % {rest}".rstrip()
    if unit == "log ratio":
        return f"{_short(_or_infinite(math.exp, value))} times"
    if scale == "log" and rest.startswith("per "):
        return f"{_short(100.0 * _or_infinite(math.expm1, value))} % {rest}"
    if scale == "log10":
        value, unit = _or_infinite(partial(math.pow, 10.0), value), rest
    elif scale == "log" and rest:
        value, unit = _or_infinite(math.expm1, value), rest
    noun = unit.removeprefix("money").strip()
    return _short(value) if noun in PLAIN else f"{_short(value)} {noun}"


MOST_TOLD = 1e15
"""What lies beyond it is told as that."""

PLAIN = ("", "ratio", "log", "contrast", "closeness", "robust z")
"""Units that would not help a reader."""


def titled(text: str) -> str:
    """Return a feature's few words for a value told without its logarithm."""
    return text.replace(" (log10)", "").replace(" (log)", "")


BOUGHT = ("growth_jump", "growth_drop", "growth_step_days", "growth_gain_cv")
UNANSWERED = ("engagement_", "reach_rate", "view_rate", "story_reach", "log_impressions")
"""Beginnings of the names of features in which bought followers leave a trace: theirs alone, or one
that an audience leaves too that the content does not interest."""


def sign(name: str, percentile: float | None) -> str:
    """Return of what it is a sign that a feature raises the share, "" of nothing in particular.

    Bought followers and a weak niche both leave posts unanswered; only the first come in bursts,
    evenly by the day, or go all at once.
    """
    if name.startswith(BOUGHT):
        return ": a sign of bought followers"
    if name.startswith(UNANSWERED) and (percentile is None or percentile < 50.0):
        return ": a sign of bought followers, or of content that does not interest its audience"
    return ""


def compared(
    references: References, name: str, value: float, platform: float, tier: str | None
) -> tuple[float | None, str]:
    """Return the percentile among peers, and the same in brackets, "" where there is none."""
    percentile = references.percentile(name, value, platform, tier)
    if percentile is None:
        return None, ""
    place = min(max(round(percentile), 1), 99)
    return (
        percentile,
        f" ({ordinal(place)} percentile of {references.peers(name, platform, tier)})",
    )


def ordinal(number: int) -> str:
    """Return "1st", "2nd", "3rd", "11th" and so on."""
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def _or_infinite(function: Callable[[float], float], value: float) -> float:
    """Return a function's value, also where it is beyond what a double can hold."""
    try:
        return function(value)
    except OverflowError:
        return math.inf


def _short(value: float) -> str:
    """Return two significant digits below 10, whole numbers with separators from 100 on."""
    if abs(value) > MOST_TOLD:
        return f"{'more' if value > 0 else 'less'} than {math.copysign(MOST_TOLD, value):,.0f}"
    if abs(value) >= 100.0:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 10.0 else f"{value:.2g}"
