"""What the parent makes of workers that die."""

import os

import pytest
from circus.watcher import Watcher
from hypothesis import given
from hypothesis import strategies as st

from serving.supervision import LONGEST_WAIT, READY, Workers, ready

# What BentoML imports is older than what it imports it from.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
DRAIN = 30


def watcher(workers: int) -> Watcher:
    """Return what BentoML makes, inside of a container: it starts none anew there."""
    options = {"numprocesses": workers, "copy_env": True, "respawn": False}
    return Watcher("service", "python", ["-m", "module", "--port", "1"], **options)


def die(one: Watcher, *, first: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a worker end, ready before or not."""
    if first:
        monkeypatch.setenv(READY, one.env[READY])
        ready()
    one.call_hook("after_reap", process_pid=os.getpid(), exit_code=-9, time=0.0)


def test_workers_are_started_anew_and_end_with_the_parent() -> None:
    """Whatever BentoML thinks of containers; one that hangs does not hold up the end for a day."""
    one = watcher(2)

    Workers(one, DRAIN)
    started = one.call_hook("before_spawn")

    assert started
    assert one.respawn
    assert DRAIN < one.graceful_timeout < 2 * DRAIN
    assert one.args[0] == "-P"
    assert one.args[2:] == [str(os.getpid()), "0", "module", "--port", "1"]


@given(st.integers(1, 8), st.integers(0, 60))
def test_workers_that_never_get_ready_wait_ever_longer(workers: int, deaths: int) -> None:
    """A death or two is no pattern; what dies again and again is given time, up to a minute."""
    one = watcher(workers)
    looking = Workers(one, DRAIN)
    waits = []

    for _ in range(deaths):
        waits.append(looking.wait())
        one.call_hook("after_reap", process_pid=1, exit_code=1, time=0.0)

    assert waits == sorted(waits)
    assert set(waits[:workers]) <= {0}
    assert looking.wait() == min(LONGEST_WAIT, 2 ** (deaths // workers) if deaths >= workers else 0)


def test_a_worker_that_was_ready_is_replaced_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ended it: those before it that never got ready are forgotten."""
    one = watcher(1)
    looking = Workers(one, DRAIN)
    for _ in range(3):
        die(one, first=False, monkeypatch=monkeypatch)
    assert looking.wait() > 0

    die(one, first=True, monkeypatch=monkeypatch)

    assert looking.wait() == 0


def test_a_lost_worker_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """The log has its process, how it ended, and how long the next one waits."""
    one = watcher(1)
    Workers(one, DRAIN)

    one.call_hook("after_reap", process_pid=77, exit_code=-9, time=0.0)

    (record,) = caplog.records
    fields = {"worker": 77, "exit_code": -9, "ready": False, "wait": 2}
    assert (record.__dict__["event"], record.__dict__["fields"]) == ("worker_lost", fields)


def test_workers_that_are_told_to_end_are_not_lost(caplog: pytest.LogCaptureFixture) -> None:
    """The end of a server is no fault."""
    one = watcher(1)
    Workers(one, DRAIN)
    one._status = "stopping"

    one.call_hook("after_reap", process_pid=77, exit_code=0, time=0.0)

    assert not caplog.records
