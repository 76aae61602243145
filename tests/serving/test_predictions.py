"""The prediction log."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from serving import predictions
from serving.contract import (
    ConversionScore,
    CreatorAsked,
    CreatorScore,
    CreatorUnknown,
    DataUsed,
    FakeFollowersScore,
    ScoreAnswer,
    ScoreRequest,
)
from serving.predictions import SCHEMA, PredictionLog
from serving.problems import Problem

NOW = datetime(2026, 1, 2, tzinfo=UTC)
REQUEST = ScoreRequest(creators=(CreatorAsked("ana"), CreatorAsked("bo")), brief_id="spring")
SCORE = CreatorScore(
    "ana",
    "nano",
    FakeFollowersScore(0.1, 0.2, 0.05, 0.4, 30, "uncertain"),
    ConversionScore(0.3, 0.2, 0.4, 2.5, 0, 6, None),
    {},
    DataUsed(1, 2, 30, "random", None, 0, []),
)
UNKNOWN = CreatorUnknown("bo", Problem(404, "not published").body())
ANSWER = ScoreAnswer(
    NOW, None, {"conversion": "3", "fake_followers": "2"}, "hash", [SCORE, UNKNOWN]
)


def test_score_is_a_row_of_ids_versions_and_numbers(tmp_path: Path) -> None:
    """A score becomes a row without its payload; what was not scored is no row."""
    log = PredictionLog(tmp_path)

    log.add(REQUEST, ANSWER, NOW)
    log.close()

    (found,) = pq.read_table(tmp_path).to_pylist()
    assert list(found) == SCHEMA.names
    assert found["creator_id"] == "ana"
    assert found["brief_id"] == "spring"
    assert found["conversion_probability"] == 0.3
    assert found["conversion_version"] == "3"
    assert found["answered_at"] == found["as_of"] == NOW


def test_disk_that_cannot_be_written_costs_no_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows wait while the folder cannot be written; beyond a bound they are dropped and counted."""
    monkeypatch.setattr(predictions, "MOST_WAITING", 2)
    (tmp_path / "taken").write_text("a file where the folder should be")
    log = PredictionLog(tmp_path / "taken")

    for _ in range(5):
        log.add(REQUEST, ANSWER, NOW)
    log.close()

    assert "its rows wait" in caplog.text
    assert "3 rows were dropped" in caplog.text


def test_no_folder_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --log nothing is kept."""
    monkeypatch.delenv("CREDENCE_LOG", raising=False)

    assert predictions.from_environment() is None
