"""Tests of Credence: properties first, then examples by hand, then independent oracles."""
