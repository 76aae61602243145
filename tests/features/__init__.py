"""features of Credence."""
