"""Lines of the log: JSON, short, complete or counted, and nothing of what was sent in them."""

import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving import logs

_log = logging.getLogger("credence.tests")
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5_000)
NAMES = st.sampled_from(["seconds", "rows", "model"])


def record(message: str, *arguments: object, **options: Any) -> logging.LogRecord:
    """Return what a logger makes."""
    extra, error = options.get("extra"), options.get("exc_info")
    return _log.makeRecord("credence", logging.ERROR, "", 0, message, arguments, error, extra=extra)


@given(st.text(max_size=9_000), st.dictionaries(NAMES, ANYTHING | st.lists(ANYTHING, max_size=9)))
def test_every_record_is_a_short_line_of_json(message: str, fields: dict[str, object]) -> None:
    """Whatever is logged is one line of JSON that a pipe takes in one piece."""
    line = logs.line(record("%s", message, extra=logs.event("tried", **fields)))

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert len(line) <= 4096
    told = json.loads(line)
    assert (told["event"], told["level"], told["pid"]) == ("tried", "error", os.getpid())
    assert datetime.fromisoformat(told["ts"]).tzinfo is not None
    if "cut" not in told:
        assert told["message"] == message
        assert set(fields) <= set(told)


def test_records_without_an_event_have_their_logger() -> None:
    """What libraries log is told apart by who logs it."""
    told = json.loads(logs.line(record("it %s", "happened")))

    assert (told["event"], told["message"]) == ("credence", "it happened")


def test_exceptions_are_told_without_their_message() -> None:
    """Of an exception there is the type and where it was raised: its message may hold anything."""
    try:
        raise ValueError("s3cret")
    except ValueError:
        line = logs.line(record("it failed", exc_info=sys.exc_info()))

    told = json.loads(line)
    assert told["error"] == "ValueError"
    assert "test_logs.py" in told["at"][-1]
    assert b"s3cret" not in line


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Return the ends of a pipe, to read and to write."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_lines_are_written_or_counted(pipe: tuple[int, int]) -> None:
    """Nobody who logs waits for a reader: what finds no room is dropped, and its number told."""
    reader, writer = pipe
    lines = logs.Lines(writer, most=5)
    for number in range(2_000):
        lines.handle(record(f"number {number} {'x' * 100}"))
    read: list[bytes] = []

    def take() -> None:
        # What is written in two goes may be read in one.
        while not (read and read[-1].endswith(b"end\n")):
            read.append(os.read(reader, 65_536))

    reading = threading.Thread(target=take)
    reading.start()

    lines.close()
    os.write(writer, b"end\n")
    reading.join()

    told = [json.loads(line) for line in b"".join(read).removesuffix(b"end\n").splitlines()]
    dropped = [one["lines"] for one in told if one["event"] == "lines_dropped"]
    assert len(told) - len(dropped) + sum(dropped) == 2_000
    assert sum(dropped) > 0


def test_a_reader_that_went_away_stops_nothing() -> None:
    """Where nobody reads any more, whoever logs goes on."""
    reader, writer = os.pipe()
    os.close(reader)
    lines = logs.Lines(writer)

    for _ in range(10):
        lines.handle(record("to nobody"))

    lines.close()
    os.close(writer)


def test_a_full_disk_costs_lines_and_their_number_is_told(tmp_path: Path) -> None:
    """What finds no room is counted, and where there is room again whole lines are written."""
    kept = tmp_path / "log"
    kept.write_bytes(b'{"event": "cut o')
    with Path("/dev/full").open("wb") as full, kept.open("ab") as file:
        lines = logs.Lines(full.fileno())
        for number in range(3):
            lines._put(logs.line(record(f"number {number}")))

        os.dup2(file.fileno(), full.fileno())
        lines._put(logs.line(record("after")))
        lines.close()

    first, *others = kept.read_bytes().splitlines()
    assert first == b'{"event": "cut o'
    told = [json.loads(line) for line in others]
    assert [one.get("lines", one["message"]) for one in told] == [3, "after"]
