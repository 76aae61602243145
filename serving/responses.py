"""Responses as bytes, for what is answered below ASGI."""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from serving.http import ALWAYS, JSON, OK, Answer, Headers, raw_headers

_CLOSE = b"connection: close\r\n\r\n"


class Responses:
    """Writes responses; what the heads of scores have in common is kept from one to the next."""

    __slots__ = ("_default", "_head")

    def __init__(self) -> None:
        self._default: Headers = []
        self._head = b""

    def of(self, answer: Answer, headers: Headers, default: Headers, *, keep_alive: bool) -> bytes:
        """Return a response as it is sent.

        Parameters
        ----------
        answer : Answer
            What is sent.
        headers : list of (bytes, bytes)
            Those of this answer.
        default : list of (bytes, bytes)
            Those of the server: another list as soon as they change, as with the date.
        keep_alive : bool
            Whether another request may follow.
        """
        if answer.status == OK and answer.media_type is JSON and not answer.headers:
            lines = [self._scores(default), b"content-length: %d\r\n" % len(answer.body)]
        else:
            pairs = (*default, *raw_headers(answer, []))
            lines = [STATUS_LINE[answer.status], *(b"%s: %s\r\n" % pair for pair in pairs)]
        for pair in headers:
            lines.append(b"%s: %s\r\n" % pair)
        lines += b"\r\n" if keep_alive else _CLOSE, answer.body
        return b"".join(lines)

    def _scores(self, default: Headers) -> bytes:
        if default is not self._default:
            pairs = (*default, *ALWAYS, (b"content-type", JSON.encode()))
            self._head = STATUS_LINE[OK] + b"".join(b"%s: %s\r\n" % pair for pair in pairs)
            self._default = default
        return self._head
