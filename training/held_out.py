"""The held-out rows of a training, as they are logged, judged and joined to a truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.arrays import UNKNOWN_TIME, Flags, Floats, Times

FILE = "evaluation.parquet"
CHAMPION_VERSION = b"champion_version"
TEXTS = ("row_id", "group", "creator_id")
NUMBERS = ("label", "prediction", "apart", "champion")
SLICE = "slice:"  # before the name of a column that says which slice a row belongs to


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Rows that the model was not trained on, with what it, and the champion, say of them.

    Parameters
    ----------
    row_id : sequence of str, length n
        The same for the same row in every training: collaboration, creator and audit, account.
    group : sequence of str, length n
        Brief, creator or source: what the bootstrap draws.
    creator_id : sequence of str, length n
        Empty text for accounts.
    as_of : Times, shape (n,)
        Microseconds; UNKNOWN_TIME for accounts.
    known : Flags, shape (n,)
        Whether training held other rows of the creator (of the source, for accounts).
    label : Floats, shape (n,)
        0 or 1.
    prediction : Floats, shape (n,)
        Probability, by the twin that did not see the row.
    apart : Floats, shape (n,), optional
        Probability by a second twin that never saw the creator; NaN for a row it was not asked
        about, and by default for all.
    X : Floats, shape (n, p)
        What the model reads.
    names : sequence of str
        The p names.
    champion : Floats, shape (n,)
        Probability by the bundle of the champion of that day; NaN for a row it may have seen.
    champion_version : int or None
        That champion's number.
    slices : mapping of str to sequence of str
        By what the model card tells rows apart (platform, tier, ...), the slice of each row; empty
        text where it is unknown.
    """

    row_id: Sequence[str]
    group: Sequence[str]
    creator_id: Sequence[str]
    as_of: Times
    known: Flags
    label: Floats
    prediction: Floats
    X: Floats
    names: Sequence[str]
    champion: Floats
    apart: Floats = field(default_factory=lambda: np.empty(0))
    champion_version: int | None = None
    slices: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.apart):
            object.__setattr__(self, "apart", np.full(len(self.label), np.nan))

    def to_parquet(self) -> bytes:
        """Return the rows as a Parquet file, equal for equal rows."""
        columns: dict[str, pa.Array] = {name: pa.array(getattr(self, name)) for name in TEXTS}
        unknown = self.as_of == UNKNOWN_TIME
        columns["as_of"] = pa.array(self.as_of, pa.timestamp("us", "UTC"), mask=unknown)
        columns["known"] = pa.array(self.known)
        columns |= {name: _floats(getattr(self, name)) for name in NUMBERS}
        columns |= {name: _floats(self.X[:, place]) for place, name in enumerate(self.names)}
        columns |= {SLICE + name: pa.array(of, pa.string()) for name, of in self.slices.items()}
        table = pa.table(columns)
        if self.champion_version is not None:
            number = str(self.champion_version).encode()
            table = table.replace_schema_metadata({CHAMPION_VERSION: number})
        sink = BytesIO()
        pq.write_table(table, sink, compression="zstd")
        return sink.getvalue()

    @classmethod
    def from_parquet(cls, data: bytes) -> "HeldOut":
        """Return the rows that `to_parquet` wrote."""
        table = pq.read_table(BytesIO(data))
        slices = [name for name in table.column_names if name.startswith(SLICE)]
        own = {*TEXTS, *NUMBERS, "as_of", "known", *slices}
        names = [name for name in table.column_names if name not in own]
        number = (table.schema.metadata or {}).get(CHAMPION_VERSION)
        times = table["as_of"].cast(pa.int64()).fill_null(UNKNOWN_TIME)
        return cls(
            row_id=table["row_id"].to_pylist(),
            group=table["group"].to_pylist(),
            creator_id=table["creator_id"].to_pylist(),
            as_of=times.to_numpy(),
            known=table["known"].to_numpy(),
            label=_numbers(table["label"]),
            prediction=_numbers(table["prediction"]),
            apart=_numbers(table["apart"]),
            champion=_numbers(table["champion"]),
            champion_version=None if number is None else int(number),
            X=np.column_stack([np.empty((len(table), 0)), *(_numbers(table[n]) for n in names)]),
            names=names,
            slices={name.removeprefix(SLICE): table[name].to_pylist() for name in slices},
        )


def _floats(values: Floats) -> pa.Array:
    """Return a column with null for NaN."""
    return pa.array(np.asarray(values, dtype=np.float64), from_pandas=True)


def _numbers(column: pa.ChunkedArray) -> Floats:
    found: Floats = column.fill_null(np.nan).to_numpy()
    return found
