"""Sums of trees by the plain Python of the compiled loops: run with NUMBA_DISABLE_JIT=1."""

import numpy as np

from models.forest import Forest
from models.tree_text import read
from tests.models.test_forest import asked, grown


def main() -> None:
    """Print the sums of many rows together, and of the last ones alone."""
    for leaves in (8, 40):
        forest = Forest(read(grown(3, 10, seed=leaves, num_leaves=leaves), 3))
        with np.errstate(all="raise"):
            print(*map(repr, forest.raw(asked(3, seed=leaves)).tolist()))


if __name__ == "__main__":
    main()
