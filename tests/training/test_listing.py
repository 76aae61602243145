"""`credence models` tells versions, aliases, figures, what lags, and how near the truth."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.arrays import DAY
from models import bundle
from tests import registries
from tests.models import fitted, sealed
from tests.training.rows import START, N, chances, flat, held_out
from training import listing, promotion, truth
from training.held_out import FILE, HeldOut


def _truth_folder(folder: Path, **tables: pa.Table) -> Path:
    (folder / "truth").mkdir(parents=True)
    for name, table in tables.items():
        pq.write_table(table, folder / "truth" / f"{name}.parquet")
    return folder


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Return a tables folder with the truth about collaborations."""
    true = pa.table(
        {
            "collaboration_id": [f"deal-{row}" for row in range(N)],
            "conversion_probability": chances()[0],
        }
    )
    return _truth_folder(tmp_path / "tables", collaborations=true)


def test_empty_registry_names_the_commands(state: Path) -> None:
    """Without versions the listing says how to get them."""
    assert "no version: run `credence train fake-accounts`" in listing.describe()


def test_versions_come_with_aliases_and_intervals(state: Path) -> None:
    """Each version has its aliases, its headline metric with n, and its data."""
    promotion.consider("conversion", registries.register(sealed.conversion()))

    text = listing.describe(["conversion"])

    assert "version 1  challenger, champion  (learned from given tables until 2025-06-01)" in text
    assert "later time, 900 rows: log_loss 0.410" in text


def test_a_lagging_upstream_is_told(state: Path) -> None:
    """A model that carries another version than the champion is named with the remedy."""
    accounts = fitted.fake_accounts()
    retrained = bundle.seal(
        manifest=sealed.manifest("fake_accounts", accounts.served.columns, data=sealed.LATER),
        parts=accounts.parts(),
        answers=sealed.fake_accounts().answers,
    )
    registries.register(sealed.fake_accounts())
    promotion.consider("fake_accounts", registries.register(retrained))
    registries.register(sealed.fake_followers())

    assert (
        "fake_followers carries fake_accounts 1, the champion is 2:"
        " run `credence train fake-followers`"
    ) in listing.describe(["fake_followers"])


def test_truth_is_told_for_known_and_unseen_apart(state: Path, tables: Path) -> None:
    """Where the tables hold a truth, the share of the gap closed is printed, with intervals."""
    registries.register(sealed.conversion(), {FILE: held_out().to_parquet()}, str(tables))

    text = listing.describe(["conversion"])

    assert "against the truth, known creators, 960 rows:" in text
    assert "against the truth, unseen creators, 240 rows:" in text
    assert "gap closed 1.000 [1.000, 1.000]" in text


def test_missing_truth_is_silent(state: Path, tmp_path: Path) -> None:
    """Tables without a truth, or gone by now, are listed without it."""
    registries.register(
        sealed.conversion(), {FILE: held_out().to_parquet()}, str(tmp_path / "gone")
    )

    assert "truth" not in listing.describe(["conversion"])


def test_the_truth_closes_the_gap_and_the_constant_none_of_it(tables: Path) -> None:
    """The gap closed is 1 for the truth itself and about 0 for the base rate."""
    best = truth.compare("conversion", held_out(), tables)[0]
    poor = truth.compare("conversion", held_out(flat()), tables)[0]

    assert best.gap.value == pytest.approx(1.0)
    assert poor.gap.value == pytest.approx(0.04, abs=0.04)
    assert best.truth == best.model
    assert best.constant == poor.constant


def test_rows_that_the_world_does_not_know_are_left_out(tables: Path) -> None:
    """Held-out rows without a truth take no part."""
    ids = [f"deal-{row}" if row < 600 else "elsewhere" for row in range(N)]

    found = truth.compare("conversion", replace(held_out(), row_id=ids), tables)

    assert sum(part.model.n for part in found) == 600


def test_an_audit_follows_the_true_share_of_its_day(tmp_path: Path) -> None:
    """The chance that an audit finds a quarter rises with the share, linear between months."""
    shares = pa.table(
        {
            "creator_id": ["a", "a", "b", "b"],
            "as_of": pa.array([START, START + 30 * DAY] * 2, pa.timestamp("us", "UTC")),
            "fake_share": [0.05, 0.05, 0.2, 0.3],
        }
    )
    folder = _truth_folder(tmp_path / "tables", fake_shares=shares) / "truth"
    held = held_out()
    asked = HeldOut(
        row_id=["1", "2", "3", "4"],
        group=["a", "b", "b", "c"],
        creator_id=["a", "b", "b", "c"],
        as_of=START + np.array([3, 15, 30, 3]) * DAY,
        known=held.known[:4],
        label=held.label[:4],
        prediction=held.prediction[:4],
        X=held.X[:4],
        names=held.names,
        champion=held.champion[:4],
    )

    risks = truth._risks(asked, folder)

    assert risks[0] == truth.UNSURE
    assert 0.4 < risks[1] < 0.7
    assert risks[2] > 0.9
    assert np.isnan(risks[3])
