"""What is expected of pairs before a goal is asked: log mean, dispersion and doubt, in one pass."""

from typing import NamedTuple

from features.arrays import Codes, Floats
from features.compiled import kernel
from models.arithmetic import exponential
from models.offset import Form, total
from models.pools import Members, member
from models.support import Edges, depth_of, doubt_of


class Expected(NamedTuple):
    """What is expected of n pairs.

    Parameters
    ----------
    log_mean : Floats, shape (n,)
        Log of the expected conversions.
    dispersion : Floats, shape (n,)
        By how much the count varies beyond chance: variance = mean + dispersion * mean^2.
    doubt : Floats, shape (n,)
        Variance to add to the log mean of pairs unlike those that were chosen.
    """

    log_mean: Floats
    dispersion: Floats
    doubt: Floats


class Fitted(NamedTuple):
    """What a conversion model learned beside its score, for compiled loops.

    Parameters
    ----------
    score : Form
        The linear part of the score, over its columns.
    level, slope : float
        Calibrated score = level + slope * score.
    spread : Form
        Log of the dispersion, over the score's columns.
    members : Members
        Of market, category and brand.
    creators, told, usual : float
        Variance between creators, what a collaboration tells of it, and the usual variance.
    worked : int
        The catalogue's column of earlier collaborations.
    noise : float
        Least dispersion.
    support : Edges
        Whom the model has a right to speak about.
    """

    score: Form
    level: float
    slope: float
    spread: Form
    members: Members
    creators: float
    told: float
    usual: float
    worked: int
    noise: float
    support: Edges


class Pairs(NamedTuple):
    """What is read of n pairs.

    Parameters
    ----------
    X : Floats, shape (n, len(NAMES))
        The catalogue's columns.
    inputs : Floats, shape (n, p)
        The score's columns.
    trees : Floats, shape (n,)
        Their part of the score, which is the log of the expected conversions before calibration.
    market, category, brand : Codes, shape (n,)
        Members.
    """

    X: Floats
    inputs: Floats
    trees: Floats
    market: Codes
    category: Codes
    brand: Codes


@kernel
def expect(fitted: Fitted, pairs: Pairs, out: Floats) -> None:
    """Write log mean, dispersion and doubt of n pairs, shape (3, n).

    The dispersion is the spread of the rows it was learned on, times how much less (or more) is
    known of brand, category, market and creator than of theirs.
    """
    for i in range(out.shape[1]):
        one = member(fitted.members, 0, pairs.market[i])
        two = member(fitted.members, 1, pairs.category[i])
        three = member(fitted.members, 2, pairs.brand[i])
        effect = one[0] + two[0] + three[0]
        score = total(pairs.inputs, i, fitted.score) + pairs.trees[i]
        out[0, i] = fitted.level + fitted.slope * score + effect
        past = pairs.X[i, fitted.worked]
        if past != past:  # noqa: PLR0124  (NaN: none)
            past = 0.0
        own = fitted.creators / (1.0 + past * (fitted.creators * fitted.told))
        unsure = own + one[1] + two[1] + three[1] - fitted.usual
        spread = exponential(total(pairs.inputs, i, fitted.spread))
        out[1, i] = max((1.0 + spread) * exponential(unsure) - 1.0, fitted.noise)
        out[2, i] = doubt_of(depth_of(pairs.X, i, fitted.support), fitted.support)
