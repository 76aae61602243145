"""How a hostile request and the exact problem it is answered by are written as one row."""

from typing import NamedTuple

from serving.contract import MOST_BYTES
from serving.problems import Problem, violated

WORD, DIGITS = "c4n4ry", "31337"
CANARIES = (WORD, DIGITS)
"""What stands in the requests and must not stand in any answer."""

Headers = tuple[tuple[str, str], ...]
HOST: Headers = (("host", "localhost"), ("user-agent", WORD), ("x-request-id", "one"))
JSON: Headers = (("content-type", "application/json"),)


class Row(NamedTuple):
    """A request and its answer."""

    name: str
    answer: Problem
    method: str = "POST"
    path: str = "/v1/score"
    headers: Headers = HOST + JSON
    body: bytes = b"{}"
    keyed: bool = False


NOT_JSON = Problem(400, "the body is not JSON in UTF-8; NaN and Infinity are not JSON either")
TOO_DEEP = Problem(400, "the body is nested too deeply")
NO_KEY = Problem(401, "send one valid key: Authorization: Bearer KEY")
NO_PATH = Problem(404, "no such path: see /openapi.json")
NO_CREATOR = Problem(404, "this creator is not published: publish its tables first")
TOO_LARGE = Problem(413, f"a body has at most {MOST_BYTES} bytes")
ENCODED = Problem(415, "send the body without a Content-Encoding")
NO_KIND = Problem(415, "send application/json with that Content-Type")
NOT_LOOPBACK = Problem(
    421, "this server answers to loopback only: use 127.0.0.1, localhost or [::1]"
)
ONE_HOST = Problem(421, "send one Host")
HEAD_TOO_LARGE = Problem(431, "at most 100 headers and 32768 bytes of them are read")
NO_ID = "not of the form that /openapi.json gives"
NO_TIME = "Invalid RFC3339 encoded datetime"
NO_OPTION = "not one of the values allowed here"


def score(more: str = "", creator: str = "") -> bytes:
    """Return a body that asks for one creator, with these further fields as JSON text."""
    return f'{{"creators": [{{"creator_id": "{WORD}"{creator}}}]{more}}}'.encode()


def history(table: str, row: str) -> bytes:
    """Return a body with a history of one creator and one row of a table."""
    creators = f'"creators": [{{"creator_id": "{WORD}", "platform": "x"}}]'
    return score(creator=f', "history": {{{creators}, "{table}": [{row}]}}')


def snapshot(followers: str, more: str = "") -> bytes:
    """Return a body with one snapshot."""
    observed = '"observed_at": "2026-01-01T00:00:00Z"'
    return history(
        "snapshots", f'{{"creator_id": "{WORD}", {observed}, "followers": {followers}{more}}}'
    )


def brief(more: str) -> bytes:
    """Return a body with a brief of these further fields."""
    ids = f'"brief_id": "{WORD}", "brand_id": "{WORD}"'
    return score(f', "brief": {{{ids}, "created_at": "2026-01-01T00:00:00Z"{more}}}')


def account(more: str, count: str = "1") -> bytes:
    """Return a body with one account to audit."""
    return f'{{"followers": [{{"followers": {count}, "following": 1, "posts": 1{more}}}]}}'.encode()


def breaks(name: str, body: bytes, pointer: str, rule: str, path: str = "/v1/score") -> Row:
    """Return a row that is JSON and breaks one rule of the contract."""
    return Row(name, violated((pointer, rule)), path=path, body=body)


def junk(name: str, body: bytes, answer: Problem = NOT_JSON) -> Row:
    """Return a row whose body is refused as a whole."""
    return Row(name, answer, body=body)


def to(name: str, path: str, answer: Problem = NO_PATH, method: str = "GET") -> Row:
    """Return a row whose target is refused."""
    return Row(name, answer, method, path, HOST, b"")


def headed(name: str, answer: Problem, *headers: tuple[str, str], body: bytes = b"{}") -> Row:
    """Return a row whose headers are refused."""
    return Row(name, answer, headers=headers, body=body)


def keyed(name: str, *headers: tuple[str, str], path: str = "/v1/models") -> Row:
    """Return a row that presents no valid key to a server that asks for one."""
    return Row(name, NO_KEY, "GET", path, HOST + headers, b"", keyed=True)


def wrong_method(name: str, method: str, path: str, allow: str) -> Row:
    """Return a row of a method that its path does not have."""
    return to(name, path, Problem(405, f"this path answers {allow}"), method)
