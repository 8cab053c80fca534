"""Close attempts: what is past its deadline is handed in with what was saved, as of the deadline."""

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.assessment.close_attempts.use_case import close_overdue
from shared.domain.attempt import Attempt, AttemptState
from shared.domain.ids import LearnerId
from shared.events.assessment import AttemptSubmittedV1
from tests.support.builders import (
    DAY,
    ENROLMENT,
    HOUR,
    LEARNER,
    MILLISECOND,
    MINUTE,
    MODULE,
    NOW,
    RIGHT,
    a_graded_attempt,
    an_attempt,
    answers,
)
from tests.support.fakes import World

OPEN = an_attempt()
SAVED = answers(q1="a")


def a_world(*attempts: Attempt, **status: object) -> World:
    world = World()
    world.publish(**status)
    world.attempts.given(*(attempts or (OPEN.saved(SAVED, NOW),)))
    return world


def attempt_in(world: World) -> Attempt:
    (attempt,) = world.attempts.of(ENROLMENT)
    return attempt


def test_until_end_grace_and_a_minute_have_passed_an_attempt_is_left_to_the_learner() -> None:
    world = a_world()
    world.clock.at = OPEN.closes_at - MILLISECOND
    assert close_overdue(world) == 0
    assert attempt_in(world).is_open


@pytest.mark.parametrize("late", [0 * HOUR, HOUR, 3 * DAY])
def test_an_overdue_attempt_is_handed_in_as_of_its_end_with_what_was_saved(late: timedelta) -> None:
    world = a_world()
    world.clock.at = OPEN.closes_at + late
    assert close_overdue(world) == 1
    attempt = attempt_in(world)
    assert (attempt.state, attempt.submitted_at, attempt.submitted_by, attempt.answers) == (
        AttemptState.SUBMITTED, OPEN.ends_at, "deadline", SAVED,
    )  # fmt: skip
    assert world.announced == [
        AttemptSubmittedV1(
            at=OPEN.ends_at,
            learner_id=LEARNER,
            module_id=MODULE,
            edition=1,
            attempt=1,
            submitted_at=OPEN.ends_at,
            by="deadline",
        )
    ]


def test_an_attempt_ends_no_later_than_its_edition() -> None:
    retired_at = NOW + MINUTE
    world = a_world(replace(OPEN, ends_at=retired_at), retired_at=retired_at)
    world.clock.at = OPEN.closes_at
    close_overdue(world)
    assert attempt_in(world).submitted_at == retired_at


def test_an_attempt_that_was_promised_more_time_than_its_edition_has_ends_with_the_edition() -> None:
    world = a_world(OPEN, retired_at=NOW + MINUTE)
    world.clock.at = OPEN.closes_at
    close_overdue(world)
    assert attempt_in(world).submitted_at == NOW + MINUTE


def test_run_twice_it_hands_in_once() -> None:
    world = a_world()
    world.clock.at = OPEN.closes_at
    assert [close_overdue(world), close_overdue(world)] == [1, 0]
    assert len(world.announced) == 1


@pytest.mark.parametrize(
    "attempt", [OPEN.submitted(RIGHT, NOW), OPEN.closed(NOW), a_graded_attempt(passed=True)], ids=lambda one: one.state
)
def test_what_is_no_longer_open_is_left_alone(attempt: Attempt) -> None:
    world = a_world(attempt)
    world.clock.at = OPEN.closes_at + DAY
    assert (close_overdue(world), world.attempts.writes) == (0, 0)


def test_a_learner_who_is_faster_wins_and_holds_up_nobody_else() -> None:
    other = replace(OPEN, learner_id=LearnerId("dr-b"))
    world = a_world(OPEN, other)
    world.clock.at = OPEN.closes_at
    world.attempts.meanwhile = lambda: world.attempts.save(attempt_in(world).submitted(RIGHT, OPEN.ends_at))
    assert close_overdue(world) == 1
    assert attempt_in(world).submitted_by == "learner"
    assert [event.learner_id for event in world.told(AttemptSubmittedV1)] == ["dr-b"]
