"""docs/operations.md is true to the code."""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.commands import REPOSITORY

PAGE = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
HTTP = (REPOSITORY / "docs" / "http.md").read_text(encoding="utf-8")
CODE = ("features", "models", "serving", "training", "cli.py", "Makefile")
EVENT = re.compile(
    r'(?:logs\.event\(|\bsaid = |\bevent\()\s*"([a-z_]+)"(?: if \w+ else "([a-z_]+)")?'
)


def sources(names: Iterable[str]) -> str:
    """Return the text of files and of all modules below folders."""
    files: list[Path] = []
    for name in names:
        path = REPOSITORY / name
        files += path.rglob("*.py") if path.is_dir() else [path]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def test_every_variable_is_told() -> None:
    """The page names each environment variable of ours that the code reads, and no other."""
    variable = re.compile(r"CREDENCE_[A-Z_]+")

    assert set(variable.findall(PAGE)) == set(variable.findall(sources(CODE)))


def test_metrics_of_alarms_are_there() -> None:
    """Whatever an alarm goes by is a metric of the service."""
    made = sources(["serving/exposition.py", "serving/gauges.py"])

    named = set(re.findall(r"`(credence_[a-z_]+)`", PAGE))

    assert len(named) > 10
    assert not [one for one in named if f'"{one.removesuffix("_total")}"' not in made]


def test_events_are_told() -> None:
    """http.md lists each event that is logged, and no other; operations.md names some of them."""
    logged = {one for found in EVENT.findall(sources(["serving"])) for one in found if one}
    table = HTTP[HTTP.index("## Log") :]
    listed = {
        one
        for line in re.findall(r"^\| (`.*?) \|", table, flags=re.MULTILINE)
        for one in re.findall(r"`([a-z_]+)`", line)
    }

    assert listed == logged
    named = re.findall(r"`([a-z]+_(?:refused|lost|failed|unwritable|dropped))`", PAGE)
    assert set(named) <= logged | {"model_refused"}
