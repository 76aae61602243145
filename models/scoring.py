"""The scores of rows by the champions: the one path that service, batch and notebooks share."""

from dataclasses import dataclass
from functools import cached_property

from features.arrays import Floats
from features.samples import Samples
from models.aims import Aims
from models.conversion import Conversion
from models.fake_accounts import FakeAccounts
from models.fake_followers import FakeFollowers, FakeFollowersScores
from models.story import ConversionScores

CONVERSION_COLUMNS = {
    "conversion_probability": "probability",
    "conversion_low": "low",
    "conversion_high": "high",
    "expected_conversions": "expected",
    "expected_conversions_low": "expected_low",
    "expected_conversions_high": "expected_high",
}
"""Columns of a table of scores, with the fields of `ConversionScores` that fill them."""

FOLLOWERS_COLUMNS = {
    "fake_share": "share",
    "fake_share_low": "low",
    "fake_share_high": "high",
    "fake_risk": "risk",
    "level": "level",
}
"""Columns of a table of scores, with the fields of `FakeFollowersScores` that fill them."""


@dataclass(frozen=True, eq=False)
class Champions:
    """The models in service; None where there is no champion.

    Parameters
    ----------
    fake_accounts, fake_followers, conversion : model or None
    """

    fake_accounts: FakeAccounts | None = None
    fake_followers: FakeFollowers | None = None
    conversion: Conversion | None = None

    def versions(self) -> dict[str, str]:
        """Return the version of each model there is, by its name."""
        models = {
            "fake_accounts": self.fake_accounts,
            "fake_followers": self.fake_followers,
            "conversion": self.conversion,
        }
        return {name: model.version for name, model in models.items() if model is not None}

    @cached_property
    def one_share(self) -> bool:
        """Whether the conversion model's copy of the audience model equals the champion."""
        if self.fake_followers is None or self.conversion is None:
            return False
        return _same(self.fake_followers, self.conversion.followers)


@dataclass(frozen=True, slots=True, eq=False)
class AudienceScores:
    """What is known of the audiences of n rows.

    Parameters
    ----------
    followers : FakeFollowersScores or None
        By the champion.
    conversion_share : Floats, shape (n,), or None
        The share by the conversion model's own copy of the audience model.
    """

    followers: FakeFollowersScores | None
    conversion_share: Floats | None


def audience_scores(champions: Champions, X: Floats, samples: Samples) -> AudienceScores:
    """Return the audience scores of rows, which depend on creator and `as_of` alone.

    Parameters
    ----------
    champions : Champions
    X : Floats, shape (n, len(NAMES))
        The catalogue's columns; those of a brief may be NaN.
    samples : Samples
        The follower sample of each row.

    Returns
    -------
    AudienceScores
    """
    champion = champions.fake_followers
    followers = None if champion is None else champion.score(X, samples)
    if champions.conversion is None:
        return AudienceScores(followers, None)
    if followers is not None and champions.one_share:
        return AudienceScores(followers, followers.share)
    return AudienceScores(followers, champions.conversion.followers.score(X, samples).share)


def conversion_scores(
    champions: Champions, X: Floats, conversion_share: Floats | None, aim: Aims
) -> ConversionScores | None:
    """Return the conversion scores of rows, None without a champion.

    Parameters
    ----------
    champions : Champions
    X : Floats, shape (n, len(NAMES))
        The catalogue's columns.
    conversion_share : Floats, shape (n,), or None
        Of `audience_scores`.
    aim : Aims
        What the briefs ask for; a row without a brief has NaN scores.
    """
    if champions.conversion is None:
        return None
    if conversion_share is None:
        raise ValueError(
            "conversion_scores: the audience was scored before there was a conversion model; "
            "score or publish it again"
        )
    return champions.conversion.score(X, conversion_share, aim)


def _same(one: FakeFollowers, other: FakeFollowers) -> bool:
    """Return whether two models answer alike; versions are names, not proofs."""
    return one.parts() == other.parts() and one.accounts.parts() == other.accounts.parts()
