"""Inputs of batch jobs, and what came of them."""

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = ("creator_id", "brief_id", "as_of", "compensation", "fee")

Row = Sequence[object]


def pairs_file(path: Path, rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> Path:
    """Write rows as CSV."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def ids(tables: Path, table: str) -> list[str]:
    """Return the sorted ids of creators or briefs."""
    key = f"{table.removesuffix('s')}_id"
    return sorted(pq.read_table(tables / f"{table}.parquet").column(key).to_pylist())


def some_pairs(tables: Path, path: Path) -> Path:
    """Write 60 pairs, some without a brief, some twice with another offer or moment."""
    creators, briefs = ids(tables, "creators"), ids(tables, "briefs")
    rows: list[Row] = [(one, briefs[n], "", "", "") for n, one in enumerate(creators[:40])]
    rows += [(one, "", "", "", "") for one in creators[5:15]]
    rows += [(one, briefs[n], "", "monetary", 250.5) for n, one in enumerate(creators[:5])]
    rows += [(one, briefs[n], "2026-01-01T00:00:00Z", "", "") for n, one in enumerate(creators[:5])]
    return pairs_file(path, rows)


def scores(out: Path) -> pa.Table:
    """Return all rows of `scores`, in order."""
    return pq.read_table(out / "scores")


def rejects(out: Path) -> list[dict[str, object]]:
    """Return all rows of `rejects`."""
    rows: list[dict[str, object]] = pq.read_table(out / "rejects").to_pylist()
    return rows


def parts(out: Path) -> dict[str, bytes]:
    """Return every part by its name."""
    found = sorted(out.glob("*/*.parquet"))
    return {str(path.relative_to(out)): path.read_bytes() for path in found}


def home_like(home: Path, copy: Path) -> Path:
    """Return a copy of a state folder that a test may change."""
    shutil.copytree(home, copy, symlinks=True)
    return copy
