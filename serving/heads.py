"""Heads of requests that came before, byte for byte: what they ask for needs no parsing again.

A client that keeps its connection sends the same head with each request but for the length of the
body. What follows from a head alone follows from its bytes, whoever sends them; whether its key is
still good is asked each time.
"""

import secrets
from hashlib import blake2b
from typing import NamedTuple

from serving.gate import Presented
from serving.http import Head

MOST_HEADS = 1024
MOST_HEAD_BYTES = 1024

END = b"\r\n\r\n"


class Known(NamedTuple):
    """A head that asks for scores and is in order."""

    length: int
    """Of the body, bytes."""
    head: Head
    key: Presented | None


class Heads:
    """Heads that are known, at most so many of them.

    They are told apart by a digest that nobody else can compute: a head may hold a key.
    """

    __slots__ = ("_key", "_known")

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, Known] = {}

    def find(self, data: bytes) -> tuple[Known, bytes] | None:
        """Return what is known of a request's head, and its body.

        Parameters
        ----------
        data : bytes
            What arrived.

        Returns
        -------
        tuple of Known and bytes, or None
            None unless that is one whole request, and nothing else, with a head that is known.
        """
        end = data.find(END) + len(END)
        if end > MOST_HEAD_BYTES:
            return None
        known = self._known.get(self._mark(data[:end]))
        if known is None or len(data) - end != known.length:
            return None
        return known, data[end:]

    def learn(self, data: bytes, known: Known) -> None:
        """Remember a head.

        Parameters
        ----------
        data : bytes
            The whole request that it begins.
        known : Known
            What there is to know of it.
        """
        end = data.find(END) + len(END)
        if end > MOST_HEAD_BYTES or len(data) - end != known.length:
            return
        if len(self._known) >= MOST_HEADS:
            del self._known[next(iter(self._known))]
        self._known[self._mark(data[:end])] = known

    def _mark(self, head: bytes) -> bytes:
        return blake2b(head, digest_size=32, key=self._key).digest()
