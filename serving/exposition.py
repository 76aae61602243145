"""The text that Prometheus reads, made of the tallies of all workers.

prometheus_client only writes it: one of its own counters costs more than all that a request counts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from features.arrays import Floats, Ints
from features.summary import HISTORY
from serving.series import (
    ABSTAINED,
    BEGAN,
    LACKING,
    PATHS,
    ROW,
    SCORED,
    SCORES,
    SECONDS,
    SPENT,
    TOOK,
    WHY,
    answered,
    statuses,
)
from serving.tallies import Name, Tallies

_NANO = 1e-9


class Gauge(NamedTuple):
    """A number that goes up and down, with its labels; there may be several of a name."""

    name: str
    help: str
    labels: Mapping[str, str]
    value: float


def text(tallies: Tallies, gauges: Iterable[Gauge] = ()) -> bytes:
    """Return the exposition.

    Parameters
    ----------
    tallies : Tallies
        Of all workers.
    gauges : iterable of Gauge
        What is so at the moment.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Exposition(tallies, gauges))
    return generate_latest(registry)


class _Exposition(Collector):
    """Everything at one moment."""

    def __init__(self, tallies: Tallies, gauges: Iterable[Gauge]) -> None:
        self._tallies = tallies
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        """Return every family."""
        seats = self._tallies.sums()
        counts: Ints = seats.sum(axis=0)
        yield from _requests(counts)
        yield from _workers(seats[self._tallies.alive()])
        yield from _scores(counts, self._tallies.float_sums().sum(axis=0))
        yield _predictions(self._tallies.named())
        yield from _gauges(self._gauges)


def _requests(counts: Ints) -> Iterator[Metric]:
    """Return what is counted by route."""
    requests = CounterMetricFamily(
        "credence_requests",
        "Answered requests by route and class of status.",
        None,
        ("route", "status"),
    )
    seconds = HistogramMetricFamily(
        "credence_request_seconds",
        "Time from the head of a request to the end of its answer.",
        labels=("route",),
    )
    why = dict.fromkeys(WHY.values(), 0)
    for path in PATHS:
        found = statuses(counts, path)
        classes: dict[str, int] = {}
        for status, number in found.items():
            name = f"{status // 100}xx"
            classes[name] = classes.get(name, 0) + number
            if status in WHY:
                why[WHY[status]] += number
        for name, number in classes.items():
            if number:
                requests.add_metric((path, name), number)
        if any(found.values()):
            row = ROW[path]
            spent = float(counts[row + SPENT]) * _NANO
            seconds.add_metric((path,), _buckets(SECONDS, counts[row + TOOK : row + SPENT]), spent)
    yield requests
    yield seconds
    yield _counter("credence_refused", "Refused requests by why.", "why", why)


def _workers(living: Ints) -> Iterator[Metric]:
    """Return what holds of the workers that run."""
    flying = max(0, int(living[:, BEGAN].sum()) - sum(answered(seat) for seat in living))
    yield GaugeMetricFamily("credence_requests_in_flight", "Requests being answered.", flying)
    yield GaugeMetricFamily("credence_workers", "Worker processes that run.", len(living))


def _scores(counts: Ints, sums: Floats) -> Iterator[Metric]:
    """Return what is counted of scores."""
    scores = HistogramMetricFamily(
        "credence_score",
        "Risks of fake followers and probabilities of conversion.",
        labels=("model",),
    )
    for model, first in SCORED.items():
        end = first + len(SCORES) + 1
        scores.add_metric((model,), _buckets(SCORES, counts[first:end]), float(sums[end]))
    yield scores
    creators = sum(int(counts[place]) for place in LACKING.values())
    yield CounterMetricFamily("credence_creators", "Creators that were scored.", creators)
    lacking = dict.fromkeys(HISTORY, 0)
    for tables, place in LACKING.items():
        for table in tables:
            lacking[table] += int(counts[place])
    told = "Creators scored without a visible row of a table."
    yield _counter("credence_creators_missing", told, "table", lacking)
    yield _counter(
        "credence_abstentions",
        "Scores asked for that say nothing: the level insufficient_data, a conversion of null.",
        "model",
        {model: int(counts[place]) for model, place in ABSTAINED.items()},
    )


def _predictions(named: Mapping[Name, int]) -> Metric:
    family = CounterMetricFamily(
        "credence_predictions", "Scores given by model and version.", None, ("model", "version")
    )
    for name, number in sorted(named.items()):
        family.add_metric(name, number)
    return family


def _gauges(gauges: Iterable[Gauge]) -> Iterator[Metric]:
    families: dict[str, GaugeMetricFamily] = {}
    for gauge in gauges:
        family = families.get(gauge.name)
        if family is None:
            family = GaugeMetricFamily(gauge.name, gauge.help, labels=tuple(gauge.labels))
            families[gauge.name] = family
        family.add_metric(tuple(gauge.labels.values()), gauge.value)
    yield from families.values()


def _counter(name: str, told: str, label: str, numbers: Mapping[str, int]) -> Metric:
    """Return a counter with one label, whose every value is there from the start."""
    family = CounterMetricFamily(name, told, None, (label,))
    for value, number in numbers.items():
        family.add_metric((value,), number)
    return family


def _buckets(ends: Sequence[float], counts: Ints) -> list[tuple[str, float]]:
    """Return a histogram's buckets as they are written: each with all that is below its end."""
    names = [*(str(end) for end in ends), "+Inf"]
    return list(zip(names, counts.cumsum().tolist(), strict=True))
