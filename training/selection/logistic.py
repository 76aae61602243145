"""The one regression of this package: a ridge logistic that is the same on every run."""

from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from features.arrays import Flags, Floats

RIDGE = 10.0  # rows: what a coefficient of one unit has to be worth


def logistic(D: Floats, taken: Flags, weight: Floats, ridge: float = RIDGE) -> LogisticRegression:
    """Return the regression of who was taken.

    Parameters
    ----------
    D : ndarray of float64, shape (n, p)
        Regressors, without a constant.
    taken : ndarray of bool, shape (n,)
    weight : ndarray of float64, shape (n,)
        Of the rows, above 0.
    ridge : float
        Penalty on the squared coefficients, in rows.

    Returns
    -------
    LogisticRegression
    """
    model = LogisticRegression(C=1.0 / ridge, solver="newton-cholesky")
    with threadpool_limits(1):  # more threads would add in another order
        return model.fit(D, taken, sample_weight=weight)
