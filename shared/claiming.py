"""Claiming credit: what a learner's claim and the award of an automatic module have in common."""

from datetime import datetime
from typing import Protocol

from shared.announcements import credit_claimed
from shared.domain.claim import Claim, full_credit, new_claim
from shared.domain.edition import Edition
from shared.domain.ids import LearnerId
from shared.domain.learner import Profile
from shared.ports import CertificateNumbers, Claims, Profiles, Schemes, StatusPlaces


class Awarding(Protocol):
    @property
    def profiles(self) -> Profiles: ...
    @property
    def claims(self) -> Claims: ...
    @property
    def schemes(self) -> Schemes: ...
    @property
    def numbers(self) -> CertificateNumbers: ...
    @property
    def status_places(self) -> StatusPlaces: ...
    @property
    def public_url(self) -> str: ...


def enter_claim(claim: Claim, claims: Claims) -> Claim:
    """Store a claim and announce it, in one write; raise ConcurrentChange where there is one already."""
    return claims.save(claim, announcing=[credit_claimed(claim)])


def full_claim(
    learner_id: LearnerId, edition: Edition, deps: Awarding, *, completed_at: datetime, issued_at: datetime
) -> Claim:
    """The claim to what an automatic module awards, still to be stored; its certificate number is drawn here.

    Raise ProfileIncomplete.
    """
    profile = deps.profiles.find(learner_id) or Profile(learner_id=learner_id)
    name, profession = profile.attested()
    schemes = deps.schemes.all()
    return new_claim(
        number=deps.numbers.draw(),
        status=deps.status_places.draw(issued_at),
        learner_id=learner_id,
        edition=edition,
        claimed=full_credit(edition.content, profession, schemes),
        schemes=schemes,
        attested_name=name,
        profession=profession,
        show_name=False,
        completed_at=completed_at,
        issued_at=issued_at,
        public_url=deps.public_url,
    )
