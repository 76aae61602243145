"""The tables of the benchmark: what each server did, and the figures beside their targets."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.serve_fleet import BARE, BENTOML, FASTAPI, OFF, ON
from benchmarks.serve_measure import Window
from benchmarks.serve_scenarios import ALONE, BUSY, INLINE, MANY, METRICS, ONE, REASONS, Key
from benchmarks.turns import spread

Found = Mapping[Key, Sequence[Window]]
Of = Callable[[Window], float]


def each(window: Window) -> float:
    """Return a request's share of the window, microseconds."""
    return window.each


def used(window: Window) -> float:
    """Return what a request uses of the processor, microseconds."""
    return window.used


def p50(window: Window) -> float:
    """Return the median latency, microseconds."""
    return window.p50


@dataclass(frozen=True, slots=True)
class Ratio:
    """One server's time beside another's."""

    label: str
    above: Key
    below: Key
    target: str
    of: Of = each
    less: float = 0.0
    """Taken off what is above, microseconds."""


def servers(found: Found) -> list[str]:
    """Return a line for each server of each scenario."""
    lines, told = [], None
    for key, windows in found.items():
        if told != (key.scenario, key.connections):
            told = key.scenario, key.connections
            lines.append(f"{key.scenario}, c={key.connections}")
        lines.append(f"  {key.server:<18}{_line(windows)}")
    return lines


def _line(windows: Sequence[Window]) -> str:
    def of(what: Of) -> float:
        return statistics.median(map(what, windows))

    return (
        f"{1e6 / of(each):8,.0f} a second   p50 {of(p50) / 1e3:7.3f} ms"
        f"   p99 {of(lambda one: one.p99) / 1e3:7.3f} ms"
        f"   slowest {max(one.slowest for one in windows) / 1e3:6.1f} ms"
        f"   used {of(used):7.0f} us   n {sum(one.n for one in windows):,}"
    )


def ratios(found: Found, decoded: Mapping[str, float]) -> list[str]:
    """Return a line for each ratio whose two sides were measured."""
    one, alone, many = Key(ONE, BUSY, ON), Key(ONE, ALONE, ON), Key(MANY, BUSY, ON)
    asked = [
        Ratio("the bare app's time / ours", one._replace(server=BARE), one, "at least 0.45"),
        Ratio(
            "the bare app's / ours, all off",
            one._replace(server=BARE),
            one._replace(server=OFF),
            "at least 0.60",
        ),
        Ratio("BentoML's / ours", one._replace(server=BENTOML), one, "at least 3.0"),
        Ratio("FastAPI's / ours", one._replace(server=FASTAPI), one, "at least 1.5"),
        Ratio(
            "100 creators: the bare app's / ours", many._replace(server=BARE), many, "at least 1.5"
        ),
        Ratio("reasons: 3 / plain", one._replace(scenario=REASONS), one, "at most 15"),
        Ratio("  alone (c=1), p50", alone._replace(scenario=REASONS), alone, "", p50),
    ]
    for name, label in ((INLINE, "inline"), (METRICS, "inline with metrics")):
        less = decoded.get(name, 0.0)
        mine, solo = one._replace(scenario=name), alone._replace(scenario=name)
        asked += [
            Ratio(
                f"{label} - {less:.0f} us decoding / stored", mine, one, "at most 2.5", less=less
            ),
            Ratio("  alone (c=1), p50", solo, alone, "at most 2.5", p50, less),
        ]
    return [_ratio(found, ask) for ask in asked if ask.above in found and ask.below in found]


def _ratio(found: Found, asked: Ratio) -> str:
    above, below = found[asked.above], found[asked.below]

    def told(of: Of) -> str:
        return spread([of(one) - asked.less for one in above], [of(one) for one in below])

    n = sum(one.n for one in (*above, *below))
    by_use = told(used) if asked.of is each else ""
    return _figure(asked.label, told(asked.of), by_use, asked.target, f"{n:,}")


def evenness(found: Found) -> list[str]:
    """Return a line of the slow answers of ours, and of the bare app, that was beside it."""
    lines = []
    for name, label, target in ((ON, "ours", "at most 3"), (BARE, "the bare app", "")):
        windows = found.get(Key(ONE, BUSY, name), [])
        if windows:
            told = spread([one.p99 for one in windows], [one.p50 for one in windows])
            n = f"{sum(one.n for one in windows):,}"
            lines.append(_figure(f"p99 / p50 of {label}", told, "", target, n))
    return lines


def _figure(label: str, found: str, by_use: str, target: str, n: str) -> str:
    use = f"(by used time {by_use})" if by_use else ""
    return f"  {label:<50} {found:<22} {use:<38} {target:<14} n {n}"


def slowest_line(ours: float, bare: float, n: int) -> str:
    """Return the line of the slowest of many answers, in microseconds."""
    found = f"{ours / bare:.2f} ({ours / 1e3:.1f} / {bare / 1e3:.1f} ms)"
    return _figure("slowest of ours / of the bare app", found, "", "at most 10", f"{n:,} each")
