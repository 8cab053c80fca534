"""Claiming credit: what a learner's claim and the award of an automatic module have in common."""

from shared.domain.claim import Claim
from shared.events.certification import CreditClaimedV1
from shared.ports import Claims


def enter_claim(claim: Claim, claims: Claims) -> Claim:
    """Store a claim and announce it, in one write; raise ConcurrentChange where there is one already."""
    announced = CreditClaimedV1(
        at=claim.content.issued_at,
        learner_id=claim.learner_id,
        module_id=claim.module_id,
        edition=claim.edition,
        certificate=claim.certificate,
        version=claim.content.version,
    )
    return claims.save(claim, announcing=[announced])
