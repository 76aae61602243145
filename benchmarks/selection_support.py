"""How a model's interval holds the truth outside its support, for `benchmarks.selection`."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq

from benchmarks.conversion_rows import SEED, Cut
from features.arrays import Flags, Floats
from features.computing import matrix, spine_of
from models.conversion import Conversion
from models.story import ConversionScores
from models.support import Support
from training.selection.cases import answers

DEPTHS = (-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 2.0, np.inf)
SHOWN, FEWEST = 20_000, 100  # pairs of the held-out briefs, and those worth a line


def show_support(where: Cut, model: Conversion) -> None:
    """Print how much worse the model gets outside its support, with and without the widening."""
    truth = pq.read_table(where.folder / "truth" / "briefs.parquet").to_pandas()
    truth = truth.iloc[np.random.default_rng(SEED).permutation(len(truth))[:SHOWN]]
    spine = spine_of(where.tables, truth[["creator_id", "as_of", "brief_id"]])
    X = matrix(where.tables, spine, threads=2)
    support, true = model.support, truth["conversion_probability"].to_numpy(np.float64)
    wide = answers(model, where.tables, spine, X)
    narrow = answers(replace(model, support=Support.none()), where.tables, spine, X)
    error = np.log(np.maximum(wide.expected, 1e-6) / truth["expected_conversions"].to_numpy())
    depth, variance = support.depth(X), support.variance(X)
    error = error - error[depth == 0.0].mean()
    print(f"  held-out briefs' eligible, n {len(X):,}: {np.mean(depth > 0.0):.1%} beyond the edge,"
          f" {np.mean(~support.judged(X)):.1%} outside; rise {support.rise:.2f}")  # fmt: skip
    print("    depth          n  squared error  variance  truth in the interval (width)")
    print("                     of the log mean    added      widened            not")
    for low, high in pairwise(DEPTHS):
        part = (depth > low) & (depth <= high)
        if part.sum() >= FEWEST:
            inside = [_holding(one, true, part) for one in (wide, narrow)]
            print(f"    {max(low, 0.0):.2f}-{max(high, 0.0):4.2f} {part.sum():6,}"
                  f"  {np.mean(error[part] ** 2):13.3f}  {variance[part].mean():8.3f}"
                  f"  {inside[0]:>15s} {inside[1]:>15s}")  # fmt: skip


def _holding(scores: ConversionScores, true: Floats, part: Flags) -> str:
    holds = np.mean((scores.low <= true) & (true <= scores.high), where=part)
    return f"{holds:.1%} ({np.mean(scores.high - scores.low, where=part):.3f})"
