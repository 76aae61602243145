"""The HTTP contract: every request and answer as a type; /openapi.json is generated from these."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from models.manifest import Data, Metric
from serving.problems import ProblemBody
from serving.rows import (
    AccountRow,
    BrandRow,
    BriefRow,
    Compensation,
    History,
    Id,
    Money,
    Time,
)
from serving.sampled import FrameFound

MOST_BYTES = 8 * 2**20
MOST_CREATORS = 500
MOST_HISTORY_ROWS = 20_000
MOST_FOLLOWERS = 10_000
MOST_REASONS = 20
REFERENCE = "#/components/schemas/{name}"
"""Where the OpenAPI document holds a type."""

Reasons = (
    Annotated[int, Meta(ge=0, le=MOST_REASONS)]
    | Annotated[float, Meta(ge=0, le=MOST_REASONS, multiple_of=1.0)]
)


# Requests ------------------------------------------------------------------------------------


class CreatorAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A creator to score: from the history given, else from the published store."""

    creator_id: Id
    history: History | None = None
    compensation: Compensation | None = None
    fee: Money | None = None


class ScoreRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Creators to score, for a brief or without one."""

    creators: Annotated[
        tuple[CreatorAsked, ...],
        Meta(min_length=1, extra_json_schema={"maxItems": MOST_CREATORS}),
    ]
    as_of: Time | None = None
    brief_id: Id | None = None
    """Of a published brief; not beside `brief`."""
    brief: BriefRow | None = None
    brand: BrandRow | None = None
    """The brand of `brief`, which must be given too and name the same `brand_id`."""
    reasons: Reasons = 0


class AuditRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sampled follower accounts of one audience."""

    followers: Annotated[
        tuple[AccountRow, ...],
        Meta(min_length=1, extra_json_schema={"maxItems": MOST_FOLLOWERS}),
    ]
    probabilities: bool = False


# Answers -------------------------------------------------------------------------------------


class FakeFollowersScore(msgspec.Struct, frozen=True):
    """How much of the audience looks inauthentic."""

    risk: float | None
    """Probability that the share is at or above the limit of .25."""
    share: float | None
    share_low: float | None
    """Lower end of the 90 % interval of the share."""
    share_high: float | None
    n_sampled: int
    level: str


class ConversionScore(msgspec.Struct, frozen=True):
    """How likely the collaboration, once published, reaches the brief's conversion goal."""

    probability: float | None
    low: float | None
    """Lower end of the 90 % interval of the probability."""
    high: float | None
    expected: float | None
    """Expected conversions within 30 days of publishing."""
    expected_low: int | None
    """Lower end of the 80 % prediction interval of the count."""
    expected_high: int | None
    audience_match: float | None
    """How much of the audience the brief targets, 0 to 1; null where either is unknown."""


class ReasonGiven(msgspec.Struct, frozen=True):
    """One additive part of a model's raw score."""

    feature: str
    family: str
    value: float | None
    percentile: float | None
    """Among creators of the same platform and tier, 0 to 100."""
    contribution: float | None
    """In log-odds; all of a model's contributions add up to its raw score."""
    text: str


class DataUsed(msgspec.Struct, frozen=True):
    """What the scores rest on, and what was missing."""

    posts_90d: int
    snapshots_90d: int
    followers_sampled: int
    followers_frame: FrameFound | None
    """How they were sampled, "mixed" where they differ; null where nothing says it."""
    last_snapshot_at: Time | None
    set_aside: int
    """Rows of the history that contradict another row or refer to nothing, and were not used."""
    missing: list[str]


class CreatorScore(msgspec.Struct, frozen=True):
    """A creator's scores."""

    creator_id: str
    tier: str | None
    fake_followers: FakeFollowersScore | None
    """Null while the model has no champion."""
    conversion: ConversionScore | None
    """Null without a brief, and while the model has no champion."""
    reasons: dict[str, list[ReasonGiven]]
    data: DataUsed


class CreatorUnknown(msgspec.Struct, frozen=True):
    """A creator that is not stored and came without a history."""

    creator_id: str
    error: ProblemBody


SCORED: tuple[type[msgspec.Struct], ...] = (CreatorScore, CreatorUnknown)


def _reference(kind: type) -> dict[str, str]:
    return {"$ref": REFERENCE.format(name=kind.__name__)}


class ScoreAnswer(msgspec.Struct, frozen=True):
    """Scores in the order asked."""

    as_of: Time
    features_age_s: float | None
    """Age of the stored features in seconds; null where only histories were scored."""
    models: dict[str, str]
    catalogue_hash: str
    # Of two kinds that nothing but their fields tells apart, which msgspec cannot type.
    scores: Annotated[
        list[Any],
        Meta(extra_json_schema={"items": {"anyOf": [_reference(kind) for kind in SCORED]}}),
    ]


class AuditAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The share of the sampled accounts' audience that looks inauthentic."""

    n: int
    share: float | None
    share_low: float | None
    share_high: float | None
    level: str
    version: str
    frame: FrameFound | None
    """How the accounts were sampled, "mixed" where they differ; null where none says it."""
    caution: str | None
    """What to beware of where they were not sampled at random."""
    probabilities: list[float | None] | None = None
    """Per account, in the order given, where asked for."""


class FeatureValue(msgspec.Struct, frozen=True):
    """A stored feature of a creator beside its peers."""

    name: str
    family: str
    unit: str
    value: float | None
    percentile: float | None
    """Among creators of the same platform and tier, 0 to 100."""


class Peers(msgspec.Struct, frozen=True):
    """Whom a creator is compared with."""

    platform: str | None
    tier: str | None


class CreatorAnswer(msgspec.Struct, frozen=True):
    """A creator's stored features."""

    creator_id: str
    as_of: Time
    features_age_s: float
    catalogue_hash: str
    peers: Peers
    features: list[FeatureValue]


class FeatureDefinition(msgspec.Struct, frozen=True):
    """A feature of the catalogue."""

    name: str
    family: str
    unit: str
    low: float | None
    """Least possible value; null where there is none."""
    high: float | None
    window_days: int | None
    definition: str


class FeaturesAnswer(msgspec.Struct, frozen=True):
    """The feature catalogue."""

    catalogue_hash: str
    features: list[FeatureDefinition]


class ModelCard(msgspec.Struct, frozen=True):
    """A served model version."""

    name: str
    version: str
    digest: str
    serves: list[str]
    """champion, store or both: the store keeps the versions that it was published with."""
    metrics: dict[str, Metric]
    data: Data
    upstream: dict[str, str]
    trained_on_world: bool
    card: str
    """Markdown: data, protocol, figures, slices, and what it must not be used for."""


class ModelsAnswer(msgspec.Struct, frozen=True):
    """The served models."""

    models: list[ModelCard]
    missing: list[str]
    """Models without a champion."""


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


class Published(msgspec.Struct, frozen=True):
    """The store that stored creators are scored from."""

    as_of: Time
    models: dict[str, str]
    lags: list[str] = []
    """Models of which another version is champion by now: stored creators get it once published."""


class Readiness(msgspec.Struct, frozen=True):
    """What the service can answer with."""

    status: str
    models: dict[str, str]
    """Champions that are loaded and gave their known answers, with their versions."""
    missing: list[str]
    """Models without a champion: their block in a score is null."""
    refused: list[str]
    """Champions whose files or known answers were wrong; one of before answers if in `models`."""
    store: Published | None
    """Null where nothing is published: then only histories can be scored."""
    stale: bool
    """The last good one serves: a newer store could not be opened, or the registry is silent."""
    keys_refused: bool = False
    """The file of keys cannot be used: those read before stay in force, whatever it revokes now."""
