"""`credence audit`: sampled followers in a file to the share of each audience that looks fake."""

import sys
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
from tqdm import tqdm

from features.arrays import FRAMES, Floats, Ints
from features.profiles import FOLLOWER_VALUES
from features.reader import File
from features.rules import ID
from features.schema import FOLLOWERS
from models.bundle import to_model
from models.champions import bundle, pins
from models.fake_accounts import FakeAccounts
from serving.pinned import ACCOUNTS
from serving.sampled import FrameFound, caution, frame_of
from serving.tabular import carried, rows_of, write_rows

CHUNK = 100_000
"""Rows written at once."""

PROBABILITY = pa.field("fake_probability", pa.float64())


class AudienceFound(msgspec.Struct, frozen=True):
    """What an audience's sample says, as it is printed; nothing of the share without a good row."""

    creator_id: str | None
    n: int
    share: float | None
    share_low: float | None
    share_high: float | None
    level: str
    version: str
    frame: FrameFound | None
    caution: str | None


def audit(followers: Path, out: Path) -> tuple[list[AudienceFound], int]:
    """Estimate the share of each audience in a file that looks fake, and write its rows to `out`.

    Parameters
    ----------
    followers : Path
        CSV or Parquet with the columns of `followers`; without creator_id it is one audience.
    out : Path
        Gets the rows in order, with `fake_probability`: null for a bad row.

    Returns
    -------
    audiences : list of AudienceFound
        By creator_id.
    set_aside : int
        Bad rows.

    Raises
    ------
    InputError
        If the file cannot be used, or `fake_accounts` has no champion.
    """
    champion = bundle(ACCOUNTS)
    model = to_model(champion, str(pins()[ACCOUNTS].version))
    assert isinstance(model, FakeAccounts)
    file = carried(followers, FOLLOWERS, ("creator_id", "observed_at"))
    rows = rows_of(file, out)
    values, frames = file.frame.numbers(FOLLOWER_VALUES), file.frame.number("frame")
    probability = np.full(len(file), np.nan)
    audiences = []
    for creator_id, members in tqdm(_members(file), delay=2, unit=" audiences", file=sys.stderr):
        if not len(members):
            audiences.append(_unknown(creator_id, model.version))
            continue
        found = model.audience(values[members])
        probability[members] = found.probabilities
        frame = _frame(frames[members])
        audiences.append(
            AudienceFound(
                creator_id=creator_id,
                n=found.n,
                share=found.share,
                share_low=found.share_low,
                share_high=found.share_high,
                level=found.level,
                version=model.version,
                frame=frame,
                caution=caution(frame),
            )
        )
    _write(out, rows, probability)
    return audiences, len(file.set_aside)


def _members(file: File) -> list[tuple[str | None, Ints]]:
    """Return the audiences by creator_id, each with the places of its good rows, maybe none."""
    if not file.has("creator_id"):
        return [(None, np.flatnonzero(file.good))] if len(file) else []
    places: dict[str, list[int]] = {}
    names = file.frame.text("creator_id").to_pylist()
    for place, (name, good) in enumerate(zip(names, file.good.tolist(), strict=True)):
        if name is not None and ID.fullmatch(name):
            places.setdefault(name, []).extend([place] if good else [])
    return [(name, np.array(places[name], dtype=np.int64)) for name in sorted(places)]


def _unknown(creator_id: str | None, version: str) -> AudienceFound:
    """Return what is said of an audience without a good row."""
    return AudienceFound(creator_id, 0, None, None, None, "insufficient_data", version, None, None)


def _frame(frames: Floats) -> FrameFound | None:
    """Return how an audience was sampled, from its rows' positions in FRAMES."""
    known = [None if place != place else FRAMES[int(place)] for place in np.unique(frames)]  # noqa: PLR0124  (NaN)
    return frame_of(known)


def _write(out: Path, rows: pa.Table, probability: Floats) -> None:
    if PROBABILITY.name in rows.column_names:
        rows = rows.drop_columns(PROBABILITY.name)
    rows = rows.append_column(PROBABILITY, pa.array(probability, from_pandas=True))
    starts = range(0, max(len(rows), 1), CHUNK)
    write_rows(out, rows.schema, (rows.slice(start, CHUNK) for start in starts))


def as_json(audiences: list[AudienceFound]) -> str:
    """Return the audiences as a JSON list of objects."""
    return msgspec.json.format(msgspec.json.encode(audiences), indent=2).decode()
