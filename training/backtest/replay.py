"""One quarter lived again: trained on what was known at its start, asked about what came then."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from features.arrays import Floats
from features.tables import Tables
from models.answers import Fitted
from models.conversion import Conversion
from models.story import ConversionScores
from training.backtest.quarters import Quarter
from training.backtest.rivals import constant, logistic
from training.conversion import NoOutcomesError, scores
from training.dataset import Rows, collaborations
from training.fitting import fit_one, source

CREDENCE, LOGISTIC, CONSTANT = "credence", "logistic", "constant"
FORECASTERS = (CREDENCE, LOGISTIC, CONSTANT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A quarter that was judged.

    Parameters
    ----------
    quarter : Quarter
        Which one.
    agreed : int
        Collaborations agreed in it, mature or not.
    known : Rows
        Those that had matured before it began, with the labels of then.
    asked : Rows
        Those agreed in it that have matured since.
    scores : ConversionScores
        What the model trained at the start says of the asked ones, each seen as of its agreement.
    before : ndarray of float64
        The probabilities of the known ones by the same model.
    rivals : mapping of str to ndarray of float64
        The probabilities of the asked ones by the logistic regression and the constant.
    without_audits : bool
        Whether the audience model had to learn from the built-in world.
    model : Conversion
        The model itself.
    """

    quarter: Quarter
    agreed: int
    known: Rows
    asked: Rows
    scores: ConversionScores
    before: Floats
    rivals: Mapping[str, Floats]
    without_audits: bool
    model: Conversion


@dataclass(frozen=True, slots=True)
class Skipped:
    """A quarter that cannot be judged, and why."""

    quarter: Quarter
    agreed: int
    why: str


def play(
    tables: Tables, quarter: Quarter, mature: Rows, accounts: Callable[[], Fitted], seed: int
) -> Played | Skipped:
    """Train at the start of a quarter and answer for what was agreed in it.

    Parameters
    ----------
    tables : Tables
        Raw tables; what became known at the start or later reaches no model.
    quarter : Quarter
        Which one.
    mature : Rows
        Every mature collaboration, from `training.dataset.collaborations`, as late as can be.
    accounts : callable
        Returns the model of single accounts, which knows no time; asked only where it is needed.
    seed : int
        Of everything random.

    Returns
    -------
    Played or Skipped
    """
    begun = tables.collaborations.agreed
    agreed = int(((begun >= quarter.start) & (begun < quarter.stop)).sum())
    inside = np.flatnonzero((mature.as_of >= quarter.start) & (mature.as_of < quarter.stop))
    if not len(inside):
        return Skipped(quarter, agreed, "no collaboration agreed in it has matured")
    given = source(tables, None, quarter.start, seed)
    # Not the early ones of `mature`: a label may have been corrected since.
    known = collaborations(tables, quarter.start)
    if not len(known):
        return Skipped(quarter, agreed, "no collaboration had matured before it began")
    try:
        followers = fit_one("fake_followers", given, {"fake_accounts": accounts()})
        model = fit_one("conversion", given, {"fake_followers": followers.model}).model
    except NoOutcomesError as error:
        return Skipped(quarter, agreed, str(error))
    assert isinstance(model, Conversion)
    asked = mature.take(inside)
    return Played(
        quarter=quarter,
        agreed=agreed,
        known=known,
        asked=asked,
        scores=scores(model, asked),
        before=scores(model, known).probability,
        rivals={LOGISTIC: logistic(known, asked), CONSTANT: constant(known, asked)},
        without_audits=followers.trained_on_world,
        model=model,
    )
