"""Buckets: what a key may take, against a bucket that is filled drop by drop."""

import multiprocessing
import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.key_file import MOST_KEYS
from serving.quotas import SECOND, Quotas, Rate, create
from tests.serving.apart import ALL, take_all
from tests.serving.keyed import Clock

PER_MINUTE = st.sampled_from([1, 7, 60, 600, 6_000])
BURST = st.integers(1, 20)
PAUSES = st.lists(st.integers(0, 20 * SECOND) | st.integers(0, SECOND // 50), max_size=80)


class Bucket:
    """A bucket as one would explain it: so many requests in it, refilled as time goes by."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._most = Fraction(rate.tolerance + rate.interval, rate.interval)
        self._left = self._most

    def pause(self, nanoseconds: int) -> None:
        """Let time pass."""
        self._left = min(self._most, self._left + Fraction(nanoseconds, self._rate.interval))

    def take(self) -> bool:
        """Take one request out, if there is a whole one."""
        if self._left < 1:
            return False
        self._left -= 1
        return True


@given(PER_MINUTE, BURST, PAUSES, st.lists(st.booleans(), max_size=80))
def test_workers_share_one_bucket(
    per_minute: int, burst: int, pauses: list[int], which: list[bool]
) -> None:
    """Two workers on one file together give what one bucket holds, request by request."""
    clock, rate = Clock(), Rate.of(per_minute, burst)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "quotas"
        create(file, 2)
        workers = [Quotas(file, clock=lambda: clock.monotonic) for _ in range(2)]
    bucket = Bucket(rate)

    for pause, second in zip(pauses, which, strict=False):
        clock.monotonic += pause
        bucket.pause(pause)
        assert (workers[second].take(3, rate) == 0) == bucket.take()


@given(PER_MINUTE, BURST, PAUSES)
def test_who_waits_as_told_is_answered(per_minute: int, burst: int, pauses: list[int]) -> None:
    """Retry-After is at least a second, enough, and not a second too much."""
    clock, rate = Clock(), Rate.of(per_minute, burst)
    quotas = Quotas(clock=lambda: clock.monotonic)

    for pause in [*pauses, *[0] * (burst + 1)]:
        clock.monotonic += pause
        seconds = quotas.take(0, rate)
        if seconds:
            clock.monotonic += (seconds - 1) * SECOND
            assert quotas.take(0, rate) <= 1
            clock.monotonic += SECOND
            assert quotas.take(0, rate) == 0


def test_a_steady_client_within_its_quota_is_never_refused() -> None:
    """One request an interval is answered for ever, without any burst."""
    clock, rate = Clock(), Rate.of(7, 1)
    quotas = Quotas(clock=lambda: clock.monotonic)

    for _ in range(10_000):
        assert quotas.take(0, rate) == 0
        clock.monotonic += rate.interval


def test_keys_do_not_share() -> None:
    """A key that uses up its quota costs another key nothing, up to the last place."""
    clock, rate = Clock(), Rate.of(60, 3)
    quotas = Quotas(clock=lambda: clock.monotonic)

    given_out = [[quotas.take(place, rate) for _ in range(4)] for place in (0, 1, MOST_KEYS - 1)]

    assert given_out == [[0, 0, 0, 1]] * 3


def test_a_place_taken_over_is_empty_at_worst() -> None:
    """What another key left in a place delays the next by an empty bucket and one request."""
    clock = Clock()
    quotas = Quotas(clock=lambda: clock.monotonic)
    slow, quick = Rate.of(1, 1000), Rate.of(60, 2)
    assert all(quotas.take(0, slow) == 0 for _ in range(1000))

    assert quotas.take(0, quick) == 2
    clock.move(2)
    assert quotas.take(0, quick) == 0


def test_workers_at_the_same_time_share_one_bucket(tmp_path: Path) -> None:
    """Workers that take at once get what is there, and one more each but the first at most."""
    file, workers = tmp_path / "quotas", 3
    create(file, workers)
    context = multiprocessing.get_context("spawn")
    taken: multiprocessing.Queue[int] = context.Queue()
    together = context.Barrier(workers)
    processes = [
        context.Process(target=take_all, args=(file, 3, together, taken)) for _ in range(workers)
    ]
    for one in processes:
        one.start()
    counts = [taken.get(timeout=60) for _ in processes]
    for one in processes:
        one.join(60)

    assert 20_000 <= sum(counts) <= 20_000 + workers - 1
    assert Quotas(file, clock=lambda: SECOND).take(3, ALL) > 0


def test_buckets_are_full_at_each_start(tmp_path: Path) -> None:
    """A server begins with full buckets; one that still runs keeps its own."""
    clock, rate = Clock(), Rate.of(1, 1)
    create(tmp_path / "quotas", 2)
    before = Quotas(tmp_path / "quotas", clock=lambda: clock.monotonic)
    assert before.take(0, rate) == 0

    create(tmp_path / "quotas", 2)

    assert Quotas(tmp_path / "quotas", clock=lambda: clock.monotonic).take(0, rate) == 0
    assert before.take(0, rate) == 60


@pytest.mark.parametrize("per_minute", [1, 600, 10_000_000])
def test_a_rate_is_a_minute_shared(per_minute: int) -> None:
    """The intervals of a minute's requests fill a minute, to a nanosecond each."""
    interval = Rate.of(per_minute, 5).interval

    assert 0 <= 60 * SECOND - per_minute * interval < per_minute
    assert Rate.of(per_minute, 5).tolerance == 4 * interval
