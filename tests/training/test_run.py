"""The shell of training: registering, carrying, skipping and saying so."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from models import champions, registry
from models.champions import NoChampionError
from models.layout import MAX_BYTES
from training import fit
from training.held_out import FILE, HeldOut
from training.run import DONE, SKIPPED, train

pytestmark = pytest.mark.xdist_group("fits")


@pytest.fixture
def small(world: Path, tmp_path: Path) -> Path:
    """Return tables with creators, a part of the accounts, and nothing that matured."""
    folder = tmp_path / "small"
    folder.mkdir()
    accounts = pq.read_table(world / "accounts.parquet")
    some = np.random.default_rng(3).permutation(len(accounts))[:500]
    pq.write_table(accounts.take(pa.array(np.sort(some))), folder / "accounts.parquet")
    for name in ("creators", "audits", "snapshots"):
        pq.write_table(pq.read_table(world / f"{name}.parquet"), folder / f"{name}.parquet")
    return folder


@pytest.mark.usefixtures("state")
def test_all_skips_what_cannot_be_learned(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a mature outcome `all` trains the others, says what it skipped, and exits 3."""
    code = train("all", tables=small)

    said = capsys.readouterr().err
    assert code == SKIPPED
    assert "conversion is skipped" in said
    assert set(champions.pins()) == {"fake_accounts", "fake_followers"}
    bundle = champions.bundle("fake_followers")
    assert bundle.upstream["fake_accounts"].digest == champions.bundle("fake_accounts").digest


@pytest.mark.usefixtures("state")
def test_version_is_logged_with_its_evidence(small: Path) -> None:
    """A version comes with held-out rows, a plot, importances and figures with intervals."""
    assert train("fake_accounts", tables=small) == DONE

    version = registry.version("fake_accounts", 1)
    held = HeldOut.from_parquet(registry.artifact(version, FILE, MAX_BYTES) or b"")
    plot = registry.artifact(version, "calibration.png", MAX_BYTES)
    logged = registry.logged(version)
    metric = logged.metric("unseen_log_loss")
    assert version.aliases == ("challenger", "champion")
    assert len(held.label) > 500
    assert plot is not None
    assert registry.artifact(version, "importance.json", MAX_BYTES) is not None
    assert metric is not None
    assert metric.n == 500
    assert logged.params["tables"] == str(small)
    assert logged.params["form"] in {"constant", "linear", "trees"}


def test_same_training_again_makes_the_same_model(small: Path) -> None:
    """Training twice with the same seed gives the same bytes, another seed others."""
    first, again, other = (
        fit("fake_accounts", tables=small, seed=seed).model.parts() for seed in (7, 7, 8)
    )

    assert first == again != other


@pytest.mark.usefixtures("empty_home")
def test_a_model_that_is_carried_must_be_there(small: Path) -> None:
    """Without the champion that a model carries the error names the command that trains it."""
    with pytest.raises(NoChampionError, match="credence train fake-accounts"):
        train("fake_followers", tables=small)


@pytest.mark.usefixtures("empty_home")
def test_unknown_models_are_refused() -> None:
    """A model that there is not is an error that lists those there are."""
    with pytest.raises(InputError, match="'bots', expected one of fake_accounts"):
        fit("bots")


@pytest.mark.usefixtures("empty_home")
def test_without_accounts_the_world_stands_in() -> None:
    """Without labelled accounts the model is trained on the built-in world, and says so."""
    found = fit("fake_accounts")

    assert found.trained_on_world
    assert found.data.sources
    assert found.metrics["unseen_auc"].value > 0.8  # type: ignore[operator]


@pytest.mark.usefixtures("empty_home")
def test_files_replace_the_tables_accounts(world: Path, tmp_path: Path) -> None:
    """`accounts` are learned from instead of those in the tables."""
    accounts = pq.read_table(world / "accounts.parquet")
    renamed = accounts.set_column(
        accounts.schema.get_field_index("source"), "source", pa.array(["mine"] * len(accounts))
    )
    pq.write_table(renamed.slice(0, 700), tmp_path / "mine.parquet")

    found = fit("fake_accounts", tables=world, accounts=[tmp_path / "mine.parquet"])

    assert found.data.sources == ("mine",)
    assert not found.trained_on_world
