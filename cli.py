"""The console script `credence`: options in, exit codes out; the work is done by the packages.

Packages are imported inside the commands, so that scoring never waits for MLflow. Exit codes:
0 done, 1 failure or a refused promotion, 2 bad input or usage, 3 done with rows set aside.
"""

import os
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from serving import options
from serving.keys_command import keys
from serving.serve_command import serve
from training.backtest.command import backtest

DONE, FAILED, BAD_INPUT, SET_ASIDE = 0, 1, 2, 3

Files = tuple[Path, ...]


def _command(*examples: str) -> Callable[[options.Command], click.Command]:
    return credence.command(epilog=options.examples(*examples))


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
    epilog=options.examples(
        "world --out world",
        "train all --tables world",
        "score --tables world --pairs pairs.csv --out scores",
    )
    + "\n\nState lives under CREDENCE_HOME (default .credence). Exit codes: 0 done, 1 failure,"
    " 2 bad input or usage, 3 done with some rows set aside.",
)
@click.version_option(package_name="credence", message="credence %(version)s")
def credence() -> None:
    """Calibrated fake-follower risk and conversion likelihood of social-media creators."""


@_command("world --out world", "world --out small --creators 150 --seed 3")
@options.out("DIR", "Where the tables go.")
@click.option("--creators", type=click.IntRange(20), default=2000)
@options.seed
def world(out: Path, creators: int, seed: int) -> None:
    """Write the tables of a simulated marketplace, and the truth behind them in DIR/truth."""
    from training.world import build

    build(out, creators=creators, seed=seed)
    _say(f"wrote the tables of {creators} creators to {out}")


@_command(
    "train all --tables world",
    "train fake-accounts --accounts labelled.csv more.parquet",
    "train conversion --tables world --as-of 2026-01-01T00:00:00Z",
)
@click.argument("model", type=click.Choice([*options.MODELS, "all"]))
# An option of click takes one value: the files after the first arrive here.
@click.argument("more", nargs=-1, type=options.FILE, metavar="")
@options.tables(required=False)
@click.option(
    "--accounts",
    type=options.FILE,
    multiple=True,
    metavar="FILE ...",
    help="Labelled; not the tables'.",
)
@options.as_of
@options.seed
def train(
    *, model: str, more: Files, tables: Path | None, accounts: Files, as_of: int | None, seed: int
) -> int:
    """Fit MODEL, register it as challenger, and promote it where its gates pass.

    The first version of a model becomes its champion. Without accounts or audits, fake-accounts
    and fake-followers learn from the built-in world, and say so.
    """
    if more and not accounts:
        raise click.UsageError("labelled files follow --accounts")
    from training.run import train as run

    files = accounts + more
    return run(
        options.MODELS.get(model, model), tables=tables, accounts=files, as_of=as_of, seed=seed
    )


@_command("models")
def models() -> None:
    """List the versions of every model: aliases, headline metrics with intervals, what lags."""
    from training.listing import describe

    click.echo(describe())


@_command("promote conversion 3", 'promote conversion 3 --force --why "drift since March"')
@click.argument("model", type=options.MODEL)
@click.argument("version")
@click.option("--force", is_flag=True, help="Promote although a gate fails; needs --why.")
@click.option("--why", metavar="TEXT", help="The reason, kept with the version.")
def promote(model: str, version: str, force: bool, why: str | None) -> int:
    """Make VERSION the champion of MODEL if its gates pass."""
    if force and not why:
        raise click.UsageError("--force needs --why TEXT: say why the gates are overruled.")
    from training.promotion import promote as run

    decision = run(options.MODELS[model], version, force=force, why=why)
    click.echo(decision.text)
    return DONE if decision.promoted else FAILED


@_command("rollback conversion")
@click.argument("model", type=options.MODEL)
def rollback(model: str) -> None:
    """Give MODEL back the champion it had before the present one."""
    from training.promotion import rollback as run

    _say(f"{model}: version {run(options.MODELS[model])} is the champion again")


@_command(
    "audit followers.csv --out audited.csv",
    "audit followers.parquet --out audited.parquet > audiences.json",
)
@click.argument("followers", type=options.FILE)
@options.out("FILE", "CSV or Parquet, by its name.")
def audit(followers: Path, out: Path) -> int:
    """Estimate which share of each audience in FOLLOWERS looks inauthentic.

    FOLLOWERS is a CSV or Parquet file with one sampled account a row; without a creator_id it is
    one audience. Its rows go to FILE in their order with a fake_probability each, and a JSON list
    with one object an audience goes to stdout.
    """
    from serving.audit import as_json
    from serving.audit import audit as run

    audiences, set_aside = run(followers, out)
    click.echo(as_json(audiences))
    return _outcome(set_aside, "set aside: bad, and without a fake_probability")


@_command(
    "features --tables world --spine spine.csv --out X.parquet",
    "features --tables world --spine spine.parquet --out X.csv",
)
@options.tables()
@options.file("--spine", "creator_id, as_of [, brief_id, compensation, fee]")
@options.out("FILE", "CSV or Parquet, by its name.")
def features(tables: Path, spine: Path, out: Path) -> int:
    """Write the columns of the spine and the features of each of its rows, in its order.

    The tables may be partitioned (credence partition). These, and tables too large to be read at
    once, are read a part at a time: then a stopped command goes on when it is given again.
    """
    from serving.frames import write_features

    return _outcome(write_features(tables, spine, out), "set aside")


@_command(
    "score --tables world --pairs pairs.csv --out scores",
    "score --tables world --pairs pairs.csv --out march --as-of 2026-03-01T00:00:00Z",
    "score --tables world --pairs pairs.csv --out explained --reasons 3",
    "score --tables parted --pairs pairs.parquet --out scores --scheduler tcp://10.0.0.7:8786",
)
@options.tables()
@options.file("--pairs", "creator_id [, brief_id, as_of, compensation, fee]")
@options.out("DIR", "Where scores/, rejects/ and manifest.json go.")
@options.as_of
@click.option("--reasons", type=click.IntRange(0, 20), default=0, help="Add so many a model.")
@click.option(
    "--max-rejects",
    type=click.FloatRange(0, 1),
    default=0.05,
    help="Stop where a larger share of the pairs, or of a table's rows, is set aside.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    metavar="N",
    help="Score in N processes.  [default: in threads, one a core]",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Score on the Dask cluster there, which sees the folders.",
)
def score(*, tables: Path, pairs: Path, out: Path, scheduler: str | None, **options: Any) -> int:
    """Score every pair with the champions.

    The tables may be partitioned (credence partition). Memory does not grow with them. A stopped
    job goes on where it was when the same command is given again, with the versions and the as_of
    of its first run; the output is the same whatever did the work.
    """
    if scheduler and options["workers"]:
        raise click.UsageError("--workers starts processes here: --scheduler has its own")
    from serving.batch import score as run

    rejects = run(tables, pairs, out, scheduler=scheduler, **options)
    return _outcome(rejects, f"set aside: see {out / 'rejects'}")


@_command(
    "partition --tables world --out parted --parts 64",
    "score --tables parted --pairs pairs.csv --out scores",
)
@options.tables()
@options.out("DIR", "Where the parts go.")
@click.option(
    "--parts", type=click.IntRange(1, 99_999), required=True, metavar="N", help="How many."
)
def partition(tables: Path, out: Path, parts: int) -> None:
    """Partition tables by creator, for scoring on several machines or again and again.

    Each part holds all rows of its creators, good or bad, and is a tables folder. About 20,000
    creators a part suit most tables; memory does not grow with them. A stopped job goes on when the
    same command is given again.
    """
    from serving.partition import partition as run

    index = run(tables, out, parts)
    _say(f"{sum(table.rows for table in index.tables.values())} rows in {parts} parts: {out}")


@_command("publish --tables world", "publish --tables world --as-of 2026-03-01T00:00:00Z")
@options.tables()
@options.as_of
def publish(tables: Path, as_of: int | None) -> int:
    """Store what a server needs to score every creator by id, and switch servers to it.

    The tables may be partitioned (credence partition). Creators of whom nothing changed since the
    store before, its moment and models included, are taken over from it. A stopped command goes on
    when it is given again.
    """
    from serving.publish import publish as run

    return _outcome(run(tables, as_of=as_of), "of the tables set aside")


credence.add_command(backtest)
credence.add_command(serve)
credence.add_command(keys)


def _say(text: str) -> None:
    """Talk to the person at the terminal, beside the machine's output."""
    click.echo(text, err=True)


def _outcome(set_aside: int, what: str) -> int:
    """Return the exit code of work that set so many rows aside, saying it."""
    if set_aside:
        _say(f"{set_aside} row{'s' * (set_aside > 1)} {what}")
    return SET_ASIDE if set_aside else DONE


def main(arguments: list[str] | None = None) -> None:
    """Run `credence` and exit with its code.

    Parameters
    ----------
    arguments : list of str, optional
        Words of the command line after `credence`; those of this process by default.
    """
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    """Return the exit code of one command, having said what went wrong in one line."""
    from features.errors import InputError, UnknownColumnWarning

    # Those of libraries tell whoever runs a command nothing that they could act on.
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", UnknownColumnWarning)
    warnings.showwarning = lambda message, *_: _say(f"credence: {message}")
    try:
        return credence.main(arguments, prog_name="credence", standalone_mode=False) or DONE
    except click.UsageError as error:
        error.show()
        return BAD_INPUT
    except click.Abort:
        _say("credence: interrupted")
    except Exception as error:
        if os.environ.get("CREDENCE_DEBUG"):
            traceback.print_exc()
        if isinstance(error, InputError | click.ClickException):
            _say(f"credence: {error}")
            return BAD_INPUT
        _say(f"credence: {type(error).__name__}: {error}")
    return FAILED


if __name__ == "__main__":
    main()
