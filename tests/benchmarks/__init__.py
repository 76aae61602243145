"""benchmarks of Credence."""
