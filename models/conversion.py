"""How likely a collaboration is to reach its brief's goal, and with how many conversions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.arrays import Floats
from features.catalogue import NAMES
from models.fake_followers import FakeFollowers
from models.parts import NUMBERS, REFERENCES, TREES, decode, encode
from models.references import References
from models.served import Served
from models.story import ConversionScores, Story

FAKE_SHARE = "fake_share"
"""The one column that is another model's answer."""

GOAL_COLUMNS = ("log_goal", "prior_goal_rate")
"""Columns that know the goal; the score must not, or the probability might rise with it."""


@dataclass(frozen=True, slots=True, eq=False)
class Conversion:
    """The fitted conversion model.

    Parameters
    ----------
    version : str
        Of the registry.
    served : Served
        Over columns of the catalogue that do not know the goal, and `fake_share`.
    story : Story
        From score and goal to probability and count.
    followers : FakeFollowers
        The model's own copy of the audience model, whose share is the column `fake_share`.
    references : References
        Of peers, for the reasons.
    """

    version: str
    served: Served
    story: Story
    followers: FakeFollowers
    references: References

    def __post_init__(self) -> None:
        knowing = set(self.served.columns) & set(GOAL_COLUMNS)
        if knowing:
            raise ValueError(f"conversion: the score must not read the goal, got {sorted(knowing)}")

    def score(self, X: Floats, fake_share: Floats, goal: Floats) -> ConversionScores:
        """Return the scores of pairs, conditional on publication.

        Parameters
        ----------
        X : Floats, shape (n, len(NAMES))
            The catalogue's columns.
        fake_share : Floats, shape (n,)
            `followers.score(...).share` of each row.
        goal : Floats, shape (n,)
            Conversions to reach within 30 days, at least 1; NaN for a row without a brief.

        Returns
        -------
        ConversionScores
            A row's values do not depend on the rows beside it, to the last bit.
        """
        inputs = self.inputs(X, fake_share)
        return self.story.scores(self.served.raw(inputs), self.served.variance(inputs), goal)

    def inputs(self, X: Floats, fake_share: Floats) -> Floats:
        """Return the columns that the score reads, shape (n, p)."""
        out = np.empty((len(X), len(self.served.columns)))
        for place, name in enumerate(self.served.columns):
            out[:, place] = fake_share if name == FAKE_SHARE else X[:, NAMES.index(name)]
        return out

    def parts(self) -> dict[str, bytes]:
        """Return the files that hold the model, without its upstream `fake_followers`."""
        numbers = {
            "columns": list(self.served.columns),
            "served": self.served.numbers(),
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
            story=Story.from_numbers(numbers["story"]),
            followers=followers,
            references=References.from_numbers(decode(parts[REFERENCES])),
        )
