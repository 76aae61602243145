"""Fitted models as data: loaded from the registry, proven, and asked for scores."""

from models.champions import MODELS, NoChampionError, load, load_champions

__all__ = ["MODELS", "NoChampionError", "load", "load_champions"]
