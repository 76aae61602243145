"""Hostile heads: encodings, media types, hosts, targets, methods and keys."""

import gzip
import zlib

from tests.serving.hostile import (
    ENCODED,
    HEAD_TOO_LARGE,
    HOST,
    JSON,
    NO_CREATOR,
    NO_KIND,
    NOT_LOOPBACK,
    ONE_HOST,
    WORD,
    Row,
    headed,
    junk,
    keyed,
    score,
    to,
    wrong_method,
)

BOMB = b'{"creators": "' + WORD.encode() + b"0" * 20_000_000 + b'"}'
KEY = f"Bearer cred_{WORD}_{'0' * 64}"
GETS, POSTS = "GET, HEAD, OPTIONS", "POST, OPTIONS"

HEADS: list[Row] = [
    # Encodings and media types
    headed(
        "gzip bomb", ENCODED, *HOST, *JSON, ("content-encoding", "gzip"), body=gzip.compress(BOMB)
    ),
    headed(
        "deflate bomb",
        ENCODED,
        *HOST,
        *JSON,
        ("content-encoding", "deflate"),
        body=zlib.compress(BOMB),
    ),
    headed("brotli", ENCODED, *HOST, *JSON, ("content-encoding", "br")),
    headed("gzip twice", ENCODED, *HOST, *JSON, ("content-encoding", f"gzip, gzip, {WORD}")),
    headed("empty encoding", ENCODED, *HOST, *JSON, ("content-encoding", "")),
    junk("gzip bomb that says it is JSON", gzip.compress(BOMB)),
    headed("two content types", NO_KIND, *HOST, *JSON, *JSON, body=score()),
    headed("two content types in one", NO_KIND, *HOST, ("content-type", f"{JSON[0][1]}, {WORD}/x")),
    headed("text that says JSON", NO_KIND, *HOST, ("content-type", "text/json"), body=score()),
    headed("charset utf-16", NO_KIND, *HOST, ("content-type", "application/json; charset=utf-16")),
    headed("charset utf-7", NO_KIND, *HOST, ("content-type", "application/json; charset=utf-7")),
    headed(
        "two charsets",
        NO_KIND,
        *HOST,
        ("content-type", f"application/json; charset=utf-8; charset={WORD}"),
    ),
    headed("own parameter", NO_KIND, *HOST, ("content-type", f"application/json; {WORD}=1")),
    headed("JSON of another kind", NO_KIND, *HOST, ("content-type", f"application/{WORD}+json")),
    headed("JSON lines", NO_KIND, *HOST, ("content-type", "application/jsonl"), body=score()),
    headed("pickle", NO_KIND, *HOST, ("content-type", "application/octet-stream"), body=b"\x80\4."),
    # Hosts and targets
    headed("two hosts", ONE_HOST, *HOST, HOST[0], *JSON),
    headed("no host", ONE_HOST, *HOST[1:], *JSON),
    headed("host with a user", NOT_LOOPBACK, ("host", f"{WORD}@localhost"), *JSON),
    headed("host that ends in loopback", NOT_LOOPBACK, ("host", f"{WORD}.localhost"), *JSON),
    headed("host with a dot at its end", NOT_LOOPBACK, ("host", "localhost."), *JSON),
    headed("host as a number", NOT_LOOPBACK, ("host", "2130706433"), *JSON),
    headed("port of six digits", NOT_LOOPBACK, ("host", "localhost:031337"), *JSON),
    headed("forwarded host", NOT_LOOPBACK, ("host", WORD), ("x-forwarded-host", "localhost")),
    to("dot segments", f"/v1/../{WORD}/livez"),
    to("encoded dot segments", f"/{WORD}/%2e%2e/livez"),
    to("encoded slash", f"/v1%2F{WORD}"),
    to("encoded slash in an id", f"/v1/creators/{WORD}%2Fana"),
    to("two slashes", f"//{WORD}/livez"),
    to("backslash", f"/v1\\{WORD}"),
    to("path parameter", f"/livez;{WORD}"),
    to("zero byte in a path", f"/livez%00{WORD}"),
    to("id that is no UTF-8", f"/v1/creators/{WORD}%FF%ED%A0%80", NO_CREATOR),
    to("id of 129 characters", "/v1/creators/" + WORD.ljust(129, "a"), NO_CREATOR),
    to("id with SQL", f"/v1/creators/{WORD}'%20OR%201=1--", NO_CREATOR),
    to("path of 40,000 bytes", "/" + WORD.ljust(40_000, "a"), HEAD_TOO_LARGE),
    headed("header of 40,000 bytes", HEAD_TOO_LARGE, *HOST, ("x-a", WORD.ljust(40_000, "a"))),
    headed("200 headers", HEAD_TOO_LARGE, *HOST, *((f"x-{n}", WORD) for n in range(200))),
    # Methods and keys
    wrong_method("method of its own", WORD.upper(), "/livez", GETS),
    wrong_method("method in lower case", "get", "/livez", GETS),
    wrong_method("delete", "DELETE", f"/v1/creators/{WORD}", GETS),
    wrong_method("trace", "TRACE", "/v1/audit", POSTS),
    wrong_method("score by GET", "GET", "/v1/score", POSTS),
    keyed("two keys", ("authorization", KEY), ("authorization", KEY)),
    keyed("two keys in one", ("authorization", f"{KEY}, {KEY}")),
    keyed("password", ("authorization", f"Basic {WORD}")),
    keyed("key of 20,000 characters", ("authorization", KEY.ljust(20_000, "0"))),
    keyed("key in the query", path=f"/v1/models?authorization={KEY}"),
    keyed("key in a cookie", ("cookie", f"authorization={KEY}")),
]
