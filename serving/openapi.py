"""The OpenAPI 3.1 document, generated from the routes and the types that decode and encode."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version

import msgspec

from serving.contract import REFERENCE
from serving.http import JSON
from serving.problems import MEDIA_TYPE, TITLES, ProblemBody
from serving.routes import ROUTES, Route
from serving.rows import Id
from serving.schemas import schemas
from serving.scopes import PUBLIC
from serving.specimens import BODIES, CREATOR

Json = dict[str, object]

_MEANINGS: Mapping[int, str] = {
    400: "The request is not HTTP/1.1, or its body is not JSON: NaN, Infinity and bytes that are no"
    " UTF-8 included.",
    401: "The server asks for a key, and there is no valid one in Authorization.",
    403: "The key does not hold the scope of the route.",
    404: "Nothing of that name is stored.",
    405: "The path has other methods: see Allow.",
    408: "The head or the body did not arrive in time.",
    413: "More bytes, creators, history rows or followers than one request may hold.",
    415: "The body is not declared as application/json, or it has a Content-Encoding.",
    421: "There is not one Host, or the server asks for no keys and the Host is not loopback.",
    422: "JSON that breaks the contract: `errors` says where and how.",
    429: "The quota of the key is used up for now: see Retry-After.",
    431: "Too many headers, or too large ones.",
    500: "An error of the service's own.",
    503: "More requests than this server can answer now, or no model that can answer.",
}
_NOT_READY = "No model can answer, or one is refused."
_CHALLENGE = {"WWW-Authenticate": "That a bearer key is asked for, and with which scope."}
_OWN_HEADERS: Mapping[int, Mapping[str, str]] = {
    401: _CHALLENGE,
    403: _CHALLENGE,
    405: {"Allow": "The methods of the path."},
    415: {"Accept-Post": "The media type that the path reads, where another one was sent."},
    429: {"Retry-After": "After how many whole seconds the key is answered again."},
    503: {"Retry-After": "After how many whole seconds to ask again."},
}
_SCHEME = "key"
_KEY: Json = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key that `credence keys create` printed; an operation names its scope.",
}
_REQUEST_ID: Json = {
    "name": "X-Request-Id",
    "in": "header",
    "schema": {"type": "string"},
    "description": "Names the request in its answer and in the log if it is 1 to 64 of"
    " A-Za-z0-9._:-; in place of any other, a new one is made.",
}
_SHARED_HEADERS: Mapping[str, str] = {
    "X-Request-Id": "The request's own X-Request-Id where it is harmless, else a new one.",
    "X-Credence-Models": "Versions of the models that answered, such as conversion=3.",
}


@cache
def document(keyed: bool = False) -> bytes:
    """Return the document as JSON.

    Parameters
    ----------
    keyed : bool
        Whether the server asks for keys. One that does not may do so once a key is made: every
        route says in any case what it then answers.
    """
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Credence",
                "version": version("credence"),
                "description": "Fake-follower risk and conversion likelihood of social-media"
                " creators, calibrated, with intervals and reasons. Without keys the server"
                " answers to loopback only. HEAD is answered wherever GET is, and OPTIONS on every"
                " path, without a key, with a 204 and Allow.",
            },
            "paths": _paths(keyed),
            "components": {
                "securitySchemes": {_SCHEME: _KEY},
                "schemas": schemas(),
                "headers": {
                    name: {"description": text, "schema": {"type": "string"}}
                    for name, text in _SHARED_HEADERS.items()
                },
                "responses": {str(status): _problem(status) for status in _MEANINGS},
            },
        }
    )


def _paths(keyed: bool) -> Json:
    """Return every path with its operations."""
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, keyed)
    return dict(paths)


def _operation(route: Route, keyed: bool) -> Json:
    """Return one operation with every status it may answer."""
    responses: Json = {"200": _success(route)}
    for status in route.statuses:
        responses[str(status)] = {"$ref": f"#/components/responses/{status}"}
    if route.name == "readyz":
        responses["503"] = {**_success(route), "description": _NOT_READY}
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": [*_in_path(route), _REQUEST_ID],
        "responses": responses,
    }
    if keyed and route.scope != PUBLIC:
        operation["security"] = [{_SCHEME: [route.scope]}]
    if route.request is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": _reference(route.request), "example": BODIES[route.name]}},
        }
    return operation


def _in_path(route: Route) -> Iterator[Json]:
    """Yield what the path of a route has a place for."""
    if "{creator_id}" in route.path:
        yield {
            "name": "creator_id",
            "in": "path",
            "required": True,
            "schema": msgspec.json.schema(Id),
            "example": CREATOR["creator_id"],
        }


def _success(route: Route) -> Json:
    """Return what the route answers when all is well."""
    schema: Json = {"type": "string"}
    if route.answer is not None:
        schema = _reference(route.answer)
    elif route.media_type == JSON:
        schema = {"type": "object"}
    return {
        "description": "Answered.",
        "headers": _headers(),
        "content": {route.media_type: {"schema": schema}},
    }


def _problem(status: int) -> Json:
    """Return the response of an error."""
    headers = _headers()
    for name, text in _OWN_HEADERS.get(status, {}).items():
        headers[name] = {"description": text, "schema": {"type": "string"}}
    return {
        "description": f"{TITLES[status]}. {_MEANINGS[status]}",
        "headers": headers,
        "content": {MEDIA_TYPE: {"schema": _reference(ProblemBody)}},
    }


def _headers() -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in _SHARED_HEADERS}


def _reference(kind: type) -> Json:
    return {"$ref": REFERENCE.format(name=kind.__name__)}
