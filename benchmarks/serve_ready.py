"""Writes what the peers answer from: for each creator the rows that the served boosters read."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.peers.ready import IDS, ROWS
from features.arrays import Floats
from features.computing import Spine, matrix, samples
from features.reader import read
from features.tables import Tables
from models.champions import load_champions
from models.conversion import Conversion
from models.fake_followers import FakeFollowers
from serving.store import published

ASKED = "asked.json"
BRIEFS = 64


class AskedAbout(msgspec.Struct, frozen=True):
    """Whom and what the requests of a benchmark name."""

    as_of: int
    """Of the published store, microseconds."""
    creators: list[str]
    briefs: list[str]
    """With a goal, and known then."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Creators, each with a brief, and what is known of them."""

    tables: Tables
    creators: list[str]
    briefs: list[str]
    as_of: int

    def repeated(self, times: int) -> "Pairs":
        """Return every creator so many times, with other briefs each time."""
        random = np.random.default_rng(7)
        ids = [random.permutation(self.creators).tolist() for _ in range(times)]
        return replace(self, creators=[one for turn in ids for one in turn])

    def features(self) -> tuple[Spine, Floats]:
        """Return the rows' spine and their columns of the catalogue."""
        creators, briefs = self.tables.creators.index, self.tables.briefs.index
        several = len(self.briefs)
        asked = (self.briefs[turn % several] for turn in range(len(self.creators)))
        n = len(self.creators)
        spine = Spine(
            creator=np.array([creators[one] for one in self.creators], np.int64),
            as_of=np.full(n, self.as_of, np.int64),
            brief=np.array([briefs[one] for one in asked], np.int64),
            compensation=np.full(n, np.nan),
            fee=np.full(n, np.nan),
        )
        return spine, matrix(self.tables, spine)


def pairs(tables_folder: Path) -> Pairs:
    """Return every published creator in an order of chance, with briefs of late."""
    tables, store = read(tables_folder), published()
    if store is None:
        raise SystemExit("nothing is published: run `credence publish`")
    known, goal = tables.briefs.known, tables.briefs.goal
    usable = np.flatnonzero((known < store.as_of) & (tables.briefs.hidden > store.as_of))
    usable = usable[goal[usable] >= 1.0]
    late = usable[np.argsort(known[usable], kind="stable")][-BRIEFS:]
    ids = np.random.default_rng(7).permutation(store.ids()).tolist()
    return Pairs(tables, ids, [tables.briefs.ids[row] for row in late], store.as_of)


def rows(found: Pairs, conversion: Conversion, followers: FakeFollowers) -> dict[str, Floats]:
    """Return the columns that each booster reads, row by row."""
    spine, X = found.features()
    share = conversion.followers.score(X, samples(found.tables, spine)).share
    return {"conversion": conversion.inputs(X, share), "fake_followers": followers.inputs(X)}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--tables", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    given = options.parse_args()
    champions, found = load_champions(("conversion", "fake_followers")), pairs(given.tables)
    conversion, followers = champions.conversion, champions.fake_followers
    assert conversion is not None
    assert followers is not None
    given.out.mkdir(parents=True, exist_ok=True)
    np.savez(
        given.out / ROWS,
        allow_pickle=False,
        **{IDS: np.array(found.creators), **rows(found, conversion, followers)},
    )
    for name, model in (("conversion", conversion), ("fake_followers", followers)):
        (given.out / f"{name}.txt").write_text(model.served.booster, encoding="utf-8")
    told = AskedAbout(found.as_of, found.creators, found.briefs)
    (given.out / ASKED).write_bytes(msgspec.json.encode(told))


if __name__ == "__main__":
    main()
