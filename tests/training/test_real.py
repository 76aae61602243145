"""The report on real data, on files that a simulated world stands in for."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.tables import FOLLOWER_VALUES
from training.evaluate_real import evaluate, opened
from training.real import sections, sets
from training.real.plain import at_em_share

ROWS = 400  # a file
pytestmark = pytest.mark.xdist_group("fits")


@pytest.fixture(scope="module")
def data(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder laid out as the real data, of a world's accounts."""
    folder = tmp_path_factory.mktemp("real") / "accounts"
    folder.mkdir()
    table = pq.read_table(world / "accounts.parquet").to_pandas()
    first, second, third, last = (part.head(ROWS) for _, part in list(table.groupby("source"))[:4])
    for part, name in zip((first, second), sets.INSTAGRAM.values(), strict=True):
        part.to_csv(folder / name, index=False)
    third.assign(platform="x").to_csv(folder / sets.X_BOTS, index=False)
    last[["source", "platform", *FOLLOWER_VALUES]].to_csv(folder / sets.UNLABELLED, index=False)
    shares = "followers,fake_ratio\n1000,0.1\n2000,0.12\n3000,0.6\n4000,0.58\n"
    (folder / sets.PUBLISHED).write_text(shares, encoding="utf-8")
    return folder.parent


def test_absent_data_is_said_and_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without real data one line says what is missing and how to give it."""
    evaluate(tmp_path, None, seed=7)

    said = capsys.readouterr().out
    assert said.startswith("skipped: ")
    assert "instagram_kaggle.csv and no instagram_instafake.csv" in said
    assert "CREDENCE_REAL_DATA" in said


@pytest.mark.usefixtures("empty_home")
def test_sections_print_every_figure(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both transfers with targets and baseline, X, folds, and the unlabelled file."""
    report = opened(data / "accounts", tmp_path, tmp_path / "plots", seed=7)

    sections.one_out(report)
    sections.within(replace(report, files={"Kaggle": report.files["Kaggle"]}), count=2)
    sections.with_x(report)
    sections.creators({"both": sections.together(report)}, data / "accounts", seed=7)

    lines = capsys.readouterr().out.splitlines()
    first = next(line for line in lines if line.startswith("Kaggle -> InstaFake"))
    assert first.split()[3] == str(ROWS)
    assert first.count("[") == 5
    assert sum(line.startswith("  target: ") for line in lines) == 3
    assert sum(line.startswith("  plain LightGBM") for line in lines) == 3
    for start in (
        "InstaFake -> Kaggle",
        "Kaggle -> world_c",
        "Kaggle + InstaFake -> world_c",
        "Kaggle + X -> InstaFake",
        "  both model: share ",
        "  the published study's shares",
    ):
        assert any(line.startswith(start) for line in lines), start
    plot = tmp_path / "plots" / "Kaggle-to-InstaFake.png"
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_folds_keep_equal_rows_together(data: Path, tmp_path: Path) -> None:
    """Every row is set aside once, and never stands in what the fold learns from."""
    path = tmp_path / "twice.csv"
    head, *rows = (data / "accounts" / sets.X_BOTS).read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([head, *rows, *rows[:100]]), encoding="utf-8")

    aside = 0
    for number, (kept, accounts) in enumerate(
        sets.in_folds(sets.labelled("twice", path), tmp_path, count=5, seed=7)
    ):
        out = (tmp_path / f"twice-{number}-aside.csv").read_text(encoding="utf-8").splitlines()[1:]
        assert not set(out) & set(kept.read_text(encoding="utf-8").splitlines())
        assert len(accounts.is_fake) == len(out)
        aside += len(out)
    assert aside == len(rows) + 100


@given(st.floats(0.05, 0.95), st.floats(0.1, 0.9), st.integers(0, 2**32 - 1))
def test_em_finds_the_share_of_a_shifted_sample(share: float, prior: float, seed: int) -> None:
    """Right probabilities at another share lead EM to the sample's own, and it stays there."""
    rng = np.random.default_rng(seed)
    fake = rng.random(20_000) < share
    odds = rng.normal(np.where(fake, 2.0, -2.0), 2.0)  # log-odds of evidence: mean 2, variance 4
    probability = 1.0 / (1.0 + np.exp(-odds - np.log(prior / (1.0 - prior))))

    found, estimated = at_em_share(probability, prior)

    assert abs(estimated - fake.mean()) < 0.03
    assert abs(found.mean() - estimated) < 1e-9
