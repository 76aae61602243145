"""The OpenAPI document against the routes and the types it describes."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from serving import decode, openapi
from serving.problems import TITLES, Problem
from serving.routes import ROUTES, Route, find

DOCUMENT: dict[str, Any] = json.loads(openapi.document())


def schema_of(name: str) -> Draft202012Validator:
    """Return a validator of one type of the document."""
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    )


def test_document_is_openapi_31() -> None:
    """An independent judge accepts the document."""
    assert DOCUMENT["openapi"].startswith("3.1")
    validate(DOCUMENT)


def test_document_and_routes_agree() -> None:
    """Every route is documented, and nothing else is."""
    documented = {
        (method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item
    }

    assert documented == {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_route_lists_every_status(route: Route) -> None:
    """An operation lists its success and every error it may answer, all of them known problems."""
    operation = DOCUMENT["paths"][route.path][route.method.lower()]

    assert set(operation["responses"]) == {"200", *(str(status) for status in route.statuses)}
    assert set(route.statuses) <= set(TITLES)
    assert ("requestBody" in operation) == (route.request is not None)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_route_is_found(route: Route) -> None:
    """A documented path leads to its route."""
    found = find(route.path.replace("{creator_id}", "ana"))

    assert found is not None
    assert found[0] is route


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/score/", "/v1/creators/", "/v1/creators/a/b"])
def test_other_paths_are_not_found(path: str) -> None:
    """What is not documented has no route."""
    assert find(path) is None


@pytest.mark.parametrize(
    ("creator", "valid"),
    [
        ({"creator_id": "ana"}, True),
        ({"creator_id": "ana", "fee": 3}, True),
        ({"creator_id": "ana", "fee": -3}, False),
        ({"creator_id": "a b"}, False),
        ({"creator_id": "ana", "color": "red"}, False),
        ({"creator_id": "ana", "compensation": "money"}, False),
    ],
)
def test_schema_judges_as_the_decoder_does(creator: dict[str, object], valid: bool) -> None:
    """The published schema of a creator accepts and refuses what the decoder does."""
    assert schema_of("CreatorAsked").is_valid(creator) is valid


BRIEF = {"brief_id": "spring", "brand_id": "ash", "created_at": "2026-01-01T00:00:00Z"}
LINE = {"creator_id": "ana", "observed_at": BRIEF["created_at"], "share": 1}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"brief": BRIEF},
        {"brief_id": "spring"},
        {"brief": BRIEF, "brand": {"brand_id": "ash"}},
        {"brief": BRIEF, "brand": {"brand_id": "ash"}, "brief_id": "spring"},
        {"brief": BRIEF, "brief_id": "spring"},
        {"brief": BRIEF, "brief_id": None, "brand": None},
        {"brief": None, "brief_id": "spring", "brand": None},
        {"brand": {"brand_id": "ash"}},
        {"brand": {"brand_id": "ash"}, "brief": None},
        {"brand": {"brand_id": "ash"}, "brief_id": "spring"},
        {"brand": None},
        {"brief": BRIEF | {"target_genders": {"other": 1}, "target_ages": {"18-24": 1}}},
        {"brief": BRIEF | {"target_genders": {"women": 1}}},
        {"brief": BRIEF | {"target_ages": {"17": 1}}},
        *(
            {
                "creators": [
                    {
                        "creator_id": "ana",
                        "history": {
                            "creators": [{"creator_id": "ana", "platform": "x"}],
                            "audience": [LINE | {"dimension": dimension, "value": value}],
                        },
                    }
                ]
            }
            for dimension in ("country", "gender", "age")
            for value in ("DE", "XX", "other", "65+", "")
        ),
    ],
)
def test_schema_knows_the_rules_between_fields(fields: dict[str, object]) -> None:
    """Where one field decides what another may hold, schema and decoder agree."""
    request = {"creators": [{"creator_id": "ana"}], **fields}
    try:
        decoded = bool(decode.score_request(json.dumps(request).encode()))
    except Problem:
        decoded = False

    assert schema_of("ScoreRequest").is_valid(request) is decoded


@pytest.mark.parametrize(
    ("kind", "field"),
    [("ScoreAnswer", "as_of"), ("CreatorAnswer", "as_of"), ("DataUsed", "last_snapshot_at")],
)
def test_moments_are_said_to_be_moments(kind: str, field: str) -> None:
    """A moment of an answer is described as one, like those of requests."""
    described = DOCUMENT["components"]["schemas"][kind]["properties"][field]

    assert "date-time" in {one.get("format") for one in described.get("anyOf", [described])}


def test_whole_numbers_are_integers() -> None:
    """A count decodes from 12 and from 12.0, and is documented as an integer, which is both."""
    followers = DOCUMENT["components"]["schemas"]["SnapshotRow"]["properties"]["followers"]

    assert followers["type"] == "integer"


@pytest.mark.parametrize(
    ("kind", "field", "words"),
    [
        ("FakeFollowersScore", "share_low", "90 % interval"),
        ("Readiness", "stale", "last good one serves"),
        ("Violation", "pointer", "RFC 6901"),
        ("BriefRow", "deliverables", "how many of each kind"),
    ],
)
def test_fields_say_what_they_mean(kind: str, field: str, words: str) -> None:
    """A field's docstring in the contract is its description in the document."""
    described = DOCUMENT["components"]["schemas"][kind]["properties"][field]["description"]

    assert words in described


@pytest.mark.parametrize("path", ["/v1/score", "/v1/audit"])
def test_examples_keep_to_their_schema(path: str) -> None:
    """An independent judge finds the example of each body valid."""
    content = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    name = content["schema"]["$ref"].rpartition("/")[2]

    assert schema_of(name).is_valid(content["example"])
