"""The typed client against scripted servers: what it retries, how long it waits, what it raises."""

import logging
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from serving.client import Client
from serving.client_errors import (
    AnswerError,
    BusyError,
    ClientError,
    KeyRefusedError,
    NotFoundError,
    ProblemError,
    RequestError,
    TooSlowError,
    UnreachableError,
)
from serving.contract import CreatorAsked
from serving.pace import Pace
from serving.rows import AccountRow
from tests.commands import REPOSITORY
from tests.serving.scripted import ALIVE, CLOSE, RESET, STALL, Scripted, Time, answer, problem

KEY = "cred_0f3a5c7e9b1d_" + "5e" * 32


@pytest.mark.parametrize(
    "failure",
    [
        problem(503),
        problem(429),
        answer(503, "<html>", "text/html"),
        RESET,
        CLOSE,
        [b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", CLOSE],
        [b"HTTP/1.1 200 OK\r\ncontent-le", RESET],
    ],
    ids=["503", "429", "503 of a proxy", "reset", "closed", "half a body", "half a head"],
)
def test_what_passes_is_asked_again(failure: bytes) -> None:
    """Where nothing was answered or the server is busy, the call succeeds at a later attempt."""
    time = Time()
    with Scripted(failure, failure, ALIVE) as server, Client(server.url, pace=time.pace(1)) as one:
        assert one.models().models == []

    assert len(server.requests) == 3
    assert time.waits == [0.1, 0.2]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestError),
        (401, KeyRefusedError),
        (403, KeyRefusedError),
        (404, NotFoundError),
        (405, ProblemError),
        (413, RequestError),
        (422, RequestError),
        (500, ProblemError),
    ],
)
def test_what_does_not_pass_is_raised_at_once(status: int, kind: type[ProblemError]) -> None:
    """Any other problem is raised as the kind of its status, without a second request."""
    time = Time()
    with (
        Scripted(problem(status)) as server,
        Client(server.url, pace=time.pace()) as one,
        pytest.raises(ProblemError) as caught,
    ):
        one.models()

    assert type(caught.value) is kind
    assert caught.value.status == status
    assert len(server.requests) == 1
    assert time.waits == []


def test_a_problem_is_carried_whole() -> None:
    """Type, title, status, detail, every broken rule and the request's id are there to read."""
    body = (
        '{"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"no",'
        '"errors":[{"pointer":"/creators/0/fee","rule":"Expected `float`"}]}'
    )
    reply = answer(422, body, "application/problem+json", x_request_id="order-42")
    with Scripted(reply) as server, Client(server.url) as one, pytest.raises(RequestError) as found:
        one.score(["ana"])

    caught = found.value
    assert (caught.problem.type, caught.problem.title) == ("about:blank", "Unprocessable Content")
    assert (caught.problem.detail, caught.request_id) == ("no", "order-42")
    assert [(one.pointer, one.rule) for one in caught.problem.errors or ()] == [
        ("/creators/0/fee", "Expected `float`")
    ]
    assert "/creators/0/fee: Expected `float`" in str(caught)


MOMENT = datetime(2031, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"Retry_After": "7"}, 7.0),
        ({"Retry_After": "0"}, 0.0),
        ({"Retry_After": format_datetime(MOMENT + timedelta(seconds=9), usegmt=True)}, 9.0),
        ({"Retry_After": format_datetime(MOMENT - timedelta(hours=1), usegmt=True)}, 0.0),
        (
            {
                "Retry_After": "Thu, 01 May 2031 13:00:12 GMT",
                "Date": "Thu, 01 May 2031 13:00:00 GMT",
            },
            12.0,
        ),
        ({"Retry_After": "soon"}, 0.0),
        ({"Retry_After": "-5"}, 0.0),
    ],
    ids=["seconds", "none", "date", "past", "the server's own clock", "nonsense", "negative"],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(status: int, headers: dict[str, str], waited: float) -> None:
    """The next attempt comes after what the server asked for, and never before."""
    time = Time()
    script = (problem(status, **headers), ALIVE)
    with Scripted(*script) as server, Client(server.url, pace=time.pace(0.5)) as one:
        one.models()

    assert time.waits == [waited + 0.05]


@given(st.integers(0, 100), st.none() | st.floats(0, 1e6), st.floats(0, 1, exclude_max=True))
def test_waits_are_bounded(attempt: int, asked: float | None, chance: float) -> None:
    """A wait is at least what was asked for and at most the longest more; or there is none."""
    pace = Pace(chance=lambda: chance)

    wait = pace.wait(attempt, asked)

    assert (wait is None) == (asked is not None and asked > pace.patience)
    if wait is not None:
        least = asked or 0.0
        assert least <= wait <= least + min(pace.longest, pace.base * 2**attempt)


def test_too_long_a_wait_is_not_begun() -> None:
    """A Retry-After beyond patience is an error at once, which says how long it was."""
    time = Time()
    with (
        Scripted(problem(429, Retry_After="3600")) as server,
        Client(server.url, pace=time.pace()) as one,
        pytest.raises(BusyError) as caught,
    ):
        one.models()

    assert caught.value.retry_after == 3600
    assert time.waits == []
    assert len(server.requests) == 1


def test_a_call_ends_by_its_deadline() -> None:
    """Attempts and waits together take no longer than the deadline."""
    time = Time()
    with Scripted(problem(503, Retry_After="20")) as server:
        pace, began = time.pace(), time.seconds
        with (
            Client(server.url, deadline=50, retries=99, pace=pace) as one,
            pytest.raises(BusyError),
        ):
            one.models()

    assert len(time.waits) == 2
    assert time.seconds - began <= 50


@pytest.mark.parametrize("retries", [0, 2])
def test_retries_are_counted(retries: int) -> None:
    """There are as many attempts after the first as were allowed."""
    with (
        Scripted(problem(503)) as server,
        Client(server.url, retries=retries, pace=Time().pace()) as one,
        pytest.raises(BusyError),
    ):
        one.models()

    assert len(server.requests) == 1 + retries


def test_a_server_that_is_not_there_is_unreachable() -> None:
    """A refused connection is tried again, and then said."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    time = Time()

    with (
        Client(f"http://127.0.0.1:{port}", pace=time.pace()) as one,
        pytest.raises(UnreachableError),
    ):
        one.models()

    assert len(time.waits) == 3


def test_a_stalled_answer_is_too_slow() -> None:
    """An answer that does not come within the timeout is not asked for again."""
    with (
        Scripted(STALL) as server,
        Client(server.url, timeout=0.05) as one,
        pytest.raises(TooSlowError),
    ):
        one.models()

    assert len(server.requests) == 1


def test_a_dripping_answer_is_too_slow() -> None:
    """An answer that comes byte by byte is cut off when its time is over."""
    time = Time(step=1.0)
    drops = [bytes([one]) for one in answer(200, "x" * 9_000)]
    with (
        Scripted(drops) as server,
        Client(server.url, timeout=40, pace=time.pace()) as one,
        pytest.raises(TooSlowError),
    ):
        one.models()

    assert time.seconds < 200


def test_connections_are_kept() -> None:
    """Calls one after the other share a connection."""
    with Scripted(ALIVE) as server, Client(server.url) as one:
        for _ in range(20):
            one.models()

    assert {request.connection for request in server.requests} == {1}


def test_a_connection_that_was_closed_while_idle_is_replaced() -> None:
    """That a kept connection is gone costs no retry and no wait."""
    time = Time()
    with Scripted([ALIVE, CLOSE]) as server, Client(server.url, retries=0, pace=time.pace()) as one:
        for _ in range(5):
            one.models()

    assert time.waits == []
    assert len({request.connection for request in server.requests}) == 5


def test_a_server_that_says_close_is_believed() -> None:
    """An answer with Connection: close is read to its end, and its connection not used again."""
    last = answer(200, '{"models":[],"missing":["conversion"]}', Connection="close")
    with Scripted([last, CLOSE]) as server, Client(server.url) as one:
        assert [one.models().missing for _ in range(2)] == [["conversion"]] * 2

    assert [request.connection for request in server.requests] == [1, 2]


def test_threads_share_a_client() -> None:
    """Calls at once each get an answer of their own, over as many connections as threads."""
    with (
        Scripted(ALIVE) as server,
        Client(server.url, connections=2) as one,
        ThreadPoolExecutor(4) as pool,
    ):
        answers = list(pool.map(lambda _: one.models(), range(40)))

    assert len(answers) == len(server.requests) == 40


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{",
        "s3cret",
        '{"models": []}',
        '{"models": [], "missing": "s3cret"}',
        '{"models": [{"name": "s3cret"}], "missing": []}',
    ],
)
def test_drift_is_noticed(body: str) -> None:
    """An answer that lacks a field or has another type in it is an error without its values."""
    with (
        Scripted(answer(200, body)) as server,
        Client(server.url) as one,
        pytest.raises(AnswerError, match="ModelsAnswer") as caught,
    ):
        one.models()

    assert "s3cret" not in str(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("entries", ["[]", '[{"creator_id": "ben"}]', "[7]"])
def test_entries_are_those_asked_for(entries: str) -> None:
    """An answer about fewer, other or no creators is an error."""
    body = (
        '{"as_of":"2031-05-01T12:00:00Z","features_age_s":null,"models":{},"catalogue_hash":"",'
        f'"scores":{entries}}}'
    )
    with (
        Scripted(answer(200, body)) as server,
        Client(server.url) as one,
        pytest.raises(AnswerError),
    ):
        one.score(["ana"])


def test_what_is_no_http_is_said() -> None:
    """Another protocol on the port is an error, not a hang and not a retry."""
    with (
        Scripted([b"220 mail.example ESMTP\r\n", CLOSE]) as server,
        Client(server.url) as one,
        pytest.raises(AnswerError, match="no HTTP"),
    ):
        one.models()


def test_redirects_are_not_followed() -> None:
    """A redirect is a problem: the key goes nowhere else."""
    with Scripted(ALIVE) as other:
        with (
            Scripted(answer(307, "", "text/html", Location=other.url)) as server,
            Client(server.url, KEY) as one,
            pytest.raises(ProblemError) as caught,
        ):
            one.models()

        assert other.requests == []
    assert caught.value.status == 307


def test_the_key_is_presented_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    """A key is in Authorization, and in no message, name or log of the client."""
    caplog.set_level(logging.DEBUG)
    with Scripted(problem(401)) as server, Client(server.url, KEY) as one:
        with pytest.raises(KeyRefusedError) as caught:
            one.score(["ana"])

        assert f"\r\nAuthorization: Bearer {KEY}\r\n" in server.requests[0].head + "\r\n"
        assert KEY not in repr(one) + str(caught.value) + caplog.text
    assert caplog.text == ""


@pytest.mark.parametrize("key", ["", "a b", f"{KEY}\n", f"{KEY}\r\nX: y", "schlüssel"])
def test_what_is_no_key_is_refused_unsaid(key: str) -> None:
    """A key that no header can hold is refused in words that do not repeat it."""
    with pytest.raises(InputError) as caught:
        Client("http://localhost", key)

    assert not key or key not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:3000",
        "ftp://localhost",
        "http://",
        "http://ann:s3cret@localhost",
        "http://localhost?a=b",
        "http://localhost/a b",
        "http://localhost:999999",
    ],
)
def test_what_is_no_url_is_refused(url: str) -> None:
    """A URL that cannot be asked is refused when the client is made, without its password."""
    with pytest.raises(ValueError, match=r"base_url|Port") as caught:
        Client(url)

    assert "s3cret" not in str(caught.value)


def test_a_path_of_a_proxy_is_kept() -> None:
    """A service below a path is asked there; an id is escaped whole."""
    with Scripted(problem(404)) as server, Client(f"{server.url}/credence/") as one:
        for id_ in ("ana", "../é?x#y"):
            with pytest.raises(NotFoundError):
                one.creator(id_)

    assert [request.head.split("\r\n")[0] for request in server.requests] == [
        "GET /credence/v1/creators/ana HTTP/1.1",
        "GET /credence/v1/creators/..%2F%C3%A9%3Fx%23y HTTP/1.1",
    ]


def test_a_lone_id_is_not_many() -> None:
    """A string instead of a list of ids is refused, not read letter by letter."""
    with Client() as one, pytest.raises(TypeError, match="creators"):
        one.score("ana")


def test_a_problem_of_any_call_is_a_client_error() -> None:
    """One class catches whatever a call may end with."""
    kinds = (UnreachableError, TooSlowError, AnswerError, ProblemError)

    assert all(issubclass(kind, ClientError) for kind in kinds)


def test_requests_are_json() -> None:
    """A request is what the contract's types encode to, declared as JSON."""
    with Scripted(problem(404)) as server, Client(server.url) as one:
        with pytest.raises(NotFoundError):
            one.score([CreatorAsked("ana", fee=3.5), "ben"], brief_id="b", reasons=2)
        with pytest.raises(NotFoundError):
            one.audit([AccountRow(followers=1, following=2, posts=3)])

    assert all("\r\nContent-Type: application/json" in one.head for one in server.requests)
    assert b'"creator_id":"ana"' in server.requests[0].body
    assert b'"followers":1' in server.requests[1].body


def test_importing_the_client_is_light() -> None:
    """A program that only asks a server loads no model, no store, no table and no framework."""
    heavy = [
        "bentoml",
        "httpx",
        "lightgbm",
        "lmdb",
        "mlflow",
        "numba",
        "pandas",
        "prometheus_client",
        "pyarrow",
    ]
    code = f"import sys, serving.client; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
