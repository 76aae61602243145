"""What `--reasons 3` costs a row of a batch, beside LightGBM's `pred_contrib` for the same rows.

    python -m benchmarks.scale_reasons [--quick]

The pairs are a world's creators with briefs. Ours is all that `--reasons 3` adds to a batch: the
contributions of both models, which three weigh most, their words and percentiles, the JSON column.
Theirs is `pred_contrib` of both models' trees alone, on one thread as ours. The champions are those
of a default world and, in another home, 300 trees of 63 leaves. In turns; a minute or two.

Small trees are explained so quickly that the words take most of the time: there `pred_contrib` is
beside our contributions alone, which is what it gives.
"""

import os
from collections.abc import Callable
from pathlib import Path
from statistics import median

import lightgbm as lgb
import numpy as np
import pyarrow as pa

from benchmarks import scale_home
from benchmarks.serve_ready import pairs, rows
from benchmarks.turns import interleaved, spread
from models.champions import load_champions
from serving.scores import with_reasons
from serving.scoring import reasons_of, scored

LEAST = 8.0
"""Times as quick as `pred_contrib`."""

REASONS, ROWS, THEIRS = 3, 2_000, 500
"""Rows, and so many of them for LightGBM: its time is in proportion to them."""


def race(world: Path, title: str, n: int, theirs: int) -> tuple[float, ...]:
    """Print what both take a row; return how many times ours is quicker, with words and without."""
    champions = load_champions(("conversion", "fake_followers"))
    conversion, followers = champions.conversion, champions.fake_followers
    assert conversion is not None
    assert followers is not None
    found = pairs(world).repeated(-(-n // len(pairs(world).creators)))
    spine, _ = found.features()
    spine = spine.take(slice(n))
    inputs = rows(found, conversion, followers)
    boosters = {
        "conversion": lgb.Booster(model_str=conversion.served.booster),
        "fake_followers": lgb.Booster(model_str=followers.served.booster),
    }
    scores = scored(found.tables, spine, champions)
    empty = pa.table({"row": np.arange(len(spine))})

    def ours(_: int) -> object:
        return with_reasons(empty, reasons_of(scores, champions, REASONS))

    def contrib(turn: int) -> object:
        part = slice(turn * theirs % (n - theirs + 1), None)
        return [
            one.predict(inputs[name][part][:theirs], pred_contrib=True, num_threads=1)
            for name, one in boosters.items()
        ]

    def bare(_: int) -> object:
        return [
            model.served.contributions(inputs[name][:n])
            for name, model in (("conversion", conversion), ("fake_followers", followers))
        ]

    ways: dict[str, Callable[[int], object]] = {"ours": ours, "bare": bare, "theirs": contrib}
    for way in ways.values():
        way(0)
    seconds = interleaved(ways, 3)
    mine, alone = ([1e6 * one / n for one in seconds[name]] for name in ("ours", "bare"))
    lightgbm = [1e6 * one / theirs for one in seconds["theirs"]]
    print(f"{title}: pred_contrib of both {median(lightgbm):,.0f} µs a row (n = {theirs})")
    for what, some in (
        (f"all that --reasons {REASONS} adds", mine),
        ("contributions alone", alone),
    ):
        times = spread(lightgbm, some)
        print(f"  {what:26} {median(some):8,.1f} µs a row, {times} times as quick (n = {n})")
    return tuple(
        median(one / other for one, other in zip(lightgbm, some, strict=True))
        for some in (mine, alone)
    )


def main() -> None:
    asked = scale_home.with_quick(__doc__).parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    n, theirs = (400, 100) if asked.quick else (ROWS, THEIRS)
    world = scale_home.prepared()
    _, small = race(world, "champions of a default world", n, theirs)
    scale_home.reference()
    whole, large = race(world, "300 trees of 63 leaves each", n, theirs)
    if min(small, whole, large) < LEAST:
        scale_home.failed(f"at least {LEAST:g} times as quick as pred_contrib")


if __name__ == "__main__":
    main()
