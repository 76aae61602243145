"""What a backtest leaves: everything that its page and its files are made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from models.manifest import Metric
from training.backtest.choice import Choice, Unseen
from training.backtest.drift import Shift
from training.backtest.figures import Figures
from training.backtest.judged import Judged
from training.backtest.replay import CREDENCE, Played, Skipped

SCHEMA = 1
"""Version of the layout of metrics.json."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A finished backtest.

    Parameters
    ----------
    params : mapping of str to str
        What was asked: from, to, as_of, seed.
    origin : mapping of str to str
        What it was made with: data_hash, commit, catalogue_hash.
    played : sequence of Played
        The quarters that were judged.
    skipped : sequence of Skipped
        Those that could not be.
    rows : Judged
        The collaborations with what was said of them.
    figures : Figures
        What that is worth.
    drift : mapping of str to mapping of str to Shift
        By column, then by quarter.
    choice : Choice or Unseen
        Figures for all whom brands chose from.
    """

    params: Mapping[str, str]
    origin: Mapping[str, str]
    played: Sequence[Played]
    skipped: Sequence[Skipped]
    rows: Judged
    figures: Figures
    drift: Mapping[str, Mapping[str, Shift]]
    choice: Choice | Unseen

    @property
    def briefs(self) -> int:
        """Number of briefs that the judged collaborations belong to."""
        return len(set(self.rows.brief_id))

    def to_json(self) -> bytes:
        """Return every figure as JSON, equal for equal backtests; unknown is null."""
        found: dict[str, Any] = {
            "schema": SCHEMA,
            **self.params,
            **self.origin,
            "collaborations": len(self.rows),
            "briefs": self.briefs,
            "periods": [_period(one) for one in self.played],
            "skipped": [{"quarter": one.quarter.name, "why": one.why} for one in self.skipped],
            **msgspec.to_builtins(self.figures, str_keys=True),
            "drift": msgspec.to_builtins(self.drift),
            "choice": self.choice.numbers(),
        }
        return json.dumps(found, indent=1, allow_nan=False).encode()

    def metrics(self) -> dict[str, Metric]:
        """Return the figures under flat names, those of single slices aside."""
        own = self.figures
        two = {
            **{f"{name}_{measure}": one for name, measure, one in _flat(own.probability)},
            **{f"{CREDENCE}_less_{name}_{key}": one for name, key, one in _flat(own.less)},
            **{f"{name}_{measure}": one for measure, name, one in _flat(own.ranking)},
            **{f"{CREDENCE}_less_{n}_{key}": one for key, n, one in _flat(own.ranking_less)},
            **{f"{CREDENCE}_over_{n}_{key}": one for key, n, one in _flat(own.ranking_times)},
            **{f"{name}_{share}": one for name, share, one in _flat(own.lift)},
        }
        by_quarter = {
            f"{quarter.replace(' ', '_')}_{name}_{measure}": one
            for quarter, every in own.quarters.items()
            for name, measure, one in _flat(every)
        }
        truth = {f"simulated_{name}": one for name, one in own.truth.items()}
        return {**own.count, **two, **by_quarter, **truth, **self.choice.metrics()}


def told(skipped: Sequence[Skipped]) -> list[str]:
    """Return which quarters were skipped and why, those that follow each other in one line."""
    spans: list[list[Skipped]] = []
    for one in skipped:
        last = spans[-1][-1] if spans else None
        if last is None or (last.why, last.quarter.stop) != (one.why, one.quarter.start):
            spans.append([])
        spans[-1].append(one)
    return [f"{_span(every)}: {every[0].why}" for every in spans]


def _span(every: Sequence[Skipped]) -> str:
    first, last = every[0].quarter.name, every[-1].quarter.name
    return first if len(every) == 1 else f"{first} to {last}"


def _period(one: Played) -> dict[str, object]:
    return {
        "quarter": one.quarter.name,
        "matured_before": len(one.known),
        "agreed": one.agreed,
        "judged": len(one.asked),
        "audiences_from_built_in_world": one.without_audits,
    }


def _flat(nested: Mapping[str, Mapping[str, Metric]]) -> list[tuple[str, str, Metric]]:
    return [(a, b, one) for a, inner in nested.items() for b, one in inner.items()]
