"""What the quarters would have shown had brands not chosen: weighted figures, values of orders.

Only the chosen have outcomes. Here they stand in for all who applied to the same briefs, or for all
eligible where no application is known. Everybody of a brief is seen as of its first agreement, with
nothing offered, and answered by the model of that moment's quarter. How brands chose is learned
once from all judged quarters (`training.selection.cases` says why that breaks no law of time).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from features.arrays import Floats
from features.computing import Spine
from features.tables import Tables
from models.manifest import Metric
from training.backtest.replay import CREDENCE, Played
from training.selection.cases import Case, answers, case, truth
from training.selection.estimates import (
    ESTIMATORS,
    PICKS,
    Estimate,
    estimate,
    picks,
    plain,
    quantities,
)
from training.selection.overlap import Overlap
from training.selection.pool import Pool, pool
from training.selection.propensity import FEWEST
from training.selection.report import stages
from training.selection.weighted import CLIP, ratio

APPLICANTS, ELIGIBLE = "applicants", "eligible"


@dataclass(frozen=True, slots=True)
class Times:
    """What Credence's order brings over another's.

    Parameters
    ----------
    by : mapping of str to Metric
        By estimator, paired.
    truth : float or None
        None without a simulation.
    """

    by: Mapping[str, Metric]
    truth: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Figures for all whom brands chose from.

    Parameters
    ----------
    population : str
        APPLICANTS or ELIGIBLE.
    whole, open : Case
        Everybody that the briefs could have had, and those of the population.
    overlap : mapping of str to Overlap
        By choice, as `training.selection.report.stages` names them.
    figures : mapping of str to Estimate
        By quantity.
    orders : mapping of str to Estimate
        Conversions of the first PICKS of each brief, by who sorts. Empty for the eligible: a sample
        of them does not hold a brief's best.
    times : mapping of str to Times
        By rival.
    """

    population: str
    whole: Case
    open: Case
    overlap: Mapping[str, Overlap]
    figures: Mapping[str, Estimate]
    orders: Mapping[str, Estimate]
    times: Mapping[str, Times]

    @property
    def sizes(self) -> dict[str, int]:
        """How many briefs, people, chosen and outcomes; briefs of more than PICKS are deciding."""
        _, each = np.unique(self.open.seen.brief, return_counts=True)
        return {
            "briefs": len(each),
            "people": len(self.open),
            "chosen": int(self.open.seen.chosen.sum()),
            "outcomes": int((~np.isnan(self.open.count)).sum()),
            "deciding": int((each > PICKS).sum()),
        }

    def numbers(self) -> dict[str, object]:
        """Return everything as plain values; unknown is None."""
        overlap = {
            stage: {name: _plain(value) for name, value in one.numbers().items()}
            for stage, one in self.overlap.items()
        }
        return {
            "population": self.population,
            **self.sizes,
            "clip": CLIP,
            "overlap": overlap,
            "figures": {name: _told(one) for name, one in self.figures.items()},
            "first": PICKS,
            "orders": {name: _told(one) for name, one in self.orders.items()},
            "times": {
                name: {**msgspec.to_builtins(one.by), "truth": one.truth}
                for name, one in self.times.items()
            },
        }

    def metrics(self) -> dict[str, Metric]:
        """Return the figures under flat names, effective sample sizes beside them."""
        found: dict[str, Metric] = {}
        every = dict(self.figures) | {f"first_{PICKS}_{n}": one for n, one in self.orders.items()}
        for name, told in every.items():
            for estimator, one in told.by.items():
                key = f"{self.population}_{name}_{estimator}"
                found[key] = one.metric
                found[f"{key}_ess"] = Metric(one.effective, None, None, one.metric.n)
            found |= self._simulated(name, told.truth)
        for rival, times in self.times.items():
            key = f"{CREDENCE}_over_{rival}_first_{PICKS}"
            found |= {f"{self.population}_{key}_{name}": one for name, one in times.by.items()}
            found |= self._simulated(key, times.truth)
        for stage, choosing in self.overlap.items():
            for name in ("auc", "below_1", "below_5"):
                value, n = getattr(choosing, name), choosing.taken + choosing.left
                found[f"overlap_{stage}_{name}"] = Metric(_known(value), None, None, n)
        return found

    def _simulated(self, name: str, value: float | None) -> dict[str, Metric]:
        if value is None:
            return {}
        return {f"simulated_{self.population}_{name}": Metric(value, None, None, len(self.open))}


@dataclass(frozen=True, slots=True)
class Unseen:
    """Nothing can be said of the choice, and why: a sentence without its full stop."""

    why: str

    def numbers(self) -> dict[str, object]:
        """Return the reason."""
        return {"unknown": self.why}

    def metrics(self) -> dict[str, Metric]:
        """Return no figure."""
        return {}


def choice(
    played: Sequence[Played], tables: Tables, folder: Path, as_of: int, seed: int
) -> Choice | Unseen:
    """Weigh the outcomes of the judged quarters for the choice behind them.

    Parameters
    ----------
    played : sequence of Played
        At least one quarter.
    tables : Tables
        What they were played on.
    folder : Path
        Where the tables were read from, for a simulated world's truth.
    as_of : int
        What was observed before it judges, microseconds.
    seed : int
        Of draws, folds and the bootstrap.

    Returns
    -------
    Choice or Unseen
    """
    spans = [one.quarter for one in played]
    start, stop = min(one.start for one in spans), max(one.stop for one in spans)
    seen = pool(tables, as_of, seed, most=None, start=start, stop=stop)
    inside = np.zeros(len(seen), np.bool_)
    for span in spans:
        inside |= (seen.as_of >= span.start) & (seen.as_of < span.stop)
    whole = case(tables, seen.take(inside), as_of, seed)
    found = whole.open()
    outcomes, others = int((~np.isnan(found.count)).sum()), int((~found.seen.chosen).sum())
    if min(outcomes, others) < FEWEST:
        return Unseen(
            f"the briefs that began to choose in these quarters hold {outcomes:,} outcomes and name"
            f" {others:,} creators who could have been chosen and were not; it takes {FEWEST} of"
            " either to learn how brands chose"
        )
    probability, expected = _answers(played, tables, found.seen)
    told = quantities(found, probability, expected, truth(folder, tables, found.seen))
    figures = {name: estimate(found, one, seed) for name, one in told.items()}
    orders: dict[str, Estimate] = {}
    if found.seen.applied.any():
        orders = {
            name: estimate(found, told["conversions"], seed, policy=picks(found, score))
            for name, score in ({CREDENCE: expected} | plain(found)).items()
        }
    return Choice(
        population=APPLICANTS if orders else ELIGIBLE,
        whole=whole,
        open=found,
        overlap=stages(whole.seen, whole.chance),
        figures=figures,
        orders=orders,
        times={name: _times(orders[CREDENCE], one) for name, one in orders.items()
               if name != CREDENCE},
    )  # fmt: skip


def _answers(played: Sequence[Played], tables: Tables, seen: Pool) -> tuple[Floats, Floats]:
    """Return probabilities and expected counts, each by the model that its quarter began with."""
    probability, expected = np.full((2, len(seen)), np.nan)
    for one in played:
        mine = (seen.as_of >= one.quarter.start) & (seen.as_of < one.quarter.stop)
        part = seen.take(mine)
        if len(part):
            spine = Spine.of(part.creator, part.as_of, brief=part.brief)
            said = answers(one.model, tables, spine, part.X)
            probability[mine], expected[mine] = said.probability, said.expected
    return probability, expected


def _times(own: Estimate, rival: Estimate) -> Times:
    true = None if own.truth is None or not rival.truth else own.truth / rival.truth
    return Times({name: ratio(own.by[name], rival.by[name]) for name in ESTIMATORS}, true)


def _told(one: Estimate) -> dict[str, object]:
    by = {
        name: {
            **msgspec.to_builtins(found.metric),
            "effective": found.effective,
            "clipped": found.clipped,
        }
        for name, found in one.by.items()
    }
    return {**by, "truth": one.truth}


def _plain(value: object) -> object:
    return _known(value) if isinstance(value, float) else value


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
