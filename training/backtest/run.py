"""The shell of `credence backtest`: replay the quarters, judge them, write and log the report."""

import hashlib
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from tqdm import tqdm

from features.catalogue import catalogue_hash
from features.errors import InputError
from features.home import home
from features.reader import read
from features.tables import Tables
from models import registry
from models.manifest import Metric, commit
from models.records import Findings
from training.backtest.choice import choice
from training.backtest.drift import drift
from training.backtest.figures import COMPARED, RANKERS, figures
from training.backtest.judged import judged
from training.backtest.page import page
from training.backtest.quarters import Quarter, day, quarters
from training.backtest.replay import CREDENCE, FORECASTERS, Played, Skipped, play
from training.backtest.report import Report, told
from training.dataset import Rows, collaborations
from training.fitting import fit_one, moment, source

EXPERIMENT = "credence-backtest"
PAGE, FIGURES, PREDICTIONS = "report.html", "metrics.json", "predictions.parquet"
DONE, SET_ASIDE = 0, 3  # exit codes, as those of `credence train`
SHOWN = (*COMPARED, "calibration_intercept")
RANKED = ("precision_at_3", "conversions_at_3", "ndcg_at_3", "cost_per_conversion_at_3")


def backtest(
    tables: Path,
    start: int,
    stop: int,
    *,
    out: Path | None = None,
    as_of: int | None = None,
    seed: int = 7,
) -> int:
    """Backtest the conversion model, write the report, log it, and say what came of it.

    Parameters
    ----------
    tables : Path
        Tables folder.
    start, stop : int
        The period whose collaborations are judged, half-open, microseconds.
    out : Path, optional
        Folder of the report, by default `backtest` in the state folder.
    as_of : int, optional
        What had been observed before this judges; by default just after the latest observation.
    seed : int
        Of everything random.

    Returns
    -------
    int
        Exit code: 0, or 3 where rows were set aside or a quarter was skipped.

    Raises
    ------
    InputError
        If no quarter of the period can be judged.
    """
    spans = quarters(start, stop)
    raw = read(tables)
    at = moment(raw, as_of)
    _say(f"judged by what was known before {_iso(at)}")
    mature = collaborations(raw, at)
    played, skipped = _replay(raw, mature, spans, at, seed)
    for line in told(skipped):
        _say(f"skipped {line}")
    if not played:
        raise _nothing(mature, spans, skipped)
    rows = judged(played, raw, tables)
    report = Report(
        params={"from": day(start), "to": day(stop), "as_of": _iso(at), "seed": str(seed)},
        origin={
            "data_hash": _hash(raw),
            "catalogue_hash": catalogue_hash(),
            "commit": commit(),
        },
        played=played,
        skipped=skipped,
        rows=rows,
        figures=figures(rows, seed),
        drift=drift(played, seed),
        choice=choice(played, raw, tables, at, seed),
    )
    folder = out or home() / "backtest"
    _keep(report, folder, tables, seed)
    _say(summary(report))
    _say(f"wrote {PAGE}, {FIGURES} and {PREDICTIONS} to {folder}")
    if raw.set_aside:
        _say(f"{len(raw.set_aside)} rows of the tables were set aside")
    return SET_ASIDE if raw.set_aside or skipped else DONE


def _replay(
    tables: Tables, mature: Rows, spans: Sequence[Quarter], as_of: int, seed: int
) -> tuple[list[Played], list[Skipped]]:
    """Play every quarter, showing how far it is."""
    found = []
    accounts = cache(lambda: fit_one("fake_accounts", source(tables, None, as_of, seed), {}).model)
    with tqdm(
        spans, unit="quarter", delay=2, file=sys.stderr, leave=False, disable=None
    ) as progress:
        for span in progress:
            progress.set_postfix_str(span.name)
            found.append(play(tables, span, mature, accounts, seed))
    return (
        [one for one in found if isinstance(one, Played)],
        [one for one in found if isinstance(one, Skipped)],
    )


def _nothing(mature: Rows, spans: Sequence[Quarter], skipped: Sequence[Skipped]) -> InputError:
    """Return the error that says what the tables would allow."""
    there = "the tables hold no mature collaboration"
    if len(mature):
        first, last = day(int(mature.as_of.min())), day(int(mature.as_of.max()))
        there = (
            f"the {len(mature):,} mature ones were agreed from {first} to {last}, and the first"
            f" had matured by {day(int(mature.known.min()))}"
        )
    return InputError(
        f"collaborations: no quarter from {day(spans[0].start)} to {day(spans[-1].stop)} can be"
        f" judged ({'; '.join(told(skipped))}); {there}. Give --from after collaborations had"
        " matured and before others were agreed whose day 30 was observed",
        table="collaborations",
    )


def _keep(report: Report, folder: Path, tables: Path, seed: int) -> None:
    """Write the report's files, and log them with its figures as a run."""
    files = {
        PAGE: page(report, seed).encode(),
        FIGURES: report.to_json(),
        PREDICTIONS: report.rows.to_parquet(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    params = {
        "tables": str(tables.resolve()),
        **report.params,
        "quarters": str(len(report.played)),
        "skipped": str(len(report.skipped)),
    }
    found = Findings(params=params, metrics=report.metrics(), files=files)
    registry.log(EXPERIMENT, found, report.origin)


def summary(report: Report) -> str:
    """Return the headline figures, a line each."""
    found, count = report.figures, len(report.played)
    lines = [
        f"backtest {report.params['from']} to {report.params['to']}: {len(report.rows):,}"
        f" collaborations of {report.briefs:,} briefs in {count} quarter{'s' * (count != 1)}"
    ]
    for name in SHOWN:
        told_ = (_figure(one, found.probability[one][name]) for one in FORECASTERS)
        lines.append(f"  {name:<24} {', '.join(told_)}; n = {len(report.rows):,}")
    for name in RANKED:
        told_ = (_figure(one, found.ranking[name][one]) for one in RANKERS[:-1])
        n = found.ranking[name][CREDENCE].n
        lines.append(f"  {name:<24} {', '.join(told_)}; n = {n:,} briefs")
    times = (
        _figure(f"{rival} x", found.ranking_times["conversions_at_3"][rival])
        for rival in RANKERS[1:-1]
    )
    lines.append(f"  {CREDENCE} over{'':<11} {', '.join(times)} conversions_at_3")
    return "\n".join(lines)


def _figure(name: str, one: Metric) -> str:
    if one.value is None:
        return f"{name} unknown"
    interval = "" if one.low is None or one.high is None else f" [{one.low:.3f}, {one.high:.3f}]"
    return f"{name} {one.value:.3f}{interval}"


def _hash(tables: Tables) -> str:
    """Return one hash of all tables' bytes."""
    text = "\n".join(f"{name} {digest}" for name, digest in sorted(tables.hashes.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def _iso(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat()


def _say(text: str) -> None:
    print(text, file=sys.stderr)
