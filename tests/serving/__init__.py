"""serving of Credence."""
