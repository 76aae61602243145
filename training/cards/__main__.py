"""Writes the cards of the champions as pages, `python -m training.cards --tables DIR --out DIR`."""

import argparse
import sys
from pathlib import Path

from models.champions import MODELS
from training.cards.page import page
from training.cards.subject import of_version
from training.cards.truth import against_truth
from training.plots import calibration

MADE = """
---

Written by `make cards` from what the runs logged: `fake_accounts` is the default, trained without
files; the others learned from `credence world --creators 2000 --seed 7`. On real labels:
`make evaluate-real`.
"""


def write(tables: Path, out: Path) -> None:
    """Write a page and a plot for every champion.

    Parameters
    ----------
    tables : Path
        The simulated world that the champions were trained on.
    out : Path
        Folder of the pages; they replace those of the same name.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name in MODELS:
        subject = of_version(name, "champion", simulated=True)
        plot = out / f"{name}.png"
        plot.write_bytes(calibration(subject.held_out, f"{name}: held-out rows"))
        text = page(subject, picture=plot.name, truth=against_truth(subject, tables))
        (out / f"{name}.md").write_text(text + MADE, encoding="utf-8")
        print(out / f"{name}.md", file=sys.stderr)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.cards", description=__doc__)
    parser.add_argument("--tables", type=Path, required=True, help="the world they learned from")
    parser.add_argument("--out", type=Path, required=True, help="folder of the pages")
    given = parser.parse_args()
    write(given.tables, given.out)


if __name__ == "__main__":
    main()
