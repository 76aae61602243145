"""A million raw rows of which 5 % are bad in 20 ways: what becomes of every one of them.

    python -m benchmarks.scale_bad [--quick]

Half a minute, and as long to make the tables, once.
"""

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.scale_batch import made, run
from benchmarks.scale_home import scratch, with_quick
from benchmarks.scale_tables import write_pairs

CREATORS, FEW = 2_400, 200

KINDS = [
    ("snapshots", "creator_id", "nobody", "unknown_reference"),
    ("snapshots", "creator_id", "no id", "malformed_id"),
    ("snapshots", "creator_id", None, "missing_value"),
    ("snapshots", "observed_at", None, "missing_value"),
    ("snapshots", "followers", None, "missing_value"),
    ("snapshots", "followers", -1, "out_of_range"),
    ("snapshots", "following", -5, "out_of_range"),
    ("posts", "creator_id", "nobody", "unknown_reference"),
    ("posts", "creator_id", None, "missing_value"),
    ("posts", "post_id", "a b", "malformed_id"),
    ("posts", "posted_at", None, "missing_value"),
    ("posts", "media_type", "poem", "unknown_value"),
    ("posts", "caption_length", -2, "out_of_range"),
    ("post_metrics", "post_id", "nowhere", "unknown_reference"),
    ("post_metrics", "post_id", None, "missing_value"),
    ("post_metrics", "likes", -1, "out_of_range"),
    ("followers", "creator_id", "nobody", "unknown_reference"),
    ("followers", "following", None, "missing_value"),
    ("audience", "value", "Atlantis", "unknown_value"),
    ("audience", "share", 1.5, "out_of_range"),
]
"""Table, column, bad value, rule."""


def bad(folder: Path, creators: int) -> None:
    """Break 5 % of a million rows in 20 ways and check what becomes of them."""
    here = made(folder, creators)
    tables = folder / "bad" / "tables"
    shutil.rmtree(tables.parent, ignore_errors=True)
    shutil.copytree(here / "tables", tables)
    write_pairs(tables.parent / "pairs.parquet", creators)
    expected, rows = break_rows(tables)
    out = tables.parent / "out"
    more = ["--part-bytes", str(2**24)]
    subprocess.run(run(tables.parent, out, more), check=True, stdout=subprocess.DEVNULL)
    manifest = json.loads((out / "manifest.json").read_bytes())
    rejects = pq.read_table(out / "rejects").to_pandas()
    found = rejects.groupby(["table", "rule"]).size().to_dict()
    assert found == dict(expected), f"{found} != {dict(expected)}"
    assert manifest["scores"] == pq.read_table(out / "scores").num_rows == creators
    assert manifest["rejects"] == sum(expected.values()) == len(rejects)
    print(
        f"{rows:,} rows, {sum(expected.values()):,} bad ({sum(expected.values()) / rows:.1%}) of"
        f" {len(KINDS)} kinds: each told of under its rule; all {manifest['scores']:,} creators"
        " scored"
    )


def break_rows(tables: Path) -> tuple[Counter[tuple[str, str]], int]:
    """Break rows of every kind, and return how many by table and rule, and all rows."""
    rows = {one.stem: pq.read_table(one) for one in tables.glob("*.parquet")}
    total = sum(len(one) for one in rows.values())
    each = total // 20 // len(KINDS)
    rng = np.random.default_rng(7)
    expected: Counter[tuple[str, str]] = Counter()
    free = {name: rng.permutation(len(table)) for name, table in rows.items()}
    for table, column, value, rule in KINDS:
        taken, free[table] = free[table][:each], free[table][each:]
        mask = np.zeros(len(rows[table]), dtype=bool)
        mask[taken] = True
        values = rows[table].column(column)
        place = rows[table].column_names.index(column)
        broken = pc.if_else(pa.array(mask), pa.scalar(value, values.type), values)
        rows[table] = rows[table].set_column(place, column, broken)
        expected[table, rule] += len(taken)
    # The metrics of a post that is lost lead nowhere themselves.
    lost = pc.invert(pc.is_in(*_ids(rows)))
    own = np.zeros(len(rows["post_metrics"]), dtype=bool)
    own[free["post_metrics"]] = True
    expected["post_metrics", "unknown_reference"] += int(
        (lost.to_numpy(zero_copy_only=False) & own).sum()
    )
    for name, table in rows.items():
        pq.write_table(table, tables / f"{name}.parquet")
    return expected, total


def _ids(rows: dict[str, Any]) -> tuple[Any, Any]:
    """Return the posts that metrics are of, and those that stand."""
    posts = rows["posts"]
    column = {name: posts.column(name) for name in posts.column_names}
    good = pc.and_kleene(
        pc.is_valid(column["posted_at"]),
        pc.starts_with(column["creator_id"].fill_null("?"), "creator-"),
    )
    good = pc.and_kleene(good, pc.not_equal(column["media_type"], "poem"))
    good = pc.and_kleene(good, pc.greater_equal(column["caption_length"], 0))
    good = pc.and_kleene(good, pc.starts_with(column["post_id"], "post-"))
    return rows["post_metrics"].column("post_id").combine_chunks(), column["post_id"].filter(
        good
    ).combine_chunks()


def main() -> None:
    asked = with_quick(__doc__).parse_args()
    bad(scratch(), FEW if asked.quick else CREATORS)


if __name__ == "__main__":
    main()
