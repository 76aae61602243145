"""whole of Credence."""
