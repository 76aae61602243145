"""`credence serve` beside the quickest server that Python can be, BentoML and FastAPI.

All of them predict with the same two boosters on the same creators: those of a default world's
champions, then 300 trees of 63 leaves each. Servers have one worker on one core, the client has
another, and they take turns. "used" is the processor's time of the worker a request, which busy
neighbours disturb least. Ratios are medians of the rounds, with their range.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import serve_home
from benchmarks.serve_bodies import Bodies
from benchmarks.serve_fleet import BARE, EVERYONE, ON, fleet
from benchmarks.serve_home import Home
from benchmarks.serve_machine import versions
from benchmarks.serve_measure import interleaved, slowest
from benchmarks.serve_memory import memory
from benchmarks.serve_scenarios import BUSY, INLINE, METRICS, ONE, Key, cases, decoding, scenarios
from benchmarks.serve_servers import Cores
from benchmarks.serve_table import evenness, ratios, servers, slowest_line
from benchmarks.serve_wrk import against_wrk
from features.home import home

QUICK_SECONDS = 0.5
SLICE = 20_000
"""Answers of one server before the next one's turn, where the slowest of many is looked for."""

SETTINGS: dict[str, tuple[str, Callable[[Path], Home]]] = {
    "trained": ("champions as trained on a default world", serve_home.trained),
    "reference": ("champions with 300 trees of 63 leaves each", serve_home.reference),
}


def compare(state: Home, cores: Cores, given: argparse.Namespace) -> None:
    """Print what servers of one home did, and how they compare."""
    seconds = QUICK_SECONDS if given.quick else given.seconds
    asked = scenarios(Bodies(state.about()))
    names = (ON, BARE) if given.quick else EVERYONE
    with (
        tempfile.TemporaryDirectory() as scratch,
        fleet(state, names, cores, Path(scratch)) as all_,
    ):
        found = interleaved(cases(asked, all_), given.rounds, seconds)
        decoded = {one.name: decoding(one) for one in asked if one.name in (INLINE, METRICS)}
        print("\n".join([*servers(found), *ratios(found, decoded)]), flush=True)
    if not given.quick:
        tails(state, cores, given)


def tails(state: Home, cores: Cores, given: argparse.Namespace) -> None:
    """Print how even the answers of two servers are that share their core with no others.

    A server that is not asked wakes up now and then, and a hundredth of the answers is what counts.
    """
    asked = scenarios(Bodies(state.about()))
    with (
        tempfile.TemporaryDirectory() as scratch,
        fleet(state, (ON, BARE), cores, Path(scratch)) as both,
    ):
        every = cases(asked, both)
        two = {name: every[Key(ONE, BUSY, name)] for name in (ON, BARE)}
        by_key = {Key(ONE, BUSY, name): case for name, case in two.items()}
        print("\n".join(evenness(interleaved(by_key, given.rounds, given.seconds))), flush=True)
        if given.slowest:
            worst = slowest(two, given.slowest, SLICE)
            print(slowest_line(worst[ON], worst[BARE], given.slowest), flush=True)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="benchmarks.serve_bench")
    add = options.add_argument
    add("--seconds", type=float, default=5.0, help="of one window")
    add("--rounds", type=int, default=3)
    add("--slowest", type=int, default=200_000, help="answers among which it is looked for")
    add("--setting", choices=[*SETTINGS, "both"], default="both")
    add("--home", type=Path, help="state of the benchmark; made where there is none")
    instead = options.add_mutually_exclusive_group()
    add = instead.add_argument
    add("--quick", action="store_true", help="ours and the bare app only, half a minute")
    add("--memory", action="store_true", help="the memory of ours under load")
    add("--wrk", action="store_true", help="our driver beside wrk, where that is installed")
    return options.parse_args()


def main() -> None:
    given = _options()
    root = given.home or home().resolve() / "bench-serve"
    cores = Cores.of_this_machine()
    print(f"{versions()}\n{cores}", flush=True)
    once = given.quick or given.memory or given.wrk
    first = "trained" if once and given.setting == "both" else given.setting
    for one in SETTINGS if first == "both" else [first]:
        title, made = SETTINGS[one]
        state = made(root)
        print(f"\n{title}", flush=True)
        if given.memory:
            memory(state, cores)
        elif given.wrk:
            against_wrk(state, cores, given.rounds, given.seconds)
        else:
            compare(state, cores, given)


if __name__ == "__main__":
    main()
