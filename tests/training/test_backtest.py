"""The whole backtest on a small world: its law of time, its files, its page, its run."""

import json
import re
import shutil
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from mlflow.tracking import MlflowClient

import cli
from features.reader import read
from features.tables import Tables
from tests.models.fitted import fake_accounts
from tests.training.backtests import QUARTER, START, STOP, Done
from training import dataset
from training.backtest.quarters import Quarter, quarters
from training.backtest.replay import Played, Skipped, play
from training.backtest.report import told

pytestmark = pytest.mark.xdist_group("backtest")


def other_future(small: Path, folder: Path) -> Tables:
    """Return the tables as if all had gone otherwise from the start of the quarter on.

    Conversions observed since are others, audits since are gone, and so is what was agreed later.
    """
    shutil.copytree(small, folder, symlinks=True)

    def change(name: str, how: object) -> None:
        table = pq.read_table(folder / f"{name}.parquet")
        (folder / f"{name}.parquet").unlink()
        pq.write_table(how(table), folder / f"{name}.parquet")  # type: ignore[operator]

    start, stop = (pa.scalar(at, pa.timestamp("us", "UTC")) for at in (START, STOP))

    def others(table: pa.Table) -> pa.Table:
        count = table["conversions"]
        later = pc.greater_equal(table["observed_at"], start)
        place = table.column_names.index("conversions")
        changed = pc.if_else(later, pc.add(pc.multiply(count, 3), 1), count)
        return table.set_column(place, "conversions", changed)

    change("outcomes", others)
    change("audits", lambda table: table.filter(pc.less(table["observed_at"], start)))
    change("collaborations", lambda table: table.filter(pc.less(table["agreed_at"], stop)))
    return read(folder)


def test_what_became_known_later_reaches_no_model(
    played: Played, small: Path, tmp_path: Path
) -> None:
    """Another future gives the same models to the bit, Credence's and its rivals.

    A collaboration agreed later in the quarter may see what the creator's others brought meanwhile:
    that is its features' right, not the model's. Where these are the same, so is every score.
    """
    tables = other_future(small, tmp_path / "other")
    mature = dataset.collaborations(tables, tables.latest + 1)

    other = play(tables, QUARTER, mature, fake_accounts, 7)

    assert isinstance(other, Played)
    assert other.asked.row_id == played.asked.row_id
    assert (other.asked.value != played.asked.value).any()
    assert np.array_equal(other.before, played.before)
    same = np.array(
        [
            np.array_equal(one, two, equal_nan=True)
            for one, two in zip(other.asked.X, played.asked.X, strict=True)
        ]
    )
    assert same.mean() > 0.3
    for name in ("probability", "low", "high", "expected", "expected_low", "expected_high"):
        mine, theirs = (getattr(one.scores, name)[same] for one in (played, other))
        assert np.array_equal(mine, theirs)
    for name, said in played.rivals.items():
        assert np.array_equal(other.rivals[name][same], said[same])


def test_a_quarter_learns_from_before_and_is_asked_about_itself(played: Played) -> None:
    """Labels known before its start on one side, agreements within it on the other."""
    assert (played.known.known < START).all()
    assert ((played.asked.as_of >= START) & (played.asked.as_of < STOP)).all()
    assert not {*played.known.row_id} & {*played.asked.row_id}
    assert 0 < len(played.asked) <= played.agreed


def test_quarters_that_cannot_be_judged_say_why(known: Tables) -> None:
    """Neither the first one, with nothing to learn from, nor one after the tables' end."""
    mature = dataset.collaborations(known, known.latest + 1)
    first = quarters(int(mature.as_of.min()), int(mature.as_of.min()) + 1)[0]
    late = Quarter("2030 Q1", known.latest + 2, known.latest + 3)

    def never() -> object:
        raise AssertionError("no model is needed")

    for quarter, why in ((first, "matured before it"), (late, "agreed in it has matured")):
        found = play(known, quarter, mature, never, 7)  # type: ignore[arg-type]
        assert isinstance(found, Skipped)
        assert why in found.why


def test_skipped_quarters_that_follow_each_other_are_one_line() -> None:
    """With the same reason, and without a judged one between them."""
    first, second, _, fourth = quarters(START, STOP + 3 * (STOP - START))[:4]

    lines = told([Skipped(one, 0, "why") for one in (first, second, fourth)])

    assert lines == ["2026 Q1 to 2026 Q2: why", "2026 Q4: why"]


def test_every_judged_collaboration_is_kept(done: Done, known: Tables) -> None:
    """predictions.parquet holds what was said and what came of it, and where it belongs."""
    table = pq.read_table(done.out / "predictions.parquet")

    index = {name: row for row, name in enumerate(known.collaborations.ids)}
    rows = [index[name] for name in table["collaboration_id"].to_pylist()]
    agreed = table["agreed_at"].cast("int64").to_numpy()
    assert np.array_equal(agreed, known.collaborations.agreed[rows])
    assert set(table["quarter"].to_pylist()) == {"2026 Q1"}
    for name in ("credence", "logistic", "constant", "truth"):
        said = table[f"{name}_probability"].to_numpy()
        assert ((said >= 0.0) & (said <= 1.0)).all()
    slices = [name for name in table.column_names if name.startswith("slice:")]
    assert slices == [f"slice:{one}" for one in
                      ("tier", "platform", "category", "country", "market", "creator")]  # fmt: skip
    assert "fashion" in table["slice:category"].to_pylist()


def test_figures_come_with_interval_and_n(done: Done) -> None:
    """metrics.json: forecasters, orders, differences, quarters, slices, drift and truth."""
    found = json.loads((done.out / "metrics.json").read_bytes())

    n = pq.read_metadata(done.out / "predictions.parquet").num_rows
    loss = found["probability"]["credence"]["log_loss"]
    assert loss["n"] == n == found["collaborations"]
    assert loss["low"] <= loss["value"] <= loss["high"]
    assert loss["value"] < found["probability"]["constant"]["log_loss"]["value"]
    assert found["probability"]["truth"]["log_loss"]["value"] < loss["value"]
    assert 0.0 < found["truth"]["gap_closed_credence"]["value"] < 1.0
    for name in ("precision", "conversions", "ndcg", "cost_per_conversion"):
        for depth in (1, 3, 5):
            assert set(found["ranking"][f"{name}_at_{depth}"]) == {
                "credence", "logistic", "engagement_rate", "followers", "random", "hindsight",
            }  # fmt: skip
    less = found["ranking_less"]["conversions_at_1"]["random"]
    parts = found["ranking"]["conversions_at_1"]
    difference = parts["credence"]["value"] - parts["random"]["value"]
    assert less["value"] == pytest.approx(difference)
    assert list(found["slices"]) == ["tier", "platform", "category", "country", "market", "creator"]
    assert set(found["quarters"]) == {"2026 Q1"}
    assert len(found["drift"]) == 11
    assert found["skipped"] == [
        {"quarter": "2026 Q2", "why": "no collaboration agreed in it has matured"}
    ]


class _Links(HTMLParser):
    """Collects what a page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [text or "" for name, text in attrs if name in {"src", "href", "srcset"}]


def test_the_page_needs_no_network_and_no_script(done: Done) -> None:
    """Every picture is in the page itself; nothing else is referred to."""
    text = (done.out / "report.html").read_text(encoding="utf-8")
    page = _Links()
    page.feed(text)

    assert not page.tags & {"script", "link", "iframe", "object", "base", "form"}
    assert page.targets
    for target in page.targets:
        assert b64decode(target.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert not re.search(r"url\(|@import|https?://|[\"']//", text)
    assert str(done.out.parent) not in text


def test_the_page_says_whom_it_is_about(done: Done) -> None:
    """Only chosen creators have outcomes, and the world is simulated: both come first."""
    text = (done.out / "report.html").read_text(encoding="utf-8")

    assert text.index("Outcomes exist only for creators whom a brand chose") < text.index("<table")
    assert "These tables are of a simulated world" in text
    assert "(simulated)" in text
    assert "Skipped: 2026 Q2: no collaboration agreed in it has matured." in text


def test_the_run_is_logged(done: Done) -> None:
    """An experiment of its own holds the figures, what was asked, and the files."""
    client = MlflowClient(tracking_uri=f"sqlite:///{done.home / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("credence-backtest")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])

    assert run.info.status == "FINISHED"
    assert run.data.params["from"] == "2026-01-01"
    found = json.loads((done.out / "metrics.json").read_bytes())
    loss = found["probability"]["credence"]["log_loss"]
    assert run.data.metrics["credence_log_loss"] == loss["value"]
    assert run.data.metrics["credence_log_loss_low"] == loss["low"]
    assert "credence_over_followers_conversions_at_3" in run.data.metrics
    assert "2026_Q1_credence_calibration_intercept" in run.data.metrics
    assert run.data.metrics["applicants_conversions_snips_ess"] > 1.0
    names = {item.path for item in client.list_artifacts(run.info.run_id)}
    assert names == {"report.html", "metrics.json", "predictions.parquet"}
    kept = next((done.home / "artifacts").rglob("report.html"))
    assert kept.read_bytes() == (done.out / "report.html").read_bytes()


def test_the_command_says_what_came_of_it(done: Done) -> None:
    """A short table on stderr: every rival with its interval, and what was skipped."""
    assert "skipped 2026 Q2" in done.said
    assert re.search(r"log_loss +credence 0\.\d{3} \[0\.\d{3}, 0\.\d{3}\], logistic", done.said)
    assert "conversions_at_3" in done.said
    assert "wrote report.html, metrics.json and predictions.parquet" in done.said


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (("2031-01-01", "2031-04-01"), "no collaboration agreed in it has matured"),
        (("2026-04-01", "2026-01-01"), "is not before --to 2026-01-01"),
        (("2025-01-01T00:00:00", "2026-01-01"), "does not match the formats"),
    ],
)
def test_a_period_that_cannot_be_judged_exits_2(
    period: tuple[str, str], words: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bad input, in words that name what is wrong."""
    start, stop = period
    with pytest.raises(SystemExit) as end:
        cli.main(["backtest", "--tables", str(small), "--from", start, "--to", stop])

    assert end.value.code == 2
    assert words in capsys.readouterr().err
