"""What real data, kept outside this repository, says of the account model."""
