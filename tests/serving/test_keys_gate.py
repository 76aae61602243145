"""Who passes the gate: every route with every scope, and the file of keys as it changes."""

import json
import logging
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving import key_file
from serving.gate import Gate, presented_by
from serving.http import Head
from serving.keys import Key, revoked, rotated
from serving.problems import Problem
from serving.quotas import Quotas, create
from serving.routes import ROUTES, Route
from serving.scopes import PUBLIC, SCOPES, ScopeName
from tests.serving.keyed import START, Keyed, add, bearing, scope_of

NAMED = [pytest.param(route, id=route.name) for route in ROUTES]
ASKED = [pytest.param(route, id=route.name) for route in ROUTES if route.scope != PUBLIC]


def path_of(route: Route) -> str:
    """Return a path that leads to a route."""
    return route.path.replace("{creator_id}", "ana")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where a file of keys would be."""
    return tmp_path / "keys.json"


@pytest.mark.parametrize("route", NAMED)
def test_every_route_has_a_scope(route: Route) -> None:
    """A route names a scope that keys can hold, or is one of the four that ask for no key."""
    open_to_all = route.name in {"livez", "readyz", "openapi", "docs"}

    assert route.scope in ({PUBLIC} if open_to_all else set(SCOPES))


@pytest.mark.parametrize("scope", ["", "everything", "PUBLIC", "score "])
def test_an_unknown_scope_is_answered_to_nobody(file: Path, scope: str) -> None:
    """A route whose scope no key holds is closed, not open."""
    _, text = add(file)

    with pytest.raises(Problem) as caught:
        Keyed(file).gate.admit(presented_by(Head(scope_of(bearing(text)))), scope)

    assert caught.value.status == 403


@pytest.mark.parametrize("route", NAMED)
def test_without_a_key_only_public_routes_answer(file: Path, route: Route) -> None:
    """Once there is a key, every other route is a 401 without one, for each of its methods.

    OPTIONS tells everyone the methods, as a 405 does: what a browser asks first has no key.
    """
    add(file)
    app = Keyed(file)

    assert app("OPTIONS", path_of(route)).status == 204
    for method in set(route.allow.split(", ")) - {"OPTIONS"}:
        answer = app(method, path_of(route))
        assert (answer.status == 401) == (route.scope != PUBLIC)
        assert ("www-authenticate" in answer.headers) == (route.scope != PUBLIC)


@pytest.mark.parametrize("held", SCOPES)
@pytest.mark.parametrize("route", ASKED)
def test_a_scope_opens_its_own_routes_only(file: Path, route: Route, held: ScopeName) -> None:
    """A key passes where its scope is asked for and is a 403 everywhere else."""
    _, text = add(file, held)

    answer = Keyed(file)(route.method, path_of(route), bearing(text))

    assert answer.status != 401
    assert (answer.status == 403) == (held != route.scope)
    if answer.status == 403:
        assert f'scope="{route.scope}"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("route", NAMED)
def test_without_any_key_everything_answers_as_before(file: Path, route: Route) -> None:
    """A server without keys asks for none, and answers loopback only."""
    app = Keyed(file)

    assert app(route.method, path_of(route)).status not in (401, 403)
    assert app(route.method, path_of(route), host="example.com").status == 421


def test_with_keys_any_host_is_answered(file: Path) -> None:
    """No page of a browser knows a key: a Host need not be loopback, but must be there once."""
    _, text = add(file)
    app = Keyed(file)

    assert app("GET", "/v1/features", bearing(text), host="api.example.com").status == 200
    assert app("GET", "/v1/features", host="api.example.com").status == 401


def test_what_is_not_there_needs_no_key(file: Path) -> None:
    """Unknown paths and wrong methods are told before a key is asked for: the table is public."""
    add(file)
    app = Keyed(file)

    assert app("GET", "/nothing").status == 404
    assert app("DELETE", "/v1/score").status == 405


@given(st.binary(max_size=120) | st.text("Bearcd_ 0123456789", max_size=120).map(str.encode))
def test_nothing_else_than_a_key_passes(value: bytes) -> None:
    """Whatever Authorization holds, it is a 401 in the same words."""
    scope = {"headers": [(b"authorization", value)]}

    with pytest.raises(Problem) as caught:
        Gate(keyed=True).admit(presented_by(Head(scope)), "score")

    assert caught.value.status == 401


def test_bad_keys_cannot_be_told_apart(file: Path) -> None:
    """Missing, malformed, unknown, wrong, expired, revoked and doubled keys get the same answer."""
    key, text = add(file)
    _, ended = add(file, expires=START)
    gone, dead = add(file)
    change(file, gone, revoked(gone, START))
    id_, secret = text.split("_")[1:]
    given = [
        {},
        {"authorization": ""},
        {"authorization": text},
        {"authorization": f"Basic {text}"},
        bearing(f"cred_{'0' * 12}_{secret}"),
        bearing(f"cred_{id_}_{'0' * 64}"),
        bearing(f"cred_{id_}_{key.digest}"),
        bearing(f"{text}, Bearer {text}"),
        bearing(ended),
        bearing(dead),
    ]
    app = Keyed(file)

    answers = [app("POST", "/v1/score", headers) for headers in given]

    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1
    assert {answer.headers["www-authenticate"] for answer in answers} == {'Bearer realm="credence"'}


def test_two_keys_are_none(file: Path) -> None:
    """Two Authorization headers are refused, even where both are right."""
    _, text = add(file)
    scope = scope_of(bearing(text))
    scope["headers"] *= 2

    with pytest.raises(Problem) as caught:
        Keyed(file).gate.admit(presented_by(Head(scope)), "score")

    assert caught.value.status == 401


def change(file: Path, before: Key, after: Key) -> None:
    """Put one key in the place of another."""
    with key_file.changing(file) as held:
        held[held.index(before)] = after


def test_a_change_is_followed(file: Path) -> None:
    """Keys that are made and revoked are taken and refused from the next look on."""
    add(file)
    app = Keyed(file)
    assert app("GET", "/v1/features").status == 401

    key, text = add(file)
    assert app("GET", "/v1/features", bearing(text)).status == 401
    app.look()
    assert app("GET", "/v1/features", bearing(text)).status == 200
    change(file, key, revoked(key, START))
    app.look()
    assert app("GET", "/v1/features", bearing(text)).status == 401


def test_the_first_key_closes_the_gate(file: Path) -> None:
    """A running server without keys asks for one as soon as there is one."""
    app = Keyed(file)
    assert app("GET", "/v1/features").status == 200

    _, text = add(file)
    app.look()

    assert app("GET", "/v1/features").status == 401
    assert app("GET", "/v1/features", bearing(text)).status == 200


def test_a_revoked_key_keeps_the_gate_closed(file: Path) -> None:
    """A server whose only key is revoked, or expired, answers nobody rather than everyone."""
    key, text = add(file)
    change(file, key, revoked(key, START))

    app = Keyed(file)

    assert app("GET", "/v1/features").status == 401
    assert app("GET", "/v1/features", bearing(text)).status == 401


@pytest.mark.parametrize("text", [None, '{"format": 1, "keys": []}'])
def test_no_keys_any_more_is_nobody(file: Path, text: str | None) -> None:
    """A file that is deleted or emptied ends every key and opens nothing."""
    _, key = add(file)
    app = Keyed(file)
    assert app("GET", "/v1/features", bearing(key)).status == 200

    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    app.look()

    assert app("GET", "/v1/features").status == 401
    assert app("GET", "/v1/features", bearing(key)).status == 401
    assert Keyed(file, keyed=True)("GET", "/v1/features").status == 401


def test_a_damaged_file_leaves_the_keys_before(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be read changes nothing and is said in the log, once; mended, it is followed."""
    _, text = add(file)
    app = Keyed(file)
    app("GET", "/v1/features")
    whole = file.read_bytes()

    for damage in (lambda: file.write_bytes(whole[:-9]), lambda: file.chmod(0o644)):
        caplog.clear()
        damage()
        for _ in range(3):
            app.look()
            assert app("GET", "/v1/features", bearing(text)).status == 200
            assert app("GET", "/v1/features").status == 401
        assert caplog.text.count("stay in force") == 1
    file.chmod(0o600)
    file.write_bytes(whole)
    _, another = add(file)
    app.look()

    assert app("GET", "/v1/features", bearing(another)).status == 200


def test_a_damaged_file_shows_in_readyz(file: Path) -> None:
    """As long as the file cannot be used, and no longer, whoever watches the service sees it."""
    add(file)
    app = Keyed(file)
    whole = file.read_bytes()

    told = []
    for data in (whole, b"{", whole):
        file.write_bytes(data)
        app.look()
        told.append(json.loads(app("GET", "/readyz").body)["keys_refused"])

    assert told == [False, True, False]


def test_a_file_damaged_from_the_start_is_nobody(file: Path) -> None:
    """A worker that cannot read any keys answers nobody."""
    _, text = add(file)
    file.write_bytes(b"{")

    app = Keyed(file)

    assert app("GET", "/v1/features").status == 401
    assert app("GET", "/v1/features", bearing(text)).status == 401
    assert app("GET", "/livez").status == 200


def test_a_key_ends_when_it_expires(file: Path) -> None:
    """A key is good until the moment of its end, without any change of the file."""
    _, text = add(file, expires=START + timedelta(seconds=10))
    app = Keyed(file)

    app.clock.move(9.999)
    assert app("GET", "/v1/features", bearing(text)).status == 200
    app.clock.move(0.001)
    assert app("GET", "/v1/features", bearing(text)).status == 401


def test_a_rotated_key_has_two_secrets_for_its_grace(file: Path) -> None:
    """The old secret is good until the grace ends, the new one on; they share one quota."""
    key, old = add(file, per_minute=1, burst=3)
    fresh, new = rotated(key, START, until=START + timedelta(seconds=10), expires=None)
    change(file, key, fresh)
    app = Keyed(file)

    statuses = [app("GET", "/v1/features", bearing(text)).status for text in (old, new, old, new)]
    app.clock.move(10)
    after = [app("GET", "/v1/features", bearing(text)).status for text in (old, new)]

    assert statuses == [200, 200, 200, 429]
    assert after == [401, 429]


def test_over_its_quota_a_key_is_told_when_to_come_again(file: Path) -> None:
    """The burst is answered, the rest is a 429 with Retry-After, and then it is answered again."""
    _, text = add(file, per_minute=6, burst=2)
    _, other = add(file)
    app = Keyed(file)

    statuses = [app("GET", "/v1/features", bearing(text)).status for _ in range(3)]
    refused = app("GET", "/v1/features", bearing(text))
    app.clock.move(int(refused.headers["retry-after"]))

    assert statuses == [200, 200, 429]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "10"
    assert app("GET", "/v1/features", bearing(other)).status == 200
    assert app("GET", "/v1/features", bearing(text)).status == 200


def test_what_does_not_pass_costs_no_quota(file: Path) -> None:
    """Refusals and public routes take nothing out of the bucket; a bad request does."""
    _, text = add(file, "score", per_minute=1, burst=1)
    app = Keyed(file)

    for path in ("/livez", "/v1/features", "/metrics", "/nothing"):
        app("GET", path, bearing(text))
    statuses = [app("POST", "/v1/score", bearing(text)).status for _ in range(2)]

    assert statuses == [422, 429]


def test_workers_share_quotas(file: Path, tmp_path: Path) -> None:
    """Two workers together answer what one key may ask."""
    _, text = add(file, per_minute=1, burst=5)
    create(tmp_path / "quotas", 2)
    # Of one machine, so that both see the same time.
    clock = Keyed(file).clock
    workers = [
        Keyed(file, Quotas(tmp_path / "quotas", clock=lambda: clock.monotonic)) for _ in range(2)
    ]

    statuses = [workers[turn % 2]("GET", "/v1/features", bearing(text)).status for turn in range(8)]

    assert statuses == [200] * 5 + [429] * 3


def test_no_secret_is_logged_counted_or_answered(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Logs, metrics and answers hold no secret and no digest, failures of our own included."""

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("serving.lookups.models", fail)
    key, text = add(file, burst=4)
    secret = text.split("_")[2]
    app = Keyed(file)
    with caplog.at_level(logging.DEBUG):
        answers = [
            app(method, path, headers)
            for method, path in (("GET", "/v1/models"), ("GET", "/metrics"), ("POST", "/v1/score"))
            for headers in (bearing(text), bearing(text[:-1]), bearing(text + "0"))
        ]

    told = caplog.text + "".join(f"{one.headers} {one.body.decode()}" for one in answers)
    assert [one.status for one in answers] == [500, 401, 401, 200, 401, 401, 422, 401, 401]
    assert secret[:16] not in told
    assert key.digest not in told
    assert key.id not in answers[3].body.decode()


def test_the_contract_tells_of_keys(file: Path) -> None:
    """/openapi.json names the scope of each operation where keys are asked for, none elsewhere."""
    keyless = msgspec.json.decode(Keyed(file)("GET", "/openapi.json").body)
    add(file)
    keyed = msgspec.json.decode(Keyed(file)("GET", "/openapi.json").body)

    assert keyed["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for route in ROUTES:
        found, without = (
            document["paths"][route.path][route.method.lower()] for document in (keyed, keyless)
        )
        expected = None if route.scope == PUBLIC else [{"key": [route.scope]}]
        assert found.get("security") == expected
        assert "security" not in without
        assert ({"401", "403", "429"} <= set(found["responses"])) == (route.scope != PUBLIC)
