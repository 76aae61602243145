"""Scores of a few pairs by the plain Python of the compiled loops: run with NUMBA_DISABLE_JIT=1."""

import numpy as np

from models.calibration import Calibration
from models.story import ConversionScores, Story

STORIES = (
    Story(0.1),
    Story(0.0, Calibration(0.3, 0.9)),
    Story(0.2, Calibration(-0.1, 1.1, ((-2.0, -1.8), (0.0, 0.1), (2.0, 1.7)))),
)


def told() -> list[str]:
    """Return one line a story and kind of score, one number a pair."""
    log_mean = np.log([0.02, 1.0, 30.0, 200.0, 5e3, 9e5, 3.0])
    dispersion = np.array([0.5, 1.5, 0.3, 0.001, 2.0, 0.01, 40.0])
    variance = np.array([0.0, 0.3, -0.2, 0.1, -9.0, 0.5, 0.2])
    goal = np.array([1.0, 2.0, 50.0, 180.0, 1e4, np.nan, 2.5])
    lines = []
    for story in STORIES:
        scores = story.scores(log_mean, dispersion, variance, goal)
        rows = [getattr(scores, name) for name in ConversionScores._fields]
        rows.append(story.log_odds(log_mean, dispersion, goal))
        lines += [" ".join(map(repr, row.tolist())) for row in rows]
    return lines


def main() -> None:
    """Print the lines."""
    with np.errstate(all="raise", under="ignore"):
        print("\n".join(told()))


if __name__ == "__main__":
    main()
