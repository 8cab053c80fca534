"""Accommodations: more attempts and more time for one learner, moving the deadline of an attempt that runs."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from functions.assessment.attempt.use_case import start_attempt, submit_attempt
from functions.assessment.close_attempts.use_case import close_overdue
from functions.enrolment.admit.use_case import grant_accommodation, show_accommodation
from functions.enrolment.enrol.use_case import show_enrolment
from shared.domain.accommodation import Accommodation
from shared.domain.attempt import Attempt, AttemptState
from shared.domain.ids import LearnerId, ModuleId
from shared.domain.refusals import AttemptOver, AttemptsExhausted, GradingPending, NotFound
from tests.support.builders import (
    DAY,
    EDITION,
    ENROLMENT,
    HOUR,
    LEARNER,
    MILLISECOND,
    MINUTE,
    MODULE,
    NOW,
    REFERENCE,
    RIGHT,
    a_bank,
    a_graded_attempt,
    a_profile,
    a_status,
    an_attempt,
    an_edition,
    an_enrolment,
    answers,
    the_terms,
)
from tests.support.fakes import BrokenOff, World

END = an_attempt().ends_at
GRACE = timedelta(seconds=30)
TERMINATION = a_status().terminates_at
EXTRA = 30 * MINUTE
FAILED = [a_graded_attempt(number, passed=False, settled=True) for number in (1, 2, 3)]


def a_grant(*, at: datetime = NOW, minutes: int = 30, attempts: int = 1, **changes: object) -> Accommodation:
    granted = Accommodation(
        learner_id=LEARNER,
        module_id=MODULE,
        extra_minutes=minutes,
        extra_attempts=attempts,
        reason="Impaired vision.",
        granted_by=LearnerId("office"),
        granted_at=at,
    )
    return replace(granted, **changes)


def a_world(*attempts: Attempt, limit: int | None = 60, **status: object) -> World:
    """A learner who may start, with the attempts given, in an edition with a limit of minutes."""
    world = World()
    world.publish(an_edition(test=the_terms(time_limit_minutes=limit)), **status)
    world.question_banks.put(EDITION, a_bank())
    world.enrolments.given(an_enrolment())
    world.profiles.given(a_profile())
    world.attempts.given(*attempts)
    return world


def attempt_in(world: World) -> Attempt:
    return world.attempts.of(ENROLMENT)[-1]


def interrupt() -> None:
    raise BrokenOff


def test_what_is_granted_is_kept_with_its_reason_and_by_whom() -> None:
    world = a_world()
    grant_accommodation(a_grant(), world)
    assert replace(show_accommodation(LEARNER, MODULE, world), version=0) == a_grant()


@pytest.mark.parametrize(("learner", "module"), [("dr-b", MODULE), (LEARNER, "another-module")])
def test_what_is_granted_is_for_one_learner_in_one_module(learner: str, module: str) -> None:
    world = a_world()
    grant_accommodation(a_grant(), world)
    with pytest.raises(NotFound):
        show_accommodation(LearnerId(learner), ModuleId(module), world)


def test_extra_attempts_can_be_started_and_no_more() -> None:
    world = a_world(*FAILED)
    with pytest.raises(AttemptsExhausted):
        start_attempt(REFERENCE, world, at=NOW + 2 * DAY)
    grant_accommodation(a_grant(), world)
    assert show_enrolment(REFERENCE, world)[1].left == 1
    assert start_attempt(REFERENCE, world, at=NOW + 2 * DAY)[0].number == 4
    world.attempts.given(a_graded_attempt(4, passed=False, settled=True))
    with pytest.raises(AttemptsExhausted) as refused:
        start_attempt(REFERENCE, world, at=NOW + 9 * DAY)
    assert refused.value.facts == {"allowed": 4}


def test_an_attempt_that_starts_has_the_extra_minutes() -> None:
    world = a_world()
    grant_accommodation(a_grant(), world)
    assert start_attempt(REFERENCE, world, at=NOW)[0].ends_at == NOW + HOUR + EXTRA


def test_without_a_time_limit_extra_minutes_change_nothing() -> None:
    world = a_world(an_attempt(ends_at=TERMINATION), limit=None)
    grant_accommodation(a_grant(), world)
    assert attempt_in(world).ends_at == TERMINATION
    other = a_world(limit=None)
    grant_accommodation(a_grant(), other)
    assert start_attempt(REFERENCE, other, at=NOW)[0].ends_at == TERMINATION


def test_the_deadline_of_an_open_attempt_moves_and_what_comes_before_it_is_taken() -> None:
    world = a_world(an_attempt().saved(answers(q1="a"), NOW))
    grant_accommodation(a_grant(at=NOW + MINUTE), world)
    assert (attempt_in(world).ends_at, attempt_in(world).answers) == (END + EXTRA, answers(q1="a"))
    world.clock.at = END + GRACE + 5 * MINUTE
    assert close_overdue(world) == 0
    submitted, _ = submit_attempt(REFERENCE, 1, RIGHT, world, at=END + EXTRA - MILLISECOND)
    assert submitted.submitted_at == END + EXTRA - MILLISECOND


def test_after_the_moved_deadline_and_grace_nothing_is_taken() -> None:
    world = a_world(an_attempt())
    grant_accommodation(a_grant(), world)
    with pytest.raises(AttemptOver) as refused:
        submit_attempt(REFERENCE, 1, RIGHT, world, at=END + EXTRA + GRACE + MILLISECOND)
    assert refused.value.facts["deadline"] == END + EXTRA


@pytest.mark.parametrize(("left", "extra"), [(70 * MINUTE, 10 * MINUTE), (HOUR, 0 * MINUTE), (2 * HOUR, EXTRA)])
def test_no_grant_reaches_beyond_the_editions_end(left: timedelta, extra: timedelta) -> None:
    start = TERMINATION - left
    running = a_world(an_attempt(started_at=start, ends_at=start + HOUR))
    grant_accommodation(a_grant(at=start), running)
    assert attempt_in(running).ends_at == start + HOUR + extra
    world = a_world()
    grant_accommodation(a_grant(), world)
    assert start_attempt(REFERENCE, world, at=start)[0].ends_at == start + HOUR + extra


def test_an_early_retirement_bounds_a_grant_too() -> None:
    world = a_world(an_attempt(), retired_at=END + MINUTE)
    grant_accommodation(a_grant(), world)
    assert attempt_in(world).ends_at == world.catalogue.status(EDITION).terminates_at == END + MINUTE


@pytest.mark.parametrize("swept", [True, False], ids=["swept up", "not swept up"])
def test_an_attempt_that_has_ended_is_not_opened_again_whether_or_not_it_was_swept_up(swept: bool) -> None:
    world = a_world(an_attempt().saved(answers(q1="a"), NOW))
    world.clock.at = END + 5 * MINUTE
    assert not swept or close_overdue(world) == 1
    grant_accommodation(a_grant(at=world.clock.at), world)
    with pytest.raises(AttemptOver):
        submit_attempt(REFERENCE, 1, RIGHT, world, at=world.clock.at)
    with pytest.raises(GradingPending):
        start_attempt(REFERENCE, world, at=world.clock.at)
    attempt = attempt_in(world)
    assert (attempt.state, attempt.submitted_at, attempt.submitted_by, attempt.answers) == (
        AttemptState.SUBMITTED, END, "deadline", answers(q1="a"),
    )  # fmt: skip


@pytest.mark.parametrize("late", [timedelta(0), GRACE])
def test_up_to_the_grace_an_attempt_can_still_be_given_time(late: timedelta) -> None:
    world = a_world(an_attempt())
    grant_accommodation(a_grant(at=END + late), world)
    assert attempt_in(world).ends_at == END + EXTRA


@pytest.mark.parametrize(
    "attempt", [an_attempt().submitted(RIGHT, NOW), an_attempt().closed(NOW), a_graded_attempt(passed=False)]
)
def test_an_attempt_that_is_over_keeps_its_end(attempt: Attempt) -> None:
    world = a_world(attempt)
    grant_accommodation(a_grant(), world)
    assert attempt_in(world) == replace(attempt, version=1)


def test_the_same_request_again_changes_nothing() -> None:
    world = a_world(an_attempt())
    first = grant_accommodation(a_grant(), world)
    again = grant_accommodation(a_grant(at=NOW + MINUTE), world)
    assert (again, again.granted_at) == (first, NOW)
    assert (world.accommodations.records.writes, world.attempts.writes) == (1, 1)


def test_broken_off_before_the_deadline_moved_the_same_request_moves_it() -> None:
    world = a_world(an_attempt())
    world.attempts.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        grant_accommodation(a_grant(), world)
    assert attempt_in(world).ends_at == END
    grant_accommodation(a_grant(at=NOW + MINUTE), world)
    assert attempt_in(world).ends_at == END + EXTRA
    assert world.accommodations.records.writes == 1


def test_the_last_word_counts_and_minutes_do_not_add_up() -> None:
    world = a_world(an_attempt())
    for minutes in (30, 45, 10):
        grant_accommodation(a_grant(minutes=minutes, at=NOW + minutes * MINUTE), world)
        assert attempt_in(world).ends_at == END + minutes * MINUTE
    assert show_accommodation(LEARNER, MODULE, world).granted_at == NOW + 10 * MINUTE


def test_a_grant_before_the_learner_enrols_is_there_when_they_do() -> None:
    world = World()
    world.publish()
    grant_accommodation(a_grant(), world)
    assert show_accommodation(LEARNER, MODULE, world).extra_attempts == 1


def test_a_grant_that_meets_a_start_moves_the_new_attempt_whichever_comes_first() -> None:
    """It looks for an attempt to move before there is one: the start sees the grant instead."""
    world = a_world()
    world.attempts.meanwhile = lambda: grant_accommodation(a_grant(), world)
    attempt, _, created = start_attempt(REFERENCE, world, at=NOW)
    assert (created, attempt.ends_at) == (True, NOW + HOUR + EXTRA)
    assert attempt_in(world) == attempt


def test_a_start_that_was_broken_off_before_it_saw_the_grant_sees_it_the_next_time() -> None:
    world = a_world()

    def grant_and_end() -> None:
        grant_accommodation(a_grant(), world)
        world.accommodations.find = lambda *_: interrupt()

    find, world.attempts.meanwhile = world.accommodations.find, grant_and_end
    with pytest.raises(BrokenOff):
        start_attempt(REFERENCE, world, at=NOW)
    assert attempt_in(world).ends_at == NOW + HOUR
    world.accommodations.find = find
    attempt, _, created = start_attempt(REFERENCE, world, at=NOW + MINUTE)
    assert (created, attempt.ends_at) == (False, NOW + HOUR + EXTRA)
