"""What a brief asks for, and for whom: all of it that a score reads beside the features."""

from dataclasses import dataclass, fields
from typing import NamedTuple, Self

import numpy as np

from features.arrays import COUNTRY, Codes, Flags, Floats, Ints, owned
from features.compiled import kernel, kernel_part
from features.deals import Briefs

NO_MARKET = -1


class BriefGroups(NamedTuple):
    """The columns of briefs that aims are read from, for compiled loops."""

    goal: Floats
    brand: Codes
    category: Codes
    brand_country: Floats
    target_offsets: Ints
    target_dimension: Ints
    target_value: Ints
    target_weight: Floats


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

    def __post_init__(self) -> None:
        # Compiled loops that are called straight would read other types as these.
        object.__setattr__(self, "goal", owned(self.goal, np.float64))
        for name in ("brand", "category", "market"):
            object.__setattr__(self, name, owned(getattr(self, name), np.int64))

    def __len__(self) -> int:
        return len(self.goal)

    @property
    def arrays(self) -> tuple[Floats, Codes, Codes, Codes]:
        """Goal, market, category and brand."""
        return self.goal, self.market, self.category, self.brand

    def take(self, rows: Ints | Flags | slice) -> Self:
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
        rows = owned(rows, np.int64)
        goal = np.empty(len(rows))
        groups = np.empty((3, len(rows)), np.int64)
        _aims(
            BriefGroups(*[getattr(briefs, name) for name in BriefGroups._fields]),
            rows,
            goal,
            groups,
        )
        return cls(goal, *groups)


@kernel_part
def _market(briefs: BriefGroups, row: int) -> int:
    """Return the country of the heaviest target, the first of equals, or else the brand's."""
    heaviest = 0.0
    market = NO_MARKET
    for j in range(briefs.target_offsets[row], briefs.target_offsets[row + 1]):
        if briefs.target_dimension[j] == COUNTRY and briefs.target_weight[j] > heaviest:
            heaviest = briefs.target_weight[j]
            market = int(briefs.target_value[j])
    home = briefs.brand_country[row]
    if market == NO_MARKET and home == home:  # noqa: PLR0124  (not NaN)
        market = int(home)
    return market


@kernel
def _aims(briefs: BriefGroups, rows: Ints, goal: Floats, groups: Codes) -> None:
    """Write goals, and brand, category and market, of the briefs at these rows."""
    for i in range(len(rows)):
        row = rows[i]
        goal[i] = np.nan
        groups[0, i] = 0
        groups[1, i] = 0
        groups[2, i] = NO_MARKET
        if row >= 0:
            goal[i] = briefs.goal[row]
            groups[0, i] = briefs.brand[row]
            groups[1, i] = briefs.category[row]
            groups[2, i] = _market(briefs, row)
