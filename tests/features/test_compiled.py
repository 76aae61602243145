"""How kernels are called."""

from typing import NamedTuple

import numpy as np

from features.arrays import Floats
from features.compiled import kernel, straight


class Pair(NamedTuple):
    """Two things of which a kernel is given one."""

    values: Floats
    factor: float


@kernel
def _times(pair: Pair, out: Floats) -> None:
    for i in range(len(out)):
        out[i] = pair.factor * pair.values[i]


def test_straight_calls_give_what_the_kernel_gives() -> None:
    """Every call, the first and later ones, of any length, does what the kernel does."""
    quick = straight(_times)
    for n in (3, 0, 1000):
        pair = Pair(np.arange(float(n)), 0.1 + n)
        found, expected = np.empty(n), np.empty(n)

        quick(pair, found)
        _times(pair, expected)

        assert found.tobytes() == expected.tobytes()
