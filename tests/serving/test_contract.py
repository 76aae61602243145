"""The strict decoding of requests."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.schema import TABLES
from serving import rows
from serving.contract import AuditRequest, ScoreRequest
from serving.decode import audit_request, score_request
from serving.problems import Problem

NOW = "2026-01-01T00:00:00Z"
SNAPSHOT = {"creator_id": "ana", "observed_at": NOW, "followers": 1200}
ACCOUNT = {"followers": 3, "following": 900, "posts": 0}
ROWS: dict[str, type[msgspec.Struct]] = {
    "creators": rows.CreatorRow,
    "snapshots": rows.SnapshotRow,
    "posts": rows.PostRow,
    "post_metrics": rows.PostMetricsRow,
    "audience": rows.AudienceRow,
    "followers": rows.FollowerRow,
    "brands": rows.BrandRow,
    "briefs": rows.BriefRow,
    "collaborations": rows.CollaborationRow,
    "outcomes": rows.OutcomeRow,
}


def asking(**fields: object) -> bytes:
    """Return the body of a request for one creator with these fields."""
    return json.dumps({"creators": [{"creator_id": "ana"}], **fields}).encode()


def history(**tables: object) -> bytes:
    """Return the body of a request for one creator with this history."""
    whole = {"creators": [{"creator_id": "ana", "platform": "tiktok"}], **tables}
    return json.dumps({"creators": [{"creator_id": "ana", "history": whole}]}).encode()


def brief(**fields: object) -> bytes:
    """Return the body of a request with a brief."""
    whole = {"brief_id": "spring", "brand_id": "ash", "created_at": NOW, **fields}
    return asking(brief=whole)


def refused(body: bytes, decode: Callable[[bytes], object] = score_request) -> Problem:
    """Return the problem that decoding raises."""
    with pytest.raises(Problem) as caught:
        decode(body)
    return caught.value


def broken(body: bytes, decode: Callable[[bytes], object] = score_request) -> list[tuple[str, str]]:
    """Return the pointers and rules of the 422 that decoding raises."""
    problem = refused(body, decode)
    assert problem.status == 422
    return [(error.pointer, error.rule) for error in problem.errors]


def vocabulary(kind: Any) -> frozenset[str]:
    """Return the words of every Literal in a type."""
    if get_origin(kind) is Literal:
        return frozenset(get_args(kind))
    return frozenset[str]().union(*(vocabulary(part) for part in get_args(kind)))


@pytest.mark.parametrize("table", ROWS)
def test_rows_agree_with_tables(table: str) -> None:
    """A JSON row has the columns of its raw table, requires the same and allows the same words."""
    schema = TABLES[table]
    fields = {field.name: field for field in msgspec.structs.fields(ROWS[table])}
    kinds = get_type_hints(ROWS[table])

    assert set(fields) == set(schema.names)
    assert {name for name, field in fields.items() if field.required} == {
        column.name for column in schema.columns if column.required
    }
    for column in schema.columns:
        if column.kind in {"choice", "choices", "weights"} and len(column.choices) < 20:
            assert vocabulary(kinds[column.name]) == set(column.choices)


@pytest.mark.parametrize("number", ["1234", "1234.0", "1.234e3"])
def test_whole_number_is_a_count(number: str) -> None:
    """A count may be written as any whole number."""
    body = history(snapshots=[SNAPSHOT | {"followers": "@"}]).replace(b'"@"', number.encode())

    request = score_request(body)

    assert request.creators[0].history is not None
    assert request.creators[0].history.snapshots[0].followers == 1234


@pytest.mark.parametrize(
    "value", ["1.5", "-1", "-1.0", "true", '"3"', "1e400", "9" * 5000, "9007199254740993", "null"]
)
def test_other_values_are_no_count(value: str) -> None:
    """Fractions, signs, flags, texts, unknowns and numbers beyond range are no count."""
    body = history(snapshots=[SNAPSHOT | {"followers": "@"}]).replace(b'"@"', value.encode())

    assert [pointer for pointer, _ in broken(body)] == ["/creators/0/history/snapshots/0/followers"]


@pytest.mark.parametrize("value", ["1", '"true"', "0.0"])
def test_number_is_no_flag(value: str) -> None:
    """1 is no flag."""
    body = json.dumps({"followers": [ACCOUNT | {"is_private": "@"}]}).encode()

    assert broken(body.replace(b'"@"', value.encode()), audit_request)[0][0] == (
        "/followers/0/is_private"
    )


@pytest.mark.parametrize("value", ["2026-01-01T00:00:00", "2026-01-01", 1767225600, "soon"])
def test_time_needs_an_offset(value: object) -> None:
    """A time without an offset, and anything that is no time, is refused."""
    assert broken(asking(as_of=value))[0][0] == "/as_of"


@pytest.mark.parametrize("value", ["", "a b", "a/b", "ü", "a" * 129, "ana\n", 7])
def test_id_has_a_form(value: object) -> None:
    """An id is 1 to 128 characters of its alphabet, and no final newline slips through."""
    body = json.dumps({"creators": [{"creator_id": value}]}).encode()

    assert broken(body)[0][0] == "/creators/0/creator_id"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"target_countries": {"DE": -1}}, "/brief/target_countries"),
        ({"target_countries": {"XX": 1}}, "/brief/target_countries"),
        ({"target_genders": {"women": 1}}, "/brief/target_genders"),
        ({"conversion_goal": 0}, "/brief/conversion_goal"),
        ({"budget": -0.5}, "/brief/budget"),
        ({"goal": 3}, "/brief"),
    ],
)
def test_brief_is_strict(fields: Mapping[str, object], pointer: str) -> None:
    """Weights, words, goals and money of a brief have ranges; unknown fields are refused."""
    assert [found for found, _ in broken(brief(**fields))] == [pointer]


def test_deliverables_may_be_counted_by_kind() -> None:
    """Deliverables are a count, or counts by kind."""
    request = score_request(brief(deliverables={"reel": 2, "story": 3.0}))

    assert request.brief is not None
    assert request.brief.deliverables == {"reel": 2, "story": 3.0}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"creators": []}', "/creators"),
        (b"{}", ""),
        (b"[]", ""),
        (b"null", ""),
        (asking(brand={"brand_id": "ash"}), "/brand"),
        (asking(reasons=21), "/reasons"),
        (asking(reasons=True), "/reasons"),
        (
            history(snapshots=[SNAPSHOT | {"creator_id": "bo"}]),
            "/creators/0/history/snapshots/0/creator_id",
        ),
        (history(applications=[]), "/creators/0/history"),
        (history(posts=None), "/creators/0/history/posts"),
        (history(creators=[]), "/creators/0/history/creators"),
    ],
)
def test_structure_is_checked(body: bytes, pointer: str) -> None:
    """What is missing, unknown, contradictory or another creator's is pointed at."""
    assert [found for found, _ in broken(body)] == [pointer]


def test_brief_is_named_or_given() -> None:
    """A request names a brief or gives one."""
    both = json.loads(brief()) | {"brief_id": "spring"}

    assert [pointer for pointer, _ in broken(json.dumps(both).encode())] == ["/brief_id"]


def test_brand_belongs_to_the_brief() -> None:
    """The brand given beside a brief is the brief's own."""
    other = json.loads(brief()) | {"brand": {"brand_id": "birch"}}

    assert [pointer for pointer, _ in broken(json.dumps(other).encode())] == ["/brand/brand_id"]


def test_breakdown_value_is_of_its_dimension() -> None:
    """A country is no age group."""
    line = {"creator_id": "ana", "observed_at": NOW, "dimension": "age", "value": "DE", "share": 1}

    assert broken(history(audience=[line]))[0][0] == "/creators/0/history/audience/0/value"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'creators': []}",
        b'{"creators": NaN}',
        b'{"creators": [], "x": Infinity}',
        b'{"x": 1} {}',
        b"\xef\xbb\xbf{}",
        b'{"x": "\xff"}',
        b'{"\xff": 1}',
        b'{"x": "\\ud800"}',
        b"[" * 100_000,
        b'{"x":' * 100_000,
        '{"creators": []}'.encode("utf-16"),
    ],
    ids=lambda body: repr(body[:24]),
)
def test_other_than_json_is_told_apart(body: bytes) -> None:
    """What is no JSON text in UTF-8, or nests without end, is a 400, whatever else is wrong."""
    assert refused(body).status == 400


def test_too_many_creators_rows_and_followers() -> None:
    """Limits of rows are a 413."""
    creators = json.dumps({"creators": [{"creator_id": "ana"}] * 501}).encode()
    accounts = json.dumps({"followers": [ACCOUNT] * 10_001}).encode()
    sampled = ACCOUNT | {"creator_id": "ana", "observed_at": NOW}

    assert refused(creators).status == 413
    assert refused(history(snapshots=[SNAPSHOT] * 20_001)).status == 413
    assert refused(history(followers=[sampled] * 10_001)).status == 413
    assert refused(accounts, audit_request).status == 413


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none(), min_size=1))
def test_errors_never_repeat_the_input(fields: dict[str, object]) -> None:
    """No name, value or key of a request is in the error that it gets."""
    secret = {f"s3cret{name}": value for name, value in fields.items()}
    bodies = [
        json.dumps(secret),
        json.dumps({"creators": [secret]}),
        json.dumps({"creators": [{"creator_id": "s3cret value"}]}),
        json.dumps({"creators": [{"creator_id": "a", "compensation": "s3cret"}]}),
        json.dumps({"creators": [{"creator_id": "a"}], "as_of": "s3cret"}),
        brief(target_countries={"s3cret": 1}).decode(),
        brief(target_genders={"s3cret": 1}).decode(),
    ]

    for body in bodies:
        problem = refused(body.encode())
        assert problem.status == 422
        assert b"s3cret" not in msgspec.json.encode(problem.body())


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["creators", "creator_id", "history", "brief"]), inner
            )
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_junk_is_refused_never_a_crash(body: bytes) -> None:
    """Whatever is sent is either a request or a problem."""
    for decode, kind in ((score_request, ScoreRequest), (audit_request, AuditRequest)):
        try:
            found: object = decode(body)
        except Problem as problem:
            found = problem

        assert isinstance(found, kind) or getattr(found, "status", 0) in {400, 413, 422}
