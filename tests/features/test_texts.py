"""Texts in pieces are found as the same texts put together."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from features.textindex import TextIndex
from features.texts import found, of_codes, whole

KNOWN = [f"c{n:02d}" for n in range(20)]
pieces = st.lists(st.lists(st.sampled_from([*KNOWN, "other", None]), max_size=12), max_size=6)


def arrow(texts: list[str | None]) -> pa.Array:
    """Return texts as an Arrow array."""
    return pa.array(texts, pa.large_string())


@given(pieces, st.booleans(), st.permutations(KNOWN))
def test_pieces_are_found_as_the_whole(
    texts: list[list[str | None]], coded: bool, known: list[str]
) -> None:
    """Whatever stands in a piece, plain or coded, in texts that rise or not."""
    parts = [arrow(some).dictionary_encode() if coded else arrow(some) for some in texts]
    kind = pa.dictionary(pa.int32(), pa.large_string()) if coded else pa.large_string()
    column = pa.chunked_array(parts, kind)

    for ids in (known, KNOWN):
        place = {name: n for n, name in enumerate(ids)}
        wanted = [place.get(text, -1) if text else -1 for some in texts for text in some]
        assert found(column, TextIndex(arrow(list(ids))).find).tolist() == wanted
        assert found(whole(column), TextIndex(arrow(list(ids))).find).tolist() == wanted


def test_the_last_value_stands_for_null() -> None:
    """Codes are looked up, a null takes the value that belongs to no text."""
    column = arrow(["b", None, "a", "b"]).dictionary_encode()

    assert of_codes(column, np.array([1.5, 2.5, 9.0])).tolist() == [1.5, 9.0, 2.5, 1.5]
