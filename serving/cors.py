"""CORS: off, but for the exact origins that `credence serve --cors` names."""

import os
import re
from collections.abc import Iterable, Mapping

from features.errors import InputError
from serving.http import Head, Headers

ORIGINS = "CREDENCE_CORS"
"""Environment variable that hands the origins to the workers, a space between them."""

_ORIGIN = re.compile(r"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::[1-9]\d{0,4})?")
_IMPLIED = re.compile(r"http://.*[^:]:80|https://.*[^:]:443")
_READABLE = b"Retry-After, X-Credence-Models, X-Request-Id"
_SENDABLE = "Authorization, Content-Type, X-Request-Id"
_VARY = (b"vary", b"Origin")
_ALLOWED = b"access-control-allow-origin"
_SECONDS = "600"
"""How long a browser may remember what it was told before a request."""


class Cors:
    """Which pages of other origins a browser lets read the answers.

    Keys travel in Authorization, which a page sends by itself: answers never allow credentials,
    so that no cookie and no password of a browser is ever used.

    Parameters
    ----------
    origins : iterable of str
        Scheme, host and port as browsers write them; none keeps every header of CORS away.

    Raises
    ------
    InputError
        For anything but an exact origin, such as `*`, a path, or a port that the scheme implies.
    """

    def __init__(self, origins: Iterable[str] = ()) -> None:
        self._origins = frozenset(origins)
        for origin in sorted(self._origins):
            if not _ORIGIN.fullmatch(origin) or _IMPLIED.fullmatch(origin):
                raise InputError(
                    f"--cors {origin}: expected an origin as a browser sends it, such as"
                    " https://shop.example or http://localhost:8080: in lower case, without a path,"
                    " without the port that the scheme implies; there is no wildcard"
                )

    @classmethod
    def of_server(cls) -> "Cors":
        """Return what `credence serve` was told."""
        return cls(os.environ.get(ORIGINS, "").split())

    def headers(self, head: Head) -> Headers:
        """Return the headers of every answer to a request; none at all while CORS is off.

        Parameters
        ----------
        head : Head
            The request's headers.
        """
        if not self._origins:
            return []
        origin = (head.only(b"origin") or b"").decode("latin-1")
        if origin not in self._origins:
            return [_VARY]
        return [
            _VARY,
            (_ALLOWED, origin.encode("latin-1")),
            (b"access-control-expose-headers", _READABLE),
        ]

    def preflight(self, head: Head, allow: str) -> Mapping[str, str]:
        """Return what else the answer to OPTIONS tells a page that may ask.

        Parameters
        ----------
        head : Head
            The request's headers.
        allow : str
            The methods of the path.
        """
        if all(name != _ALLOWED for name, _ in self.headers(head)):
            return {}
        return {
            "access-control-allow-methods": allow,
            "access-control-allow-headers": _SENDABLE,
            "access-control-max-age": _SECONDS,
        }
