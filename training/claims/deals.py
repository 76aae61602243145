"""Claims about money, kinds of collaboration, and rhythm."""

from training.claims.claim import GUIDE, SURVEY, Claim

CLAIMS = (
    Claim(
        "orders-per-collaboration",
        "A collaboration of a micro creator brings a countable number of orders.",
        "funnels of published rates against Beichert et al. (2024)",
        "contested",
        "From the bottom up (one post, three stories, 30,000 followers) 1 to 3 orders by click; by"
        " discount code ten to twenty times as many.",
        "Set between the two: 9 for a post of 30,000 followers who are all the right ones, some of"
        " them for most. So the level of any count here is a choice; compare counts only.",
        ("micro_conversions",),
    ),
    Claim(
        "long-term-pays",
        "Lasting partnerships return more than single posts, three times more by some.",
        f"{SURVEY}; several vendors",
        "vendor claim",
        "No study is given. One forum reports +40 to 60 % by the third post; Modash argues that"
        " the first post may sell most.",
        "Built in with caution: a fifth more for each earlier collaboration, up to three.",
        ("repeat",),
    ),
    Claim(
        "gifts-suffice",
        "Gifts instead of money do: product seeding sells.",
        GUIDE,
        "vendor claim",
        "No figures are given. Beichert et al. (2024) report more than $1,000 on $50 of product for"
        " nano creators, some $6,000 on more than $1,000 for macro ones.",
        "Built in: seeding brings about half of a sponsored post's conversions.",
        ("seeding",),
    ),
    Claim(
        "codes-sell",
        "Posts with an incentive or a code do better than plainly sponsored ones.",
        "1000heads",
        "vendor claim",
        "12,000 posts: some 34 % higher engagement rate. Engagement, not sales.",
        "Built in: affiliate collaborations bring about 1.6 times the conversions of a sponsored"
        " post, for lack of a better figure.",
        ("affiliate",),
    ),
    Claim(
        "what-creators-take",
        "Creators prefer money (44.3 %), products or experiences (29.2 %), events (17.8 %),"
        " affiliate deals (7.9 %).",
        SURVEY,
        "survey",
        "The shares add up to 99.2 %. What people say they prefer, in 2019.",
        "What creators accept is drawn more broadly, by tier. Accepting has no effect on sales.",
        ("accepted",),
    ),
    Claim(
        "spend-elasticity",
        "1 % more spending brings .46 % more engagement.",
        "Leung et al. (Journal of Marketing, 2022)",
        "verified",
        "5,800 Weibo posts, 2,412 influencers, $200 to $100,000 a post. Engagement, not sales;"
        " and more money buys larger creators, too.",
        "Differs: what is paid beyond the usual price of that size counts with an exponent of .15"
        " only. Larger creators are another row.",
        ("fee",),
    ),
    Claim(
        "launches",
        "Creators help to launch new products.",
        GUIDE,
        "contested",
        "Leung et al. (2022) find less effect for posts about launches.",
        "Built in as Leung et al. found, and stronger: launches bring little more than half.",
        ("launch",),
    ),
    Claim(
        "daily-posting",
        "77 % of micro-influencers publish daily.",
        SURVEY,
        "survey",
        "What creators say of themselves. Leung et al. (2022) find about five posts a week best"
        " (+53.8 %).",
        "Differs: 1.9 posts a week are usual here, so that a world stays small; the rhythm has no"
        " effect of its own on sales.",
        ("posting",),
    ),
    Claim(
        "links-help",
        "Links in posts and stories help to sell.",
        GUIDE,
        "verified",
        "Leung et al. (2022): a link adds 11.4 %. The guide's swipe-up link was for"
        " 10,000 followers and more; since 2021 every account has link stickers.",
        "Every collaboration is tracked alike. Clicks of earlier posts show part of a creator's"
        " hidden appeal.",
        ("link_clicks",),
    ),
    Claim(
        "more-content",
        "More deliverables bring more orders.",
        "ours",
        "assumption",
        "Price lists count posts (a video costs 40-50 % more than a photo); what a second post"
        " sells nobody measured.",
        "Built in: conversions grow with the number of deliverables to the power of .70.",
        ("deliverables",),
    ),
    Claim(
        "haste",
        "Too little time until publishing spoils a collaboration.",
        "ours, from briefs that state a date",
        "assumption",
        "Guides advise to plan ahead; nobody measured it.",
        "Built in: up to half fewer conversions where publishing is due within twelve days, nothing"
        " from 24 days on.",
        ("lead_time",),
    ),
    Claim(
        "orders-come-late",
        "Half of the orders come a day or more after the click.",
        "Chapelle (2014), advertising data of Criteo",
        "verified",
        "35 % within an hour, 50 % within a day, the rest until day 30. Clicks on advertisements,"
        " not posts.",
        "Half come within days of publishing, half over weeks.",
        unmeasured="It is no property of a creator: young collaborations count in training by the"
        " share that should have arrived.",
    ),
)
