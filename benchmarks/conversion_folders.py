"""Tables folders as frames: read, changed and written elsewhere, the truth with them."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from training.world.schemas import TABLES, TRUTH

Frames = dict[str, pd.DataFrame]


def frames(folder: Path, names: Collection[str] = tuple(TABLES)) -> Frames:
    """Return some tables of a folder, by default all, as Arrow types keep them."""
    return {
        name: pq.read_table(folder / f"{name}.parquet").to_pandas(types_mapper=pd.ArrowDtype)
        for name in names
    }


def truth(folder: Path) -> pd.DataFrame:
    """Return the true chances of the collaborations."""
    return pd.read_parquet(folder / "truth" / "collaborations.parquet")


def write(
    folder: Path, base: Path, changed: Mapping[str, pd.DataFrame], true: pd.DataFrame | None = None
) -> Path:
    """Write a folder that differs from another one in some tables, and in the truth where given.

    Parameters
    ----------
    folder : Path
        To be written.
    base : Path
        Whose other tables are linked.
    changed : mapping of str to DataFrame
        The tables that differ.
    true : DataFrame, optional
        collaboration_id, conversion_probability and expected_conversions.
    """
    (folder / "truth").mkdir(parents=True)
    for name, schema in TABLES.items():
        path = folder / f"{name}.parquet"
        if name in changed:
            _write(changed[name], schema, path)
        else:
            path.symlink_to((base / path.name).resolve())
    chances = folder / "truth" / "collaborations.parquet"
    if true is None:
        chances.symlink_to((base / "truth" / chances.name).resolve())
    else:
        _write(true, TRUTH["collaborations"], chances)
    return folder


def keeping(folder: Path, base: Path, keep: Callable[[str], bool]) -> Path:
    """Write a folder of some of the creators alone, as if there had never been another.

    Parameters
    ----------
    folder : Path
        To be written.
    base : Path
        Of all creators.
    keep : callable
        Whether a creator_id stays.
    """
    whole = frames(base)
    ids = [one for one in whole["creators"]["creator_id"] if keep(one)]
    part = {
        name: table[table["creator_id"].isin(ids)] if "creator_id" in table else table
        for name, table in whole.items()
    }
    for name, key, of in (
        ("post_metrics", "post_id", "posts"),
        ("outcomes", "collaboration_id", "collaborations"),
    ):
        table = whole[name]
        part[name] = table[table[key].isin(part[of][key])]
    return write(folder, base, part)


def _write(frame: pd.DataFrame, schema: pa.Schema, path: Path) -> None:
    """Write a frame in the columns and types of its table."""
    content = pa.Table.from_arrays([_column(frame[one.name], one.type) for one in schema],
                                   schema=schema)  # fmt: skip
    pq.write_table(content, path, compression="zstd", compression_level=1)


def _column(values: "pd.Series[Any]", kind: pa.DataType) -> pa.Array:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        # Arrow asks pandas for such times in a way that pandas gives up.
        return pa.array(values.dt.tz_convert(None).to_numpy()).cast(kind)
    return pa.array(values, kind)
