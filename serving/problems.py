"""Errors as they leave the service: RFC 9457 problems in words that repeat nothing of the input."""

from collections.abc import Mapping, Sequence

import msgspec

MEDIA_TYPE = "application/problem+json"

TITLES: Mapping[int, str] = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Violation(msgspec.Struct, frozen=True):
    """One broken rule of the contract."""

    pointer: str
    """Where, as an RFC 6901 pointer into the request; it stops above an unknown name."""
    rule: str
    """What is expected there."""


class ProblemBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """An RFC 9457 problem."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    errors: list[Violation] | None = None


class Problem(Exception):  # noqa: N818 (the RFC's own word)
    """A request that is answered with an error.

    Parameters
    ----------
    status : int
        One of `TITLES`.
    detail : str
        What is wrong and what to do, in words of ours only.
    errors : sequence of Violation
        For 422: every broken rule that was found.
    headers : mapping
        Further response headers, such as Allow.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Violation] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {TITLES[status]}: {detail}")
        self.status = status
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def body(self) -> ProblemBody:
        """Return the problem as it is encoded."""
        return ProblemBody(
            TITLES[self.status], self.status, self.detail, errors=self.errors or None
        )


def violated(*broken: tuple[str, str]) -> Problem:
    """Return the 422 for (pointer, rule) pairs.

    Parameters
    ----------
    broken : tuple of str
        Pointer and rule of each.
    """
    return Problem(
        422,
        "the request breaks the contract: see errors, and /openapi.json",
        errors=[Violation(pointer, rule) for pointer, rule in broken],
    )
