"""A registry that is stopped, slowed to 30 s, or answers HTML: at start and while a server runs.

Requests must not notice: their 99th percentile stays within 1.2 of what it is beside a sound
registry, in windows that take turns. /readyz must say `stale` while the last good champions serve,
and stop saying so once the registry is sound again. A start must take them too.
`python -m benchmarks.fault_registry`, some ten minutes, with the champions of CREDENCE_HOME.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.fault_home import Broken, broken
from benchmarks.fault_swaps import ready
from benchmarks.serve_bodies import Bodies
from benchmarks.serve_driver import drive
from benchmarks.serve_servers import HOST, ROOT, Cores, Server, started
from models import registry
from models.fetch import fetch

SOUND = "sound"
MODES = ("stopped", "slow", "html", "nonsense")
RATIO = 1.2
STALE_WITHIN, SOUND_WITHIN, START_WITHIN = 40.0, 20.0, 60.0
"""Seconds until /readyz says so, and until a server is ready."""
WINDOW, CONNECTIONS = 2.0, 2


@dataclass(slots=True)
class Registry:
    """A tracking server whose mode can be changed."""

    port: int
    mode: Path

    @property
    def address(self) -> str:
        """What CREDENCE_TRACKING_URI is set to."""
        return f"http://{HOST}:{self.port}"

    def be(self, mode: str) -> None:
        """Have it answer in another way."""
        draft = self.mode.with_suffix(".new")
        draft.write_text(mode, encoding="utf-8")
        draft.replace(self.mode)
        time.sleep(0.2)


@dataclass(slots=True)
class Report:
    """What was found, and whether every bound was met."""

    fine: bool = True
    lines: list[str] = field(default_factory=list)

    def add(self, text: str, met: bool) -> None:
        """Print a line."""
        self.fine &= met
        print(f"  {'ok  ' if met else 'MISS'} {text}", flush=True)


@contextmanager
def tracking(home: Broken, scratch: Path) -> Iterator[Registry]:
    """Run a tracking server that names the home's first champions."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        found = Registry(probe.getsockname()[1], scratch / "mode")
    found.be(SOUND)
    versions = {name: registry.version(name, number) for name, number in home.first.items()}
    pins = {name: {"version": v.number, "digest": v.digest} for name, v in versions.items()}
    champions = scratch / "champions"
    champions.write_text(json.dumps(pins), encoding="utf-8")
    words = [str(found.port), str(found.mode), str(champions)]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.fault_tracking", *words], cwd=ROOT
    )
    try:
        yield found
    finally:
        process.terminate()
        process.wait()


@contextmanager
def serving(home: Broken, registry_: Registry, log: Path) -> Iterator[tuple[Server, float]]:
    """Start a server on the registry, and give it with the seconds until it was ready."""
    began = time.monotonic()
    with started(
        "credence",
        [sys.executable, "-m", "cli", "serve", "--port", "PORT"],
        log=log,
        cores=Cores.of_this_machine(),
        environment={
            "CREDENCE_HOME": str(home.folder),
            "CREDENCE_TRACKING_URI": registry_.address,
        },
    ) as server:
        server.wait(Bodies(home.about()).stored()[0])
        yield server, time.monotonic() - began


def ratios(
    server: Server, registry_: Registry, mode: str, rounds: int, asked: Sequence[bytes]
) -> list[float]:
    """Return the 99th percentile beside a registry in a mode over that beside a sound one."""
    found = []
    for turn in range(rounds):
        p99 = {}
        # Whatever drifts meanwhile meets both alike.
        for one in (SOUND, mode) if turn % 2 else (mode, SOUND):
            registry_.be(one)
            time.sleep(0.3)
            p99[one] = drive(server.address, asked, CONNECTIONS, seconds=WINDOW).quantile(0.99)
        found.append(p99[mode] / p99[SOUND])
    return found


def wait_until(told: Callable[[], bool], seconds: float) -> float:
    """Return after how many seconds something is told, infinity if it never is."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        if told():
            return time.monotonic() - began
        time.sleep(0.1)
    return float("inf")


def is_stale(server: Server, expected: bool) -> Callable[[], bool]:
    """Return whether /readyz is 'ready' and says that champions are stale, or not."""

    def told() -> bool:
        found = ready(server)
        return found["status"] == "ready" and found["stale"] is expected

    return told


def judge_windows(report: Report, when: str, found: Sequence[float]) -> None:
    """Report ratios of windows."""
    middle = statistics.median(found)
    told = f"{when}: p99 / p99 beside a sound registry {middle:.2f} in the median"
    report.add(
        f"{told} of {len(found)}, {min(found):.2f} to {max(found):.2f} ({RATIO})", middle <= RATIO
    )


def at_refresh(
    report: Report, home: Broken, registry_: Registry, rounds: int, scratch: Path
) -> None:
    """Break the registry under a server that runs."""
    registry_.be(SOUND)
    with serving(home, registry_, scratch / "server.log") as (server, took):
        report.add(f"started beside a sound registry in {took:.1f} s", took <= START_WITHIN)
        report.add(
            "not stale then", wait_until(is_stale(server, False), SOUND_WITHIN) < SOUND_WITHIN
        )
        asked = server.requests(Bodies(home.about()).stored())
        drive(server.address, asked, CONNECTIONS, seconds=WINDOW)
        for mode in MODES:
            judge_windows(
                report, f"{mode} at refresh", ratios(server, registry_, mode, rounds, asked)
            )
            registry_.be(mode)
            after = wait_until(is_stale(server, True), STALE_WITHIN)
            report.add(
                f"{mode}: stale after {after:.1f} s ({STALE_WITHIN:.0f} s)", after < STALE_WITHIN
            )
            registry_.be(SOUND)
            after = wait_until(is_stale(server, False), SOUND_WITHIN)
            report.add(
                f"{mode}: sound after {after:.1f} s ({SOUND_WITHIN:.0f} s)", after < SOUND_WITHIN
            )


def at_start(report: Report, home: Broken, registry_: Registry, rounds: int, scratch: Path) -> None:
    """Start servers beside a broken registry."""
    for mode in MODES:
        registry_.be(mode)
        with serving(home, registry_, scratch / f"{mode}.log") as (server, took):
            stale = is_stale(server, True)()
            told = (
                f"{mode} at start: ready after {took:.1f} s ({START_WITHIN:.0f} s), stale: {stale}"
            )
            report.add(told, stale and took <= START_WITHIN)
            asked = server.requests(Bodies(home.about()).stored())
            drive(server.address, asked, CONNECTIONS, seconds=1.0)
            judge_windows(
                report, f"{mode} at start", ratios(server, registry_, mode, rounds, asked)
            )
            registry_.be(SOUND)
            after = wait_until(is_stale(server, False), SOUND_WITHIN)
            report.add(
                f"{mode}: sound after {after:.1f} s ({SOUND_WITHIN:.0f} s)", after < SOUND_WITHIN
            )
            # What MLflow needs for any registry leaves compiled modules behind.
            maps = Path(f"/proc/{server.worker()}/maps").read_text(encoding="utf-8")
            report.add(f"{mode}: no MLflow in the worker", "sqlalchemy" not in maps)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=12)
    given = options.parse_args()
    os.environ.pop("CREDENCE_TRACKING_URI", None)
    report = Report()
    with tempfile.TemporaryDirectory() as folder, broken(Path(folder)) as home:
        for name, number in home.first.items():
            fetch(name, number)
        with tracking(home, Path(folder)) as registry_:
            at_refresh(report, home, registry_, given.rounds, Path(folder))
            at_start(report, home, registry_, given.rounds // 2, Path(folder))
    sys.exit(0 if report.fine else 1)


if __name__ == "__main__":
    main()
