"""Award by hand: a test sat on site is a pass like any other, once, whatever is graded later."""

from dataclasses import replace
from datetime import datetime

import pytest

from functions.assessment.settle.use_case import settle_grade
from functions.enrolment.admit.award import Award, award_by_hand
from shared.domain.enrolment import ByHand, DeclineReason, Enrolment, EnrolmentState
from shared.domain.erasure import Erasure
from shared.domain.ids import EnrolmentId, LearnerId
from shared.domain.learner import Membership
from shared.domain.refusals import (
    AlreadyPassed,
    InvalidRequest,
    LearnerErased,
    ModuleClosed,
    NotFound,
    ProfileIncomplete,
)
from shared.events.assessment import AttemptFailedV1, AttemptPassedV1
from shared.events.certification import CreditClaimedV1
from shared.events.enrolment import EnrolmentPassedV1
from tests.support.builders import (
    DAY,
    ENROLMENT,
    HOUR,
    LEARNER,
    MODULE,
    NOW,
    a_graded_attempt,
    a_profile,
    a_status,
    an_edition,
    an_enrolment,
)
from tests.support.fakes import BrokenOff, World

ADMIN = LearnerId("admin")
SAT_AT = NOW - DAY


def an_award(passed_at: datetime = SAT_AT, reason: str = "sat on paper", edition: int = 1) -> Award:
    return Award(enrolment=replace(ENROLMENT, edition=edition), passed_at=passed_at, reason=reason)


def a_world(**changes: object) -> World:
    """A learner with a profile and no enrolment; the edition's content has ``changes``."""
    world = World()
    world.publish(an_edition(**changes))  # type: ignore[arg-type]
    world.profiles.given(a_profile())
    return world


def found(world: World) -> Enrolment:
    enrolment = world.enrolments.find(ENROLMENT)
    assert enrolment
    return enrolment


def enter(world: World, award: Award | None = None, at: datetime = NOW) -> bool:
    return award_by_hand(award or an_award(), ADMIN, world, at=at)[1]


def test_a_learner_who_never_enrolled_has_passed_and_the_credit_is_claimed() -> None:
    world = a_world()
    assert enter(world)
    enrolment = found(world)
    assert (enrolment.state, enrolment.passed_at, enrolment.claimable_from) == (EnrolmentState.PASSED, SAT_AT, NOW)
    assert enrolment.by_hand == ByHand(reason="sat on paper", by=ADMIN, at=NOW)
    claim = world.claims.find(ENROLMENT)
    assert claim
    assert (claim.content.completed_at, claim.content.issued_at) == (SAT_AT, NOW)
    assert [type(event) for event in world.announced] == [EnrolmentPassedV1, CreditClaimedV1]


def test_entered_again_it_is_the_same_pass() -> None:
    world = a_world()
    assert enter(world)
    before, claim = found(world), world.claims.find(ENROLMENT)
    assert not enter(world, an_award(reason="another word for it"), at=NOW + HOUR)
    assert (found(world), world.claims.find(ENROLMENT)) == (before, claim)
    assert len(world.announced) == 2


def test_broken_off_before_the_claim_the_same_request_completes_it() -> None:
    def crash() -> None:
        raise BrokenOff

    world = a_world()
    world.claims.meanwhile = crash
    with pytest.raises(BrokenOff):
        enter(world)
    assert found(world).has_passed
    assert world.claims.find(ENROLMENT) is None
    assert not enter(world, at=NOW + HOUR)
    assert world.claims.find(ENROLMENT)
    assert len(world.told(CreditClaimedV1)) == 1


@pytest.mark.parametrize(
    "known",
    [
        an_enrolment(),
        an_enrolment(EnrolmentState.REQUESTED, confirmed_at=None),
        an_enrolment(EnrolmentState.DECLINED, reason=DeclineReason.NOT_A_MEMBER, ended_at=NOW - HOUR),
        an_enrolment(EnrolmentState.LAPSED, ended_at=NOW - HOUR),
        an_enrolment(EnrolmentState.WITHDRAWN, ended_at=NOW - HOUR),
    ],
    ids=lambda enrolment: str(enrolment.state),
)
def test_whatever_had_become_of_an_enrolment_without_a_pass_it_has_one_now(known: Enrolment) -> None:
    world = a_world()
    world.enrolments.given(known)
    assert enter(world)
    enrolment = found(world)
    assert (enrolment.state, enrolment.reason, enrolment.ended_at) == (EnrolmentState.PASSED, None, None)
    assert enrolment.acknowledged_hash == known.acknowledged_hash


def test_a_fail_that_is_graded_later_changes_nothing_and_a_pass_gives_nothing_twice() -> None:
    for passed, event in ((False, AttemptFailedV1), (True, AttemptPassedV1)):
        world = a_world()
        world.enrolments.given(an_enrolment())
        enter(world)
        attempt = a_graded_attempt(passed=passed)
        world.attempts.given(attempt)
        settle_grade(
            event(
                at=NOW,
                learner_id=LEARNER,
                module_id=MODULE,
                edition=1,
                attempt=1,
                points=1.0,
                max_points=3.0,
                graded_at=NOW,
                key_revision=1,
            ),
            world,
        )
        assert (found(world).state, found(world).passed_at) == (EnrolmentState.PASSED, SAT_AT)
        assert found(world).by_hand
        assert len(world.told(CreditClaimedV1)) == 1
        assert len(world.told(EnrolmentPassedV1)) == 1


def test_what_was_passed_here_is_not_entered_by_hand() -> None:
    world = a_world()
    world.enrolments.given(an_enrolment(EnrolmentState.PASSED, passed_at=NOW - HOUR))
    with pytest.raises(AlreadyPassed):
        enter(world)
    assert world.announced == []


def test_credit_that_has_to_be_claimed_is_left_to_the_learner_from_the_entry_on() -> None:
    world = a_world(claim="claimed")
    assert enter(world)
    assert world.claims.find(ENROLMENT) is None
    assert found(world).claim_until(an_edition().content.claim_window) == NOW + 30 * DAY


@pytest.mark.parametrize("passed_at", [a_status().opens_at - HOUR, a_status().terminates_at])
def test_the_edition_was_open_when_the_test_was_sat(passed_at: datetime) -> None:
    world = a_world()
    with pytest.raises(ModuleClosed):
        enter(world, an_award(passed_at), at=a_status().terminates_at + DAY)
    assert world.enrolments.find(ENROLMENT) is None


def test_a_pass_of_an_edition_that_has_ended_meanwhile_can_still_be_entered() -> None:
    world = a_world()
    assert enter(world, an_award(a_status().terminates_at - HOUR), at=a_status().terminates_at + DAY)


def test_nobody_has_passed_tomorrow() -> None:
    with pytest.raises(InvalidRequest):
        enter(a_world(), an_award(NOW + HOUR))


def test_a_certificate_that_could_name_nobody_is_not_begun() -> None:
    world = World()
    world.publish()
    world.memberships.given(Membership(learner_id=LEARNER, member=True))
    with pytest.raises(ProfileIncomplete):
        enter(world)
    assert world.enrolments.find(ENROLMENT) is None


def test_for_whoever_has_asked_to_be_erased_nothing_new_begins() -> None:
    world = a_world()
    world.erasures.given(Erasure(learner_id=LEARNER, requested_at=NOW - HOUR, marked_at=NOW - HOUR))
    with pytest.raises(LearnerErased):
        enter(world)
    assert world.enrolments.find(ENROLMENT) is None


def test_a_mistyped_learner_or_edition_is_not_found() -> None:
    world = a_world()
    stranger = EnrolmentId(LearnerId("dr-z"), MODULE, 1)
    for award in (an_award(edition=9), Award(enrolment=stranger, passed_at=SAT_AT, reason="sat")):
        with pytest.raises(NotFound):
            enter(world, award)
