"""Model cards: what a training came to, what it may be used for and what not, as Markdown."""
