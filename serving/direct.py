"""The direct way to scores: without a task of the event loop, and by a head that came before.

Both take as long as a score does.
"""

from collections.abc import Callable, Hashable
from functools import partial
from typing import NoReturn

from serving import decode, scopes
from serving.admission import Admission, Done, Outcome
from serving.asked import Asked, failed
from serving.contract import ScoreRequest
from serving.endpoints import Endpoints
from serving.gate import presented_by
from serving.heads import Known
from serving.http import (
    Answer,
    Disconnected,
    Head,
    Headers,
    Scope,
    refuse_other_than_plain_json,
)
from serving.light import LIGHT_BYTES, TakesLong, is_light
from serving.problems import Problem
from serving.reception import Reception
from serving.series import GONE

Reply = Callable[[Answer, Headers], None]
"""Called once, now or later on the event loop, with what the ASGI app would send."""

Gone = Callable[[], bool]

SCORE = "/v1/score"

# A request that names itself does so once; what else these say is for the parser to understand.
_NOT_AGAIN = (b"x-request-id", b"transfer-encoding", b"connection", b"upgrade", b"expect")
_LENGTH_DIGITS = 8


def _never() -> bool:
    """Return that the client is there."""
    return False


class Direct:
    """Answers requests for scores that have arrived as a whole.

    Parameters
    ----------
    reception : Reception
        Every request goes through it.
    admission : Admission
        Where they wait for their turn.
    endpoints : Endpoints
        What makes the answer.
    """

    def __init__(self, reception: Reception, admission: Admission, endpoints: Endpoints) -> None:
        self._reception, self._admission, self._endpoints = reception, admission, endpoints

    def offer(self, scope: Scope, body: bytes, reply: Reply, gone: Gone = _never) -> bool:
        """Answer a request, if it is one for scores and not long.

        Parameters
        ----------
        scope : Scope
            The ASGI scope.
        body : bytes
            The whole body.
        reply : callable
            Called once, unless this returns False, or the client is gone.
        gone : callable
            Says whether the client is.

        Returns
        -------
        bool
            Whether it will be answered; if not, the app is to be called.
        """
        if scope["path"] != SCORE or scope["method"] != "POST" or len(body) > LIGHT_BYTES:
            return False
        started, asked = self._reception.begin(scope)
        done = partial(self._end, asked, started, reply)
        try:
            self._reception.admit(asked)
            refuse_other_than_plain_json(asked.head)
        except Exception as error:
            done(partial(_raise, error))
            return True
        self.score(asked.client, body, done, gone)
        return True

    def known(self, scope: Scope) -> Known | None:
        """Return what there is to know of a head that may come again, None of any other.

        Parameters
        ----------
        scope : Scope
            The ASGI scope.
        """
        if scope["path"] != SCORE or scope["method"] != "POST" or scope["http_version"] != "1.1":
            return None
        head = Head(scope)
        length = head.only(b"content-length") or b""
        if not 0 < len(length) <= _LENGTH_DIGITS or int(length) > LIGHT_BYTES:
            return None
        if any(map(head.has, _NOT_AGAIN)):
            return None
        try:
            self._reception.refuse_bad_head(head)
            refuse_other_than_plain_json(head)
        except Problem:
            return None
        # Nothing of a key is kept but its digest.
        shown = [pair for pair in scope["headers"] if pair[0] != b"authorization"]
        return Known(int(length), Head({"headers": shown}), presented_by(head))

    def again(
        self, known: Known, body: bytes, client: str, reply: Reply, gone: Gone = _never
    ) -> None:
        """Answer a request whose head is known.

        Parameters
        ----------
        known : Known
            Its head.
        body : bytes
            The whole body.
        client : str
            The address that it comes from.
        reply, gone : callable
            As those of `offer`.
        """
        reception = self._reception
        started = reception.metrics.began()
        asked = Asked("POST", SCORE, known.head, reception.number(), client)
        asked.route = SCORE
        done = partial(self._end, asked, started, reply)
        try:
            client = reception.gate.admit(known.key, scopes.SCORE) or client
        except Exception as error:
            done(partial(_raise, error))
            return
        self.score(client, body, done, gone)

    def score(self, client: Hashable, body: bytes, done: Done[Answer], gone: Gone = _never) -> None:
        """Score what a body asks for when its turn has come.

        Parameters
        ----------
        client : hashable
            Who asks.
        body : bytes
            Soon decoded.
        done : callable
            Called on the event loop with what returns or raises what came of it.
        gone : callable
            Says whether the client is.
        """
        work = partial(_decoded, gone, body)
        self._admission.soon(client, work, partial(self._begun, client, done, gone))

    def _begun(
        self, client: Hashable, done: Done[Answer], gone: Gone, outcome: Outcome[ScoreRequest]
    ) -> None:
        """Go on with a request whose turn has come."""
        try:
            request = outcome()
        except Exception as error:
            done(partial(_raise, error))
            return
        answer = None
        try:
            if is_light(request):
                answer = self._endpoints.score(request, prompt=True)
        except TakesLong:
            pass
        except Exception as error:
            done(partial(_raise, error))
            return
        if answer is None:
            self._admission.aside(client, partial(self._score, gone, request), done)
        else:
            done(partial(_told, answer))

    def _score(self, gone: Gone, request: ScoreRequest) -> Answer:
        """Score in a thread, if it is still asked for."""
        if gone():
            raise Disconnected
        return self._endpoints.score(request)

    def _end(self, asked: Asked, started: int, reply: Reply, outcome: Outcome[Answer]) -> None:
        """Answer a request."""
        try:
            answer = outcome()
        except Disconnected:
            self._reception.metrics.ended(asked.route, GONE, started)
            return
        except Exception as error:
            answer = failed(error, asked)
        self._reception.metrics.ended(asked.route, answer.status, started)
        reply(answer, self._reception.headers(asked, answer))


def _decoded(gone: Gone, body: bytes) -> ScoreRequest:
    """Return a request, if it is still asked."""
    if gone():
        raise Disconnected
    return decode.score_request(body)


def _told(answer: Answer) -> Answer:
    return answer


def _raise(error: Exception) -> NoReturn:
    raise error
