"""Contributions by the plain Python of the compiled loops: run with NUMBA_DISABLE_JIT=1."""

import numpy as np

from models.contributions import Contributions
from models.tree_text import read
from tests.models.test_forest import asked, grown


def main() -> None:
    """Print the contributions for trees with tables, then for trees that are followed."""
    for leaves in (5, 30):
        trees = read(grown(12, 3, seed=leaves, num_leaves=leaves), 12)
        with np.errstate(all="raise", under="ignore"):
            found = Contributions(trees, 12).of(asked(12, seed=leaves)[:9])
        print(*map(repr, found.ravel().tolist()))


if __name__ == "__main__":
    main()
