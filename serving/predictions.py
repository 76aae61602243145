"""The prediction log: a Parquet row for every score given, with ids, versions and scores only."""

import logging
import os
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from serving.contract import CreatorScore, ScoreAnswer, ScoreRequest
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
        self._closing = threading.Event()
        self._writer = threading.Thread(target=self._write_on, name="predictions", daemon=True)
        self._writer.start()

    def add(self, request: ScoreRequest, answer: ScoreAnswer, now: datetime) -> None:
        """Keep the scores of one answer.

        Parameters
        ----------
        request : ScoreRequest
            What was asked.
        answer : ScoreAnswer
            What was answered.
        now : datetime
            When.
        """
        brief_id = request.brief.brief_id if request.brief else request.brief_id
        rows = [
            {"answered_at": now, "brief_id": brief_id, "as_of": answer.as_of, **_versions(answer)}
            | _scores(score)
            for score in answer.scores
            if isinstance(score, CreatorScore)
        ]
        with self._lock:
            free = max(0, MOST_WAITING - len(self._rows))
            self._rows += rows[:free]
            self._dropped += len(rows) - min(free, len(rows))

    def close(self) -> None:
        """Write what waits, and stop."""
        self._closing.set()
        self._writer.join(timeout=10 * SECONDS)

    def _write_on(self) -> None:
        """Write every few seconds until closed, and once more then."""
        while not self._closing.wait(SECONDS):
            self._write()
        self._write()

    def _write(self) -> None:
        with self._lock:
            rows, self._rows = self._rows, []
            dropped, self._dropped = self._dropped, 0
        if dropped:
            _log.error(
                "prediction log: %s rows were dropped while it could not be written", dropped
            )
        if not rows:
            return
        name = f"{time.time_ns()}-{os.getpid()}-{self._written}.parquet"
        try:
            write_part(self._folder / name, pa.Table.from_pylist(rows, SCHEMA))
        except OSError as error:
            _log.error("prediction log: %s; its rows wait", error.strerror)
            with self._lock:
                self._rows = rows + self._rows
        else:
            self._written += 1


def _versions(answer: ScoreAnswer) -> Mapping[str, object]:
    return {f"{name}_version": version for name, version in answer.models.items()}


def _scores(score: CreatorScore) -> dict[str, object]:
    found: dict[str, object] = {"creator_id": score.creator_id}
    if score.conversion is not None:
        found["conversion_probability"] = score.conversion.probability
        found["expected_conversions"] = score.conversion.expected
    if score.fake_followers is not None:
        found["fake_share"] = score.fake_followers.share
        found["fake_risk"] = score.fake_followers.risk
        found["level"] = score.fake_followers.level
    return found


def from_environment() -> PredictionLog | None:
    """Return the log that `credence serve --log` asked for, if it did."""
    folder = os.environ.get("CREDENCE_LOG")
    return PredictionLog(Path(folder)) if folder else None
