"""Tables about briefs and the collaborations they led to, as sorted arrays."""

from dataclasses import dataclass
from typing import Self

from features.arrays import Codes, Floats, Ints, Times, floats, ints

OUTCOMES = ("impressions", "clicks", "conversions", "revenue")


@dataclass(frozen=True, slots=True)
class Briefs:
    """One row a brief, sorted by id, with what its brand's row adds.

    `hidden` is when a second row of the brief, which differs, became known: at a later `as_of` the
    brief cannot be scored (`features.view.undisputed`). Targets of brief `j` are
    `target_offsets[j]:target_offsets[j + 1]`, by dimension and value.
    """

    ids: list[str]
    index: dict[str, int]
    known: Times
    hidden: Times
    brand: Codes
    category: Codes  # the brief's, else its brand's
    type: Floats  # position in COLLABORATION
    goal: Floats  # conversions, at least 1
    budget: Floats
    followers_min: Floats
    followers_max: Floats
    deliverables: Floats
    publish_by: Times
    launch: Floats
    order_value: Floats
    order_value_known: Times
    brand_country: Floats
    target_offsets: Ints
    target_dimension: Ints
    target_value: Ints
    target_weight: Floats

    @classmethod
    def empty(cls) -> Self:
        """Return the table without a row."""
        return cls(
            ids=[],
            index={},
            known=ints(),
            hidden=ints(),
            brand=ints(),
            category=ints(),
            type=floats(0),
            goal=floats(0),
            budget=floats(0),
            followers_min=floats(0),
            followers_max=floats(0),
            deliverables=floats(0),
            publish_by=ints(),
            launch=floats(0),
            order_value=floats(0),
            order_value_known=ints(),
            brand_country=floats(0),
            target_offsets=ints(1),
            target_dimension=ints(),
            target_value=ints(),
            target_weight=floats(0),
        )


@dataclass(frozen=True, slots=True)
class Collaborations:
    """Collaborations by creator, `known` and id, each with its outcomes by `outcome_known`.

    `known` is the later of `agreed` and the creation of its brief. `brief` is a row of Briefs
    or -1. `outcomes` has the columns OUTCOMES, cumulative; those of collaboration `i` are
    `outcome_offsets[i]:outcome_offsets[i + 1]`.
    """

    ids: list[str]
    offsets: Ints
    known: Times
    hidden: Times
    agreed: Times
    published: Times
    creator: Ints
    brief: Ints
    brand: Codes
    category: Codes
    type: Floats
    goal: Floats
    compensation: Floats  # position in COMPENSATION
    fee: Floats
    outcome_offsets: Ints
    outcome_known: Times
    outcomes: Floats

    @classmethod
    def empty(cls, creators: int = 0) -> Self:
        """Return the table without a row, for so many creators."""
        return cls(
            ids=[],
            offsets=ints(creators + 1),
            known=ints(),
            hidden=ints(),
            agreed=ints(),
            published=ints(),
            creator=ints(),
            brief=ints(),
            brand=ints(),
            category=ints(),
            type=floats(0),
            goal=floats(0),
            compensation=floats(0),
            fee=floats(0),
            outcome_offsets=ints(1),
            outcome_known=ints(),
            outcomes=floats(0, len(OUTCOMES)),
        )


@dataclass(frozen=True, slots=True)
class Applications:
    """Applications to briefs, by creator, `known` and brief; `brief` is a row of Briefs or -1."""

    offsets: Ints
    known: Times
    hidden: Times
    brief: Ints
    asked_fee: Floats
    declined: Times

    @classmethod
    def empty(cls, creators: int = 0) -> Self:
        """Return the table without a row, for so many creators."""
        return cls(ints(creators + 1), ints(), ints(), ints(), floats(0), ints())
