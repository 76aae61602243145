"""What a call of the client can end with instead of an answer."""

from serving.problems import ProblemBody


class ClientError(Exception):
    """A call that gave no answer."""


class UnreachableError(ClientError):
    """No connection was made, or it broke before the answer was whole; retried."""


class TooSlowError(ClientError):
    """The answer did not arrive in time; not retried, as the server may be at work on it still."""


class AnswerError(ClientError):
    """The answer is not what the contract says: server and client are of different versions."""


class ProblemError(ClientError):
    """The server refused, and said why.

    Parameters
    ----------
    problem : ProblemBody
        Its type, title, status, detail, and for a 422 its errors.
    request_id : str, optional
        Under which the server's log has the request.
    retry_after : float, optional
        Seconds after which the server asked to be asked again.
    """

    def __init__(
        self, problem: ProblemBody, request_id: str | None, retry_after: float | None
    ) -> None:
        broken = "; ".join(f"{one.pointer or '/'}: {one.rule}" for one in problem.errors or ())
        super().__init__(
            f"{problem.status} {problem.title}: {problem.detail}"
            + (f" ({broken})" if broken else "")
            + (f" [request {request_id}]" if request_id else "")
        )
        self.problem = problem
        self.request_id = request_id
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status


class RequestError(ProblemError):
    """The request breaks the contract: 400, 413, 415, 422."""


class KeyRefusedError(ProblemError):
    """There is no good key, or it lacks the scope: 401, 403."""


class NotFoundError(ProblemError):
    """Nothing of that name is stored: 404."""


class BusyError(ProblemError):
    """The quota is used up, or the server cannot answer now: 429, 503; retried."""


_KINDS: dict[int, type[ProblemError]] = {
    400: RequestError,
    401: KeyRefusedError,
    403: KeyRefusedError,
    404: NotFoundError,
    413: RequestError,
    415: RequestError,
    422: RequestError,
    429: BusyError,
    503: BusyError,
}


def problem_error(
    status: int, problem: ProblemBody, request_id: str | None, retry_after: float | None
) -> ProblemError:
    """Return the exception of a status.

    Parameters
    ----------
    status : int
        Of the response.
    problem : ProblemBody
        What it said.
    request_id : str, optional
        Its X-Request-Id.
    retry_after : float, optional
        Its Retry-After in seconds.
    """
    return _KINDS.get(status, ProblemError)(problem, request_id, retry_after)
