"""A request on its way to an answer, and what is answered where that fails."""

import logging

from serving import logs
from serving.http import Answer, Head, Scope, given_id, problem_answer
from serving.problems import Problem
from serving.series import UNROUTED

_log = logging.getLogger("credence")


class Asked:
    """A request that is being answered; `route` is the template of its path once that is known."""

    __slots__ = ("head", "method", "name", "path", "route", "status")

    def __init__(self, scope: Scope, number: str) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.head = Head(scope)
        self.name = given_id(self.head) or number
        self.route = UNROUTED
        self.status = 500


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
