"""What the conversion model would have said, quarter by quarter, and what came of it."""
