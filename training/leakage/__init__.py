"""What a training must not know: audits of its rows and of its splits."""
