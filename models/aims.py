"""What a brief asks for, and for whom: all of it that a score reads beside the features."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from features.arrays import Codes, Flags, Floats, Ints
from features.deals import Briefs

NO_MARKET = -1


@dataclass(frozen=True, slots=True, eq=False)
class Aims:
    """Goals of n pairs of creator and brief, and the groups of collaborations they belong to.

    Parameters
    ----------
    goal : Floats, shape (n,)
        Conversions to reach within 30 days, at least 1; NaN for a row without a brief.
    brand, category : Codes, shape (n,)
        Codes of the brief's brand, and of its category or else its brand's; 0 for unknown.
    market : Codes, shape (n,)
        Code of the country that most of the targeted audience lives in, or else of the brand's
        country; NO_MARKET for unknown.
    """

    goal: Floats
    brand: Codes
    category: Codes
    market: Codes

    def __len__(self) -> int:
        return len(self.goal)

    def take(self, rows: Ints | Flags) -> Self:
        """Return the aims of some of the rows."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    def beside(self, other: Self) -> Self:
        """Return these aims and then others."""
        names = [field.name for field in fields(self)]
        return type(self)(
            *(np.concatenate([getattr(self, name), getattr(other, name)]) for name in names)
        )

    @classmethod
    def of(cls, briefs: Briefs, rows: Ints) -> Self:
        """Return the aims of briefs.

        Parameters
        ----------
        briefs : Briefs
        rows : Ints, shape (n,)
            Rows of `briefs`, -1 for none.

        Returns
        -------
        Aims
        """
        distinct, place = np.unique(rows, return_inverse=True)
        markets = np.array([_market(briefs, row) for row in distinct.tolist()], np.int64)
        return cls(
            goal=np.append(briefs.goal, np.nan)[rows],
            brand=np.append(briefs.brand, 0)[rows],
            category=np.append(briefs.category, 0)[rows],
            market=markets[place],
        )


def _market(briefs: Briefs, row: int) -> int:
    if row < 0:
        return NO_MARKET
    targets = slice(briefs.target_offsets[row], briefs.target_offsets[row + 1])
    country = briefs.target_dimension[targets] == 0
    if country.any():
        weight = np.where(country, briefs.target_weight[targets], -1.0)
        if weight.max() > 0.0:
            return int(briefs.target_value[targets][np.argmax(weight)])
    home = briefs.brand_country[row]
    return NO_MARKET if np.isnan(home) else int(home)
