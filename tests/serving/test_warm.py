"""What a worker prepares before anybody asks."""

import logging
from pathlib import Path

import pytest

from serving.state import Snapshot, State
from serving.warm import warm


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged."""
    return [str(vars(one).get("event")) for one in caplog.records]


def test_every_snapshot_is_prepared_before_it_answers(at_home: Path) -> None:
    """What requests are answered from was prepared, with its store, and nothing else was."""
    prepared: list[Snapshot] = []

    state = State.load(prepared.append)

    assert prepared == [state.now]
    assert state.now.store is not None


def test_reasons_are_ready(at_home: Path, caplog: pytest.LogCaptureFixture) -> None:
    """All questions have answers, and ways to explain trees are there afterwards."""
    caplog.set_level(logging.INFO)
    now = State.load(warm).now

    assert "warm_up_failed" not in events(caplog)
    served = [
        model.served
        for models in (now.models, now.kept)
        for model in (models.champions.conversion, models.champions.fake_followers)
        if model is not None
    ]
    # A model of few rows may do without trees.
    explained = [one.trees._explained is not None for one in served if one.booster]
    assert explained
    assert all(explained)


def test_without_anything_there_is_nothing_to_prepare(caplog: pytest.LogCaptureFixture) -> None:
    """No model and no store are no failure."""
    caplog.set_level(logging.INFO)

    warm(Snapshot())

    assert events(caplog) == ["warm"]
