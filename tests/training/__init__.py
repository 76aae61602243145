"""training of Credence."""
