"""Published figures the world is drawn from, with their sources; nothing is read at run time."""

# --- creators -----------------------------------------------------------------------------------
PLATFORMS = ("instagram", "tiktok", "youtube", "facebook", "x")
# 61 % favour Instagram, 17 % Facebook, 12 % Twitter in SocialPubli's survey of 2019; TikTok and
# YouTube have taken most of the rest since, so those two are raised at Facebook's expense.
PLATFORM_WEIGHTS = (0.58, 0.16, 0.11, 0.08, 0.07)
TIERS = ("nano", "micro", "mid", "macro", "mega")
TIER_EDGES = (1_500, 10_000, 80_000, 500_000, 1_000_000, 12_000_000)
# HypeAuditor counts 58 % nano among all accounts; brands list fewer of them, so the marketplace
# is shifted up one step.
TIER_WEIGHTS = (0.40, 0.36, 0.16, 0.045, 0.035)
COUNTRIES = ("US", "GB", "DE", "FR", "ES", "BR", "IN", "AU")
COUNTRY_WEIGHTS = (0.30, 0.16, 0.13, 0.09, 0.08, 0.10, 0.08, 0.06)
LANGUAGES = ("en", "en", "de", "fr", "es", "pt", "hi", "en")
CATEGORIES = (
    "fashion", "beauty", "fitness", "food", "travel",
    "tech", "gaming", "parenting", "home", "lifestyle",
)  # fmt: skip
CATEGORY_WEIGHTS = (0.16, 0.14, 0.11, 0.11, 0.10, 0.08, 0.07, 0.07, 0.06, 0.10)
CATEGORY_FEMALE = (0.72, 0.85, 0.50, 0.60, 0.55, 0.22, 0.18, 0.80, 0.68, 0.62)
# Categories whose audiences buy each other's goods.
CATEGORY_GROUP = (0, 0, 1, 1, 2, 3, 3, 4, 4, 2)
AGES = ("13-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")
AGE_CENTRES = (15.0, 21.0, 29.5, 39.5, 49.5, 59.5, 70.0)
GENDERS = ("female", "male", "other")
COMPENSATION = ("monetary", "product", "event", "affiliate")
COLLABORATION = ("sponsored_post", "product_seeding", "event", "affiliate", "ambassador")
MEDIA = ("image", "video", "carousel", "reel", "story")
FRAMES = ("random", "recent", "engaged")

# --- growth -------------------------------------------------------------------------------------
# Monthly organic growth by tier: mean 1.69 % over all (aigrow 2023), 6-8 % below 5k followers,
# -.5 to 2 % at 10-100k, -1 to 1.5 % at 100k-1M (startmotion).
GROWTH_MEAN = (0.022, 0.009, 0.005, 0.004, 0.004)
GROWTH_SD = (0.025, 0.012, 0.009, 0.008, 0.008)

# --- fake followers -----------------------------------------------------------------------------
# Beta fits to Heepsy's shares below 10 % and above 20 % by tier, creators who buy none.
FAKE_BETA = ((2.38, 17.9), (2.53, 17.7), (2.9, 17.3), (3.2, 17.0), (3.37, 16.9))
# SRF Data 2017: 32 % of 115 audiences sit around .60 (IQR .52-.66) whatever their size; the rest
# around .12. Buyers here: that cluster, and a lighter one of creators who topped up.
BUYER_HEAVY = 0.55
BUYER_HEAVY_BETA = (14.0, 10.0)
BUYER_LIGHT_BETA = (7.0, 13.0)
REGIMES = ("none", "burst", "drip", "old", "both")
REGIME_WEIGHTS = (0.64, 0.12, 0.10, 0.08, 0.06)

# Quantiles at .01 .05 .1 .25 .5 .75 .9 .95 .99 of InstaFake (Akyon & Kalfaoglu 2019) and of the
# Kaggle set of spam and genuine accounts.
INSTAFAKE_REAL = {
    "followers": (21.9, 77, 118, 218, 345, 516, 724, 989, 1876),
    "following": (30.9, 103, 154, 267, 420, 614, 863, 1096, 2593),
    "posts": (0, 1, 2, 8, 30, 79, 168, 274, 583),
}
INSTAFAKE_FAKE = {
    "followers": (0, 0, 1, 10.8, 29.5, 102, 291, 495, 1129),
    "following": (0, 7.9, 75, 278, 1446, 2506, 4624, 6604, 7455),
    "posts": (0, 0, 0, 0, 0, 1, 4, 6, 10),
}
KAGGLE_REAL = {
    "followers": (34, 78, 119, 240, 577, 1483, 13328, 143573, 4707561),
    "following": (9.4, 54, 99, 231, 438, 696, 1218, 2138, 7290),
    "posts": (0, 3, 6, 15, 65, 210, 464, 712, 1411),
}
KAGGLE_FAKE = {
    "followers": (0, 0, 4, 16, 43, 92, 227, 551, 2177),
    "following": (0, 2, 7, 26, 76, 303, 870, 1910, 5253),
    "posts": (0, 0, 0, 0, 0, 4, 21, 40, 128),
}

# --- posts --------------------------------------------------------------------------------------
# Reach of followers by size, median of 3-4 million posts and 350,000 stories (Minter.io 2019).
REACH_KNOTS = (3_000, 20_000, 100_000, 1_000_000, 5_000_000)
REACH_POST = (0.42, 0.32, 0.23, 0.20, 0.19)
REACH_STORY = (0.095, 0.060, 0.042, 0.039, 0.037)
# Likes per follower (Markerly: 4 % at 1-10k, 2.37 % at 10-100k, 1.66 % above 1M); XOMAD: falls to
# 75-100k followers, then rises slowly.
LIKE_RATE_80K = 0.0185
LIKE_SLOPE_BELOW = -0.28
LIKE_SLOPE_ABOVE = 0.02
# TikTok nano 12.6 % against Instagram nano 2.8 % (HypeAuditor 2022); the others are far below.
PLATFORM_LIKES = (1.0, 4.0, 0.9, 0.3, 0.18)
PLATFORM_REACH = (1.0, 1.5, 0.9, 0.35, 0.30)
# Comments per like: median 2.4 %, 5-95 % 0.7-6.7 % (InstaFake's ordinary accounts).
COMMENT_MEDIAN = 0.024
COMMENT_SIGMA = 0.687
# Spread of log likes inside one account: q10-q50-q90 .19 .37 .66 (ordinary), median .72 (mega).
LIKE_SPREAD_MEDIAN = 0.42
LIKE_SPREAD_SIGMA = 0.40

# --- money and sales ----------------------------------------------------------------------------
# Price of a post: nano $10-100, micro $100-500, macro $500-10k, mega from $10k.
PRICE_AT_30K = 260.0
PRICE_ELASTICITY = 0.85
ORDER_VALUE_MEDIAN = 55.0
ORDER_VALUE_SIGMA = 0.65
