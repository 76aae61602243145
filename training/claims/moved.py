"""Which things are moved, and the words for them."""

from training.claims.effects import Effect, quantiles, scaled, switched

RATES = ("engagement_rate_30d", "engagement_rate_reach_90d", "like_view_ratio_90d")
SIGNS_OF_FAKES = (
    "sample_mass_following",
    "sample_zero_posts",
    "sample_no_picture",
    "sample_digits",
    "sample_empty_bio",
    "sample_private",
    "sample_following_ratio",
)
SHOWN = ("reach_rate_90d", "view_rate_90d", "story_reach_rate_90d")
MATCHES = ("country_match", "gender_match", "age_match")
RHYTHM = ("posting_gap_cv_90d", "days_since_post")
JUMPS = (
    "growth_jump_z_180d",
    "growth_jump_share_180d",
    "growth_jump_roundness_180d",
    "growth_jump_decay_180d",
    "growth_step_days_180d",
    "growth_jump_explained_180d",
    "growth_jump_response_180d",
    "growth_jumps_unexplained_365d",
)
SPONSORED = {"is_affiliate": 0.0, "is_seeding": 0.0, "is_ambassador": 0.0}

EFFECTS: dict[str, Effect] = {
    "followers": Effect(
        "Followers: from a small creator to a large one (25th to 75th percentile)",
        quantiles("log_followers"),
        note="at equal impressions: more followers for the same reach",
    ),
    "impressions": Effect(
        "Impressions: from few to many (25th to 75th percentile), at equal followers",
        quantiles("log_impressions_90d", SHOWN, among_peers=True),
        signed=True,
        note="among creators of the same platform and tier",
    ),
    "engagement": Effect(
        "Engagement rate: 10th percentile against 25th, 50th, 75th and 90th",
        quantiles("engagement_rate_90d", RATES, at=(0.1, 0.25, 0.5, 0.75, 0.9), among_peers=True),
        note="among creators of the same platform and tier",
    ),
    "outside_reach": Effect(
        "Reach beyond the followers: 25th to 75th percentile",
        quantiles("non_follower_reach_90d", among_peers=True),
        note="among creators of the same platform and tier, at equal impressions",
    ),
    "following": Effect(
        "Accounts followed per follower: 25th to 75th percentile",
        quantiles("following_ratio", among_peers=True),
        note="among creators of the same platform and tier",
    ),
    "fake_share": Effect(
        "Share of followers that look inauthentic: 10 % to 40 %",
        quantiles("fake_share", SIGNS_OF_FAKES, values=(0.1, 0.4)),
        signed=True,
        note="at equal impressions: fakes cost reach first, which is not counted here",
    ),
    "sponsored_share": Effect(
        "Share of sponsored posts: 25th to 75th percentile",
        quantiles("sponsored_share_90d"),
    ),
    "country_match": Effect(
        "Audience in the target countries: 25th to 75th percentile",
        quantiles("country_match"),
        signed=True,
    ),
    "gender_match": Effect(
        "Audience of the target genders: 25th to 75th percentile",
        quantiles("gender_match"),
        signed=True,
    ),
    "audience_match": Effect(
        "Audience inside the whole target: 25th to 75th percentile",
        quantiles("audience_match", MATCHES),
        signed=True,
    ),
    "category_match": Effect(
        "Same category as the brief: no to yes",
        switched({"category_match": 0.0}, {"category_match": 1.0}),
    ),
    "rivals": Effect(
        "Collaborations with rivals in half a year: none to one",
        switched({"rival_collaborations_180d": 0.0}, {"rival_collaborations_180d": 1.0}),
    ),
    "repeat": Effect(
        "Earlier collaborations with the brand: none to one, two months ago",
        switched(
            {"prior_collaborations_brand": 0.0},
            {"prior_collaborations_brand": 1.0, "days_since_brand_collaboration": 60.0},
        ),
    ),
    "seeding": Effect(
        "Product seeding instead of a sponsored post",
        switched(SPONSORED, {**SPONSORED, "is_seeding": 1.0}),
        note="whatever is paid",
    ),
    "affiliate": Effect(
        "Affiliate collaboration instead of a sponsored post",
        switched(SPONSORED, {**SPONSORED, "is_affiliate": 1.0}),
        note="whatever is paid",
    ),
    "accepted": Effect(
        "Creator accepts this compensation: no to yes",
        switched({"compensation_accepted": 0.0}, {"compensation_accepted": 1.0}),
    ),
    "fee": Effect(
        "Twice the fee for the same creator",
        scaled(("log_fee",), ("fee_per_thousand_followers", "fee_to_minimum"), 2.0),
    ),
    "launch": Effect(
        "Launch of a new product: no to yes", switched({"is_launch": 0.0}, {"is_launch": 1.0})
    ),
    "posting": Effect(
        "Posts per week: 25th to 75th percentile", quantiles("posts_per_week_90d", RHYTHM)
    ),
    "link_clicks": Effect(
        "Link clicks per account reached: 25th to 75th percentile",
        quantiles("link_click_rate_90d", among_peers=True),
        note="among creators of the same platform and tier",
    ),
    "deliverables": Effect(
        "Deliverables: one to two", switched({"deliverables": 1.0}, {"deliverables": 2.0})
    ),
    "lead_time": Effect(
        "Days until publishing is due: 10 to 40",
        switched({"lead_time_days": 10.0}, {"lead_time_days": 40.0}),
    ),
}
"""On the expected conversions, by the conversion model."""

RISKS: dict[str, Effect] = {
    "jump_unexplained": Effect(
        "Largest jump in followers: 10th to 90th percentile, with what goes along with it",
        quantiles("growth_jump_size_180d", JUMPS, at=(0.1, 0.9)),
    ),
    "jump_explained": Effect(
        "The same largest jump: no post explains it, or one does (10th to 90th percentile)",
        quantiles("growth_jump_explained_180d", at=(0.1, 0.9)),
    ),
}
"""On the risk of a quarter fakes or more, by the audience model from the history alone."""
