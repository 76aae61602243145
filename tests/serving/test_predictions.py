"""The prediction log."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from models.story import ConversionScores
from serving import predictions
from serving.answers import Made
from serving.contract import CreatorAsked, DataUsed, ScoreAnswer, ScoreRequest
from serving.entries import Entries
from serving.group import Group
from serving.predictions import SCHEMA, PredictionLog
from serving.state import Models

NOW = datetime(2026, 1, 2, tzinfo=UTC)
REQUEST = ScoreRequest(creators=(CreatorAsked("ana"), CreatorAsked("bo")), brief_id="spring")
CONVERSION = ConversionScores(*np.array([[0.3], [0.2], [0.4], [2.5], [0.0], [6.0]]))
GROUP = Group(
    places=[0],
    X=np.empty((1, 0)),
    conversion_share=None,
    tiers=["nano"],
    risks=[0.1],
    shares=[0.2],
    levels=["uncertain"],
    told=[None],
    data=[DataUsed(1, 2, 30, "random", None, 0, [])],
    missing=[()],
    whole=Entries([]),
)
VERSIONS = {"conversion": "3", "fake_followers": "2"}
MADE = Made(
    ScoreAnswer(NOW, None, VERSIONS, "hash", []), Models(versions=VERSIONS), [(GROUP, CONVERSION)]
)


def test_score_is_a_row_of_ids_versions_and_numbers(tmp_path: Path) -> None:
    """A score becomes a row without its payload; what was not scored is no row."""
    log = PredictionLog(tmp_path)

    log.add(REQUEST, MADE, NOW)
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
        log.add(REQUEST, MADE, NOW)
    log.close()

    assert "its rows wait" in caplog.text
    assert "3 rows were dropped" in caplog.text


def test_an_outage_is_told_once_and_its_end_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not each time that it is tried again; no row is lost as long as they find room to wait."""
    caplog.set_level("INFO")
    taken = tmp_path / "taken"
    taken.touch()
    log = PredictionLog(taken)
    for _ in range(3):
        log.add(REQUEST, MADE, NOW)
        log._write()
    taken.unlink()

    log._write()
    log.close()

    told = [record.__dict__["event"] for record in caplog.records]
    assert told == ["predictions_unwritable", "predictions_written"]
    assert pq.read_table(taken).num_rows == 3


def test_no_folder_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --log nothing is kept."""
    monkeypatch.delenv("CREDENCE_LOG", raising=False)

    assert predictions.from_environment() is None
