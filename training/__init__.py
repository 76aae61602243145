"""From labels to a fitted, gated, registered model."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from features.tables import Tables
    from training.trained import Trained

__all__ = ["fit"]


def fit(
    model: str,
    *,
    tables: "Tables | Path | str | None" = None,
    accounts: Sequence[Path | str] | None = None,
    as_of: datetime | int | None = None,
    seed: int = 7,
) -> "Trained":
    """Fit one model, with the champions as the models it carries; nothing is registered.

    Parameters
    ----------
    model : str
        "fake_accounts", "fake_followers" or "conversion".
    tables : Tables or path, optional
        From `features.read`, or the folder; the built-in world stands in for missing rows.
    accounts : sequence of path, optional
        Labelled files that replace the tables' accounts.
    as_of : datetime or int, optional
        Moment of training (an int is microseconds); by default just after the latest observation.
    seed : int
        Of everything random.

    Returns
    -------
    Trained
        The model, its held-out rows and its metrics.

    Raises
    ------
    InputError
        If the model is unknown, its rows are missing, or a model it needs has no champion.
    """
    # LightGBM and scikit-learn take seconds to import, and `credence world` needs neither.
    from training.fitting import fit as run

    return run(model, tables=tables, accounts=accounts, as_of=as_of, seed=seed)
