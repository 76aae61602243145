"""The policy that turns a share and its interval into a level."""

LIMIT = 0.25
"""Share of followers that look inauthentic above which an audience counts as high."""

WIDEST = 0.5
"""An interval wider than this says too little for any level."""

SMALLEST_AUDIT = 50
"""Fewest sampled followers from which an audit gives a level."""

LEVELS = ("insufficient_data", "high", "low", "uncertain")


def level(low: float, high: float, *, limit: float = LIMIT, sampled: int | None = None) -> str:
    """Return the first level whose rule matches.

    Parameters
    ----------
    low, high : float
        The 90 % interval of the share.
    limit : float
        The share that separates low from high.
    sampled : int or None
        Number of sampled followers in an audit; None where other evidence than a sample counts.

    Returns
    -------
    str
        `insufficient_data`, `high`, `low` or `uncertain`.
    """
    if high - low > WIDEST or (sampled is not None and sampled < SMALLEST_AUDIT):
        return "insufficient_data"
    if low >= limit:
        return "high"
    return "low" if high < limit else "uncertain"
