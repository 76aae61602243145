"""The same two predictions served in other ways, for `benchmarks.serve`."""
