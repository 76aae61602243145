"""The files a model is made of, and its numbers as JSON that reads back to the same bits."""

import json
from collections.abc import Mapping
from typing import Any

NUMBERS = "numbers.json"
TREES = "booster.txt"
REFERENCES = "references.json"

Numbers = dict[str, Any]


def encode(numbers: Mapping[str, Any]) -> bytes:
    """Return `numbers` as JSON bytes, the same for equal numbers.

    Raises
    ------
    ValueError
        If a number is NaN or infinite, which JSON has no word for.
    """
    return json.dumps(numbers, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def decode(part: bytes) -> Numbers:
    """Return the numbers that `encode` wrote."""
    numbers: Numbers = json.loads(part)
    return numbers
