"""Prints what the fitting code is worth on real advertising, with drift said aloud."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from features.arrays import Floats
from models.manifest import Metric
from training.metrics import MEASURES, bounded, draw, measure
from training.real.analogues import Answer, across, d2, hit_of, learned_counts, learned_hits, psi
from training.real.analogues_sets import FACEBOOK, PLACEMENTS, Ads, facebook, placements
from training.real.plain import plain_counts, plain_hits
from training.real.printing import figure, say

REPEATS = 3  # of the folds, each with other groups together
APRIL, MAY = 4, 5
DRIFTED, STRONGLY = 0.1, 0.25  # usual readings of the population stability index
WEEKS = 4
SHOWN = 5  # columns that drifted most
TARGETS = {"D2": 0.42, "AUC": 0.63}


def analogues(folder: Path, seed: int) -> None:
    """Print the figures of every file that is there.

    Parameters
    ----------
    folder : Path
        Holds facebook_ads.csv and placement_ads.csv.
    seed : int
        Of everything random.
    """
    say(
        "\nReal analogues of conversions, by the same fitting code: no public table links creators"
        "\nto sales. In brackets 90 % bootstraps by the groups that folds keep together."
    )
    for name, section in ((FACEBOOK, advertisements), (PLACEMENTS, months)):
        if (folder / name).is_file():
            section(folder / name, seed)
        else:
            say(f"skipped: {folder} holds no {name}; CREDENCE_REAL_DATA or --data says where.")


def advertisements(path: Path, seed: int) -> None:
    """Judge purchases per impression, and any purchase, of ads whose campaign was never seen."""
    ads = facebook(path)
    say(f"\n{path.name}: {len(ads):,} ads of {len(np.unique(ads.group))} fb_campaign_id, five folds"
        f" grouped by it, {REPEATS} times")  # fmt: skip
    say(" purchases per impression, impressions as exposure and as a column")
    for title, some in (("credence", ads), ("credence, attributes alone", ads.before_launch())):
        _print_d2(title, some, lambda train, new: learned_counts(train, new, seed), seed)
    _print_d2("plain LightGBM", ads, _plain_counts, seed)
    say(" any purchase, from attributes known before launch")
    early = ads.before_launch()
    _print_hits("credence", early, lambda train, new: learned_hits(train, new, seed), seed)
    _print_hits("plain LightGBM", early, _plain_hits, seed)


def months(path: Path, seed: int) -> None:
    """Judge May by April, and say what drifted between them."""
    days = placements(path)
    say(f"\n{path.name}: days of placements, April -> May, without user_engagement")
    for title, ads in (("attributes alone", days.before_launch()), ("and displays", days)):
        april, may = (ads.take(np.flatnonzero(ads.month == month)) for month in (APRIL, MAY))
        hit, before = hit_of(may), hit_of(april).mean()
        say(f" {title}: any conversion, learned from {len(april):,}, judged on {len(may):,}")
        p = learned_hits(april, may, seed)
        _print_line("credence", may, p, seed)
        _print_line("plain LightGBM", may, _plain_hits(april, may), seed)
        _print_line("April's rate", may, np.full(len(may), before), seed)
        _print_weeks(may, p, seed)
    say(f"  drift: rate of any conversion {before:.3f} in April, {hit.mean():.3f} in May; PSI"
        f" above {DRIFTED} is some, above {STRONGLY} strong")  # fmt: skip
    april, may = (days.take(np.flatnonzero(days.month == month)) for month in (APRIL, MAY))
    found = {name: psi(april.X[:, k], may.X[:, k]) for k, name in enumerate(days.columns)}
    for name, value in sorted(found.items(), key=lambda one: -one[1])[:SHOWN]:
        say(f"    PSI of {name:28s} {value:.3f}{'  strong' if value > STRONGLY else ''}")


def _plain_counts(train: Ads, new: Ads) -> Floats:
    return plain_counts(train.X, train.bought, train.exposure, new.X, new.exposure)


def _plain_hits(train: Ads, new: Ads) -> Floats:
    return plain_hits(train.X, hit_of(train), new.X)


def _print_d2(title: str, ads: Ads, answer: Answer, seed: int) -> None:
    found = [across(ads, answer, seed + turn) for turn in range(REPEATS)]
    for by_rate, what in ((True, "D2 beyond one rate"), (False, "D2 beyond one count")):

        def explained(weight: Floats, by_rate: bool = by_rate) -> float:
            return float(np.mean([d2(ads, one, weight, by_rate=by_rate) for one in found]))

        shown = _bootstrapped(explained, ads, seed)
        mark = _mark("D2", shown) if title == "credence" else ""
        say(f"  {title:28s} {what:22s} {figure(shown)}  n {shown.n:,}{mark}")


def _print_hits(title: str, ads: Ads, answer: Answer, seed: int) -> None:
    found = [across(ads, answer, seed + turn) for turn in range(REPEATS)]
    for name, what in (("auc", "AUC"), ("log_loss", "log-loss")):

        def of(weight: Floats, name: str = name) -> float:
            return float(np.mean([MEASURES[name](hit_of(ads), one, weight) for one in found]))

        shown = _bootstrapped(of, ads, seed)
        mark = _mark("AUC", shown) if name == "auc" and title == "credence" else ""
        say(f"  {title:28s} {what:22s} {figure(shown)}  n {shown.n:,}{mark}")


def _bootstrapped(of: Callable[[Floats], float], ads: Ads, seed: int) -> Metric:
    draws = draw(ads.group, seed)
    return bounded(of(np.ones(len(ads))), [of(weight) for weight in draws], len(ads))


def _mark(name: str, found: Metric) -> str:
    met = found.value is not None and found.value >= TARGETS[name]
    return f"  target {TARGETS[name]}: {'met' if met else 'MISSED'}"


def _print_line(title: str, ads: Ads, p: Floats, seed: int) -> None:
    names = {"auc": "AUC", "log_loss": "log-loss", "calibration_slope": "slope",
             "calibration_intercept": "intercept"}  # fmt: skip
    measures = {
        name: MEASURES[name] for name in names if len(np.unique(p)) > 1 or name == "log_loss"
    }
    found = measure(hit_of(ads), p, ads.group, seed, measures)
    say(f"  {title:16s} " + "  ".join(f"{names[key]} {figure(one)}" for key, one in found.items()))


def _print_weeks(may: Ads, p: Floats, seed: int) -> None:
    """Print how far the level is off from week to week: what drifts between months drifts on."""
    week = np.minimum((may.group - 100 * MAY - 1) // 7, WEEKS - 1)
    told = []
    for number in range(WEEKS):
        some = np.flatnonzero(week == number)
        measures = {"off": MEASURES["calibration_intercept"]}
        off = measure(hit_of(may)[some], p[some], may.group[some], seed, measures)["off"]
        told.append(f"{figure(off)} (n {len(some):,})")
    say("  credence's intercept by week of May: " + ", ".join(told))
