"""One partition of a publication: the entries of its creators, those that are known taken over."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from features.arrays import Ints
from features.catalogue import BASE, NAMES
from features.computing import Spine, samples, states
from features.summary import data_summary
from features.tables import Tables
from features.tiers import tiers
from models.reasons import Peers
from models.scoring import Champions, audience_scores
from serving.entries import Known, pack_briefs, pack_creators
from serving.merging import Run, write_run
from serving.parted import WHOLE
from serving.parts import write_bytes
from serving.prints import prints

CHUNK = 2_000
"""Creators computed at once."""

TOGETHER = 128
"""Entries of a run that are read at once: they are large, and many runs are merged together."""

KEY, ENTRY = "creator_id", "entry"
SCHEMA = pa.schema([(KEY, pa.string()), (ENTRY, pa.large_binary())])


Packed = Callable[[Sequence[str]], Sequence[bytes | None]]


def nothing(ids: Sequence[str]) -> Sequence[bytes | None]:
    """Return that nothing is stored of any creator."""
    return [None] * len(ids)


class Done(msgspec.Struct, frozen=True):
    """What came of a partition: its creators, how many of them were computed, rows set aside."""

    creators: int
    computed: int
    set_aside: int


@dataclass(frozen=True, slots=True, eq=False)
class Edition:
    """A publication that is being made.

    Parameters
    ----------
    folder : Path
        Gets a sorted run of entries and a record for each partition, whole or not at all.
    as_of : int
        Its moment, microseconds.
    base : str
        `ground` of its entries.
    champions : Champions
        The models that score audiences.
    before : callable
        From ids of creators to their entries in the store before, None for one that has none.
        Those with the same print are taken over.
    """

    folder: Path
    as_of: int
    base: str
    champions: Champions
    before: Packed

    def run(self, number: int) -> Run:
        """Return the run of a partition."""
        return [self.folder / f"{number:05d}"]

    @property
    def briefs(self) -> Path:
        """The file of the packed briefs."""
        return self.folder / "briefs"

    def done(self, number: int) -> Done | None:
        """Return what came of a partition, None where it is not finished."""
        path = self._record(number)
        return msgspec.json.decode(path.read_bytes(), type=Done) if path.exists() else None

    def make(self, tables: Tables, number: int, threads: int = 1) -> Done:
        """Write the entries of a partition.

        Parameters
        ----------
        tables : Tables
            The partition.
        number : int
            Which one.
        threads : int
            Changes no bit.
        """
        # Every partition sees the tables that are of no creator; one of them tells of their rows.
        aside = [one for one in tables.set_aside if not (number and one.table in WHOLE)]
        marks = prints(tables, self.as_of, self.base)
        kept = self._kept(tables.creators.ids, marks)
        write_run(self.run(number)[0], self._tables(tables, marks, kept, threads), SCHEMA, TOGETHER)
        if not number:
            write_bytes(self.briefs, pack_briefs(tables.briefs))
        found = Done(len(kept), kept.count(None), len(aside))
        write_bytes(self._record(number), msgspec.json.encode(found))
        return found

    def _record(self, number: int) -> Path:
        return self.folder / f"{number:05d}.json"

    def _kept(self, ids: Sequence[str], marks: Sequence[bytes]) -> list[bytes | None]:
        """Return the entries that are as they were, None for each that is not."""
        return [
            one if one is not None and one.endswith(mark) else None
            for one, mark in zip(self.before(ids), marks, strict=True)
        ]

    def _tables(
        self,
        tables: Tables,
        marks: Sequence[bytes],
        kept: Sequence[bytes | None],
        threads: int,
    ) -> Iterator[pa.Table]:
        """Yield the entries of all creators by id, some at a time."""
        for start in range(0, len(kept), CHUNK):
            stop = min(start + CHUNK, len(kept))
            some = list(kept[start:stop])
            new = [place for place, one in enumerate(some) if one is None]
            if new:
                rows = np.array(new, dtype=np.int64) + start
                found = pack_creators(known(tables, rows, self.as_of, self.champions, threads))
                for place, entry in zip(new, found, strict=True):
                    some[place] = entry + marks[start + place]
            yield pa.table([tables.creators.ids[start:stop], some], schema=SCHEMA)


def known(
    tables: Tables, creators: Ints, as_of: int, champions: Champions, threads: int = 1
) -> Known:
    """Return what is known of creators, computed as a batch job does.

    Parameters
    ----------
    tables : Tables
    creators : ndarray of int64
        Rows of `tables.creators`.
    as_of : int
        Microseconds.
    champions : Champions
    threads : int
        Changes no bit.
    """
    spine = Spine.of(creators, as_of)
    found = states(tables, creators, as_of, threads=threads)
    X = np.full((len(creators), len(NAMES)), np.nan)
    X[:, : len(BASE)] = found.base
    return Known(
        states=found,
        audience=audience_scores(champions, X, samples(tables, spine)),
        peers=Peers(tables.creators.platform[creators].tolist(), tiers(found.followers)),
        summary=data_summary(tables, spine),
    )
