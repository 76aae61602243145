"""The prediction log: a Parquet row for every score given, with ids, versions and scores only."""

import logging
import os
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from features.arrays import Floats
from models.story import ConversionScores
from serving import logs
from serving.answers import Made
from serving.contract import ScoreRequest
from serving.group import Group
from serving.parts import write_part

SECONDS = 5.0
"""How long a prediction may wait before it is written."""
MOST_WAITING = 200_000
"""Rows held while the folder cannot be written; more are dropped, and counted."""

_TIME = pa.timestamp("us", "UTC")
SCHEMA = pa.schema(
    [
        ("answered_at", _TIME),
        ("creator_id", pa.string()),
        ("brief_id", pa.string()),
        ("as_of", _TIME),
        ("conversion_probability", pa.float64()),
        ("expected_conversions", pa.float64()),
        ("fake_share", pa.float64()),
        ("fake_risk", pa.float64()),
        ("level", pa.string()),
        ("conversion_version", pa.string()),
        ("fake_followers_version", pa.string()),
        ("fake_accounts_version", pa.string()),
    ]
)

_log = logging.getLogger("credence")


class PredictionLog:
    """Predictions on their way to Parquet parts; scoring never waits for the disk.

    Parameters
    ----------
    folder : Path
        Where the parts go; several workers may share it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: list[dict[str, object]] = []
        self._lock = threading.Lock()
        self._written = 0
        self._dropped = 0
        # What was told already of a folder that cannot be written.
        self._failing = False
        self._told_dropped = False
        self._closing = threading.Event()
        self._writer = threading.Thread(target=self._write_on, name="predictions", daemon=True)
        self._writer.start()

    def add(self, request: ScoreRequest, made: Made, now: datetime) -> None:
        """Keep the scores of one answer.

        Parameters
        ----------
        request : ScoreRequest
            What was asked.
        made : Made
            What was answered.
        now : datetime
            When.
        """
        brief_id = request.brief.brief_id if request.brief else request.brief_id
        common = {"answered_at": now, "brief_id": brief_id, "as_of": made.answer.as_of}
        common |= {f"{name}_version": version for name, version in made.models.versions.items()}
        rows = [
            common | scores
            for group, conversion in made.groups
            for scores in _scores(request, group, conversion)
        ]
        with self._lock:
            free = max(0, MOST_WAITING - len(self._rows))
            self._rows += rows[:free]
            self._dropped += len(rows) - min(free, len(rows))

    def close(self) -> None:
        """Write what waits, and stop."""
        self._closing.set()
        self._writer.join(timeout=2 * SECONDS)

    def _write_on(self) -> None:
        """Write every few seconds until closed, and once more then."""
        while not self._closing.wait(SECONDS):
            self._write()
        self._write()
        with self._lock:
            self._tell_dropped(self._dropped + len(self._rows))

    def _write(self) -> None:
        """Write what waits, if there is room; of an outage it is told once, and of its end."""
        with self._lock:
            rows, self._rows = self._rows, []
        if not rows:
            return
        why = self._put(rows)
        with self._lock:
            waiting = rows + self._rows if why else self._rows
            self._rows = waiting[:MOST_WAITING]
            self._dropped += len(waiting) - len(self._rows)
            dropped = self._dropped
            if not why:
                self._dropped = 0
        if why and not self._failing:
            told = logs.event("predictions_unwritable", rows=len(rows))
            _log.error("prediction log: %s; its rows wait", why, extra=told)
        if not why and self._failing:
            _log.info("prediction log: written", extra=logs.event("predictions_written"))
        # When the first are dropped, and at last how many they were.
        if not why or not self._told_dropped:
            self._tell_dropped(dropped)
        self._told_dropped = bool(why and dropped)
        self._failing = bool(why)

    def _put(self, rows: list[dict[str, object]]) -> str:
        """Write a part; return why it cannot be, "" where it was."""
        name = f"{time.time_ns()}-{os.getpid()}-{self._written}.parquet"
        try:
            write_part(self._folder / name, pa.Table.from_pylist(rows, SCHEMA))
        except OSError as error:
            return error.strerror or type(error).__name__
        self._written += 1
        return ""

    def _tell_dropped(self, rows: int) -> None:
        if rows:
            told = logs.event("predictions_dropped", rows=rows)
            message = "prediction log: %s rows were dropped while it could not be written"
            _log.error(message, rows, extra=told)


def _scores(
    request: ScoreRequest, group: Group, conversion: ConversionScores | None
) -> list[dict[str, object]]:
    """Return the scores of a group's creators, those that there are."""
    columns: dict[str, Sequence[object]] = {
        "creator_id": [request.creators[place].creator_id for place in group.places]
    }
    if conversion is not None:
        columns["conversion_probability"] = _numbers(conversion.probability)
        columns["expected_conversions"] = _numbers(conversion.expected)
    if group.risks is not None and group.shares is not None:
        columns |= {"fake_share": group.shares, "fake_risk": group.risks, "level": group.levels}
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _numbers(values: Floats) -> list[float | None]:
    """Return numbers, None for NaN."""
    return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124


def from_environment() -> PredictionLog | None:
    """Return the log that `credence serve --log` asked for, if it did."""
    folder = os.environ.get("CREDENCE_LOG")
    return PredictionLog(Path(folder)) if folder else None
