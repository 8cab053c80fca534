"""Order never decides a final state: grades, retirement, certificate and withdrawal in every order, some twice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.assessment.settle.use_case import settle_grade
from functions.certification.certify.use_case import issue_version
from functions.enrolment.confirm.use_case import confirm_enrolment
from functions.enrolment.lapse.use_case import lapse_enrolment
from shared.domain.attempt import Attempt
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.learner import Membership
from shared.events.assessment import AttemptFailedV1, AttemptPassedV1
from shared.events.certification import CreditClaimedV1
from shared.events.enrolment import EnrolmentRequestedV1, RetirementReachedV1
from shared.ports import ConcurrentChange
from tests.support.builders import (
    DAY,
    ENROLMENT,
    HOUR,
    LEARNER,
    MODULE,
    a_graded_attempt,
    a_profile,
    a_status,
    an_enrolment,
)
from tests.support.fakes import BrokenOff, World

END = a_status().terminates_at
Step = Callable[[World], None]


def graded(attempt: Attempt) -> Step:
    kind = AttemptPassedV1 if attempt.passed else AttemptFailedV1
    event = kind(
        at=END,
        learner_id=LEARNER,
        module_id=MODULE,
        edition=1,
        attempt=attempt.number,
        points=1.0,
        max_points=3.0,
        graded_at=END,
        key_revision=1,
    )
    return lambda world: settle_grade(event, world)


def retirement(world: World) -> None:
    lapse_enrolment(RetirementReachedV1(at=END, learner_id=LEARNER, module_id=MODULE, edition=1), world)


def request(world: World) -> None:
    confirm_enrolment(EnrolmentRequestedV1(at=END, learner_id=LEARNER, module_id=MODULE, edition=1), world)


def certificates(world: World) -> None:
    for claimed in world.told(CreditClaimedV1):
        issue_version(claimed, world)


def deliver(world: World, step: Step) -> None:
    """As a queue does: what lost a race, or came too early, comes again."""
    for _ in range(3):
        try:
            return step(world)
        except (ConcurrentChange, LookupError):
            continue
    return None


def an_ended_edition(enrolment: Enrolment, *attempts: Attempt) -> World:
    world = World()
    world.publish(retired_at=END)
    world.enrolments.given(enrolment)
    world.attempts.given(*attempts)
    world.profiles.given(a_profile())
    world.clock.at = END + HOUR
    return world


FAIL = a_graded_attempt(1, passed=False, at=END - 2 * DAY)
PASS = a_graded_attempt(2, passed=True, at=END - timedelta(minutes=1))
SECOND_FAIL = a_graded_attempt(2, passed=False, at=END - timedelta(minutes=1))


@given(st.permutations([graded(FAIL), graded(PASS), retirement, certificates, graded(PASS), retirement, certificates]))
def test_a_pass_before_the_end_is_certified_in_whatever_order_the_messages_come(steps: list[Step]) -> None:
    world = an_ended_edition(an_enrolment(), FAIL, PASS)
    for step in [*steps, certificates]:
        deliver(world, step)
    enrolment = world.enrolments.find(ENROLMENT)
    claim = world.claims.find(ENROLMENT)
    assert enrolment is not None
    assert claim is not None
    assert (enrolment.state, enrolment.passed_at) == (EnrolmentState.CERTIFIED, PASS.submitted_at)
    assert (enrolment.certificate, claim.certified, enrolment.settled) == (claim.certificate, True, {"1": 1, "2": 1})
    assert len(world.ledger.of_learner(LEARNER)) == 1
    assert len(set(world.facts_told)) == len(world.facts_told)


@given(st.permutations([graded(FAIL), graded(SECOND_FAIL), retirement, graded(SECOND_FAIL), retirement]))
def test_without_a_pass_the_enrolment_lapses_in_whatever_order_the_messages_come(steps: list[Step]) -> None:
    world = an_ended_edition(an_enrolment(), FAIL, SECOND_FAIL)
    for step in steps:
        deliver(world, step)
    enrolment = world.enrolments.find(ENROLMENT)
    assert enrolment is not None
    assert (enrolment.state, enrolment.ended_at, enrolment.settled) == (EnrolmentState.LAPSED, END, {"1": 1, "2": 1})


@pytest.mark.parametrize("steps", permutations([graded(FAIL), graded(PASS), retirement]))
def test_a_pass_after_a_withdrawal_counts_in_every_order(steps: tuple[Step, ...]) -> None:
    world = an_ended_edition(an_enrolment().withdrawn(END - HOUR), FAIL, PASS)
    for step in steps:
        deliver(world, step)
    enrolment = world.enrolments.find(ENROLMENT)
    assert enrolment is not None
    assert enrolment.state is EnrolmentState.PASSED


@pytest.mark.parametrize(("member", "state"), [(True, EnrolmentState.LAPSED), (False, EnrolmentState.DECLINED)])
@pytest.mark.parametrize("steps", permutations([request, retirement]))
def test_a_request_just_before_the_end_is_decided_the_same_whether_retirement_comes_first_or_last(
    steps: tuple[Step, ...], member: bool, state: EnrolmentState
) -> None:
    world = an_ended_edition(Enrolment.requested(ENROLMENT, END - HOUR))
    world.memberships.given(Membership(learner_id=LEARNER, member=member))
    for step in steps:
        deliver(world, step)
    enrolment = world.enrolments.find(ENROLMENT)
    assert enrolment is not None
    assert enrolment.state is state


def test_a_settlement_broken_off_around_the_end_leaves_nobody_behind() -> None:
    world = an_ended_edition(an_enrolment(), replace(FAIL, submitted_at=END - HOUR))
    world.clock.at = END - timedelta(seconds=1)

    def interrupt() -> None:
        raise BrokenOff

    world.attempts.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        graded(FAIL)(world)
    world.clock.at = END + HOUR
    retirement(world)
    graded(FAIL)(world)
    enrolment = world.enrolments.find(ENROLMENT)
    assert enrolment is not None
    assert (enrolment.state, enrolment.ended_at) == (EnrolmentState.LAPSED, END)
