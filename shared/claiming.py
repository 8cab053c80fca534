"""Claiming credit: what a learner's claim and the award of an automatic module have in common."""

from shared.announcements import credit_claimed
from shared.domain.claim import Claim
from shared.ports import Claims


def enter_claim(claim: Claim, claims: Claims) -> Claim:
    """Store a claim and announce it, in one write; raise ConcurrentChange where there is one already."""
    return claims.save(claim, announcing=[credit_claimed(claim)])
