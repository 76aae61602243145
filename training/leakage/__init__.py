"""What a training must not know: audits of its rows, its splits and its pooled effects."""
