"""What `credence models` prints: versions, aliases, figures, what lags, and how near the truth."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from models import registry
from models.champions import MODELS
from models.layout import MAX_BYTES
from models.manifest import Metric
from models.records import UPSTREAM_TAG, Logged, Version
from training.evaluate import HEADLINE, WITHOUT, parts
from training.held_out import FILE, HeldOut
from training.truth import Comparison, compare


def describe(names: Sequence[str] = MODELS) -> str:
    """Return the registry in words.

    Parameters
    ----------
    names : sequence of str
        Models to list.

    Returns
    -------
    str
        A block of lines a model, figures with their 90 % intervals and rows.
    """
    found = {name: registry.versions(name) for name in MODELS}
    return "\n\n".join("\n".join(_model(name, found)) for name in names)


def _model(name: str, found: dict[str, list[Version]]) -> Iterator[str]:
    yield name
    if not found[name]:
        yield f"  no version: run `credence train {name.replace('_', '-')}`"
    for version in reversed(found[name]):
        logged = registry.logged(version)
        yield from _version(version, logged)
        if version.aliases:
            yield from (f"      {line}" for line in _lags(version, found))
            yield from (f"      {line}" for line in _apart(version, logged))


def _version(version: Version, logged: Logged) -> Iterator[str]:
    tags = version.tags
    learned = "the built-in world" if tags.get("trained_on_world") == "true" else "given tables"
    until = f" until {tags['data_end'][:10]}" if tags.get("data_end") else ""
    aliases = f"  {', '.join(version.aliases)}" if version.aliases else ""
    yield f"  version {version.number}{aliases}  (learned from {learned}{until})"
    prefix, called = next(iter(parts(version.name).items()))
    yield from (f"      {line}" for line in _part(logged, prefix, called))


def _part(logged: Logged, prefix: str, called: str) -> Iterator[str]:
    """Yield a line with the headline figures of a part of the held-out rows."""
    figures = {name: logged.metric(prefix + name) for name in HEADLINE}
    told = [f"{name} {_figure(metric)}" for name, metric in figures.items() if metric is not None]
    rows = {metric.n for metric in figures.values() if metric is not None}
    if told:
        yield f"{called}, {'/'.join(map(str, sorted(rows)))} rows: {', '.join(told)}"


def _lags(version: Version, found: dict[str, list[Version]]) -> Iterator[str]:
    """Yield a line for each model carried along that is not the present champion."""
    for tag, digest in version.tags.items():
        if not tag.startswith(UPSTREAM_TAG):
            continue
        name = tag.removeprefix(UPSTREAM_TAG)
        standing = next((one for one in found[name] if "champion" in one.aliases), None)
        if standing is None or standing.digest == digest:
            continue
        carried = [str(one.number) for one in found[name] if one.digest == digest]
        yield (
            f"{version.name} carries {name} {'/'.join(carried) or digest[:12]}, the champion is"
            f" {standing.number}: run `credence train {version.name.replace('_', '-')}`"
        )


def _apart(version: Version, logged: Logged) -> Iterator[str]:
    """Yield parts of the rows: beside the truth, where the run's tables hold one; each source."""
    compared = _compared(version, logged.params.get("tables", ""))
    for comparison in compared:
        yield from _rows(comparison)
    _, *others = parts(version.name).items()
    for prefix, called in () if compared else others:
        yield from _part(logged, prefix, called)
    for source in _sources(logged):
        yield from _part(logged, f"{WITHOUT}{source}_", f"without {source}")


def _sources(logged: Logged) -> list[str]:
    """Return the sources that were left out in turn."""
    end = "_log_loss"
    names = (name for name in logged.metrics if name.startswith(WITHOUT) and name.endswith(end))
    return sorted(name.removeprefix(WITHOUT).removesuffix(end) for name in names)


def _compared(version: Version, tables: str) -> list[Comparison]:
    if not tables or not (Path(tables) / "truth").is_dir():
        return []
    data = registry.artifact(version, FILE, MAX_BYTES)
    return [] if data is None else compare(version.name, HeldOut.from_parquet(data), Path(tables))


def _rows(comparison: Comparison) -> Iterator[str]:
    yield f"against the truth, {comparison.rows} creators, {comparison.model.n} rows:"
    yield (
        f"  log-loss: constant {_figure(comparison.constant)}, model {_figure(comparison.model)},"
        f" truth {_figure(comparison.truth)}; gap closed {_figure(comparison.gap)}"
    )
    yield (
        f"  AUC {_figure(comparison.auc)}, Brier {_figure(comparison.brier)},"
        f" calibration slope {_figure(comparison.slope)}"
    )


def _figure(metric: Metric) -> str:
    if metric.value is None or math.isnan(metric.value):
        return "unknown"
    if metric.low is None or metric.high is None:
        return f"{metric.value:.3f}"
    return f"{metric.value:.3f} [{metric.low:.3f}, {metric.high:.3f}]"
