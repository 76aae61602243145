"""Array types, vocabularies and codes that stand for text inside arrays."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]  # NaN is unknown
Ints = npt.NDArray[np.int64]
Times = npt.NDArray[np.int64]  # microseconds since 1970-01-01 UTC
Codes = npt.NDArray[np.int64]  # code() of a text, 0 is unknown
Flags = npt.NDArray[np.bool_]

Number = TypeVar("Number", np.int64, np.float64)

SECOND = 1_000_000  # microseconds
DAY = 86_400 * SECOND  # microseconds
UNKNOWN_TIME = int(np.iinfo(np.int64).max)  # later than any time, so never before an as_of

PLATFORMS = ("instagram", "tiktok", "youtube", "facebook", "x")
MEDIA = ("image", "video", "carousel", "reel", "story")
GENDERS = ("female", "male", "other")
AGES = ("13-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")
COMPENSATION = ("monetary", "product", "event", "affiliate")
COLLABORATION = ("sponsored_post", "product_seeding", "event", "affiliate", "ambassador")
FRAMES = ("random", "recent", "engaged")
DIMENSIONS = ("country", "gender", "age")
COUNTRY, GENDER, AGE = range(3)  # positions in DIMENSIONS


def ints(length: int = 0) -> Ints:
    """Return so many zeros."""
    return np.zeros(length, dtype=np.int64)


def floats(*shape: int) -> Floats:
    """Return zeros of the shape."""
    return np.zeros(shape, dtype=np.float64)


def owned(values: npt.NDArray[Any], kind: type[Number]) -> npt.NDArray[Number]:
    """Return the array as kernels were compiled for it, a copy where it is not.

    Parameters
    ----------
    values : ndarray
    kind : type
        np.int64 or np.float64.

    Returns
    -------
    ndarray
        Contiguous and writable: for a read-only one numba would compile every kernel again.
    """
    # What np.require finds in ten times as long.
    if values.dtype.type is kind and values.flags.carray:
        return values
    return np.require(values, kind, ("C", "A", "W"))


def code(text: str) -> int:
    """Return a number that stands for `text`, the same on every machine and in every run.

    Parameters
    ----------
    text : str
        An id, category or language.

    Returns
    -------
    int
        Signed 64-bit, never 0 (0 stands for unknown).
    """
    digest = blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True) or 1


def codes(texts: Iterable[str | None]) -> Codes:
    """Return the code of each text, 0 where it is None.

    Parameters
    ----------
    texts : iterable of str or None

    Returns
    -------
    ndarray of int64
        One code a text.
    """
    seen: dict[str | None, int] = {None: 0}
    numbers: list[int] = []
    for text in texts:
        number = seen.get(text)
        if number is None and text is not None:
            number = seen[text] = code(text)
        numbers.append(number or 0)
    return np.array(numbers, dtype=np.int64)


def country_code(text: str) -> int:
    """Return 26 times the first letter plus the second, A being 0, of a two-letter country.

    Parameters
    ----------
    text : str
        ISO 3166-1 alpha-2, upper case.

    Returns
    -------
    int
        0 to 675.
    """
    return 26 * (ord(text[0]) - ord("A")) + ord(text[1]) - ord("A")


def country_name(number: float) -> str:
    """Return the two letters that `country_code` turned into `number`.

    Parameters
    ----------
    number : float
        0 to 675.

    Returns
    -------
    str
        Two upper-case letters.
    """
    first, second = divmod(int(number), 26)
    return chr(ord("A") + first) + chr(ord("A") + second)
