"""What a server answers, as the client hands it out: a struct of the contract, or an error."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from serving.client_errors import AnswerError, ProblemError, problem_error
from serving.connections import Reply
from serving.contract import CreatorAsked, CreatorScore, CreatorUnknown, ScoreAnswer
from serving.pace import Pace
from serving.problems import MEDIA_TYPE, ProblemBody

T = TypeVar("T")


class Scores(ScoreAnswer, frozen=True):
    """Scores in the order asked, each entry of its kind."""

    scores: list[CreatorScore | CreatorUnknown]


class Entries(ScoreAnswer, frozen=True):
    """What arrives: nothing but their fields tells the two kinds of entries apart."""

    scores: list[msgspec.Raw]


def decoded(reply: Reply, kind: type[T]) -> T:
    """Return a body as its type; a field that a newer server adds is let pass.

    Parameters
    ----------
    reply : Reply
        The response.
    kind : type
        What the contract says that it holds.

    Raises
    ------
    AnswerError
        Where a field is missing or of another type.
    """
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _drift(kind, error) from None


def scores(asked: Sequence[CreatorAsked], answer: Entries) -> Scores:
    """Return the answer with each entry as its kind.

    Parameters
    ----------
    asked : sequence of CreatorAsked
        Whom the answer is to be about, in order.
    answer : Entries
        As it arrived.

    Raises
    ------
    AnswerError
        Where an entry is neither kind, or about another creator.
    """
    entries = [_entry(raw) for raw in answer.scores]
    if [entry.creator_id for entry in entries] != [one.creator_id for one in asked]:
        raise AnswerError("the answer is not the contract's: other creators than were asked about")
    return Scores(**{**msgspec.structs.asdict(answer), "scores": entries})


def _entry(raw: msgspec.Raw) -> CreatorScore | CreatorUnknown:
    try:
        return msgspec.json.decode(raw, type=CreatorScore)
    except msgspec.DecodeError as error:
        try:
            return msgspec.json.decode(raw, type=CreatorUnknown)
        except msgspec.DecodeError:
            raise _drift(CreatorScore, error) from None


def _drift(kind: type, error: Exception) -> AnswerError:
    """Say which type and field; the decoder's own words may hold a value of the answer."""
    _, _, place = str(error).rpartition(" - at ")
    return AnswerError(
        f"the answer is not the contract's {kind.__name__}, at {place or '`$`'}: are client and"
        " server of the same version?"
    )


def problem_of(reply: Reply, pace: Pace) -> ProblemError:
    """Return the error that a response tells of; a proxy's has no problem in it.

    Parameters
    ----------
    reply : Reply
        The response.
    pace : Pace
        Reads its Retry-After.
    """
    headers = reply.headers
    if headers.get_content_type() == MEDIA_TYPE:
        problem = decoded(reply, ProblemBody)
    else:
        detail = "the answer is none of the service's: is there a proxy in between?"
        problem = ProblemBody(reply.reason, reply.status, detail)
    wait = pace.retry_after(headers["Retry-After"], headers["Date"])
    return problem_error(reply.status, problem, headers["X-Request-Id"], wait)
