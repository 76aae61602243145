"""Hostile bytes on a connection, and every answer that comes back."""

from typing import NamedTuple

from serving.http import MOST_HEADER_BYTES
from serving.problems import Problem, violated
from tests.serving.hostile import (
    HEAD_TOO_LARGE,
    NO_KIND,
    NO_PATH,
    NOT_JSON,
    NOT_LOOPBACK,
    ONE_HOST,
    TOO_LARGE,
    WORD,
    wrong_method,
)
from tests.serving.hostile_heads import GETS, POSTS


class Alive(NamedTuple):
    """The answer of GET /livez, to what is odd but harmless."""


class Wire(NamedTuple):
    """Bytes, and the answers to them in order."""

    name: str
    sent: bytes
    answers: tuple[Problem | Alive, ...]
    cut: bool = False
    """Say after them that nothing more comes."""


ALIVE = Alive()
UNPARSED = Problem(400, "what was sent is no HTTP/1.1 request")
HEAD_UNENDING = Problem(431, f"the head of a request has at most {MOST_HEADER_BYTES} bytes")
UNKNOWN_FIELD = violated(("", "unknown field"))
NOT_GET = wrong_method("", "", "", GETS).answer
NOT_POST = wrong_method("", "", "", POSTS).answer

HOST, CLOSE, JSON = "Host: localhost", "Connection: close", "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
UPGRADE = "Connection: Upgrade"
BODY = b'{"c4n4ry":1}'
CHUNKS = b"c\r\n" + BODY + b"\r\n0\r\n\r\n"


def head(line: str, *headers: str, ends: str = "\r\n") -> bytes:
    """Return a head of just these lines."""
    return (ends.join([line, *headers]) + 2 * ends).encode("latin-1")


def get(target: str, *headers: str, version: str = "1.1", method: str = "GET") -> bytes:
    """Return a request without a body that closes the connection."""
    return head(f"{method} {target} HTTP/{version}", HOST, CLOSE, *headers)


def post(*headers: str, body: bytes = BODY, close: str = CLOSE, version: str = "1.1") -> bytes:
    """Return a POST that closes the connection, with just these headers about its body."""
    return head(f"POST /v1/score?c4n4ry HTTP/{version}", HOST, JSON, close, *headers) + body


def chunked(body: bytes, *headers: str) -> bytes:
    """Return a POST of chunks as they are given."""
    return post(CHUNKED, *headers, body=body)


def one(name: str, sent: bytes, *answers: Problem | Alive) -> Wire:
    """Return a row that is no HTTP, unless other answers are given."""
    return Wire(name, sent, answers or (UNPARSED,))


LENGTH = "Content-Length: 12"
STAYING = head("GET /c4n4ry HTTP/1.1", HOST)
BESIDE = post(LENGTH, close="Connection: keep-alive")
SLOW = post(LENGTH, close="Connection: keep-alive", body=b"")

WIRES: list[Wire] = [
    # Where a body ends: what proxies and servers understand differently carries a second request
    one("two lengths", post(LENGTH, LENGTH)),
    one("lengths that differ", post(LENGTH, "Content-Length: 13")),
    one("list of lengths", post("Content-Length: 12, 12")),
    one("length and chunks", post(LENGTH, CHUNKED, body=CHUNKS)),
    one("chunks and length", post(CHUNKED, LENGTH, body=CHUNKS)),
    one("request behind chunks", post("Content-Length: 5", CHUNKED, body=b"0\r\n\r\n" + STAYING)),
    one("negative length", post("Content-Length: -12")),
    one("length with a sign", post("Content-Length: +12")),
    one("hexadecimal length", post("Content-Length: 0xc")),
    one("no digit of a length", post("Content-Length: ")),
    one("length of 5,000 digits", post(f"Content-Length: {'31337' * 1000}", body=b"")),
    one("length that is a word", post(f"Content-Length: {WORD}")),
    one("space before the colon", post("Content-Length : 12")),
    one("length with zeros before it", post("Content-Length: 00012"), UNKNOWN_FIELD),
    one("length too small", post("Content-Length: 5", close=""), NOT_JSON, UNPARSED),
    Wire("length too large", post("Content-Length: 100"), (), cut=True),
    one("too long by a byte", post("Content-Length: 8388609", body=b" "), TOO_LARGE),
    one("no length at all", post(), NOT_JSON),
    one("chunks by another name", post("Transfer-Encoding: xchunked", body=CHUNKS)),
    one("chunks behind a tab", post("Transfer-Encoding: \x0bchunked", body=CHUNKS)),
    one("chunks twice", post(CHUNKED, CHUNKED, body=CHUNKS)),
    one("chunks that are not the last", post("Transfer-Encoding: chunked, gzip", body=CHUNKS)),
    one("compressed", post("Transfer-Encoding: gzip")),
    one("chunks that are none", post("Transfer-Encoding: identity", LENGTH)),
    one("chunks", chunked(CHUNKS), UNKNOWN_FIELD),
    one("chunks in capitals", post("Transfer-Encoding: CHUNKED", body=CHUNKS), UNKNOWN_FIELD),
    one("chunk of no length", chunked(b"c4n4ry\r\n")),
    one("chunk of 0xc", chunked(b"0x" + CHUNKS)),
    one("negative chunk", chunked(b"-" + CHUNKS)),
    one("chunk of 17 digits", chunked(b"f" * 17 + CHUNKS)),
    one("chunk with a space", chunked(CHUNKS.replace(b"c\r", b"c \r", 1))),
    one("chunk with bare line ends", chunked(CHUNKS.replace(b"\r\n", b"\n"))),
    one("chunk longer than it says", chunked(b"b" + CHUNKS[1:])),
    one(
        "chunk with an extension", chunked(CHUNKS.replace(b"\r", b";c4n4ry=1\r", 1)), UNKNOWN_FIELD
    ),
    one("extension without end", chunked(b"c;" + WORD.encode() * 100_000), HEAD_UNENDING),
    one("host behind a body", chunked(CHUNKS[:-2] + b"Host: c4n4ry\r\n\r\n"), UNKNOWN_FIELD),
    one(
        "media type behind a body",
        head("POST /v1/score HTTP/1.1", HOST, CLOSE, CHUNKED)
        + CHUNKS[:-2]
        + f"{JSON}\r\n\r\n".encode(),
        NO_KIND,
    ),
    one("trailers without end", chunked(CHUNKS[:-2] + b"X-A: c4n4ry\r\n" * 50_000), HEAD_UNENDING),
    one("request in a body", get("/livez", f"Content-Length: {len(STAYING)}") + STAYING, ALIVE),
    # What is no line, and no header
    one("garbage", b"c4n4ry\r\n\r\n"),
    one("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfcc4n4ry\r\n\r\n"),
    one("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    one("HTTP/0.9", b"GET /c4n4ry\r\n\r\n"),
    one("HTTP/2 as words", b"GET /c4n4ry HTTP/2.0\r\nHost: localhost\r\n\r\n"),
    one("HTTP/9.9", get("/livez?c4n4ry", version="9.9")),
    one("HTTP in lower case", head("GET /c4n4ry http/1.1", HOST)),
    one("bare line feeds", head("GET /c4n4ry HTTP/1.1", HOST, ends="\n")),
    one("bare carriage returns", head("GET /c4n4ry HTTP/1.1", HOST, ends="\r")),
    one("line feed in a header", get("/livez", "X-A: a\nX-B: c4n4ry")),
    one("carriage return in a header", get("/livez", "X-A: a\rX-B: c4n4ry")),
    one("folded header", get("/livez", "X-A: a\r\n c4n4ry")),
    one("folded host", head("GET /c4n4ry HTTP/1.1", " " + HOST)),
    one("header without a colon", get("/livez", WORD)),
    one("header without a name", get("/livez", f": {WORD}")),
    one("space in a name", get("/livez", f"X A: {WORD}")),
    one("zero byte in a header", get("/livez", "X-A: c4n\x00ry")),
    one("delete in a header", get("/livez", f"X-A: {WORD}\x7f")),
    one("bytes in a header", get("/livez", f"X-A: {WORD}\xe9"), ALIVE),
    one("bytes in a host", head("GET / HTTP/1.1", f"Host: {WORD}\xe9", CLOSE), NOT_LOOPBACK),
    one(
        "bytes in a media type",
        head("POST /v1/score HTTP/1.1", HOST, CLOSE, f"{JSON}\xe9"),
        NO_KIND,
    ),
    one("bytes in a request's name", get("/livez", f"X-Request-Id: {WORD}\xe9"), ALIVE),
    one("empty host", head("GET /c4n4ry HTTP/1.1", "Host:", CLOSE), NOT_LOOPBACK),
    one("HTTP/1.0 without host", head("GET /c4n4ry HTTP/1.0"), ONE_HOST),
    one("HTTP/1.1 without host", head("GET /c4n4ry HTTP/1.1", CLOSE), ONE_HOST),
    one(
        "header without end",
        head("GET / HTTP/1.1", HOST)[:-2] + b"X-A: " + b"a" * 70_000,
        HEAD_UNENDING,
    ),
    one(
        "headers without end",
        head("GET / HTTP/1.1", HOST)[:-2] + b"X-A: a\r\n" * 9_000,
        HEAD_UNENDING,
    ),
    one("target without end", b"GET /" + WORD.encode() * 15_000, HEAD_UNENDING),
    one("name without end", b"GET / HTTP/1.1\r\n" + WORD.encode() * 15_000, HEAD_UNENDING),
    one("header of 40,000 bytes", get("/livez", "X-A: " + "a" * 40_000), HEAD_TOO_LARGE),
    # Targets and methods
    one("absolute target", get("http://c4n4ry.example/v2"), NO_PATH),
    one("everything as a target", get("*", method="OPTIONS"), NO_PATH),
    one("relative target", get(WORD)),
    one("no target", head("GET  HTTP/1.1", HOST)),
    one("space in a target", get(f"/livez {WORD}")),
    one("dot segments", get("/v1/../c4n4ry/../livez"), NO_PATH),
    one("percent twice", get("/%2563%34n4ry"), NO_PATH),
    one("broken percent", get("/%zzc4n4ry"), NO_PATH),
    one("overlong dot", get("/%c0%ae/c4n4ry"), NO_PATH),
    one("bytes in a target", get("/c4n4ry\xff")),
    one("fragment", get("/livez#c4n4ry"), ALIVE),
    one("method of its own", get("/livez", method=WORD.upper())),
    one("method in lower case", get("/livez", method="get")),
    one("tunnel", get("c4n4ry.example:443", method="CONNECT")),
    one("tunnel to a path", get("/livez", method="CONNECT"), NOT_GET),
    one("trace", get("/livez", f"X-A: {WORD}", method="TRACE"), NOT_GET),
    one("method of WebDAV", get("/v1/score", method="PROPFIND"), NOT_POST),
    one("another method in a header", get("/v1/score", "X-HTTP-Method-Override: POST"), NOT_POST),
    # What a connection may turn into
    one(
        "upgrade to HTTP/2",
        get("/livez?c4n4ry").replace(b"close", b"Upgrade\r\nUpgrade: h2c"),
        ALIVE,
    ),
    one(
        "upgrade to a websocket",
        head(
            "GET /livez?c4n4ry HTTP/1.1",
            HOST,
            UPGRADE,
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: YzRuNHJ5YzRuNHJ5YzQ=",
        ),
        ALIVE,
    ),
    one("upgrade of a body", post(LENGTH, "Upgrade: h2c", close=UPGRADE), UNKNOWN_FIELD),
    one(
        "upgrade of chunks",
        post(CHUNKED, "Upgrade: h2c", close=UPGRADE, body=CHUNKS),
        UNKNOWN_FIELD,
    ),
    one(
        "upgrade of chunks that are none",
        post(CHUNKED, "Upgrade: h2c", close=UPGRADE, body=b"c4n4ry"),
    ),
    one(
        "upgrade of length and chunks",
        post(LENGTH, CHUNKED, "Upgrade: h2c", close=UPGRADE, body=CHUNKS),
    ),
    one(
        "expects to be asked for what it sent", post(LENGTH, "Expect: 100-continue"), UNKNOWN_FIELD
    ),
    one(
        "refused before it is asked for",
        head("POST /v1/score HTTP/1.1", HOST, CLOSE, LENGTH, "Expect: 100-continue"),
        NO_KIND,
    ),
    one("expects what is not known", post(LENGTH, f"Expect: {WORD}"), UNKNOWN_FIELD),
    # One behind the other
    one("pipelined", STAYING + BESIDE + get("/livez"), NO_PATH, UNKNOWN_FIELD, ALIVE),
    one("pipelined behind the last", get("/livez") + STAYING, ALIVE),
    one("garbage behind a request", STAYING + b"c4n4ry\r\n\r\n" + STAYING, NO_PATH, UNPARSED),
    one("garbage behind a body", BESIDE + b"c4n4ry\r\n\r\n", UNKNOWN_FIELD, UNPARSED),
    one("empty lines before a request", b"\r\n\r\n" + get("/livez"), ALIVE),
    Wire("cut in a head", STAYING[:-9], (), cut=True),
    Wire("cut behind a request", STAYING, (NO_PATH,), cut=True),
]
