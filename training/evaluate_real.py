"""Prints the figures that real data can give: `python -m training.evaluate_real --data DIR`.

The data is kept outside this repository; without it the command says so and is content. DIR holds
accounts/instagram_kaggle.csv and accounts/instagram_instafake.csv, in the columns of the table
`accounts`, and perhaps accounts/x_bots.csv (the same), accounts/influencer_fake_share_srf.csv
(fake_ratio) and accounts/instagram_influencer_followers_unlabelled.csv (those of `followers`).
Analogues of conversions are conversions/facebook_ads.csv and conversions/placement_ads.csv.
"""

import argparse
import tempfile
from pathlib import Path

from training.real import sections, sets
from training.real.analogues_report import analogues
from training.real.printing import say


def evaluate(data: Path, plots: Path | None, seed: int) -> None:
    """Print every section.

    Parameters
    ----------
    data : Path
        Holds the folder `accounts`.
    plots : Path or None
        Gets calibration plots.
    seed : int
        Of everything random.
    """
    folder = data / "accounts"
    missing = [name for name in sets.INSTAGRAM.values() if not (folder / name).is_file()]
    if missing:
        say(
            f"skipped: {folder} holds no {' and no '.join(missing)}. Set CREDENCE_REAL_DATA, or"
            " --data, to a folder of real data; --help says what is in it."
        )
        return
    say(
        f"Real labels, seed {seed}. In brackets 90 % intervals: of shares the model's own, of other"
        " figures a bootstrap of accounts, equal ones drawn together."
    )
    with tempfile.TemporaryDirectory() as scratch:
        report = opened(folder, Path(scratch), plots, seed)
        sections.one_out(report)
        sections.within(report)
        models = {"Kaggle + InstaFake": sections.together(report)}
        models["default"] = sections.default(report)
        if report.x_sources:
            sections.with_x(report)
        if all((folder / file).is_file() for file in (sets.UNLABELLED, sets.PUBLISHED)):
            sections.creators(models, folder, seed)


def opened(folder: Path, scratch: Path, plots: Path | None, seed: int) -> sections.Report:
    """Read the labelled files.

    Parameters
    ----------
    folder : Path
        Holds them.
    scratch : Path
        For parts of them.
    plots : Path or None
        Gets calibration plots.
    seed : int
        Of everything random.

    Returns
    -------
    Report
    """
    x = folder / sets.X_BOTS
    return sections.Report(
        files={name: sets.labelled(name, folder / file) for name, file in sets.INSTAGRAM.items()},
        x_sources=sets.by_source(x, scratch) if x.is_file() else [],
        scratch=scratch,
        plots=plots,
        seed=seed,
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate_real", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument("--plots", type=Path, help="folder for calibration plots")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    evaluate(given.data, given.plots, given.seed)
    analogues(given.data / "conversions", given.seed)


if __name__ == "__main__":
    main()
