"""An award by hand: for a test that was sat on site, as the office vouches for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.claiming import Awarding, enter_claim, full_claim
from shared.domain.enrolment import ByHand, Enrolment
from shared.domain.ids import EnrolmentId, LearnerId
from shared.domain.learner import Profile
from shared.domain.refusals import InvalidRequest, NotFound
from shared.erasing import require_not_erased
from shared.events.enrolment import EnrolmentPassedV1
from shared.identities import find_or_place
from shared.ports import Catalogue, Contacts, Enrolments, Erasures, Identities, Memberships


class AwardingByHand(Awarding, Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def identities(self) -> Identities: ...
    @property
    def memberships(self) -> Memberships: ...
    @property
    def contacts(self) -> Contacts: ...
    @property
    def erasures(self) -> Erasures: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """Who passed which edition's test elsewhere, when, and why that is believed."""

    enrolment: EnrolmentId
    passed_at: datetime
    reason: str


def award_by_hand(award: Award, admin: LearnerId, deps: AwardingByHand, *, at: datetime) -> tuple[Enrolment, bool]:
    """Enter a pass, and whether that is new; from there it goes on to its certificate like any other.

    Membership and prerequisites are the office's to judge, and a fail that is graded later changes nothing. The
    enrolment comes first: broken off in between, the same request completes the claim. Raise NotFound where
    there is no such edition or nothing is known of the learner, ModuleClosed where the edition was not open at
    the time of the pass, InvalidRequest where that is still to come, AlreadyPassed where the test was passed
    here, ProfileIncomplete where an automatic certificate could not name the learner, LearnerErased.
    """
    asked, edition_id = award.enrolment.learner_id, award.enrolment.of_edition
    status = deps.catalogue.status(edition_id)
    if status is None:
        raise NotFound(f"There is no published edition {edition_id.edition} of {edition_id.module_id!r}.")
    known, place = find_or_place(award.enrolment, deps)
    profile = deps.profiles.find(asked)
    if not (known or profile or deps.contacts.find(asked) or deps.memberships.find(asked)):
        raise NotFound(f"Nothing is known of a learner {asked!r}.")
    require_not_erased(asked, deps.erasures)
    if award.passed_at > at:
        errors = [{"loc": ["body", "passed_at"], "msg": "Must not be in the future."}]
        raise InvalidRequest("What is awarded has to be passed.", errors=errors)
    status.require_open(award.passed_at)
    edition = deps.catalogue.edition(edition_id)
    if known and known.by_hand:
        passed, is_new = known, False
    else:
        if edition.content.is_automatic:
            (profile or Profile(learner_id=asked)).attested()
        entered = ByHand(reason=award.reason, by=admin, at=at)
        enrolment = known or Enrolment.requested(place, award.passed_at)
        passed, is_new = enrolment.awarded(entered, award.passed_at, edition.content.terms), True
        announced = EnrolmentPassedV1(
            at=award.passed_at,
            learner_id=place.learner_id,
            module_id=edition_id.module_id,
            edition=edition_id.edition,
        )
        passed = deps.enrolments.save(passed, announcing=[announced])
    under = edition.under(passed.terms)
    if under.content.is_automatic and deps.claims.find(passed.id) is None:
        completed_at = passed.passed_at or award.passed_at
        claim = full_claim(passed.learner_id, under, deps, completed_at=completed_at, issued_at=at)
        enter_claim(claim, deps.claims)
    return passed, is_new
