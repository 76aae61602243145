"""Prometheus metrics with bounded labels, summed over the workers."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
UNROUTED = "none"
"""The route of every path that is none: a stranger cannot make new series."""

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
# prometheus_client reads this name when it is imported; bentoml sets it for every worker.
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """The counters of one worker."""

    def __init__(self) -> None:
        _forget_dead_workers()
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "credence_requests",
            "Answered requests by route and class of status.",
            ("route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "credence_request_seconds",
            "Time from the head of a request to the end of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._in_flight = Gauge(
            "credence_requests_in_flight",
            "Requests being answered.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._predictions = Counter(
            "credence_predictions",
            "Scores given by model and version.",
            ("model", "version"),
            registry=self._registry,
        )

    @contextmanager
    def request(self) -> Iterator["Outcome"]:
        """Count one request; the body of the `with` fills in how it ended."""
        outcome = Outcome()
        started = time.perf_counter()
        self._in_flight.inc()
        try:
            yield outcome
        finally:
            self._in_flight.dec()
            self._seconds.labels(outcome.route).observe(time.perf_counter() - started)
            self._requests.labels(outcome.route, f"{outcome.status // 100}xx").inc()

    def predictions(self, versions: Mapping[str, str], counts: Mapping[str, int]) -> None:
        """Count scores.

        Parameters
        ----------
        versions : mapping of str to str
            Version of each model.
        counts : mapping of str to int
            Scores given by each model.
        """
        for model, count in counts.items():
            if count:
                self._predictions.labels(model, versions[model]).inc(count)

    def text(self) -> bytes:
        """Return the exposition of all workers, or of this process where it is alone."""
        if _FOLDER not in os.environ:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        # The collector registers itself.
        multiprocess.MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)


class Outcome:
    """How a request ended: its route's template and its status."""

    __slots__ = ("route", "status")

    def __init__(self) -> None:
        self.route = UNROUTED
        self.status = 500


def _forget_dead_workers() -> None:
    """Drop the gauges of workers that were killed: their requests in flight are no more."""
    folder = os.environ.get(_FOLDER)
    if not folder:
        return
    for file in Path(folder).glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc").exists():
            with suppress(OSError):
                file.unlink()
