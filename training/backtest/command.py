"""`credence backtest`: its options."""

from datetime import UTC, datetime
from pathlib import Path

import click

_EXAMPLES = (
    "backtest --tables world --from 2025-10-01 --to 2026-04-01",
    "backtest --tables world --from 2025-07-01 --to 2026-07-01 --out report",
)
_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"])
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(epilog="\n".join(["\b", "Examples:", *(f"  credence {one}" for one in _EXAMPLES)]))
@click.option("--tables", type=_FOLDER, required=True, metavar="DIR", help="Folder of raw tables.")
@click.option(
    "--from",
    "start",
    type=_MOMENT,
    required=True,
    metavar="T",
    help="First moment of the period: a day in UTC, or ISO 8601 with an offset.",
)
@click.option("--to", "stop", type=_MOMENT, required=True, metavar="T", help="Its end, exclusive.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the report goes.  [default: backtest/ under CREDENCE_HOME]",
)
@click.option(
    "--as-of",
    type=_MOMENT,
    metavar="T",
    help="Judge by what was known before this moment.  [default: just after the latest"
    " observed_at]",
)
@click.option("--seed", type=click.IntRange(0), default=7)
def backtest(
    *,
    tables: Path,
    start: datetime,
    stop: datetime,
    out: Path | None,
    as_of: datetime | None,
    seed: int,
) -> int:
    """Replay the conversion model quarter by quarter and compare it with simple rankings.

    At the start of each calendar quarter the models are trained on what was known then, and score
    what was agreed in it. DIR gets report.html, metrics.json and predictions.parquet; the run is
    logged to MLflow. No champion is needed or changed. A quarter that cannot be judged is said and
    skipped (exit code 3); where none can, the exit code is 2.
    """
    # The libraries of training take seconds to import.
    from training.backtest.run import backtest as run

    at = None if as_of is None else _microseconds(as_of)
    return run(tables, _microseconds(start), _microseconds(stop), out=out, as_of=at, seed=seed)


def _microseconds(moment: datetime) -> int:
    whole = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(whole.timestamp()) * 10**6
