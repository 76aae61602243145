"""Claims about size, reach and engagement."""

from training.claims.claim import GUIDE, SURVEY, Claim

CLAIMS = (
    Claim(
        "22-times",
        "Micro-influencers bring 22.2 times more conversions than the average user.",
        GUIDE,
        "misquoted",
        "The source says conversations. Keller Fay, Berger and Experticity (2016) counted how often"
        " a week people recommend what to buy: an unpaid panel of experts did so 22.2 times as"
        " often, 87 % of it face to face. No bands of followers, no Instagram, no sales.",
        "Nothing in the world or the model is built on it.",
        unmeasured="There is nothing to measure: no such figure on conversions exists.",
    ),
    Claim(
        "fewer-followers-more-engagement",
        "Creators with 10k to 100k followers get 50 % more engagement than those above a million.",
        GUIDE,
        "verified",
        "Markerly (2016) has 2.37 % against 1.66 % likes per follower, 1.43 times; other years and"
        " platforms differ (HypeAuditor 2018: flat from 20k on).",
        "Likes per follower are drawn from Markerly's figures, by platform.",
        ("engagement_micro_mega",),
    ),
    Claim(
        "engagement-falls-with-size",
        "The engagement rate falls as followers grow.",
        SURVEY,
        "contested",
        "True up to 75-100k; XOMAD (10 million posts, 200,000 profiles) then sees it rise again,"
        " HypeAuditor (36,000 influencers) sees it flat from 20k on.",
        "Built in: falls to 80,000 followers, then rises slowly. The model compares engagement"
        " rates with peers of the same size where it explains itself.",
        ("engagement_slope_below", "engagement_slope_above"),
    ),
    Claim(
        "turning-point-80k",
        "At about 80,000 followers rates, engagement and preferred collaborations change.",
        GUIDE,
        "contested",
        "No figures are given. XOMAD's curve turns at 75-100k; Wies et al. (2023, 802 campaigns)"
        " find an inverted U of engagement with sponsored posts over followers instead.",
        "Likes turn at 80,000 followers; conversions do not. The model is free to bend anywhere:"
        " followers have no monotone constraint.",
        ("engagement_slope_below", "engagement_slope_above", "size_elasticity"),
    ),
    Claim(
        "small-earn-more-per-follower",
        "Small creators earn many times more revenue per follower than large ones.",
        "Beichert, Bayerl, Goldenberg and Lanz (Journal of Marketing, 2024)",
        "verified",
        "1,881,533 purchases, 2,808 sponsored posts: EUR 0.265 per follower (nano) against 0.049"
        " (macro). Counted by discount codes of brands that sell directly; counts by click are ten"
        " to twenty times lower.",
        "Conversions grow with real impressions to the power of .65: per follower they fall.",
        ("size_elasticity", "followers"),
    ),
    Claim(
        "popularity-is-not-influence",
        "Popularity is not influence.",
        SURVEY,
        "verified",
        "In keeping with Beichert et al. (2024); Leung et al. (2022, 5,800 Weibo posts) still find"
        " +9.2 % return for one standard deviation more followers.",
        "Size helps through reach alone. The backtest reports the ranking by followers beside the"
        " model's.",
        ("followers", "size_elasticity"),
    ),
    Claim(
        "reach-is-not-followers",
        "How many people a post reaches may differ much from the follower count.",
        GUIDE,
        "verified",
        "Minter.io (2019, 3-4 million posts): the median post reaches 37.7 % of followers up to"
        " 20k and 19.1 % above a million; stories 8.2 % and 3.8 %.",
        "Reach is drawn from these medians, with an effect of each creator's own.",
        ("impressions_elasticity", "impressions"),
    ),
    Claim(
        "impressions-tell-sales",
        "Impressions are a strong sign of traffic and sales.",
        GUIDE,
        "vendor claim",
        "No figures are given. Plausible: who does not see a post does not buy.",
        "Built in, and the model may only raise its score with impressions: of the sign the figure"
        " here is no evidence at all, of the size only within the world.",
        ("impressions",),
    ),
    Claim(
        "size-hardly-moves-impressions",
        "On TikTok 1 % more followers bring only .10 % more impressions.",
        "Tian, Dew and Iyengar (Journal of Marketing Research, 2024)",
        "verified",
        "A mean elasticity of .10, not linear. The feed is dealt out by content, not by following.",
        "Differs on purpose: reach falls with size on every platform alike, by Minter.io's figures,"
        " so impressions follow the follower count far more closely than on TikTok.",
        ("impressions_elasticity",),
    ),
    Claim(
        "engagement-is-not-success",
        "Engagement does not say whether a collaboration succeeds: many buy without a like.",
        GUIDE,
        "contested",
        "Beichert et al. (2024) find that engagement carries much of the effect of small creators"
        " on revenue. Pods buy engagement (Weerasinghe et al. 2020: 1.8 million posts, over 400"
        " pods), and engagement that was agreed upon comes from people who care less (Hinnosaar).",
        "An inverted U: more engagement helps up to a point among creators alike, and counts for a"
        " third where the category is another. The model has no constraint on it.",
        ("engagement",),
    ),
    Claim(
        "goldilocks",
        "Engagement with sponsored posts is highest for creators of middling size.",
        "Wies, Bleier and Edeling (Journal of Marketing, 2023)",
        "verified",
        "An inverted U over followers, 802 campaigns, more than 1,700 creators; flatter where"
        " content is made for the brand and where the brand is less known.",
        "Differs: the world's inverted U is one of conversions over engagement, not of engagement"
        " over followers.",
        ("engagement_slope_below", "engagement_slope_above", "engagement"),
    ),
    Claim(
        "outside-reach",
        "Content that reaches people beyond the followers is worth more.",
        GUIDE,
        "vendor claim",
        "No figures are given. Reels reach 40-90 % non-followers (secondary sources).",
        "Not built in: such reach is drawn, and has no effect of its own on sales.",
        ("outside_reach",),
    ),
    Claim(
        "following-few",
        "Creators who follow fewer others seem more influential.",
        "Valsesia et al. (Journal of Marketing Research, 2020)",
        "verified",
        "An effect on perceived influence; sales were not counted.",
        "Not built in as an effect on sales.",
        ("following",),
    ),
    Claim(
        "reach-declines",
        "Organic reach declines.",
        SURVEY,
        "verified",
        "The reach of images fell by 31.6 % from 2021 to 2022 (Statista, by way of a blog).",
        "Conversions drift down by a fifth over eighteen months.",
        unmeasured="The model has no calendar: its level is fitted anew on the latest rows. The"
        " backtest shows the drift.",
    ),
)
