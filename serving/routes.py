"""The route table: what /openapi.json documents and what the app answers, in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec

from serving import contract
from serving.http import HTML, JSON
from serving.scopes import METRICS, PUBLIC, READ, SCORE

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The text format of Prometheus."""

HEAD_ERRORS = (400, 405, 408, 421, 431, 500)
"""What any route may answer."""
BODY_ERRORS = (413, 415, 422)
"""What a route that reads a body may answer besides."""
KEY_ERRORS = (401, 403, 429)
"""What a route that asks for a key may answer besides, once there are keys."""


@dataclass(frozen=True)
class Route:
    """One operation; `answer` is None where it is no JSON type of the contract.

    `scope` is what a key must hold to be answered, or `PUBLIC`. There is no default: a route
    without one cannot be written, and one that no key holds is answered to nobody.
    """

    name: str
    method: str
    path: str
    scope: str
    summary: str
    answer: type[msgspec.Struct] | None = None
    request: type[msgspec.Struct] | None = None
    media_type: str = JSON
    errors: tuple[int, ...] = ()

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The methods that it answers."""
        return ("GET", "HEAD", "OPTIONS") if self.method == "GET" else (self.method, "OPTIONS")

    @property
    def allow(self) -> str:
        """The value of Allow."""
        return ", ".join(self.methods)

    @property
    def statuses(self) -> tuple[int, ...]:
        """Every status of an error that the route may answer."""
        keys = () if self.scope == PUBLIC else KEY_ERRORS
        body = BODY_ERRORS if self.request else ()
        return tuple(sorted({*HEAD_ERRORS, *keys, *body, *self.errors}))


ROUTES: tuple[Route, ...] = (
    Route(
        "score",
        "POST",
        "/v1/score",
        SCORE,
        "Score creators, for a brief or without one",
        contract.ScoreAnswer,
        contract.ScoreRequest,
        errors=(404, 503),
    ),
    Route(
        "audit",
        "POST",
        "/v1/audit",
        SCORE,
        "Estimate the inauthentic share of an audience from sampled followers",
        contract.AuditAnswer,
        contract.AuditRequest,
        errors=(503,),
    ),
    Route(
        "creator",
        "GET",
        "/v1/creators/{creator_id}",
        READ,
        "Stored features of a creator with units and percentiles among its peers",
        contract.CreatorAnswer,
        errors=(404, 503),
    ),
    Route(
        "features",
        "GET",
        "/v1/features",
        READ,
        "The feature catalogue",
        contract.FeaturesAnswer,
    ),
    Route(
        "models",
        "GET",
        "/v1/models",
        READ,
        "Served model versions with metrics, data window and card",
        contract.ModelsAnswer,
    ),
    Route("livez", "GET", "/livez", PUBLIC, "Whether the process answers", contract.Alive),
    Route(
        "readyz",
        "GET",
        "/readyz",
        PUBLIC,
        "Whether models are loaded and gave their known answers",
        contract.Readiness,
        errors=(503,),
    ),
    Route(
        "metrics",
        "GET",
        "/metrics",
        METRICS,
        "Prometheus metrics of all workers",
        media_type=METRICS_TYPE,
        errors=(404,),
    ),
    Route("openapi", "GET", "/openapi.json", PUBLIC, "The contract as an OpenAPI 3.1 document"),
    Route("docs", "GET", "/docs", PUBLIC, "The contract as a page to read", media_type=HTML),
)

_EXACT: Mapping[str, Route] = {route.path: route for route in ROUTES if "{" not in route.path}
_CREATOR = next(route for route in ROUTES if route.name == "creator")
_CREATORS = "/v1/creators/"


def find(path: str) -> tuple[Route, str] | None:
    """Return the route of `path` and the value of its parameter ("" without one), or None.

    Parameters
    ----------
    path : str
        The decoded path of a request.
    """
    route = _EXACT.get(path)
    if route is not None:
        return route, ""
    parameter = path.removeprefix(_CREATORS)
    if parameter != path and parameter and "/" not in parameter:
        return _CREATOR, parameter
    return None
