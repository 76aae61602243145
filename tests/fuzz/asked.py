"""schemathesis, a process of its own that asks a running server."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.commands import REPOSITORY
from tests.serving.asking import ids

KNOWN, COUNTS = "CREDENCE_FUZZ_KNOWN", "CREDENCE_FUZZ_COUNTS"
"""Environment variables: a file of stored names, and where to write what was answered."""


class Asked(NamedTuple):
    """What came of it."""

    clean: bool
    said: str
    """By schemathesis: what it asked and each failure with a request that shows it."""
    answered: Mapping[str, Counter[int]]
    """How often each operation answered with each status."""


def ask(url: str, tables: Path, cases: int, *options: str, key: str | None = None) -> Asked:
    """Return what schemathesis finds in a server, with every check that it has.

    Parameters
    ----------
    url : str
        Where the server is.
    tables : Path
        What it has published.
    cases : int
        How many random requests to make for each operation, beside those for its corners.
    *options : str
        Further ones of `schemathesis run`.
    key : str, optional
        Of every scope.
    """
    if key is not None:
        options += ("--header", f"Authorization: Bearer {key}")
    known = {"creators": ids(tables, "creators", "creator_id")}
    known["briefs"] = ids(tables, "briefs", "brief_id")
    with tempfile.TemporaryDirectory() as folder:
        names, counts = Path(folder, "known.json"), Path(folder, "counts.json")
        names.write_text(json.dumps(known), "utf-8")
        more = {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", KNOWN: str(names), COUNTS: str(counts)}
        done = subprocess.run(
            [
                *_COMMAND,
                f"{url}/openapi.json",
                *_EVERYTHING,
                "--max-examples",
                str(cases),
                *options,
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **more},
            capture_output=True,
            text=True,
            check=False,
        )
        rows = json.loads(counts.read_text("utf-8")) if counts.exists() else []
    answered: dict[str, Counter[int]] = {}
    for operation, status, count in rows:
        answered.setdefault(operation, Counter())[status] = count
    return Asked(done.returncode == 0, done.stdout + done.stderr, answered)


_COMMAND = (sys.executable, "-m", "schemathesis.cli", "run")
_EVERYTHING = ("--checks", "all", "--continue-on-failure", "--no-color")
