"""From arrays to Arrow columns: names for codes, nulls for what is unknown."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from training.world.draws import Flags, Floats, Ints, Strings


def table(schema: pa.Schema, columns: Mapping[str, object]) -> pa.Table:
    """Return the table of `schema` from columns of its names, as Arrow or NumPy arrays."""
    arrays = [pa.array(columns[field.name], field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def names(vocabulary: Sequence[str] | Strings, codes: Ints) -> Strings:
    """Return the word of each code; a negative code is unknown."""
    return pc.take(pa.array(vocabulary, pa.string()), pa.array(codes, mask=codes < 0))


def known(values: Floats | Ints | Flags, present: Flags) -> pa.Array:
    """Return `values` with nulls where they are not present; whole numbers stay whole."""
    return pa.array(values, mask=~present)


def moments(microseconds: Ints, present: Flags | None = None) -> pa.Array:
    """Return times in microseconds since 1970 as UTC timestamps."""
    mask = None if present is None else ~present
    return pa.array(microseconds, pa.timestamp("us", "UTC"), mask=mask)


def whole(values: Floats) -> Ints:
    """Round down to counts."""
    return np.floor(np.maximum(values, 0)).astype(np.int64)


def maps(keys: Sequence[str], weights: Floats) -> pa.Array:
    """Return one map a row of its non-zero weights; a row without any is null."""
    rows, columns = np.nonzero(weights)
    counts = np.bincount(rows, minlength=len(weights))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    values = pa.array(weights[rows, columns])
    built = pa.MapArray.from_arrays(offsets, names(keys, columns.astype(np.int64)), values)
    return pc.if_else(pa.array(counts > 0), built, pa.scalar(None, built.type))


def lists(vocabulary: Sequence[str], members: npt.NDArray[np.bool_]) -> pa.Array:
    """Return one list a row of the words whose flag is set."""
    rows, columns = np.nonzero(members)
    counts = np.bincount(rows, minlength=len(members))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, names(vocabulary, columns.astype(np.int64)))
