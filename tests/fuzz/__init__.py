"""Random requests, made from the published contract, against a running server."""
