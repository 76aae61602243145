"""What else could have answered: the base rate, and a logistic regression on plain columns."""

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.arrays import Floats
from features.catalogue import NAMES
from training.dataset import Rows

PLAIN = (
    "log_followers",
    "engagement_rate_90d",
    "log_impressions_90d",
    "link_click_rate_90d",
    "audience_match",
    "category_match",
    "log_goal",
    "log_fee",
    "log_order_value",
)
"""What a competent analyst would put into a spreadsheet."""


def column(rows: Rows, name: str) -> Floats:
    """Return one of the catalogue's columns, shape (n,)."""
    return np.asarray(rows.X[:, NAMES.index(name)], np.float64)


def hits(rows: Rows) -> Floats:
    """Return whether each collaboration reached its goal, 0 or 1, shape (n,)."""
    return (rows.value >= rows.goal).astype(np.float64)


def constant(known: Rows, asked: Rows) -> Floats:
    """Return the rate of what is known for every row asked.

    Parameters
    ----------
    known : Rows
        At least one collaboration to learn from.
    asked : Rows
        Those to answer.

    Returns
    -------
    ndarray of float64, shape (n,)
        Half a hit and half a miss are added, so that it is never sure.
    """
    hit = hits(known)
    return np.full(len(asked), (hit.sum() + 0.5) / (len(hit) + 1.0))


def logistic(known: Rows, asked: Rows) -> Floats:
    """Return what a logistic regression on `PLAIN` says.

    Parameters
    ----------
    known : Rows
        Collaborations to learn from.
    asked : Rows
        Those to answer.

    Returns
    -------
    ndarray of float64, shape (n,)
        Unknown values are taken at the median, with an indicator each; the constant where only
        one outcome is known.
    """
    hit = hits(known)
    if np.ptp(hit) == 0.0:
        return constant(known, asked)
    recipe = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(max_iter=1000),
    )
    places = [NAMES.index(name) for name in PLAIN]
    fitted = recipe.fit(known.X[:, places], hit)
    return np.asarray(fitted.predict_proba(asked.X[:, places])[:, 1], np.float64)
