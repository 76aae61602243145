"""A typed client of the service: the structs of the contract in, the structs of the contract out.

It imports no model, no store and no framework: the standard library and the contract.
"""

import re
import ssl
from collections.abc import Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import TypedDict, TypeVar, Unpack
from urllib.parse import quote

import msgspec

from features.errors import InputError
from serving.client_answers import Entries, Scores, decoded, problem_of, scores
from serving.client_errors import BusyError, TooSlowError, UnreachableError
from serving.connections import Asked, Connections
from serving.contract import (
    MOST_CREATORS,
    MOST_HISTORY_ROWS,
    AuditAnswer,
    AuditRequest,
    CreatorAnswer,
    CreatorAsked,
    FeaturesAnswer,
    ModelsAnswer,
    Readiness,
    ScoreRequest,
)
from serving.http import JSON
from serving.pace import Pace
from serving.problems import MEDIA_TYPE
from serving.rows import AccountRow, BrandRow, BriefRow

T = TypeVar("T")

_KEY = re.compile(r"[\x21-\x7e]+")
_encode = msgspec.json.Encoder().encode


class Terms(TypedDict, total=False):
    """What creators are scored for: the fields of a `ScoreRequest` beside them."""

    brief_id: str | None
    brief: BriefRow | None
    brand: BrandRow | None
    as_of: datetime | None
    reasons: int


class Client:
    """Asks a server of `credence serve`; any number of threads may share one.

    Every call only reads, so that each may be repeated: after a connection that could not be made
    or broke, and after a 429 or 503. A Retry-After is waited for; otherwise waits are random and
    grow. Nothing is logged, and redirects are not followed: a key goes to this server only.

    Parameters
    ----------
    base_url : str
        Where the server is; a path where a proxy offers it below one.
    key : str, optional
        What `credence keys create` printed.
    timeout : float
        Seconds that one attempt may take.
    deadline : float
        Seconds that a call may take with all its attempts and waits.
    retries : int
        Attempts after the first.
    connections : int
        How many are kept open while nothing is asked.
    context : ssl.SSLContext, optional
        For https; the system's authorities by default.
    pace : Pace, optional
        How long to wait between attempts, and the clocks.

    Raises
    ------
    InputError
        For a URL or a key that is none.
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:3000",
        key: str | None = None,
        *,
        timeout: float = 10.0,
        deadline: float = 60.0,
        retries: int = 3,
        connections: int = 8,
        context: ssl.SSLContext | None = None,
        pace: Pace | None = None,
    ) -> None:
        if key is not None and not _KEY.fullmatch(key):
            raise InputError("key: expected visible ASCII characters, without spaces or line ends")
        self._connections = Connections(base_url, connections, context)
        self._headers = {"Accept": f"{JSON}, {MEDIA_TYPE}", "User-Agent": "credence-client"}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {key}"
        self._timeout = timeout
        self._deadline = deadline
        self._retries = retries
        self._pace = pace or Pace()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._connections.close()

    def score(self, creators: Iterable[CreatorAsked | str], **terms: Unpack[Terms]) -> Scores:
        """Score up to 500 creators, for a brief or without one.

        Parameters
        ----------
        creators : iterable of CreatorAsked or str
            Creators, or ids of stored ones.
        **terms
            `brief_id` for a stored brief, else `brief` and `brand`; `as_of`, `reasons`.

        Returns
        -------
        Scores
            An entry for each creator, in order; an unknown one is a `CreatorUnknown`.

        Raises
        ------
        ClientError
            Where there is no answer; a `ProblemError` where the server said why.
        """
        asked = _asked(creators)
        body = _encode(ScoreRequest(creators=asked, **terms))
        return scores(asked, self._call("POST", "/v1/score", Entries, body))

    def score_many(
        self, creators: Iterable[CreatorAsked | str], **terms: Unpack[Terms]
    ) -> Iterator[Scores]:
        """Score any number of creators, by requests that the server's limits allow.

        Every answer names its own `as_of` and versions: a server that takes over a newer store in
        between answers the rest with it.

        Parameters
        ----------
        creators : iterable of CreatorAsked or str
            Creators, or ids of stored ones; read as they are asked for.
        **terms
            As for `score`.

        Yields
        ------
        Scores
            One answer after the other; their entries are in the order of the creators.

        Raises
        ------
        ClientError
            As for `score`.
        """
        for part in _parts(creators):
            yield self.score(part, **terms)

    def audit(self, followers: Iterable[AccountRow], *, probabilities: bool = False) -> AuditAnswer:
        """Estimate the inauthentic share of an audience from up to 10,000 sampled followers.

        Parameters
        ----------
        followers : iterable of AccountRow
            The sampled accounts.
        probabilities : bool
            Whether to give one for each account too.
        """
        body = _encode(AuditRequest(tuple(followers), probabilities))
        return self._call("POST", "/v1/audit", AuditAnswer, body)

    def creator(self, creator_id: str) -> CreatorAnswer:
        """Return a stored creator's features beside its peers.

        Parameters
        ----------
        creator_id : str
            Whose.
        """
        return self._call("GET", f"/v1/creators/{quote(creator_id, safe='')}", CreatorAnswer)

    def features(self) -> FeaturesAnswer:
        """Return the feature catalogue."""
        return self._call("GET", "/v1/features", FeaturesAnswer)

    def models(self) -> ModelsAnswer:
        """Return the served model versions."""
        return self._call("GET", "/v1/models", ModelsAnswer)

    def ready(self) -> Readiness:
        """Return what the server can answer with; its `status` is "ready" if it is."""
        return self._call("GET", "/readyz", Readiness)

    def _call(self, method: str, path: str, kind: type[T], body: bytes | None = None) -> T:
        """Return the answer to one request, asked again as often as it takes and is allowed."""
        until = self._pace.clock() + self._deadline
        headers = self._headers if body is None else {**self._headers, "Content-Type": JSON}
        asked = Asked(method, self._connections.prefix + path, body, headers)
        attempt = 0
        while True:
            try:
                return self._attempt(asked, kind, until)
            except (BusyError, UnreachableError) as error:
                told = error.retry_after if isinstance(error, BusyError) else None
                wait = self._pace.wait(attempt, told)
                if attempt >= self._retries or wait is None or self._pace.clock() + wait >= until:
                    raise
            self._pace.sleep(wait)
            attempt += 1

    def _attempt(self, asked: Asked, kind: type[T], until: float) -> T:
        """Return the answer to one attempt."""
        clock = self._pace.clock
        end = min(clock() + self._timeout, until)

        def left() -> float:
            seconds = end - clock()
            if seconds <= 0:
                raise TooSlowError("the answer did not arrive in time")
            return seconds

        reply = self._connections.ask(asked, left)
        # A server that is not ready says what it lacks with a 503 that is no problem.
        if reply.headers.get_content_type() == JSON and reply.status in (200, 503):
            return decoded(reply, kind)
        raise problem_of(reply, self._pace)


def _asked(creators: Iterable[CreatorAsked | str]) -> tuple[CreatorAsked, ...]:
    if isinstance(creators, str):
        raise TypeError("creators: expected several; write [creator] for one")
    return tuple(CreatorAsked(one) if isinstance(one, str) else one for one in creators)


def _parts(creators: Iterable[CreatorAsked | str]) -> Iterator[list[CreatorAsked]]:
    """Yield the creators in runs that one request may hold."""
    part: list[CreatorAsked] = []
    rows = 0
    for one in _asked(creators):
        more = _rows(one)
        if part and (len(part) == MOST_CREATORS or rows + more > MOST_HISTORY_ROWS):
            yield part
            part, rows = [], 0
        part.append(one)
        rows += more
    if part:
        yield part


def _rows(creator: CreatorAsked) -> int:
    """Return how many rows of history a creator brings."""
    history = creator.history
    return 0 if history is None else sum(map(len, msgspec.structs.astuple(history)))
