"""How late conversions come: the share of day 30's that has arrived so many days after publishing.

With it a young collaboration counts for what it has brought so far, never as one that brought
nothing (domain: about half come within days, the rest until day 30; Chapelle 2014).
"""

from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import IsotonicRegression

from features.arrays import Floats

FEWEST = 100  # conversions of whole counts that were also seen before; below, nothing is learned
YOUNGEST = 1.0  # days; what was seen before tells of the first hours only
MOST = 1.0 - 1e-6  # share before day 30
LEAST = 0.1  # share below which a count so far says next to nothing


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The share that has arrived by age, linear between knots; unknown without knots.

    Parameters
    ----------
    days : ndarray of float64, shape (k,)
        Rising ages after publishing; the last is 30.
    share : ndarray of float64, shape (k,)
        Of day 30's conversions, rising to 1.
    """

    days: Floats
    share: Floats

    def at(self, days: Floats) -> Floats:
        """Return the share at each age, 1 from day 30 on; NaN where nothing is known of it."""
        if not len(self.days):
            return np.where(days >= HORIZON, 1.0, np.nan)
        found = np.interp(days, self.days, self.share)
        # Whole is what day 30 has seen, however few came after the last look before it.
        found = np.where(days < HORIZON, np.minimum(found, MOST), found)
        return np.where((days >= self.days[0]) & (found >= LEAST), found, np.nan)


HORIZON = 30.0
UNKNOWN = Arrivals(np.zeros(0), np.zeros(0))


def arrivals(days: Floats, count: Floats, whole: Floats) -> Arrivals:
    """Learn the share from collaborations whose whole count is known.

    Parameters
    ----------
    days : ndarray of float64, shape (n,)
        Age at each earlier look at a mature collaboration, below 30.
    count : ndarray of float64, shape (n,)
        Conversions by then.
    whole : ndarray of float64, shape (n,)
        Its conversions by day 30.

    Returns
    -------
    Arrivals
        The rising share that fits best, each look weighing as its whole count; a collaboration
        whose count fell afterwards counts as it was seen. `UNKNOWN` where conversions are few.
    """
    told = (days >= YOUNGEST) & (days < HORIZON) & (whole > 0.0)
    if whole[told].sum() < FEWEST:
        return UNKNOWN
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0)
    fitted.fit(days[told], count[told] / whole[told], sample_weight=whole[told])
    knots, share = fitted.X_thresholds_, fitted.y_thresholds_
    return Arrivals(
        np.append(np.asarray(knots, np.float64), HORIZON),
        np.append(np.asarray(share, np.float64), 1.0),
    )
