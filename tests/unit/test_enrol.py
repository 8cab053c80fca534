"""Enrol: asking, acknowledging, watching and withdrawing, each safe to repeat."""

from dataclasses import replace
from datetime import datetime

import pytest

from functions.enrolment.enrol.use_case import (
    acknowledge,
    record_views,
    request_enrolment,
    show_enrolment,
    withdraw,
)
from shared.domain.attempt import Attempt, AttemptState
from shared.domain.enrolment import DeclineReason, Enrolment, EnrolmentState
from shared.domain.ids import EnrolmentId, EnrolmentReference
from shared.domain.refusals import (
    AlreadyPassed,
    InformationChanged,
    ModuleClosed,
    NotConfirmed,
    NotEnrolled,
    NotFound,
)
from shared.events.assessment import AttemptSubmittedV1
from shared.events.enrolment import EnrolmentRequestedV1
from shared.ports import ConcurrentChange
from tests.support.builders import (
    DAY,
    ENROLMENT,
    HOUR,
    LEARNER,
    MILLISECOND,
    MINUTE,
    MODULE,
    NOW,
    REFERENCE,
    RIGHT,
    a_graded_attempt,
    a_status,
    an_attempt,
    an_edition,
    an_enrolment,
)
from tests.support.fakes import BrokenOff, World

END = a_status().terminates_at
HASH = an_edition().information_hash
PASSED = {EnrolmentState.PASSED, EnrolmentState.CERTIFIED}
ANEW = {EnrolmentState.DECLINED, EnrolmentState.WITHDRAWN}


def in_edition(edition: int) -> EnrolmentReference:
    return replace(REFERENCE, edition=edition)


def a_world(*enrolments: Enrolment) -> World:
    world = World()
    world.publish()
    world.enrolments.given(*enrolments)
    return world


def enrolment_in(world: World) -> Enrolment:
    enrolment = world.enrolments.find(ENROLMENT)
    assert enrolment is not None
    return enrolment


def test_a_request_is_kept_and_announced() -> None:
    world = a_world()
    enrolment, created = request_enrolment(REFERENCE, world, at=NOW)
    assert (enrolment.id, enrolment.state, created) == (ENROLMENT, EnrolmentState.REQUESTED, True)
    assert world.announced == [EnrolmentRequestedV1(at=NOW, learner_id=LEARNER, module_id=MODULE, edition=1)]


@pytest.mark.parametrize("state", sorted(set(EnrolmentState) - ANEW))
def test_asked_again_an_enrolment_stays_as_it_is(state: EnrolmentState) -> None:
    world = a_world(an_enrolment(state))
    enrolment, created = request_enrolment(REFERENCE, world, at=NOW)
    assert (enrolment.state, created, world.announced) == (state, False, [])


@pytest.mark.parametrize("state", sorted(ANEW))
def test_after_a_refusal_or_a_withdrawal_it_is_requested_anew_under_an_id_of_its_own(state: EnrolmentState) -> None:
    world = a_world(an_enrolment(state, reason=DeclineReason.NOT_A_MEMBER))
    enrolment, created = request_enrolment(REFERENCE, world, at=NOW)
    assert (enrolment.state, enrolment.reason, created) == (EnrolmentState.REQUESTED, None, True)
    assert world.facts_told == [f"enrolment/{ENROLMENT}/requested/2"]


def test_of_two_requests_at_once_one_is_announced() -> None:
    world = a_world()
    world.enrolments.meanwhile = lambda: request_enrolment(REFERENCE, world, at=NOW - MILLISECOND)
    with pytest.raises(ConcurrentChange):
        request_enrolment(REFERENCE, world, at=NOW)
    assert request_enrolment(REFERENCE, world, at=NOW)[1] is False
    assert len(world.announced) == 1


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (a_status().opens_at - MILLISECOND, False),
        (a_status().opens_at, True),
        (END - MILLISECOND, True),
        (END, False),
    ],
)
def test_one_enrols_while_the_edition_is_open_and_not_an_instant_longer(at: datetime, is_open: bool) -> None:
    for reference in (REFERENCE, in_edition(1)):
        if is_open:
            assert request_enrolment(reference, a_world(), at=at)[1]
            continue
        with pytest.raises(ModuleClosed):
            request_enrolment(reference, a_world(), at=at)


def test_after_the_end_an_enrolment_is_still_told_its_state() -> None:
    world = a_world(an_enrolment(EnrolmentState.LAPSED))
    enrolment, created = request_enrolment(in_edition(1), world, at=END + DAY)
    assert (enrolment.state, created) == (EnrolmentState.LAPSED, False)


def test_without_naming_an_edition_the_newest_open_one_is_meant() -> None:
    world = a_world()
    world.publish(an_edition(2))
    world.publish(an_edition(3), opens_at=NOW + DAY)
    assert request_enrolment(REFERENCE, world, at=NOW)[0].edition == 2


def test_an_older_edition_that_is_still_open_can_be_named() -> None:
    world = a_world()
    world.publish(an_edition(2))
    assert request_enrolment(in_edition(1), world, at=NOW)[0].edition == 1


def test_a_module_or_edition_that_is_not_there_can_not_be_enrolled_in() -> None:
    for reference, world in ((REFERENCE, World()), (in_edition(9), a_world())):
        with pytest.raises(NotFound):
            request_enrolment(reference, world, at=NOW)


def test_an_enrolment_is_shown_with_its_attempts_and_edition() -> None:
    world = a_world(an_enrolment())
    world.attempts.given(a_graded_attempt(passed=False), an_attempt(2))
    enrolment, history, edition, status = show_enrolment(REFERENCE, world)
    assert (enrolment.id, edition.id, status.id) == (ENROLMENT, ENROLMENT.of_edition, ENROLMENT.of_edition)
    assert ([attempt.number for attempt in history.attempts], history.left) == ([1, 2], 1)


def test_without_naming_an_edition_the_newest_enrolment_is_shown() -> None:
    newer = replace(an_enrolment(), edition=2)
    world = a_world(an_enrolment(), newer)
    world.publish(an_edition(2))
    assert show_enrolment(REFERENCE, world)[0].edition == 2
    assert show_enrolment(in_edition(1), world)[0].edition == 1


def test_what_is_not_there_is_not_found_when_read_and_not_enrolled_when_written() -> None:
    world = a_world()
    with pytest.raises(NotFound):
        show_enrolment(REFERENCE, world)
    for write in (
        lambda: withdraw(REFERENCE, world, at=NOW),
        lambda: acknowledge(REFERENCE, HASH, world, at=NOW),
        lambda: record_views(REFERENCE, [], world, at=NOW),
    ):
        with pytest.raises(NotEnrolled):
            write()


def test_another_learners_enrolment_does_not_exist() -> None:
    world = a_world(replace(an_enrolment(), learner_id="dr-b"))
    with pytest.raises(NotFound):
        show_enrolment(REFERENCE, world)


def test_a_withdrawal_closes_an_open_attempt_ungraded() -> None:
    world = a_world(an_enrolment())
    world.attempts.given(an_attempt())
    assert withdraw(REFERENCE, world, at=NOW).state is EnrolmentState.WITHDRAWN
    assert [attempt.state for attempt in world.attempts.of(ENROLMENT)] == [AttemptState.CLOSED]
    assert world.announced == []


@pytest.mark.parametrize(
    "attempt", [an_attempt().submitted(RIGHT, NOW), a_graded_attempt(passed=False)], ids=["submitted", "graded"]
)
def test_a_withdrawal_leaves_what_was_handed_in(attempt: Attempt) -> None:
    world = a_world(an_enrolment())
    world.attempts.given(attempt)
    withdraw(REFERENCE, world, at=NOW)
    assert [one.state for one in world.attempts.of(ENROLMENT)] == [attempt.state]


def test_an_attempt_whose_time_had_run_out_before_the_withdrawal_is_graded_sweep_or_no_sweep() -> None:
    world = a_world(an_enrolment())
    world.attempts.given(an_attempt().saved(RIGHT, NOW))
    withdraw(REFERENCE, world, at=an_attempt().closes_at - MILLISECOND)
    (attempt,) = world.attempts.of(ENROLMENT)
    assert (attempt.state, attempt.submitted_at) == (AttemptState.SUBMITTED, an_attempt().ends_at)
    assert [event.by for event in world.told(AttemptSubmittedV1)] == ["deadline"]


def test_an_attempt_that_early_retirement_had_ended_is_graded_too() -> None:
    world = World()
    world.publish(retired_at=NOW + MINUTE)
    world.enrolments.given(an_enrolment())
    world.attempts.given(an_attempt())
    withdraw(REFERENCE, world, at=NOW + 5 * MINUTE)
    assert [event.submitted_at for event in world.told(AttemptSubmittedV1)] == [NOW + MINUTE]


@pytest.mark.parametrize("state", sorted(PASSED))
def test_after_a_pass_nobody_withdraws(state: EnrolmentState) -> None:
    world = a_world(an_enrolment(state))
    world.attempts.given(an_attempt(2))
    with pytest.raises(AlreadyPassed):
        withdraw(REFERENCE, world, at=NOW)
    assert world.attempts.writes == 0


def test_a_repeated_withdrawal_changes_nothing() -> None:
    world = a_world(an_enrolment())
    first = withdraw(REFERENCE, world, at=NOW)
    assert withdraw(REFERENCE, world, at=NOW + HOUR) == first


def test_broken_off_after_the_attempt_the_same_request_completes_the_withdrawal() -> None:
    world = a_world(an_enrolment())
    world.attempts.given(an_attempt())

    def interrupt() -> None:
        raise BrokenOff

    world.enrolments.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        withdraw(REFERENCE, world, at=NOW)
    assert withdraw(REFERENCE, world, at=NOW).state is EnrolmentState.WITHDRAWN


def test_the_current_information_is_acknowledged_once() -> None:
    world = a_world(an_enrolment(acknowledged_hash=None, acknowledged_at=None))
    assert acknowledge(REFERENCE, HASH, world, at=NOW).acknowledged_at == NOW
    assert acknowledge(REFERENCE, HASH, world, at=NOW + HOUR).acknowledged_at == NOW
    assert world.enrolments.writes == 1


def test_other_information_is_not_acknowledged() -> None:
    world = a_world(an_enrolment(acknowledged_hash=None))
    with pytest.raises(InformationChanged):
        acknowledge(REFERENCE, "something else", world, at=NOW)
    assert enrolment_in(world).acknowledged_hash is None


def test_views_add_up_to_the_length_of_the_presentation() -> None:
    world = a_world(an_enrolment(confirmed_at=NOW - DAY))
    record_views(REFERENCE, [(0, 60)], world, at=NOW)
    record_views(REFERENCE, [(30, 90)], world, at=NOW + HOUR)
    assert enrolment_in(world).viewing.seconds == 90
    assert record_views(REFERENCE, [(0, 99_999)], world, at=NOW + DAY).viewing.seconds == 52 * 60


def test_slides_shown_are_counted_once_each() -> None:
    world = a_world(an_enrolment(confirmed_at=NOW - DAY))
    record_views(REFERENCE, [], world, at=NOW, slides=[3, 1, 3])
    record_views(REFERENCE, [(0, 60)], world, at=NOW + HOUR, slides=[2, 3, 71, 72])
    assert enrolment_in(world).viewing.slides == (1, 2, 3, 71)
    assert enrolment_in(world).viewing.seconds == 60


def test_before_the_confirmation_nobody_acknowledges_or_watches() -> None:
    world = a_world(an_enrolment(EnrolmentState.REQUESTED))
    with pytest.raises(NotConfirmed):
        acknowledge(REFERENCE, HASH, world, at=NOW)
    with pytest.raises(NotConfirmed):
        record_views(REFERENCE, [(0, 1)], world, at=NOW)


def test_an_enrolment_has_a_learner_a_module_and_an_edition_and_nothing_else() -> None:
    world = a_world()
    enrolment, _ = request_enrolment(REFERENCE, world, at=NOW)
    assert enrolment.id == EnrolmentId(LEARNER, MODULE, 1)
