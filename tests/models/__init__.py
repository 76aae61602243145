"""models of Credence."""
