"""The claims ledger: what the field says, what its sources say, and what the model learned."""
