"""The record of one reading: rows counted, rows set aside, the latest observation."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite, isnan

from features.arrays import UNKNOWN_TIME, Ints
from features.errors import InputError
from features.frame import Frame, Row
from features.rules import Broken
from features.tables import Counts, SetAside


@dataclass(slots=True)
class Ledger:
    """What a reading has found so far; when `strict`, the first bad row ends it."""

    strict: bool = False
    set_aside: list[SetAside] = field(default_factory=list)
    counts: dict[str, Counts] = field(default_factory=dict)
    latest: int | None = None
    hashes: dict[str, str] = field(default_factory=dict)

    def count(self, table: str, *, read: int = 0, collapsed: int = 0, set_aside: int = 0) -> None:
        """Add to the counts of a table."""
        was = self.counts.get(table, Counts(0, 0, 0))
        self.counts[table] = Counts(
            was.read + read, was.collapsed + collapsed, was.set_aside + set_aside
        )

    def put_aside(self, frame: Frame, findings: list[Broken]) -> None:
        """Record the rows of a frame that broke a rule.

        Raises
        ------
        InputError
            If the reading is strict.
        """
        if not findings:
            return
        origin = frame.places
        pairs = sorted(
            (int(origin[row]), number)
            for number, finding in enumerate(findings)
            for row in finding.rows.tolist()
        )
        if not pairs:
            return
        places = [position for position, _ in pairs]
        rows = frame.origin.rows(places if not self.strict else places[:1])
        if self.strict:
            raise _refused(frame, places[0], findings[pairs[0][1]], rows[0])
        for (position, number), row in zip(pairs, rows, strict=True):
            self.set_aside.append(_entry(frame, position, findings[number], row))
        self.count(frame.schema.name, set_aside=len(pairs))

    def observe(self, frame: Frame) -> None:
        """Keep the latest `observed_at` of the frame's rows."""
        if "observed_at" in frame.columns:
            times: Ints = frame.columns["observed_at"]
            latest = int(times.max()) if len(times) else UNKNOWN_TIME
            if latest == UNKNOWN_TIME:
                times = times[times != UNKNOWN_TIME]
            if len(times):
                latest = int(times.max())
                self.latest = latest if self.latest is None else max(self.latest, latest)


def _refused(frame: Frame, position: int, finding: Broken, row: Row) -> InputError:
    name, place = frame.origin.locate(position)
    table = frame.schema.name
    return InputError(
        f"{table}, row {place + 1} of {name}: {finding.reason}; found "
        f"{json.dumps(plain(row.get(finding.column)))[:60]}. Correct or remove the row, or read "
        "without strict to set it aside.",
        table=table,
        column=finding.column,
        row=place,
        rule=finding.rule,
    )


def _entry(frame: Frame, position: int, finding: Broken, row: Row) -> SetAside:
    values = {name: plain(value) for name, value in row.items()}
    key = [str(values.get(name)) for name in frame.schema.key]
    if not key:
        name, place = frame.origin.locate(position)
        key = [f"row {place + 1} of {name}"]
    return SetAside(
        frame.schema.name,
        _text(values.get("creator_id")),
        _text(values.get("brief_id")),
        ",".join(key),
        finding.rule,
        finding.reason,
        # ASCII, since JSON may hold half characters that no text encoding takes.
        json.dumps(values, separators=(",", ":"), allow_nan=False),
        frame.origin.place(position),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def plain(value: object) -> object:
    """Return the value as JSON can hold it: times in ISO 8601, infinities as text.

    Parameters
    ----------
    value : object

    Returns
    -------
    object
    """
    if isinstance(value, datetime):
        return _written(value)
    if isinstance(value, float) and not isfinite(value):
        return None if isnan(value) else str(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, tuple) for item in value):
        return {str(key): plain(item) for key, item in value}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _written(time: datetime) -> str:
    try:
        return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:  # beyond the years 1 to 9999 in UTC
        return time.isoformat()
