"""Sealed bundles of the small fitted models."""

from functools import cache

from models import answers, bundle
from models.bundle import Bundle
from models.manifest import Data, Manifest, Metric, describe
from tests.models import fitted

DATA = Data("0" * 64, "2025-01-01T00:00:00+00:00", "2025-06-01T00:00:00+00:00")
LATER = Data("1" * 64, "2025-01-01T00:00:00+00:00", "2025-07-01T00:00:00+00:00")


def manifest(name: str, columns: tuple[str, ...], data: Data = DATA) -> Manifest:
    """Return a manifest with one metric."""
    metrics = {"log_loss": Metric(0.41, 0.4, 0.42, 900)}
    return describe(
        name, columns=columns, data=data, seed=7, metrics=metrics, trained_on_world=False
    )


@cache
def fake_accounts() -> Bundle:
    """Return the account model as a bundle."""
    model = fitted.fake_accounts()
    return bundle.seal(
        manifest=manifest("fake_accounts", model.served.columns),
        parts=model.parts(),
        answers=answers.record(model),
    )


@cache
def fake_followers() -> Bundle:
    """Return the audience model as a bundle."""
    model = fitted.fake_followers()
    return bundle.seal(
        manifest=manifest("fake_followers", model.served.columns),
        parts=model.parts(),
        answers=answers.record(model),
        upstream={"fake_accounts": fake_accounts()},
    )


@cache
def conversion() -> Bundle:
    """Return the conversion model as a bundle."""
    model = fitted.conversion()
    return bundle.seal(
        manifest=manifest("conversion", model.served.columns),
        parts=model.parts(),
        answers=answers.record(model),
        upstream={"fake_followers": fake_followers()},
    )
