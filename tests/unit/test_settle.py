"""Settle: what a grade means for the enrolment, once, in whatever order things come."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from functions.assessment.settle.use_case import settle_grade
from shared.domain.attempt import Attempt
from shared.domain.claim import Claim
from shared.domain.edition import CreditOffer
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.events.assessment import AttemptFailedV1, AttemptPassedV1
from shared.events.certification import CreditClaimedV1
from shared.events.enrolment import EnrolmentAttemptFailedV1, EnrolmentLapsedV1, EnrolmentPassedV1
from shared.ports import ConcurrentChange
from tests.support.builders import (
    DAY,
    ENROLMENT,
    HOUR,
    LEARNER,
    MODULE,
    NOW,
    NUMBER,
    PUBLIC_URL,
    a_claim,
    a_graded_attempt,
    a_profile,
    a_status,
    an_attempt,
    an_edition,
    an_enrolment,
    an_offer,
)
from tests.support.fakes import BrokenOff, World

END = a_status().terminates_at
NOT_PASSED = sorted(set(EnrolmentState) - {EnrolmentState.PASSED, EnrolmentState.CERTIFIED})


def the_grade(attempt: Attempt) -> AttemptPassedV1 | AttemptFailedV1:
    kind = AttemptPassedV1 if attempt.passed else AttemptFailedV1
    return kind(
        at=NOW,
        learner_id=LEARNER,
        module_id=MODULE,
        edition=1,
        attempt=attempt.number,
        points=3.0 if attempt.passed else 1.0,
        max_points=3.0,
        graded_at=NOW,
        key_revision=1,
    )


PASS = a_graded_attempt(1, passed=True)
FAIL = a_graded_attempt(1, passed=False)


def a_world(*attempts: Attempt, state: EnrolmentState = EnrolmentState.CONFIRMED, **content: object) -> World:
    """Graded attempts of an enrolment in ``state``, in an edition whose content has the changes given."""
    world = World()
    world.publish(an_edition(**content))
    world.enrolments.given(an_enrolment(state))
    world.attempts.given(*attempts)
    world.profiles.given(a_profile())
    return world


def enrolment_in(world: World) -> Enrolment:
    enrolment = world.enrolments.find(ENROLMENT)
    assert enrolment is not None
    return enrolment


def claim_in(world: World) -> Claim:
    claim = world.claims.find(ENROLMENT)
    assert claim is not None
    return claim


def interrupt() -> None:
    raise BrokenOff


def test_a_pass_passes_the_enrolment_as_of_the_finish() -> None:
    world = a_world(a_graded_attempt(passed=True, at=NOW - HOUR))
    settle_grade(the_grade(PASS), world)
    assert (enrolment_in(world).state, enrolment_in(world).passed_at) == (EnrolmentState.PASSED, NOW - HOUR)
    (passed,) = world.told(EnrolmentPassedV1)
    assert passed.at == NOW - HOUR


@pytest.mark.parametrize("state", NOT_PASSED)
def test_a_pass_counts_in_whatever_state_the_enrolment_was_meanwhile(state: EnrolmentState) -> None:
    world = a_world(PASS, state=state)
    settle_grade(the_grade(PASS), world)
    assert enrolment_in(world).state is EnrolmentState.PASSED
    assert claim_in(world).certificate == NUMBER


def test_an_automatic_module_claims_the_full_credit_in_the_name_of_the_profile() -> None:
    world = a_world(a_graded_attempt(passed=True, at=NOW - HOUR))
    settle_grade(the_grade(PASS), world)
    content = claim_in(world).content
    assert (content.number, content.version, content.attested_name, content.profession) == (
        NUMBER, 1, "Ada Lovelace", "MD",
    )  # fmt: skip
    assert [(line.scheme, line.amount) for line in content.credits] == [("ESMO-MORA", Decimal("1.00"))]
    assert (content.completed_at, content.issued_at) == (NOW - HOUR, NOW)
    assert content.verification_url == f"{PUBLIC_URL}/verify/{NUMBER}?version=1"
    assert world.told(CreditClaimedV1) == [
        CreditClaimedV1(at=NOW, learner_id=LEARNER, module_id=MODULE, edition=1, certificate=NUMBER, version=1)
    ]


def test_an_automatic_claim_does_not_show_the_name_to_the_public() -> None:
    world = a_world(PASS)
    settle_grade(the_grade(PASS), world)
    assert not claim_in(world).show_name


def for_physicians() -> CreditOffer:
    return an_offer(scheme="AMA-PRA", step=Decimal("0.25"))


@pytest.mark.parametrize(("profession", "schemes"), [("DO", ["AMA-PRA"]), ("Nurse", [])])
def test_whom_no_scheme_admits_gets_a_certificate_of_participation(profession: str, schemes: list[str]) -> None:
    world = a_world(PASS, credits=(for_physicians(),))
    world.profiles.given(a_profile(profession=profession))
    settle_grade(the_grade(PASS), world)
    assert [line.scheme for line in claim_in(world).content.credits] == schemes
    assert len(world.told(CreditClaimedV1)) == 1


def test_a_module_with_claimed_credit_claims_nothing_by_itself() -> None:
    world = a_world(PASS, claim="claimed")
    settle_grade(the_grade(PASS), world)
    assert enrolment_in(world).state is EnrolmentState.PASSED
    assert world.claims.find(ENROLMENT) is None
    assert world.told(CreditClaimedV1) == []


def test_a_fail_leaves_the_enrolment_confirmed_and_says_how_many_attempts_are_left() -> None:
    world = a_world(FAIL)
    settle_grade(the_grade(FAIL), world)
    assert enrolment_in(world).state is EnrolmentState.CONFIRMED
    assert world.announced == [
        EnrolmentAttemptFailedV1(at=NOW, learner_id=LEARNER, module_id=MODULE, edition=1, attempts_left=2)
    ]


@pytest.mark.parametrize("state", sorted(set(EnrolmentState) - {EnrolmentState.CONFIRMED}))
def test_a_fail_changes_no_state_but_is_taken_in(state: EnrolmentState) -> None:
    world = a_world(FAIL, state=state)
    world.clock.at = END + HOUR
    settle_grade(the_grade(FAIL), world)
    assert (enrolment_in(world).state, enrolment_in(world).settled) == (state, {"1": 1})
    assert world.announced == []


def test_a_later_fail_never_undoes_a_pass() -> None:
    first, second = a_graded_attempt(1, passed=True), a_graded_attempt(2, passed=False, at=NOW + DAY)
    world = a_world(first, second)
    settle_grade(the_grade(first), world)
    settle_grade(the_grade(second), world)
    assert (enrolment_in(world).state, enrolment_in(world).settled) == (EnrolmentState.PASSED, {"1": 1, "2": 1})


@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["fail first", "pass first"])
def test_fail_and_pass_in_either_order_end_in_the_same_state(order: tuple[int, int]) -> None:
    attempts = {1: a_graded_attempt(1, passed=False, at=NOW - DAY), 2: a_graded_attempt(2, passed=True)}
    world = a_world(*attempts.values())
    for number in order:
        settle_grade(the_grade(attempts[number]), world)
    enrolment = enrolment_in(world)
    assert (enrolment.state, enrolment.passed_at, enrolment.settled) == (EnrolmentState.PASSED, NOW, {"1": 1, "2": 1})
    assert len(world.told(EnrolmentPassedV1)) == 1


def test_two_passes_make_one_claim_and_one_announcement() -> None:
    passes = [a_graded_attempt(1, passed=True, at=NOW - DAY), a_graded_attempt(2, passed=True)]
    world = a_world(*passes)
    for attempt in passes:
        settle_grade(the_grade(attempt), world)
    assert (len(world.told(CreditClaimedV1)), len(world.told(EnrolmentPassedV1))) == (1, 1)


@pytest.mark.parametrize("late", [0 * HOUR, 6 * HOUR])
def test_a_fail_after_the_editions_end_lapses_the_enrolment_as_of_the_end(late: timedelta) -> None:
    world = a_world(FAIL)
    world.clock.at = END + late
    settle_grade(the_grade(FAIL), world)
    assert (enrolment_in(world).state, enrolment_in(world).ended_at) == (EnrolmentState.LAPSED, END)
    assert [type(event) for event in world.announced] == [EnrolmentAttemptFailedV1, EnrolmentLapsedV1]
    assert world.told(EnrolmentLapsedV1)[0].at == END


def test_a_fail_does_not_lapse_an_enrolment_whose_next_attempt_is_still_open() -> None:
    world = a_world(FAIL, an_attempt(2))
    world.clock.at = END
    settle_grade(the_grade(FAIL), world)
    assert enrolment_in(world).state is EnrolmentState.CONFIRMED


def test_a_grade_delivered_again_changes_nothing() -> None:
    for attempt in (PASS, FAIL):
        world = a_world(attempt)
        settle_grade(the_grade(attempt), world)
        before = (enrolment_in(world), world.attempts.of(ENROLMENT), list(world.announced), world.numbers.drawn)
        settle_grade(the_grade(attempt), world)
        assert before == (enrolment_in(world), world.attempts.of(ENROLMENT), world.announced, world.numbers.drawn)


def test_a_settled_attempt_is_no_longer_pending() -> None:
    world = a_world(FAIL)
    settle_grade(the_grade(FAIL), world)
    assert [attempt.is_pending for attempt in world.attempts.of(ENROLMENT)] == [False]


def test_broken_off_before_the_write_nothing_has_changed_and_the_same_message_does_all_of_it() -> None:
    world = a_world(PASS)
    world.enrolments.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        settle_grade(the_grade(PASS), world)
    assert enrolment_in(world).state is EnrolmentState.CONFIRMED
    assert (world.claims.find(ENROLMENT), world.announced) == (None, [])
    settle_grade(the_grade(PASS), world)
    assert enrolment_in(world).state is EnrolmentState.PASSED
    assert [attempt.settled for attempt in world.attempts.of(ENROLMENT)] == [True]
    assert (len(world.told(CreditClaimedV1)), len(world.told(EnrolmentPassedV1))) == (1, 1)


def test_a_certificate_that_was_faster_than_the_enrolment_stays() -> None:
    world = a_world(PASS)
    world.claims.given(a_claim(certified=True))
    world.enrolments.given(replace(an_enrolment(EnrolmentState.CERTIFIED), certificate=NUMBER))
    settle_grade(the_grade(PASS), world)
    enrolment = enrolment_in(world)
    assert (enrolment.state, enrolment.certificate, enrolment.passed_at) == (EnrolmentState.CERTIFIED, NUMBER, NOW)
    assert (world.numbers.drawn, len(world.told(EnrolmentPassedV1))) == (0, 1)


def test_a_withdrawal_in_between_does_not_take_the_pass_away() -> None:
    world = a_world(PASS)
    world.enrolments.meanwhile = lambda: world.enrolments.save(enrolment_in(world).withdrawn(NOW))
    with pytest.raises(ConcurrentChange):
        settle_grade(the_grade(PASS), world)
    settle_grade(the_grade(PASS), world)
    assert enrolment_in(world).state is EnrolmentState.PASSED
    assert len(world.told(CreditClaimedV1)) == 1


def test_an_attempt_or_enrolment_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError):
        settle_grade(the_grade(PASS), World())
    without_enrolment = World()
    without_enrolment.attempts.given(PASS)
    with pytest.raises(LookupError):
        settle_grade(the_grade(PASS), without_enrolment)
