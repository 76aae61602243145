"""The OpenAPI document against the routes and the types it describes."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from serving import openapi
from serving.problems import TITLES
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
