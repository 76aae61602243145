"""A marketplace simulator with known truth: every raw table, and what lies behind it."""

from training.world.simulate import World, simulate
from training.world.writing import build, write

__all__ = ["World", "build", "simulate", "write"]
