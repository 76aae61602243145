"""What a backtest says of those whom brands did not choose."""

import json
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from features.computing import Spine
from features.reader import read
from features.tables import Applications, Tables
from tests.training.backtests import START, STOP, Done
from tests.training.test_backtest import other_future
from training.backtest.choice import APPLICANTS, ELIGIBLE, Choice, Unseen, choice
from training.backtest.choice_section import TITLE, as_if_not_chosen
from training.backtest.replay import Played
from training.selection.cases import answers
from training.selection.estimates import ESTIMATORS, NAIVE
from training.selection.pool import pool

pytestmark = pytest.mark.xdist_group("backtest")

SEED = 7


@pytest.fixture(scope="module")
def found(played: Played, known: Tables, small: Path) -> Choice:
    """Return what the first quarter of 2026 shows."""
    told = choice([played], known, small, known.latest + 1, SEED)
    assert isinstance(told, Choice)
    return told


def test_figures_are_of_the_applicants_of_the_quarter(found: Choice, known: Tables) -> None:
    """Everybody applied to a brief that began to choose in it, and has a chance and an answer."""
    seen = found.open.seen
    assert found.population == APPLICANTS
    assert seen.applied.all()
    assert ((seen.as_of >= START) & (seen.as_of < STOP)).all()
    assert 0 < found.sizes["outcomes"] <= found.sizes["chosen"] < found.sizes["people"]
    assert set(found.figures) == {"conversions", "reached", "brier", "log_loss"}
    assert set(found.times) == {"followers", "engagement_rate"}
    assert known.latest > STOP


def test_effective_sizes_lie_between_one_and_n(found: Choice) -> None:
    """Every estimate has its interval, its n and its effective sample size."""
    for one in (*found.figures.values(), *found.orders.values()):
        assert set(one.by) == set(ESTIMATORS)
        for told in one.by.values():
            assert told.metric.value is not None
            assert told.metric.low is not None
            assert told.metric.high is not None
            assert told.metric.low <= told.metric.value <= told.metric.high
            assert 1.0 <= told.effective <= told.metric.n


def test_brands_choose_better_than_at_random(found: Choice) -> None:
    """So naive conversions stand above those of all applicants, and weighting corrects some."""
    told = found.figures["conversions"]
    plain, truth = told.by[NAIVE].metric.value, told.truth
    assert plain is not None
    assert truth is not None
    assert plain > truth


def test_what_came_later_reaches_no_answer(
    played: Played, known: Tables, small: Path, tmp_path: Path
) -> None:
    """In another future, whoever looked the same is answered the same to the bit."""
    tables = other_future(small, tmp_path / "other")
    said = []
    for one in (known, tables):
        seen = pool(one, known.latest + 1, SEED, start=START, stop=STOP)
        spine = Spine.of(seen.creator, seen.as_of, brief=seen.brief)
        expected = answers(played.model, one, spine, seen.X).expected
        pairs = zip(seen.brief.tolist(), seen.creator.tolist(), strict=True)
        rows = zip(seen.X, expected.tolist(), strict=True)
        said.append(dict(zip(pairs, rows, strict=True)))
    mine, theirs = said
    same = [
        pair for pair in mine.keys() & theirs.keys()
        if np.array_equal(mine[pair][0], theirs[pair][0], equal_nan=True)
    ]  # fmt: skip
    assert len(same) > 0.3 * len(mine)
    assert all(mine[pair][1] == theirs[pair][1] for pair in same)


def test_without_applications_the_eligible_are_estimated(
    played: Played, known: Tables, small: Path
) -> None:
    """A sample of them holds no brief's best, so no order is valued; no truth is told of them."""
    alone = replace(known, applications=Applications.empty(len(known.creators.ids)))
    told = choice([played], alone, small, known.latest + 1, SEED)
    assert isinstance(told, Choice)
    assert told.population == ELIGIBLE
    assert (told.orders, told.times) == ({}, {})
    assert told.figures["conversions"].truth is None
    text = " ".join(as_if_not_chosen(told))
    assert "No application is known" in text
    assert "simulated" not in text
    json.dumps(told.numbers(), allow_nan=False)


def test_where_nobody_else_could_be_chosen_one_line_says_so(
    played: Played, known: Tables, small: Path
) -> None:
    """Without applications and eligible others nothing fails, in page, file and run."""
    nobody = replace(
        known,
        applications=Applications.empty(len(known.creators.ids)),
        briefs=replace(known.briefs, followers_min=np.full(len(known.briefs.ids), 1e12)),
    )
    told = choice([played], nobody, small, known.latest + 1, SEED)
    assert isinstance(told, Unseen)
    assert told.metrics() == {}
    assert told.numbers() == {"unknown": told.why}
    lines = list(as_if_not_chosen(told))
    assert len(lines) == 2
    assert "it takes 50 of either" in lines[1]


def test_a_folder_without_a_truth_tells_none(
    played: Played, known: Tables, small: Path, tmp_path: Path, found: Choice
) -> None:
    """The estimates are those of the simulated world, and nothing is marked as simulated."""
    folder = tmp_path / "tables"
    shutil.copytree(small, folder, symlinks=True)
    (folder / "truth").unlink()
    told = choice([played], read(folder), folder, known.latest + 1, SEED)
    assert isinstance(told, Choice)
    assert "truth (simulated)" not in " ".join(as_if_not_chosen(told))
    assert "truth (simulated)" in " ".join(as_if_not_chosen(found))
    names = {name for name in found.metrics() if not name.startswith("simulated")}
    assert set(told.metrics()) == names
    assert told.metrics() == {name: found.metrics()[name] for name in names}


def test_the_page_and_the_file_hold_the_section(done: Done) -> None:
    """The part is there with clip, ESS and overlap, and each estimate is in metrics.json."""
    text = unescape((done.out / "report.html").read_text(encoding="utf-8"))
    part = text[text.index(f"<h2>{TITLE}</h2>") :].split("<h2>")[1]
    about = ("ESS", "10 times their mean", "no column shows", "below 5 %", "data:image/png")
    for words in (*about, "truth (simulated)", "than naive", "over followers", "over engagement"):
        assert words in part
    told = json.loads((done.out / "metrics.json").read_bytes())["choice"]
    for name in ("conversions", "reached", "brier", "log_loss"):
        for estimator in ESTIMATORS:
            one = told["figures"][name][estimator]
            assert one["low"] <= one["value"] <= one["high"]
            assert 1.0 <= one["effective"] <= one["n"]
        assert told["figures"][name]["truth"] > 0.0
    assert told["times"]["followers"]["doubly_robust"]["low"] > 0.0
    assert 0.5 < told["overlap"]["overall"]["auc"] < 1.0
