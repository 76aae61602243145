"""How right the fake-follower risk is in worlds other than the one it learned from.

Run with ``python -m benchmarks.follower_risk --train 7 --seeds 8 9``. The models learn from the
tables of one simulated world and answer for every creator of others, at their end and half a year
before. The truth is the simulated share; intervals are 90 % bootstraps by creator.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from features.arrays import FRAMES, Flags, Floats, Ints
from features.computing import Spine, matrix, samples
from features.reader import read
from models.fake_followers import FakeFollowers, FakeFollowersScores
from models.levels import LIMIT
from training.fitting import fit_one, source
from training.metrics import MEASURES, bounded, draw, mean, measure
from training.world import build

SEED = 7
HALF_YEAR = 181  # days
RECALL = 0.8
ALARMS = 0.05
LEAST_SPIKE = 0.05  # of the real followers: smaller ones are no oddity
SHOWN = ("auc", "log_loss", "log_loss_constant", "brier", "calibration_slope",
         "calibration_intercept")  # fmt: skip
AGES = (0.0, 30.0, 90.0, 180.0, np.inf)  # of a sample, days


@dataclass(frozen=True, slots=True)
class Rows:
    """Creators at moments: what the model says and what is true."""

    creator: Ints  # the same number for the same creator of the same world
    share: Floats
    served: FakeFollowersScores
    alone: FakeFollowersScores  # by the history
    frame: Floats  # of the sample, NaN unknown
    age: Floats  # of the sample, days
    buys: Sequence[str]
    burst: Flags  # a burst was delivered before
    benign: Flags  # there was a benign spike before, and nothing was ever bought

    @property
    def high(self) -> Floats:
        """Whether the share is at least the limit."""
        return (self.share >= LIMIT).astype(np.float64)

    @property
    def sampled(self) -> Flags:
        """Whether there is a follower sample."""
        return self.served.n_sampled > 0


def learned(folder: str) -> FakeFollowers:
    """Return the audience model that a world's tables teach."""
    given = source(folder, None, None, SEED)
    accounts = fit_one("fake_accounts", given, {}).model
    found = fit_one("fake_followers", given, {"fake_accounts": accounts}).model
    assert isinstance(found, FakeFollowers)
    return found


def scored(model: FakeFollowers, folder: str, world: int) -> list[Rows]:
    """Return the rows of a world, one entry a moment."""
    tables = read(folder)
    shares = pq.read_table(f"{folder}/truth/fake_shares.parquet").to_pandas()
    creators = pq.read_table(f"{folder}/truth/creators.parquet").to_pandas()
    spikes = pq.read_table(f"{folder}/truth/spikes.parquet").to_pandas()
    buys = creators.set_index("creator_id").buys.loc[tables.creators.ids].tolist()
    end = shares.as_of.max()
    found = []
    for moment in (end, shares.as_of[shares.as_of <= end - pd.Timedelta(days=HALF_YEAR)].max()):
        then = shares[shares.as_of == moment].set_index("creator_id").fake_share
        before = spikes[spikes.happened_at < moment]
        odd = before[before["size"] >= LEAST_SPIKE]
        as_of = int(moment.timestamp()) * 1_000_000
        spine = Spine.of(np.arange(len(buys)), as_of)
        X, seen = matrix(tables, spine, threads=2), samples(tables, spine)
        none = samples(tables, Spine.of(np.full(len(buys), -1), as_of))
        found.append(
            Rows(
                creator=world * 1_000_000 + np.arange(len(buys)),
                share=then.loc[tables.creators.ids].to_numpy(np.float64),
                served=model.score(X, seen),
                alone=model.score(X, none),
                frame=seen.frame,
                age=seen.age,
                buys=buys,
                burst=_among(tables.creators.ids, before[before.kind == "bought"]),
                benign=_among(tables.creators.ids, odd[odd.kind != "bought"])
                & (np.array(buys) == "none"),
            )
        )
    return found


def _among(ids: Sequence[str], spikes: pd.DataFrame) -> Flags:
    return np.isin(ids, spikes.creator_id.to_numpy())


def joined(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all parts as one."""

    def scores(name: str) -> FakeFollowersScores:
        each = [getattr(part, name) for part in parts]
        return FakeFollowersScores(
            risk=np.concatenate([one.risk for one in each]),
            share=np.concatenate([one.share for one in each]),
            low=np.concatenate([one.low for one in each]),
            high=np.concatenate([one.high for one in each]),
            n_sampled=np.concatenate([one.n_sampled for one in each]),
            level=[level for one in each for level in one.level],
        )

    def both(name: str) -> Floats:
        return np.concatenate([getattr(part, name) for part in parts])

    return Rows(
        creator=both("creator").astype(np.int64),
        share=both("share"),
        served=scores("served"),
        alone=scores("alone"),
        frame=both("frame"),
        age=both("age"),
        buys=[one for part in parts for one in part.buys],
        burst=both("burst").astype(np.bool_),
        benign=both("benign").astype(np.bool_),
    )


def print_risk(title: str, rows: Rows, scores: FakeFollowersScores, mask: Flags) -> None:
    """Print the figures of the risk and of the share on some rows."""
    creator = rows.creator[mask]
    print(f"{title}: {mask.sum()} rows of {len(np.unique(creator))} creators")
    measures = {name: MEASURES[name] for name in SHOWN}
    figures = measure(rows.high[mask], scores.risk[mask], creator, SEED, measures)
    low, high, share = scores.low[mask], scores.high[mask], rows.share[mask]
    figures["share_error"] = mean(np.abs(scores.share[mask] - share), creator, SEED)
    inside = ((low <= share) & (share <= high)).astype(np.float64)
    figures["coverage_90"] = mean(inside, creator, SEED)
    figures["width_90"] = mean(high - low, creator, SEED)
    for name, one in figures.items():
        print(f"  {name:22s} {_told(one.value, one.low, one.high)}")


def print_alarms(title: str, rows: Rows, risk: Floats, mask: Flags) -> None:
    """Print who else is above the risk that finds four in five of the bought bursts.

    And whom a risk finds that one in twenty creators with nothing but a benign spike is above.
    """
    bought = mask & rows.burst & (rows.share >= LIMIT)
    drip = mask & (np.array(rows.buys) == "drip") & (rows.share >= LIMIT)
    benign = mask & rows.benign & (rows.share < LIMIT)
    draws = draw(rows.creator, SEED)
    for part, among, who in (
        (RECALL, bought, (("false alarms, benign", benign), ("recall of slow drip", drip))),
        (ALARMS, benign, (("recall of bursts", bought), ("recall of slow drip", drip))),
    ):
        name = "of the bought bursts" if among is bought else "of the benign spikes"
        print(f"{title}: where {part:.0%} {name} (n {among.sum()}) are above")
        for label, some in who:
            one = _above(risk, among, some, part, np.ones(len(risk)))
            draws_of = [_above(risk, among, some, part, weight) for weight in draws]
            found = bounded(one, draws_of, int(some.sum()))
            print(f"  {label:22s} {_told(found.value, found.low, found.high)}  n {found.n}")


def _above(risk: Floats, among: Flags, who: Flags, part: float, weight: Floats) -> float:
    """Return which part of some is at or above the risk that a part of others reaches."""
    order = np.argsort(-risk[among])
    found = np.cumsum(weight[among][order])
    threshold = risk[among][order][np.searchsorted(found, part * found[-1])]
    return float(np.average(risk[who] >= threshold, weights=weight[who]))


def _told(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return "unknown"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creators", type=int, default=2_000)
    parser.add_argument("--train", type=int, default=7)
    parser.add_argument("--seeds", type=int, nargs="+", default=[8, 9])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        build(folder, chosen.creators, chosen.train)
        model = learned(folder)
    parts = []
    for seed in chosen.seeds:
        with tempfile.TemporaryDirectory() as folder:
            build(folder, chosen.creators, seed)
            parts += scored(model, folder, seed)
    rows = joined(parts)
    every = np.ones(len(rows.share), np.bool_)
    sampled = rows.sampled
    print(f"learned from world {chosen.train}, asked about worlds {chosen.seeds}")
    print_risk("history and sample", rows, rows.served, sampled)
    print_risk("history alone, the same rows", rows, rows.alone, sampled)
    print_risk("history alone, every row", rows, rows.alone, every)
    for code, name in enumerate(FRAMES):
        print_risk(f"frame {name}", rows, rows.served, sampled & (rows.frame == code))
    for youngest, oldest in pairwise(AGES):
        mask = sampled & (rows.age > youngest) & (rows.age <= oldest)
        print_risk(f"sample {youngest:.0f} to {oldest:.0f} days old", rows, rows.served, mask)
    print_alarms("as served", rows, rows.served.risk, every)
    print_alarms("history and sample", rows, rows.served.risk, sampled)
    print_alarms("history alone", rows, rows.alone.risk, every)


if __name__ == "__main__":
    main()
