"""Who is worked for, when, and who is told to come later."""

import asyncio
import itertools
import threading
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from serving.admission import BREATH, MOST_ARRIVING, MOST_HELD, THREADS, Admission, Outcome
from serving.line import Line
from serving.problems import Problem

Told = list[object]


def _noted(told: Told, outcome: Outcome[object]) -> None:
    """Note what came of a request's work."""
    try:
        told.append(outcome())
    except Problem as problem:
        told.append(problem.status)


def _run(work: Callable[[], Awaitable[None]]) -> None:
    async def inside() -> None:
        await work()

    asyncio.run(inside())


async def _turn() -> None:
    await asyncio.sleep(0)


def test_small_requests_are_answered_at_once_for_a_moment() -> None:
    """What comes while the moment lasts need not wait; what comes later waits for its turn."""
    ticks = iter([0, 1, 2, 3, BREATH, *range(2 * BREATH, 3 * BREATH)])
    admission, told = Admission(clock=partial(next, ticks)), Told()

    async def work() -> None:
        for name in "abc":
            admission.soon("one", partial(str, name), partial(_noted, told))
        assert told == ["a", "b"]
        await _turn()
        assert told == ["a", "b", "c"]

    _run(work)


def test_the_loop_looks_around_while_many_wait() -> None:
    """However many wait, other work of the event loop has its turn in between."""
    ticks = itertools.count(step=BREATH)
    admission, told = Admission(clock=partial(next, ticks)), Told()

    async def work() -> None:
        for number in range(20):
            admission.soon("one", partial(int, number), partial(_noted, told))
        seen = []
        while len(told) < 20:
            seen.append(len(told))
            await _turn()
        assert len(seen) >= 15

    _run(work)
    assert told == list(range(20))


def test_whoever_has_no_place_is_told_at_once() -> None:
    """A full line refuses with a 503 and when to come again, before any other work is done."""
    ticks = itertools.count(step=BREATH)
    admission, told = Admission(Line(1, 10**12, 1), clock=partial(next, ticks)), Told()

    async def work() -> None:
        for name in "abc":
            admission.soon("one", partial(str, name), partial(_noted, told))
        assert told == ["a", 503]
        await _turn()
        assert told == ["a", 503, "b"]

    _run(work)


def test_whoever_waited_far_too_long_is_told_so() -> None:
    """Where those before took longer than was to be expected, the wait ends all the same."""
    line = Line(9, 2 * BREATH, 9)
    ticks = iter([0, BREATH, BREATH, 20 * BREATH, 20 * BREATH])
    admission, told = Admission(line, clock=partial(next, ticks)), Told()

    async def work() -> None:
        for name in "ab":
            admission.soon("one", partial(str, name), partial(_noted, told))
        await _turn()

    _run(work)
    assert told == ["a", 503]


def test_large_requests_leave_the_loop_free() -> None:
    """So many work in threads, others wait, and those without a place are refused."""
    admission, told, go = Admission(heavy=Line(1, 10**12, 1)), Told(), threading.Event()

    async def work() -> None:
        for _ in range(THREADS + 2):
            admission.aside("one", partial(go.wait, 60), partial(_noted, told))
        assert told == [503]
        go.set()
        while len(told) < THREADS + 2:
            await _turn()

    _run(work)
    assert told == [503, *[True] * (THREADS + 1)]


def test_what_fails_frees_its_thread() -> None:
    """An error of one request is that request's."""
    admission, told = Admission(), list[str]()

    def note(outcome: Outcome[int]) -> None:
        try:
            told.append(str(outcome()))
        except ValueError:
            told.append("failed")

    async def work() -> None:
        for text in ("x", "1", "x", "2", "3"):
            admission.aside("one", partial(int, text), note)
        while len(told) < 5:
            await _turn()

    _run(work)
    assert sorted(told) == ["1", "2", "3", "failed", "failed"]


def test_bodies_that_arrive_are_bounded_in_bytes() -> None:
    """More bytes than the worker holds for all of them are a 503, and are given free again."""
    admission = Admission()
    with admission.arriving() as hold:
        hold(MOST_HELD)
        with pytest.raises(Problem) as caught:
            hold(1)

    assert caught.value.status == 503
    with admission.arriving() as hold:
        hold(MOST_HELD)


def test_bodies_that_arrive_are_bounded_in_number() -> None:
    """One more than may arrive at once is a 503."""
    admission = Admission()
    places = [admission.arriving() for _ in range(MOST_ARRIVING)]
    for place in places:
        place.__enter__()

    with pytest.raises(Problem) as caught, admission.arriving():
        pass

    assert caught.value.status == 503
    for place in places:
        place.__exit__(None, None, None)
    with admission.arriving():
        pass
