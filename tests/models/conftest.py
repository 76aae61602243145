"""Fixtures of this package's tests."""

from tests.registries import migrated, state

__all__ = ["migrated", "state"]
