"""Claims about authenticity and about who fits whom."""

from training.claims.claim import GUIDE, SURVEY, Claim

CLAIMS = (
    Claim(
        "fake-followers-harm",
        "Bought followers are a real problem: they do not buy.",
        f"{SURVEY}; {GUIDE}",
        "verified",
        "That they are common is well found: less than a tenth fakes have 47 % of nano and 22 % of"
        " mega accounts (Heepsy). That they do not buy is a truism; their cost nobody measured.",
        "Only real followers see posts and buy. A creator's reach shows that already, so at equal"
        " reach little is left. The model may only lower its score with the fake share.",
        ("fake_share",),
    ),
    Claim(
        "spikes-are-fraud",
        "A sudden jump in followers means that they were bought.",
        "widespread; vendors of audits",
        "contested",
        "HypeAuditor itself names a giveaway, a shout-out and advertising as other causes; Popular"
        " Pays calls round numbers suspicious and decay natural.",
        "The world holds benign jumps (giveaways, viral posts, shout-outs) beside bought ones.",
        ("jump_unexplained", "jump_explained"),
    ),
    Claim(
        "rivals-cost-trust",
        "Who works for rivals of the brand is believed less.",
        "ours, from what the guide and the survey say of authenticity",
        "assumption",
        "More than half of the survey's creators call authenticity very important, for admiration"
        " and compatibility. Nobody measured what a rival's post costs.",
        "Built in: a quarter fewer conversions for each rival of the last half year, up to two.",
        ("rivals",),
    ),
    Claim(
        "sponsored-too-often",
        "More than 30 % sponsored posts is a red flag.",
        "Favikon",
        "vendor claim",
        "No data are given. Cheng and Zhang (2025, 85,692 videos) find that a sponsored video costs"
        " .19 % of subscribers; Markerly finds sponsored and organic posts liked alike.",
        "Built in: beyond 15 % sponsored posts sales fall. No subscribers are lost.",
        ("sponsored_share",),
    ),
    Claim(
        "replies-persuade",
        "Small creators persuade because they answer their audience.",
        SURVEY,
        "verified",
        "Beichert et al. (2024) find reciprocity among what carries the effect.",
        "Not built in: the tables hold no replies.",
        unmeasured="There is no column for it.",
    ),
    Claim(
        "fans-of-the-brand",
        "Creators want to work again with brands that they are fans of (37 %), that pay fairly"
        " (30 %) or share their values (14 %).",
        SURVEY,
        "survey",
        "Reasons that creators gave, not effects on sales.",
        "Not built in: no table says whose fan a creator is.",
        unmeasured="There is no column for it.",
    ),
    Claim(
        "right-country",
        "Followers elsewhere do not help to sell here.",
        GUIDE,
        "vendor claim",
        "No figures are given; hardly anyone disagrees.",
        "Built in, as overlap of audience and target. The model may only raise its score with the"
        " match, so the sign is no finding.",
        ("country_match", "audience_match"),
    ),
    Claim(
        "right-gender",
        "A male audience does not help to sell to women, nor the other way round.",
        GUIDE,
        "vendor claim",
        "No figures are given.",
        "Built in as above, with genders and ages.",
        ("gender_match", "audience_match"),
    ),
    Claim(
        "right-niche",
        "The creator's subject should be the brand's.",
        f"{GUIDE}; {SURVEY}",
        "contested",
        "Leung et al. (2022) find an optimum: best where some 9 % of the followers share the"
        " interest, 7.9 % less for one standard deviation off.",
        "Differs: the same category is best, a related one next, another one worst. There is no"
        " optimum in between, and the model has only the flag.",
        ("category_match",),
    ),
    Claim(
        "large-audiences-are-vague",
        "The larger the creator, the less defined the audience.",
        GUIDE,
        "vendor claim",
        "No figures are given.",
        "Not built in: audiences are drawn by home country, category and platform, whatever the"
        " size.",
        ("vagueness",),
    ),
    Claim(
        "warm-creators",
        "Creators who already follow or mention the brand do better.",
        GUIDE,
        "vendor claim",
        "No figures are given.",
        "Not built in: no table says who follows whom.",
        unmeasured="There is no column for it.",
    ),
)
