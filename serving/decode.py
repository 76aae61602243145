"""From the bytes of a body to a typed request, or to the 400, 413 or 422 that says why not."""

import re
from collections.abc import Iterator
from operator import attrgetter
from typing import TypeVar

import msgspec

from features.arrays import AGES, GENDERS
from features.countries import COUNTRIES
from serving.contract import (
    MOST_CREATORS,
    MOST_FOLLOWERS,
    MOST_HISTORY_ROWS,
    AuditRequest,
    ScoreRequest,
)
from serving.problems import Problem, violated
from serving.rows import History

T = TypeVar("T")

_MOST_VIOLATIONS = 20
_SCORE = msgspec.json.Decoder(ScoreRequest)
_AUDIT = msgspec.json.Decoder(AuditRequest)
_ANY = msgspec.json.Decoder(msgspec.Raw)

_WHERE = re.compile(r" - at (?:`key` in )?`\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\[(?P<index>\d+)\]")
# Only these messages of the decoder hold no value of the input.
_SAFE = re.compile(
    r"Expected |Object missing required field |Invalid RFC3339|Integer value out of|Number out of"
)
_UNKNOWN_FIELD = "Object contains unknown field"
_NOT_AN_OPTION = "Invalid enum value"


def score_request(body: bytes) -> ScoreRequest:
    """Return the request of POST /v1/score.

    Parameters
    ----------
    body : bytes
        The body as received.

    Raises
    ------
    Problem
        400 where it is not JSON, 413 over a limit of rows, 422 where it breaks the contract.
    """
    request = _decoded(_SCORE, body)
    if len(request.creators) > MOST_CREATORS:
        raise Problem(
            413, f"a request scores at most {MOST_CREATORS} creators: send several requests"
        )
    if _is_plain(request):
        return request
    _refuse_too_many_rows(request)
    broken = [found for found, _ in zip(_broken(request), range(_MOST_VIOLATIONS), strict=False)]
    if broken:
        raise violated(*broken)
    return request


def audit_request(body: bytes) -> AuditRequest:
    """Return the request of POST /v1/audit.

    Parameters
    ----------
    body : bytes
        The body as received.

    Raises
    ------
    Problem
        400 where it is not JSON, 413 over a limit of rows, 422 where it breaks the contract.
    """
    request = _decoded(_AUDIT, body)
    if len(request.followers) > MOST_FOLLOWERS:
        raise Problem(413, f"a request audits at most {MOST_FOLLOWERS} followers: send a sample")
    return request


def rows_of(history: History) -> int:
    """Return how many rows a history has in all.

    Parameters
    ----------
    history : History
    """
    return sum(map(len, _tables(history)))


def _decoded(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """Return `body` as the decoder's type."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        # The decoder stops at the first break of the contract, before it has seen the rest.
        _refuse_other_than_json(body)
        raise violated(_violation(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _not_json() from None
    except RecursionError:
        raise _too_deep() from None


def _refuse_other_than_json(body: bytes) -> None:
    """Raise the 400 where the whole of `body` is not one JSON text in UTF-8."""
    try:
        body.decode()
        _ANY.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _not_json() from None
    except RecursionError:
        raise _too_deep() from None


def _not_json() -> Problem:
    return Problem(400, "the body is not JSON in UTF-8; NaN and Infinity are not JSON either")


def _too_deep() -> Problem:
    return Problem(400, "the body is nested too deeply")


def _violation(message: str) -> tuple[str, str]:
    """Return pointer and rule of a decoder's message, without any value of the input."""
    where = _WHERE.search(message)
    pointer = _pointer(where["path"]) if where else ""
    text = message[: where.start()] if where else message
    if text.startswith(_UNKNOWN_FIELD):
        return pointer, "unknown field"
    if "matching regex" in text:
        return pointer, "not of the form that /openapi.json gives"
    if text.startswith(_NOT_AN_OPTION):
        return pointer, "not one of the values allowed here"
    return pointer, text if _SAFE.match(text) else "not what the contract expects here"


def _pointer(path: str) -> str:
    """Return the RFC 6901 pointer of a decoder's path; it stops above a key of the input's own."""
    pointer, at = "", 0
    while step := _STEP.match(path, at):
        pointer += "/" + (step["name"] or step["index"])
        at = step.end()
    return pointer


def _is_plain(request: ScoreRequest) -> bool:
    """Return whether types alone say all that there is to say of a request."""
    brings = request.brief is not None or request.brand is not None
    return not brings and all(creator.history is None for creator in request.creators)


def _refuse_too_many_rows(request: ScoreRequest) -> None:
    """Raise the 413 where the histories hold more rows than one request may."""
    rows = followers = 0
    for creator in request.creators:
        if creator.history is not None:
            rows += rows_of(creator.history)
            followers = max(followers, len(creator.history.followers))
    if rows > MOST_HISTORY_ROWS:
        raise Problem(413, f"a request holds at most {MOST_HISTORY_ROWS} history rows in all")
    if followers > MOST_FOLLOWERS:
        raise Problem(413, f"a history holds at most {MOST_FOLLOWERS} followers: send a sample")


TABLES = (
    "creators",
    "snapshots",
    "posts",
    "post_metrics",
    "audience",
    "followers",
    "collaborations",
    "outcomes",
)
_tables = attrgetter(*TABLES)
_owner = attrgetter("creator_id")
_VALUES = {
    "country": frozenset(COUNTRIES),
    "gender": frozenset(GENDERS),
    "age": frozenset(AGES),
}
_OWNED = ("creators", "snapshots", "posts", "audience", "followers", "collaborations")


def _broken(request: ScoreRequest) -> Iterator[tuple[str, str]]:
    """Yield what types alone cannot say."""
    if request.brief is not None and request.brief_id is not None:
        yield "/brief_id", "give brief_id or brief, not both"
    if request.brand is not None:
        if request.brief is None:
            yield "/brand", "a brand is given beside a brief only"
        elif request.brand.brand_id != request.brief.brand_id:
            yield "/brand/brand_id", "the brand is not the brief's"
    for i, creator in enumerate(request.creators):
        if creator.history is not None:
            above = f"/creators/{i}/history"
            yield from _foreign_rows(creator.creator_id, creator.history, above)
            yield from _misplaced_values(creator.history, above)


def _foreign_rows(creator_id: str, history: History, above: str) -> Iterator[tuple[str, str]]:
    """Yield every row of the history that is another creator's."""
    for name in _OWNED:
        rows = getattr(history, name)
        # All rows are looked at again only where one is.
        if not rows or set(map(_owner, rows)) == {creator_id}:
            continue
        for i, row in enumerate(rows):
            if row.creator_id != creator_id:
                yield f"{above}/{name}/{i}/creator_id", "the row is another creator's"


def _misplaced_values(history: History, above: str) -> Iterator[tuple[str, str]]:
    """Yield every line of a breakdown whose value is none of its dimension."""
    if not history.audience:
        return
    distinct = {(row.dimension, row.value) for row in history.audience}
    if all(value in _VALUES[dimension] for dimension, value in distinct):
        return
    for i, row in enumerate(history.audience):
        if row.value not in _VALUES[row.dimension]:
            yield f"{above}/audience/{i}/value", "not a value of this dimension"
