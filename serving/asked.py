"""A request on its way to an answer, and what is answered where that fails."""

import logging

from serving import logs
from serving.http import Answer, Head, Scope, given_id, problem_answer
from serving.problems import Problem
from serving.series import UNROUTED

_log = logging.getLogger("credence")


class Asked:
    """A request that is being answered; `route` is the template of its path once that is known.

    `client` is who asks: the address it comes from, and its key's id once that is known.
    """

    __slots__ = ("client", "head", "method", "name", "path", "route", "status")

    def __init__(self, method: str, path: str, head: Head, name: str, client: str) -> None:
        self.method = method
        self.path = path
        self.head = head
        self.name = name
        self.client = client
        self.route = UNROUTED
        self.status = 500

    @classmethod
    def of(cls, scope: Scope, number: str) -> "Asked":
        """Return a request by its ASGI scope, named as it names itself, else by the number."""
        head = Head(scope)
        client = (scope.get("client") or ("",))[0]
        return cls(scope["method"], scope["path"], head, given_id(head) or number, client)


def failed(error: Exception, asked: Asked) -> Answer:
    """Return the answer that tells of a problem, or that the service failed."""
    if isinstance(error, Problem):
        return problem_answer(error)
    _log_crash(error, asked.name)
    return problem_answer(Problem(500, "the service failed; its log has more"))


def _log_crash(error: Exception, request: str) -> None:
    """Log where it failed; the message of an exception may hold what was sent."""
    name = type(error).__name__
    told = logs.event("request_failed", request=request, error=name, at=logs.where(error))
    _log.error("request %s failed: %s", request, name, extra=told)
