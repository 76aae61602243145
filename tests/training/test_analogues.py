"""The conversion model's recipe on advertising files, real ones where they are at hand."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import mean_poisson_deviance

from features.arrays import Floats
from training.real.analogues import across, d2, hit_of, learned_counts, psi
from training.real.analogues_report import analogues
from training.real.analogues_sets import (
    FACEBOOK,
    IMPRESSIONS,
    PLACEMENTS,
    Ads,
    facebook,
    placements,
)

RNG = np.random.default_rng(7)
N = 400


def ads() -> Ads:
    """Return ads that are bought in proportion to what is shown, twice as often by one kind."""
    kind = RNG.integers(0, 2, N).astype(np.float64)
    shown = np.exp(RNG.normal(8.0, 1.0, N))
    bought = RNG.poisson(shown * np.exp(-8.0 + np.log(2.0) * kind)).astype(np.float64)
    columns = np.column_stack([kind, np.log(shown)])
    return Ads(
        ("kind", IMPRESSIONS), columns, bought, shown, np.arange(N) // 2, np.zeros(N, np.int64)
    )


@pytest.fixture
def folder(real_data: Path) -> Path:
    """Return the real advertising files."""
    found = real_data / "conversions"
    if not all((found / name).is_file() for name in (FACEBOOK, PLACEMENTS)):
        pytest.skip(f"{found} holds no advertising files: set CREDENCE_REAL_DATA")
    return found


def test_an_exposure_is_learned_as_one() -> None:
    """Twice as much shown is twice as much expected, and the kinds' ratio is found."""
    made = ads().before_launch()
    expected = learned_counts(made, made, seed=1) / made.exposure
    kind = made.X[:, 0] > 0.0
    assert expected[kind].mean() / expected[~kind].mean() == pytest.approx(2.0, rel=0.25)
    assert expected[kind].std() < 0.1 * expected[kind].mean()


def test_every_row_is_answered_without_its_group() -> None:
    """A model that answered from rows of the same group would be found out."""
    made = ads()

    def strangers(train: Ads, new: Ads) -> Floats:
        assert not set(train.group.tolist()) & set(new.group.tolist())
        return new.bought

    assert np.array_equal(across(made, strangers, seed=3), made.bought)


@pytest.mark.parametrize("by_rate", [True, False])
def test_d2_is_the_share_of_the_deviance(by_rate: bool) -> None:
    """It is nil at the constant, one at the counts, and the textbook's ratio between them."""
    made, every = ads(), np.ones(N)
    unit = made.exposure if by_rate else every
    constant = unit * made.bought.sum() / unit.sum()
    guess = np.sqrt(constant * (made.bought + 0.5))
    assert d2(made, constant, every, by_rate=by_rate) == pytest.approx(0.0, abs=1e-9)
    assert d2(made, np.maximum(made.bought, 1e-9), every, by_rate=by_rate) > 0.999
    left = mean_poisson_deviance(made.bought, guess) / mean_poisson_deviance(made.bought, constant)
    assert d2(made, guess, every, by_rate=by_rate) == pytest.approx(1.0 - left)


def test_psi_is_nil_of_the_same_and_large_of_what_vanished() -> None:
    """Columns of few values and of many, with unknown ones, against themselves and others."""
    many, few = RNG.normal(size=N), RNG.integers(0, 3, N).astype(np.float64)
    few[:20] = np.nan
    assert psi(many, many) == 0.0
    assert psi(few, few) == 0.0
    assert psi(many, many + 1.0) > 0.25
    assert psi(few, np.zeros(N)) > 0.25


def test_absent_files_are_said_and_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line for each file says what is missing and how to give it."""
    analogues(tmp_path, seed=7)
    skipped = [one for one in capsys.readouterr().out.splitlines() if one.startswith("skipped")]
    assert [name in one for name, one in zip((FACEBOOK, PLACEMENTS), skipped, strict=True)] == [
        True, True]  # fmt: skip
    assert all("CREDENCE_REAL_DATA" in one for one in skipped)


def test_real_files_are_read_without_what_is_known_too_late(folder: Path) -> None:
    """Neither clicks, spend nor enquiries are columns, nor the engagement that is the outcome."""
    first, second = facebook(folder / FACEBOOK), placements(folder / PLACEMENTS)
    assert len(first) == 1_143
    assert len(np.unique(first.group)) == 691
    assert len(second) == 10_974
    for made in (first, second):
        told = " ".join(made.columns).lower()
        assert not any(word in told for word in ("click", "spen", "cost", "revenue", "engage"))
        assert made.columns[-1] not in made.before_launch().columns
        assert 0.3 < hit_of(made).mean() < 0.6
