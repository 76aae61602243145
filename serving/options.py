"""What several commands of `credence` have in common: their options, and how examples are shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NEW = click.Path(path_type=Path)

MODELS = {
    name.replace("_", "-"): name for name in ("fake_accounts", "fake_followers", "conversion")
}
MODEL = click.Choice(list(MODELS))


def examples(*lines: str) -> str:
    """Return an epilogue of commands that click leaves as it is.

    Parameters
    ----------
    *lines : str
        Words after `credence`.

    Returns
    -------
    str
    """
    return "\n".join(["\b", "Examples:", *(f"  credence {line}" for line in lines)])


def _moment(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    from serving.moments import instant

    return None if text is None else instant(text, "--as-of")


_MOMENT = (
    "See the tables as they were known before this moment (ISO 8601 with an offset)."
    "  [default: just after their latest observed_at]"
)
as_of = click.option("--as-of", metavar="T", callback=_moment, help=_MOMENT)
seed = click.option("--seed", type=click.IntRange(0), default=7)


def tables(required: bool = True) -> Callable[[Command], Command]:
    """Return the option that names a folder of raw tables."""
    help_ = "Folder of raw tables: a Parquet or CSV file, or a folder of Parquet parts, each."
    return click.option("--tables", type=FOLDER, required=required, metavar="DIR", help=help_)


def out(metavar: str, text: str) -> Callable[[Command], Command]:
    """Return the option that names what a command writes."""
    return click.option("--out", type=NEW, required=True, metavar=metavar, help=text)


def file(option: str, columns: str) -> Callable[[Command], Command]:
    """Return an option that names a table file with these columns."""
    help_ = f"CSV or Parquet with {columns}."
    return click.option(option, type=FILE, required=True, metavar="FILE", help=help_)
