"""The line before a worker: bounded, fair to clients, and in order for each of them."""

from collections import Counter
from collections.abc import Callable, Hashable

from hypothesis import given
from hypothesis import strategies as st

from serving.line import Line, Waiting

CLIENTS = st.sampled_from("abcde")


def _waiting(client: Hashable, begin: Callable[[], None] = lambda: None) -> Waiting:
    return Waiting(client, 0, begin, lambda: None)


@given(st.lists(st.one_of(CLIENTS, st.none()), max_size=80), st.integers(0, 10))
def test_everyone_leaves_once(joining: list[str | None], most: int) -> None:
    """Whoever joined is refused or next, exactly once, and never more than `most` wait."""
    line, joined, left = Line(most, 10**12, 1), [], []
    for client in joining:
        if client is None:
            left.append(line.next())
        else:
            joined.append(_waiting(client))
            left.append(line.join(joined[-1]))
        assert line.length <= most
    while line.length:
        left.append(line.next())

    assert Counter(map(id, joined)) == Counter(id(one) for one in left if one is not None)


@given(st.lists(CLIENTS, max_size=60))
def test_a_client_is_answered_in_its_order(joining: list[str]) -> None:
    """Of those that were not refused, a client's first is its first out."""
    line, kept = Line(100, 10**12, 1), [_waiting(client) for client in joining]
    for one in kept:
        assert line.join(one) is None

    out = [line.next() for _ in kept]

    for client in set(joining):
        assert [one for one in out if one and one.client == client] == [
            one for one in kept if one.client == client
        ]


@given(st.integers(2, 9), st.integers(1, 9), st.integers(1, 9))
def test_time_is_shared_equally(n: int, long: int, short: int) -> None:
    """While two clients wait, what they got differs by one request of each at most."""
    line, cost, got = Line(1000, 10**12, 1), {"a": long, "b": short}, Counter[Hashable]()
    for _ in range(n):
        for client in ("a", "a", "a", "b"):
            line.join(_waiting(client))
    waiting = Counter({"a": 3 * n, "b": n})

    while min(waiting.values()) > 0:
        turn = line.next()
        assert turn is not None
        waiting[str(turn.client)] -= 1
        got[turn.client] += cost[str(turn.client)]
        line.took(turn.client, cost[str(turn.client)])

        assert abs(got["a"] - got["b"]) <= long + short


def test_the_client_that_has_most_in_a_full_line_gives_way() -> None:
    """A client with one request gets the place of the last of another one's ten."""
    line = Line(10, 10**12, 1)
    heavy = [_waiting("heavy") for _ in range(10)]
    for one in heavy:
        assert line.join(one) is None

    assert line.join(_waiting("light")) is heavy[-1]


def test_a_full_line_of_equals_has_no_place() -> None:
    """Whoever would have as many as any other is refused."""
    line, last = Line(2, 10**12, 1), _waiting("a")
    line.join(_waiting("a"))
    line.join(_waiting("b"))

    assert line.join(last) is last


def test_slow_requests_make_the_line_short() -> None:
    """Where each takes a hundredth of what may be waited for, some hundred may wait."""
    line = Line(1000, 10_000, 3)
    for _ in range(1_000):
        line.took("a", 100)

    refused = [line.join(_waiting("a")) is not None for _ in range(200)]

    assert 200 - sum(refused) == 10_000 // line.usual
    assert 100 <= 200 - sum(refused) <= 150


def test_a_few_slow_ones_among_quick_ones_make_the_line_short() -> None:
    """One of ten that takes thirty times as long makes the wait, and the line knows."""
    line = Line(10_000, 200_000, 3)
    for turn in range(2_000):
        line.took("a", 50 if turn % 10 else 1_500)

    admitted = sum(line.join(_waiting("a")) is None for _ in range(10_000))

    assert 200_000 / 1_500 <= admitted <= 3 * 200_000 / 195


def test_nobody_waits_before_anything_is_known_as_if_all_were_quick() -> None:
    """Before the first is done a guess says how many may wait."""
    line = Line(1_000, 10_000, 3, guess=1_000)

    assert sum(line.join(_waiting("a")) is None for _ in range(100)) == 10


def test_few_may_wait_however_slow() -> None:
    """Where one takes longer than may be waited for, `few` wait all the same."""
    line = Line(1000, 10, 3)
    line.took("a", 10**9)

    assert [line.join(_waiting("a")) is None for _ in range(5)] == [True] * 3 + [False] * 2


def test_whoever_was_away_saves_nothing_up() -> None:
    """A client that comes late takes turns with those there; it does not go first for long."""
    line = Line(1000, 10**12, 1)
    for _ in range(40):
        line.join(_waiting("early"))
    for _ in range(20):
        turn = line.next()
        assert turn is not None
        line.took(turn.client, 10)
    for _ in range(10):
        line.join(_waiting("late"))

    order = []
    for _ in range(10):
        turn = line.next()
        assert turn is not None
        order.append(turn.client)
        line.took(turn.client, 10)

    assert Counter(order) == {"early": 5, "late": 5}
