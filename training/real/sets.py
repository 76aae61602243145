"""The labelled and unlabelled files of the real data, whole, by source and in folds."""

import csv
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.arrays import Floats
from features.errors import UnknownColumnWarning
from features.reader import read_accounts, read_file
from features.schema import FOLLOWERS
from features.tables import FOLLOWER_VALUES, Accounts
from training.splits import folds

INSTAGRAM = {"Kaggle": "instagram_kaggle.csv", "InstaFake": "instagram_instafake.csv"}
X_BOTS = "x_bots.csv"
UNLABELLED = "instagram_influencer_followers_unlabelled.csv"
PUBLISHED = "influencer_fake_share_srf.csv"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled file, or a source of one.

    Parameters
    ----------
    name : str
        As it is printed.
    path : Path
        What training is given.
    accounts : Accounts
        The same, read.
    """

    name: str
    path: Path
    accounts: Accounts


def labelled(name: str, path: Path) -> Labelled:
    """Read a labelled file."""
    return Labelled(name, path, read_accounts([path])[0])


def by_source(path: Path, scratch: Path) -> list[Labelled]:
    """Write each source of a labelled file to a file of its own."""
    head, rows = _rows(path)
    place = head.index("source")
    found = []
    for name in sorted({row[place] for row in rows}):
        part = _write(scratch / f"{name}.csv", head, [row for row in rows if row[place] == name])
        found.append(labelled(name, part))
    return found


def in_folds(
    whole: Labelled, scratch: Path, count: int, seed: int
) -> Iterator[tuple[Path, Accounts]]:
    """Yield, for each fold of a file, a file without it and its accounts; equal rows stay together.

    Parameters
    ----------
    whole : Labelled
        A labelled file.
    scratch : Path
        Where the parts are written.
    count : int
        Folds.
    seed : int
        Of the folds.
    """
    head, rows = _rows(whole.path)
    places = {row: place for place, row in enumerate(dict.fromkeys(map(tuple, rows)))}
    group = np.array([places[tuple(row)] for row in rows])
    for number, (kept, aside) in enumerate(folds(group, seed, count)):
        parts = [
            _write(scratch / f"{whole.path.stem}-{number}-{side}.csv", head, [rows[i] for i in of])
            for side, of in (("kept", kept), ("aside", aside))
        ]
        yield parts[0], read_accounts(parts[1:])[0]


def followers(path: Path) -> Floats:
    """Return the columns of unlabelled followers, shape (n, 9)."""
    with warnings.catch_warnings():
        # Its source and platform are no columns of followers.
        warnings.simplefilter("ignore", UnknownColumnWarning)
        file = read_file(path, FOLLOWERS, optional=("creator_id", "observed_at"))
    return file.frame.numbers(FOLLOWER_VALUES)[file.good]


def published(path: Path) -> Floats:
    """Return the fake shares that the published study gives its creators."""
    head, rows = _rows(path)
    return np.array([float(row[head.index("fake_ratio")]) for row in rows])


def _rows(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    return head, rows


def _write(path: Path, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return path
