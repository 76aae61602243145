"""/openapi.json against what is really answered: every status that it lists, and no other."""

import itertools
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from serving import openapi
from serving.admission import BREATH, Admission
from serving.contract import MOST_BYTES
from serving.line import Line
from serving.metrics import Off
from serving.problems import TITLES
from serving.routes import BODY_ERRORS, KEY_ERRORS, ROUTES, Route
from serving.scopes import PUBLIC, SCOPES
from tests.serving.keyed import Keyed, Response, add, bearing

DOCUMENT: dict[str, Any] = json.loads(openapi.document(True))
BODIES = {
    "score": b'{"creators": [{"creator_id": "ana"}]}',
    "audit": b'{"followers": [{"followers": 1, "following": 2, "posts": 3}]}',
}
ELSEWHERE = {
    400: "what is no HTTP never comes to a route: tests/serving/test_wire.py",
    408: "nor does a head that is late, and a body has its time in tests/serving/test_edge.py",
    500: "nothing that is known fails: tests/serving/test_edge.py makes something fail",
}


class Way(NamedTuple):
    """How an app is asked so that it answers with a status."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def way(route: Route, text: str, **headers: str) -> Way:
    """Return how a route is asked with a key of every scope, and with further headers."""
    path = route.path.replace("{creator_id}", "ana")
    return Way(route.method, path, bearing(text) | headers, BODIES.get(route.name, b""))


def told(app: Keyed, asked: Way) -> Response:
    """Return the answer."""
    return app(asked.method, asked.path, asked.headers, body=asked.body)


def of_any(route: Route, status: int, file: Path) -> Response:
    """Return the answer of a status that any route, or any with a key or a body, may give."""
    _, text = add(file)
    good = way(route, text)
    ways: dict[int, Callable[[], Way]] = {
        400: lambda: good._replace(body=b"{"),
        401: lambda: good._replace(headers={}),
        403: lambda: good._replace(headers=bearing(_other(file, route))),
        405: lambda: good._replace(method="PUT"),
        413: lambda: way(route, text, **{"content-length": str(MOST_BYTES + 1)}),
        415: lambda: way(route, text, **{"content-type": "text/plain"}),
        421: lambda: way(route, text, host="localhost\r"),
        422: lambda: good._replace(body=b"[]"),
        429: lambda: good._replace(headers=bearing(_spent(file))),
        431: lambda: way(route, text, **{f"x-{number}": "1" for number in range(101)}),
    }
    asked = ways[status]()
    app = Keyed(file)
    if status == 429:
        told(app, asked)
    if status == 421:
        app = Keyed(file.with_name("none.json"))
    return told(app, asked)


def _other(file: Path, route: Route) -> str:
    """Return a key of every scope but the route's."""
    return add(file, *(scope for scope in SCOPES if scope != route.scope))[1]


def _spent(file: Path) -> str:
    """Return a key that has one request."""
    return add(file, per_minute=1, burst=1)[1]


def of_one(route: Route, status: int, file: Path) -> Response:
    """Return the answer of a status that this route alone may give."""
    _, text = add(file)
    asked = way(route, text)
    if status == 503 and route.name in ("score", "creator"):
        # Whoever comes second finds no place, as the first one takes longer than a moment.
        slow = Admission(Line(0, 1, 0), clock=partial(next, itertools.count(step=BREATH)))
        return Keyed(file, admission=slow).together(2, *asked)[1]
    if route.name == "score":
        asked = asked._replace(body=BODIES["score"][:-1] + b', "brief_id": "nobody"}')
    return told(Keyed(file, metrics=Off() if route.name == "metrics" else None), asked)


def judge(route: Route, answer: Response) -> None:
    """Hold an answer against its description: status, headers, media type and body."""
    described = DOCUMENT["paths"][route.path][route.method.lower()]["responses"][str(answer.status)]
    if "$ref" in described:
        described = DOCUMENT["components"]["responses"][described["$ref"].rpartition("/")[2]]
    known = {name.lower() for name in described["headers"]}
    implied = {"content-type", "content-length", "cache-control", "x-content-type-options"}
    assert set(answer.headers) - implied - {"content-security-policy", "referrer-policy"} == known
    schema = described["content"][answer.headers["content-type"]]["schema"]
    body = answer.body.decode()
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(
        body if schema.get("type") == "string" else json.loads(body)
    )


CASES = [
    pytest.param(route, status, id=f"{route.name} {status}")
    for route in ROUTES
    for status in route.statuses
    if status not in ELSEWHERE or (status == 400 and route.request)
]


@pytest.mark.parametrize(("route", "status"), CASES)
def test_documented_errors_are_given(route: Route, status: int, tmp_path: Path) -> None:
    """Each error that the document lists can be provoked, and is as it is described."""
    own = status in route.errors
    answer = (of_one if own else of_any)(route, status, tmp_path / "keys.json")

    assert answer.status == status
    judge(route, answer)


@pytest.mark.parametrize(
    "route",
    [pytest.param(one, id=one.name) for one in ROUTES if one.name not in ("audit", "readyz")],
)
def test_documented_success_is_given(route: Route, tmp_path: Path) -> None:
    """A good request is answered as it is described; those that need models are elsewhere."""
    file = tmp_path / "keys.json"
    _, text = add(file)
    answer = told(Keyed(file), way(route, text))

    if route.name == "creator":
        assert answer.status == 404
    else:
        assert answer.status == 200
    judge(route, answer)


def test_every_error_is_accounted_for() -> None:
    """What no case here provokes is named with the reason, and is nothing that a route decides."""
    listed = {status for route in ROUTES for status in route.statuses}

    assert listed == {status for case in CASES for status in [case.values[1]]} | set(ELSEWHERE)
    assert listed == set(TITLES)
    assert {*KEY_ERRORS, *BODY_ERRORS}.isdisjoint(ELSEWHERE)
    assert all(set(KEY_ERRORS) <= set(one.statuses) for one in ROUTES if one.scope != PUBLIC)
