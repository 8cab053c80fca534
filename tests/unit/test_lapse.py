"""Lapse: who is left without a pass when the edition ends; whoever may still pass is left alone."""

import pytest

from functions.enrolment.lapse.use_case import lapse_enrolment
from shared.domain.attempt import Attempt, AttemptState
from shared.domain.enrolment import EnrolmentState
from shared.events.enrolment import EnrolmentLapsedV1, RetirementReachedV1
from tests.support.builders import (
    DAY,
    ENROLMENT,
    HOUR,
    LEARNER,
    MINUTE,
    MODULE,
    NOW,
    RIGHT,
    a_graded_attempt,
    a_status,
    an_attempt,
    an_enrolment,
)
from tests.support.fakes import World

END = a_status().terminates_at
REACHED = RetirementReachedV1(at=END, learner_id=LEARNER, module_id=MODULE, edition=1)


def a_world(*attempts: Attempt, state: EnrolmentState = EnrolmentState.CONFIRMED) -> World:
    world = World()
    world.publish(retired_at=END)
    world.enrolments.given(an_enrolment(state))
    world.attempts.given(*attempts)
    world.clock.at = END + 6 * HOUR
    return world


def state_in(world: World) -> EnrolmentState:
    enrolment = world.enrolments.find(ENROLMENT)
    assert enrolment is not None
    return enrolment.state


def test_a_confirmed_enrolment_lapses_as_of_the_editions_end() -> None:
    world = a_world()
    lapse_enrolment(REACHED, world)
    enrolment = world.enrolments.find(ENROLMENT)
    assert enrolment is not None
    assert (enrolment.state, enrolment.ended_at) == (EnrolmentState.LAPSED, END)
    assert world.announced == [EnrolmentLapsedV1(at=END, learner_id=LEARNER, module_id=MODULE, edition=1)]


def test_an_enrolment_whose_attempts_all_failed_lapses() -> None:
    world = a_world(a_graded_attempt(passed=False, settled=True), an_attempt(2).closed(NOW))
    lapse_enrolment(REACHED, world)
    assert state_in(world) is EnrolmentState.LAPSED


@pytest.mark.parametrize(
    "attempt",
    [
        an_attempt(),
        an_attempt().submitted(RIGHT, NOW),
        a_graded_attempt(passed=True),
        a_graded_attempt(passed=False),
    ],
    ids=["in progress", "submitted", "graded a pass", "graded a fail"],
)
def test_an_attempt_that_is_not_settled_comes_first(attempt: Attempt) -> None:
    world = a_world(attempt)
    lapse_enrolment(REACHED, world)
    assert state_in(world) is EnrolmentState.CONFIRMED
    assert world.announced == []


def test_an_attempt_in_progress_ends_with_the_edition() -> None:
    world = a_world(an_attempt(started_at=END - MINUTE, ends_at=END + HOUR))
    lapse_enrolment(REACHED, world)
    (attempt,) = world.attempts.of(ENROLMENT)
    assert (attempt.state, attempt.ends_at) == (AttemptState.IN_PROGRESS, END)
    assert list(world.attempts.due_to_close(attempt.closes_at)) == [attempt.id]


def test_an_attempt_that_ends_before_the_edition_is_left_as_it_is() -> None:
    world = a_world(an_attempt())
    lapse_enrolment(REACHED, world)
    assert world.attempts.writes == 0


def test_a_request_that_is_not_decided_yet_is_left_to_confirm() -> None:
    world = a_world(state=EnrolmentState.REQUESTED)
    lapse_enrolment(REACHED, world)
    assert state_in(world) is EnrolmentState.REQUESTED


@pytest.mark.parametrize("state", sorted(set(EnrolmentState) - {EnrolmentState.CONFIRMED}))
def test_every_other_state_is_left_alone(state: EnrolmentState) -> None:
    world = a_world(state=state)
    lapse_enrolment(REACHED, world)
    assert (state_in(world), world.enrolments.writes, world.announced) == (state, 0, [])


def test_a_message_delivered_again_changes_nothing() -> None:
    world = a_world()
    lapse_enrolment(REACHED, world)
    lapse_enrolment(REACHED, world)
    assert (world.enrolments.writes, len(world.announced)) == (1, 1)


def test_after_an_early_retirement_the_end_is_that_of_the_retirement() -> None:
    world = World()
    world.publish(retired_at=NOW - DAY)
    world.enrolments.given(an_enrolment())
    lapse_enrolment(REACHED, world)
    (lapsed,) = world.told(EnrolmentLapsedV1)
    assert lapsed.at == NOW - DAY


def test_an_enrolment_or_edition_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError):
        lapse_enrolment(REACHED, World())
    without_edition = World()
    without_edition.enrolments.given(an_enrolment())
    with pytest.raises(LookupError):
        lapse_enrolment(REACHED, without_edition)
