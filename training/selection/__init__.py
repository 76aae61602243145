"""Who was chosen out of whom: propensity, overlap, weighted evaluation, support of the model."""
