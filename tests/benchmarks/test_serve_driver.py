"""The driver of the serving benchmark counts an answer once it is there, however it arrives."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.serve_driver import Arrival, BadAnswerError, Load

NAMES = st.sampled_from(("content-length", "Content-Length", "CONTENT-LENGTH"))


def answer(body: bytes, name: str = "content-length", *, last: bool = False) -> bytes:
    """Return an answer whose length stands before or after another header."""
    lines = [f"{name}: {len(body)}", "date: Sun, 22 Nov 2026 08:00:00 GMT"]
    head = "\r\n".join(["HTTP/1.1 200 OK", *(reversed(lines) if last else lines)])
    return head.encode() + b"\r\n\r\n" + body


def pieces(whole: bytes, cuts: list[int]) -> list[bytes]:
    """Return the bytes cut at these places."""
    at = sorted({0, len(whole), *(cut % len(whole) for cut in cuts)})
    return [whole[start:stop] for start, stop in pairwise(at)]


@given(
    bodies=st.lists(st.binary(max_size=200), min_size=1, max_size=4),
    name=NAMES,
    last=st.booleans(),
    cuts=st.lists(st.integers(0, 10_000), max_size=20),
)
def test_an_answer_counts_with_its_last_piece(
    bodies: list[bytes], name: str, last: bool, cuts: list[int]
) -> None:
    """Of the pieces of each of several answers only the last completes it."""
    arrival = Arrival()
    for body in bodies:
        cut = pieces(answer(body, name, last=last), cuts)
        assert [arrival.add(piece) for piece in cut] == [False] * (len(cut) - 1) + [True]


@given(body=st.binary(max_size=50), more=st.binary(min_size=1, max_size=50))
def test_bytes_after_an_answer_are_no_answer(body: bytes, more: bytes) -> None:
    """What nobody asked for ends the run."""
    with pytest.raises(BadAnswerError, match="bytes follow"):
        Arrival().add(answer(body) + more)


@given(cut=st.integers(0, 60))
def test_a_connection_that_ends_is_an_error(cut: int) -> None:
    """An answer that was cut off does not count."""
    arrival = Arrival()
    if cut:
        arrival.add(answer(b"0123456789")[:cut])
    with pytest.raises(BadAnswerError, match="ended"):
        arrival.add(b"")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0", "expected, got"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked", "without Content-Length"),
    ],
)
def test_another_answer_ends_the_run(head: bytes, message: str) -> None:
    """A refusal is quick, and must not be counted as a score."""
    with pytest.raises(BadAnswerError, match=message):
        Arrival().add(head + b"\r\n\r\n")


def test_quantiles_are_latencies_that_were_seen() -> None:
    """Half of 1 to 100 took at most 51, all but one at most 100."""
    load = Load(list(range(1, 101)), 10**9)
    assert (load.quantile(0.5), load.quantile(0.99), load.quantile(1.0)) == (51, 100, 100)
