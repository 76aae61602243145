"""The answers that score nothing: a creator's features, the catalogue, the models, readiness."""

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from features.arrays import PLATFORMS
from features.catalogue import BASE, CATALOGUE, catalogue_hash
from models.bundle import Bundle
from models.layout import CARD
from models.references import References
from serving.contract import (
    CreatorAnswer,
    FeatureDefinition,
    FeaturesAnswer,
    FeatureValue,
    ModelCard,
    ModelsAnswer,
    Peers,
    Published,
    Readiness,
)
from serving.group import EPOCH
from serving.problems import Problem
from serving.rows import ID_PATTERN
from serving.state import Models, Snapshot

READY = "ready"
_ID = re.compile(ID_PATTERN)


def creator(snapshot: Snapshot, creator_id: str, now: datetime) -> CreatorAnswer:
    """Return the stored features of a creator beside its peers.

    Parameters
    ----------
    snapshot : Snapshot
        With the store.
    creator_id : str
        Whose.
    now : datetime
        The clock.

    Raises
    ------
    Problem
        404 where it is not published.
    """
    store = snapshot.store
    # What is no id is no key of the store either.
    found = store.get([creator_id]) if store and _ID.fullmatch(creator_id) else None
    if store is None or found is None or not found.places:
        raise Problem(404, "this creator is not published: publish its tables first")
    entries = found.entries
    platform, tier = entries.peers.platform[0], entries.peers.tier[0]
    references = _references(snapshot.kept)
    moment = EPOCH + timedelta(microseconds=store.as_of)
    return CreatorAnswer(
        creator_id=creator_id,
        as_of=moment,
        features_age_s=(now - moment).total_seconds(),
        catalogue_hash=catalogue_hash(),
        peers=Peers(None if math.isnan(platform) else PLATFORMS[int(platform)], tier),
        features=[
            FeatureValue(
                feature.name,
                feature.family,
                feature.unit,
                _known(value),
                _percentile(references, feature.name, value, platform, tier),
            )
            for feature, value in zip(BASE, entries.states.base[0].tolist(), strict=True)
        ],
    )


def _references(models: Models) -> Sequence[References]:
    """Return the peers' quantiles that the models carry; the first that knows a feature counts."""
    champions = models.champions
    carriers = (champions.fake_followers, champions.conversion)
    return [model.references for model in carriers if model is not None]


def _percentile(
    references: Sequence[References], name: str, value: float, platform: float, tier: str | None
) -> float | None:
    found = (one.percentile(name, value, platform, tier) for one in references)
    return next((percentile for percentile in found if percentile is not None), None)


def features() -> FeaturesAnswer:
    """Return the feature catalogue."""
    return FeaturesAnswer(
        catalogue_hash(),
        [
            FeatureDefinition(
                feature.name,
                feature.family,
                feature.unit,
                _known(feature.bounds[0]),
                _known(feature.bounds[1]),
                feature.window_days,
                feature.definition,
            )
            for feature in CATALOGUE
        ],
    )


def models(snapshot: Snapshot) -> ModelsAnswer:
    """Return the served model versions, those that only the store is answered by included.

    Parameters
    ----------
    snapshot : Snapshot
        With the models.
    """
    served: dict[str, tuple[str, Bundle, list[str]]] = {}
    for role, group in (("champion", snapshot.models), ("store", snapshot.kept)):
        for name, bundle in group.bundles.items():
            version = (
                group.champions.versions()[name] if role == "champion" else group.versions[name]
            )
            served.setdefault(f"{name} {version}", (version, bundle, []))[2].append(role)
    cards = [_card(version, bundle, roles) for version, bundle, roles in served.values()]
    return ModelsAnswer(cards, snapshot.missing)


def _card(version: str, bundle: Bundle, roles: list[str]) -> ModelCard:
    manifest = bundle.manifest
    data = manifest.data
    window = f"{data.start or '?'} to {data.end or '?'}"
    origin = "simulated rows of the built-in world" if manifest.trained_on_world else "given tables"
    carried = (
        f" It carries its own copy of {', '.join(manifest.upstream)}." if manifest.upstream else ""
    )
    return ModelCard(
        name=bundle.name,
        version=version,
        digest=bundle.digest,
        serves=roles,
        metrics=manifest.metrics,
        data=data,
        upstream=manifest.upstream,
        trained_on_world=manifest.trained_on_world,
        card=f"Trained on {origin}, {window}, from {len(manifest.features)} features, at commit"
        f" {manifest.commit}.{carried}\n\n{bundle.parts.get(CARD, _NO_CARD).decode()}",
    )


_NO_CARD = b"This version was trained before cards were kept with the model."


def readiness(snapshot: Snapshot, *, keys_refused: bool) -> Readiness:
    """Return what the service can answer with.

    Parameters
    ----------
    snapshot : Snapshot
        With the models.
    keys_refused : bool
        Whether the file of keys cannot be used.
    """
    versions = snapshot.models.champions.versions()
    store = snapshot.store
    return Readiness(
        status=READY if snapshot.ready else "not ready",
        models=versions,
        missing=snapshot.missing,
        refused=list(snapshot.refused),
        store=None
        if store is None
        else Published(
            EPOCH + timedelta(microseconds=store.as_of), store.versions, snapshot.lagging
        ),
        stale=snapshot.stale or snapshot.unheard,
        keys_refused=keys_refused,
    )


def _known(value: float) -> float | None:
    """Return a number that JSON has: unknown and unbounded are null."""
    return value if math.isfinite(value) else None
