"""All claims, by topic."""

from training.claims import deals, size, trust
from training.claims.claim import Claim

TOPICS: dict[str, tuple[Claim, ...]] = {
    "Size, reach and engagement": size.CLAIMS,
    "Authenticity and fit": trust.CLAIMS,
    "Money, kinds and rhythm": deals.CLAIMS,
}
CLAIMS: tuple[Claim, ...] = tuple(claim for claims in TOPICS.values() for claim in claims)
