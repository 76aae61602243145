"""How likely a collaboration is to reach its brief's goal, and with how many conversions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from features.arrays import Codes, Floats, Ints, owned
from features.catalogue import NAMES
from features.compiled import kernel, straight
from models.aims import Aims
from models.expected import Expected, Fitted, Pairs, expect
from models.fake_followers import FakeFollowers
from models.offset import Offset
from models.parts import NUMBERS, REFERENCES, TREES, decode, encode
from models.pools import Pools
from models.references import References
from models.served import Served
from models.story import ConversionScores, Story, Told, tell
from models.support import Support
from models.walks import NO_TREES, Laid, summed

FAKE_SHARE = "fake_share"
"""The one column that is another model's answer."""

GOAL_COLUMNS = ("log_goal",)
"""Columns that know the goal; the score must not, or the probability might rise with it."""

WORKED = "prior_collaborations_365d"
"""The column that tells how much a creator has shown."""

_NONE = np.empty(0)

COLUMNS = (*NAMES, FAKE_SHARE)
"""Everything that a score might read."""


@cache
def _places(some: tuple[str, ...], columns: tuple[str, ...]) -> list[int]:
    """Return where some columns stand among all, looked up once for every model."""
    return [columns.index(name) for name in some]


@cache
def _drawn(columns: tuple[str, ...]) -> Ints:
    """Return where a score's columns stand in the catalogue, the share, which is not there, -1."""
    return np.array([-1 if name == FAKE_SHARE else NAMES.index(name) for name in columns], np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Conversion:
    """The fitted conversion model.

    Parameters
    ----------
    version : str
        Of the registry.
    served : Served
        The log of the expected conversions, over columns of the catalogue that do not know the
        goal, and `fake_share`.
    level, slope : float
        What calibrates it on rows that the score never saw: level + slope * score.
    spread : Offset
        Log of the dispersion; it reads which columns are unknown, never their values, so that a
        score that falls never brings more chance of a high goal.
    pools : Pools
        Effects of brand, category and market.
    support : Support
        Whom the model has a right to speak about.
    story : Story
        From expected conversions to probability and interval.
    followers : FakeFollowers
        The model's own copy of the audience model, whose share is the column `fake_share`.
    references : References
        Of peers, for the reasons.
    """

    version: str
    served: Served
    level: float
    slope: float
    spread: Offset
    pools: Pools
    support: Support
    story: Story
    followers: FakeFollowers
    references: References
    _fitted: Fitted = field(init=False, repr=False)

    def __post_init__(self) -> None:
        knowing = set(self.served.columns) & set(GOAL_COLUMNS)
        if knowing:
            raise ValueError(f"conversion: the score must not read the goal, got {sorted(knowing)}")
        if self.spread.weight.any() or not self.slope > 0.0:
            raise ValueError(
                "conversion: the spread must not read values and the slope be above 0, got"
                f" weights {self.spread.weight} and slope {self.slope}"
            )
        spread = np.array(_places(self.spread.columns, self.served.columns), np.int64)
        fitted = Fitted(
            score=self.served.form,
            level=float(self.level),
            slope=float(self.slope),
            spread=self.spread.form(spread),
            members=self.pools.members(),
            creators=float(self.pools.creators),
            told=float(self.pools.told),
            usual=float(self.pools.usual),
            worked=COLUMNS.index(WORKED),
            noise=float(self.story.noise),
            support=self.support.compiled,
        )
        object.__setattr__(self, "_fitted", fitted)

    def score(self, X: Floats, fake_share: Floats, aim: Aims) -> ConversionScores:
        """Return the scores of pairs, conditional on publication.

        Parameters
        ----------
        X : Floats, shape (n, len(NAMES))
            The catalogue's columns.
        fake_share : Floats, shape (n,)
            `followers.score(...).share` of each row.
        aim : Aims
            What the briefs ask for; a row without a goal has NaN scores.

        Returns
        -------
        ConversionScores
            A row's values do not depend on the rows beside it, to the last bit.
        """
        return ConversionScores(*self.table(X, fake_share, aim))

    def table(self, X: Floats, fake_share: Floats, aim: Aims) -> Floats:
        """Return what `score` does, a row of the matrix for each of its fields, shape (6, n)."""
        if not len(X) == len(fake_share) == len(aim):
            raise ValueError(
                f"conversion: {len(X)} rows of X, {len(fake_share)} shares and {len(aim)} aims;"
                " expected one of each for every row"
            )
        walked, places, trees = self.served.trees.laid, _drawn(self.served.columns), _NONE
        if walked is None:
            walked, trees = NO_TREES, self.served.trees.raw(self.inputs(X, fake_share))
        asked = _Asked(
            owned(X, np.float64), owned(fake_share, np.float64), places, trees, *aim.arrays
        )
        out = np.empty((6, len(X)))
        _judge(self._fitted, self.story.told, walked, asked, out)
        return out

    def inputs(self, X: Floats, fake_share: Floats) -> Floats:
        """Return the columns that the score reads, shape (n, p)."""
        places = _drawn(self.served.columns)
        inputs: Floats = X.take(places, axis=1, mode="wrap")
        inputs[:, places < 0] = fake_share[:, None]
        return inputs

    def expected(self, X: Floats, inputs: Floats, aim: Aims) -> Expected:
        """Return what is expected of pairs, whatever the goal.

        Parameters
        ----------
        X : Floats, shape (n, len(NAMES))
            The catalogue's columns.
        inputs : Floats, shape (n, p)
            The score's.
        aim : Aims
            Whose brand, category and market are read.
        """
        out = np.empty((3, len(X)))
        expect(self._fitted, self._pairs(X, inputs, aim), out)
        return Expected(*out)

    def _pairs(self, X: Floats, inputs: Floats, aim: Aims) -> Pairs:
        return Pairs(
            owned(X, np.float64),
            inputs,
            self.served.trees.raw(inputs),
            aim.market,
            aim.category,
            aim.brand,
        )

    def parts(self) -> dict[str, bytes]:
        """Return the files that hold the model, without its upstream `fake_followers`."""
        numbers = {
            "columns": list(self.served.columns),
            "served": self.served.numbers(),
            "level": float(self.level),
            "slope": float(self.slope),
            "spread": self.spread.numbers(),
            "pools": self.pools.numbers(),
            "support": self.support.numbers(),
            "story": self.story.numbers(),
        }
        return {
            NUMBERS: encode(numbers),
            TREES: self.served.booster.encode(),
            REFERENCES: encode(self.references.numbers()),
        }

    @classmethod
    def from_parts(
        cls, parts: Mapping[str, bytes], upstream: Mapping[str, Any], version: str
    ) -> "Conversion":
        """Return the model that the files hold, with `upstream["fake_followers"]`."""
        numbers = decode(parts[NUMBERS])
        followers = upstream["fake_followers"]
        if not isinstance(followers, FakeFollowers):
            raise TypeError(f"conversion: fake_followers upstream is a {type(followers).__name__}")
        return cls(
            version=version,
            served=Served.from_numbers(
                numbers["served"], parts[TREES].decode(), numbers["columns"]
            ),
            level=numbers["level"],
            slope=numbers["slope"],
            spread=Offset.from_numbers(numbers["spread"]),
            pools=Pools.from_numbers(numbers["pools"]),
            support=Support.from_numbers(numbers["support"]),
            story=Story.from_numbers(numbers["story"]),
            followers=followers,
            references=References.from_numbers(decode(parts[REFERENCES])),
        )


class _Asked(NamedTuple):
    """What scores are asked of: `trees` are what LightGBM summed, none where ours are walked."""

    X: Floats
    share: Floats
    places: Ints
    trees: Floats
    goal: Floats
    market: Codes
    category: Codes
    brand: Codes


@straight
@kernel
def _judge(fitted: Fitted, told: Told, walked: Laid, asked: _Asked, out: Floats) -> None:
    """Write the six scores of pairs."""
    n, p = len(asked.goal), len(asked.places)
    inputs = np.empty((n, p))
    for i in range(n):
        for j in range(p):
            place = asked.places[j]
            inputs[i, j] = asked.share[i] if place < 0 else asked.X[i, place]
    trees = asked.trees
    if len(walked.starts):
        trees = np.empty(n)
        summed(inputs, walked, trees)
    pairs = Pairs(asked.X, inputs, trees, asked.market, asked.category, asked.brand)
    known = np.empty((3, n))
    expect(fitted, pairs, known)
    tell(told, known, asked.goal, out)
