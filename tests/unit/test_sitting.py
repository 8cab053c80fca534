"""Sitting the test: who may start, one attempt at a time, and what the server's deadline makes of a request."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from functions.assessment.attempt.use_case import save_answers, show_attempt, start_attempt, submit_attempt
from shared.domain.attempt import Attempt, AttemptState
from shared.domain.edition import Viewing
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.form import draw_form
from shared.domain.ids import LearnerId
from shared.domain.refusals import (
    AlreadyPassed,
    AttemptCoolingDown,
    AttemptOver,
    AttemptsExhausted,
    GradingPending,
    InvalidRequest,
    ModuleClosed,
    NotAcknowledged,
    NotConfirmed,
    NotEnrolled,
    NotFound,
    ProfileIncomplete,
    Refusal,
    ViewingIncomplete,
)
from shared.events.assessment import AttemptSubmittedV1
from shared.ports import ConcurrentChange
from tests.support.builders import (
    DAY,
    EDITION,
    ENROLMENT,
    HOUR,
    LEARNER,
    MILLISECOND,
    MINUTE,
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
    some_pools,
)
from tests.support.fakes import World

END = an_attempt().ends_at
GRACE = timedelta(seconds=30)
TERMINATION = a_status().terminates_at


def a_world(*attempts: Attempt, enrolment: Enrolment | None = None, **content: object) -> World:
    """A learner who may start, with the attempts given, in an edition whose content has the changes given."""
    world = World()
    world.publish(an_edition(**content))
    world.question_banks.put(EDITION, a_bank())
    world.enrolments.given(enrolment or an_enrolment())
    world.profiles.given(a_profile())
    world.attempts.given(*attempts)
    return world


def attempts_in(world: World) -> list[Attempt]:
    return list(world.attempts.of(ENROLMENT))


def refuses_to_start(world: World, refusal: type[Refusal], at: datetime = NOW) -> None:
    before = attempts_in(world)
    with pytest.raises(refusal):
        start_attempt(REFERENCE, world, at=at)
    assert attempts_in(world) == before


def test_a_start_freezes_a_form_and_the_deadline() -> None:
    world = a_world()
    attempt, bank, created = start_attempt(REFERENCE, world, at=NOW)
    assert created
    assert (attempt.number, attempt.started_at, attempt.ends_at) == (1, NOW, NOW + HOUR)
    assert {bank.question(asked.question_id).pool for asked in attempt.form.questions} == {"biology", "treatment"}
    assert len(attempt.form.questions) == 3
    assert attempts_in(world) == [attempt]


def test_an_attempt_that_is_open_is_found_instead_of_another_one_started() -> None:
    world = a_world()
    first, _, _ = start_attempt(REFERENCE, world, at=NOW)
    again, bank, created = start_attempt(REFERENCE, world, at=NOW + MINUTE)
    assert (again, created, bank.revision) == (first, False, 1)


def test_of_two_starts_at_once_one_makes_the_attempt_and_the_other_finds_it() -> None:
    world = a_world()
    world.attempts.meanwhile = lambda: start_attempt(REFERENCE, world, at=NOW - MILLISECOND)
    with pytest.raises(ConcurrentChange):
        start_attempt(REFERENCE, world, at=NOW)
    assert start_attempt(REFERENCE, world, at=NOW)[2] is False
    assert len(attempts_in(world)) == 1


@pytest.mark.parametrize(
    "state", sorted(set(EnrolmentState) - {EnrolmentState.CONFIRMED, EnrolmentState.PASSED, EnrolmentState.CERTIFIED})
)
def test_only_a_confirmed_learner_starts(state: EnrolmentState) -> None:
    refuses_to_start(a_world(enrolment=an_enrolment(state)), NotConfirmed)


@pytest.mark.parametrize("state", [EnrolmentState.PASSED, EnrolmentState.CERTIFIED])
def test_after_a_pass_nobody_starts(state: EnrolmentState) -> None:
    refuses_to_start(a_world(enrolment=an_enrolment(state)), AlreadyPassed)


def test_a_pass_counts_before_the_enrolment_knows_of_it() -> None:
    refuses_to_start(a_world(a_graded_attempt(passed=True, settled=True)), AlreadyPassed, NOW + 2 * DAY)


def test_whoever_is_not_enrolled_does_not_start() -> None:
    world = World()
    world.publish()
    refuses_to_start(world, NotEnrolled)


@pytest.mark.parametrize(("at", "opens"), [(TERMINATION - MILLISECOND, True), (TERMINATION, False)])
def test_one_starts_until_just_before_the_edition_ends(at: datetime, opens: bool) -> None:
    world = a_world()
    if not opens:
        refuses_to_start(world, ModuleClosed, at)
        return
    attempt, _, _ = start_attempt(REFERENCE, world, at=at)
    assert attempt.ends_at == TERMINATION


def test_the_information_is_acknowledged_before_the_test() -> None:
    refuses_to_start(a_world(enrolment=an_enrolment(acknowledged_hash=None)), NotAcknowledged)
    refuses_to_start(a_world(enrolment=an_enrolment(acknowledged_hash="old")), NotAcknowledged)


def test_an_automatic_certificate_needs_a_name_before_the_work_and_not_after() -> None:
    world = a_world()
    world.profiles.given(a_profile(name=None))
    refuses_to_start(world, ProfileIncomplete)
    nameless = World()
    nameless.publish()
    nameless.enrolments.given(an_enrolment())
    refuses_to_start(nameless, ProfileIncomplete)


def test_where_credit_is_claimed_the_name_comes_with_the_claim() -> None:
    world = a_world(claim="claimed")
    world.profiles.given(a_profile(name=None))
    assert start_attempt(REFERENCE, world, at=NOW)[2]


def test_the_required_part_of_the_presentation_is_watched_first() -> None:
    refuses_to_start(a_world(viewing=Viewing(required_percent=1)), ViewingIncomplete)


def test_while_a_grade_is_pending_nobody_starts() -> None:
    refuses_to_start(a_world(an_attempt().submitted(RIGHT, NOW)), GradingPending, NOW + 2 * DAY)


def test_the_cool_down_is_waited_out() -> None:
    failed = a_graded_attempt(passed=False, settled=True)
    refuses_to_start(a_world(failed), AttemptCoolingDown, NOW + DAY - MILLISECOND)
    assert start_attempt(REFERENCE, a_world(failed), at=NOW + DAY)[0].number == 2


@pytest.mark.parametrize("new", ["q1", "q2", "q3"])
def test_the_next_form_prefers_the_question_that_was_in_no_form_before(new: str) -> None:
    """Of biology, two of three questions are asked; whichever was left out comes in the next form."""
    form = draw_form(a_bank(), some_pools(biology=2, treatment=1), Random(1), {new})
    assert new not in {question.question_id for question in form.questions}
    world = a_world(a_graded_attempt(passed=False, settled=True, form=form))
    attempt, _, _ = start_attempt(REFERENCE, world, at=NOW + DAY)
    assert new in {question.question_id for question in attempt.form.questions}


def test_attempts_run_out() -> None:
    failed = [a_graded_attempt(number, passed=False, settled=True) for number in (1, 2, 3)]
    refuses_to_start(a_world(*failed), AttemptsExhausted, NOW + 2 * DAY)


def test_an_overdue_attempt_is_handed_in_before_another_can_start() -> None:
    world = a_world(an_attempt().saved(answers(q1="a"), NOW))
    with pytest.raises(GradingPending) as refused:
        start_attempt(REFERENCE, world, at=END + GRACE + MILLISECOND)
    assert refused.value.facts == {"attempt": 1}
    (attempt,) = attempts_in(world)
    assert (attempt.submitted_at, attempt.submitted_by, attempt.answers) == (END, "deadline", answers(q1="a"))


def test_saved_answers_are_kept_and_merged() -> None:
    world = a_world(an_attempt())
    save_answers(REFERENCE, 1, answers(q1="a"), world, at=NOW)
    save_answers(REFERENCE, 1, answers(q4="ab"), world, at=NOW)
    assert attempts_in(world)[0].answers == answers(q1="a", q4="ab")
    assert world.announced == []


def test_a_save_in_between_is_not_lost() -> None:
    world = a_world(an_attempt())
    world.attempts.meanwhile = lambda: save_answers(REFERENCE, 1, answers(q1="a"), world, at=NOW)
    with pytest.raises(ConcurrentChange):
        save_answers(REFERENCE, 1, answers(q2="b"), world, at=NOW)
    save_answers(REFERENCE, 1, answers(q2="b"), world, at=NOW)
    assert attempts_in(world)[0].answers == answers(q1="a", q2="b")


def test_answers_that_do_not_fit_the_form_change_nothing() -> None:
    world = a_world(an_attempt())
    for change in (save_answers, submit_attempt):
        with pytest.raises(InvalidRequest):
            change(REFERENCE, 1, answers(q3="a"), world, at=NOW)
    assert world.attempts.writes == 0


def test_a_submission_is_announced_once_and_repeated_it_stays() -> None:
    world = a_world(an_attempt())
    attempt, submitted = submit_attempt(REFERENCE, 1, RIGHT, world, at=NOW)
    assert (attempt.state, submitted) == (AttemptState.SUBMITTED, True)
    assert submit_attempt(REFERENCE, 1, {}, world, at=NOW + DAY) == (attempt, False)
    assert world.announced == [
        AttemptSubmittedV1(
            at=NOW,
            learner_id=LEARNER,
            module_id=ENROLMENT.module_id,
            edition=1,
            attempt=1,
            submitted_at=NOW,
            by="learner",
        )
    ]


def test_after_grading_a_repeated_submission_tells_the_current_state() -> None:
    world = a_world(a_graded_attempt(passed=True))
    assert submit_attempt(REFERENCE, 1, {}, world, at=NOW)[0].state is AttemptState.GRADED


@pytest.mark.parametrize(
    ("late", "finish"), [(-MILLISECOND, END - MILLISECOND), (MILLISECOND, END), (GRACE, END)], ids=str
)
def test_until_the_grace_is_over_a_submission_is_accepted(late: timedelta, finish: datetime) -> None:
    world = a_world(an_attempt())
    attempt, submitted = submit_attempt(REFERENCE, 1, RIGHT, world, at=END + late)
    assert (submitted, attempt.submitted_at, attempt.submitted_by) == (True, finish, "learner")


@pytest.mark.parametrize("late", [GRACE + MILLISECOND, DAY], ids=str)
def test_after_the_grace_a_submission_is_refused_and_what_was_saved_is_graded(late: timedelta) -> None:
    world = a_world(an_attempt().saved(answers(q1="a"), NOW))
    with pytest.raises(AttemptOver):
        submit_attempt(REFERENCE, 1, RIGHT, world, at=END + late)
    (attempt,) = attempts_in(world)
    assert (attempt.submitted_at, attempt.submitted_by, attempt.answers) == (END, "deadline", answers(q1="a"))
    assert [event.by for event in world.told(AttemptSubmittedV1)] == ["deadline"]
    with pytest.raises(AttemptOver):
        submit_attempt(REFERENCE, 1, RIGHT, world, at=END + late)
    assert len(world.announced) == 1


def test_after_the_grace_nothing_is_saved_not_even_nothing() -> None:
    world = a_world(an_attempt())
    with pytest.raises(AttemptOver):
        save_answers(REFERENCE, 1, {}, world, at=END + GRACE + MILLISECOND)
    assert attempts_in(world)[0].answers == {}


def test_an_early_retirement_is_the_deadline_at_once() -> None:
    world = a_world(an_attempt())
    world.publish(retired_at=NOW + MINUTE)
    attempt, _ = submit_attempt(REFERENCE, 1, RIGHT, world, at=NOW + MINUTE + GRACE)
    assert attempt.submitted_at == NOW + MINUTE
    other = a_world(an_attempt())
    other.publish(retired_at=NOW + MINUTE)
    with pytest.raises(AttemptOver):
        submit_attempt(REFERENCE, 1, RIGHT, other, at=NOW + MINUTE + GRACE + MILLISECOND)


def test_an_attempt_given_up_takes_nothing_more() -> None:
    world = a_world(an_attempt().closed(NOW))
    for change in (save_answers, submit_attempt):
        with pytest.raises(AttemptOver):
            change(REFERENCE, 1, {}, world, at=NOW)


def test_an_open_attempt_is_shown_with_its_bank_and_later_without() -> None:
    assert show_attempt(REFERENCE, 1, a_world(an_attempt()), at=NOW)[1] == a_bank()
    assert show_attempt(REFERENCE, 1, a_world(a_graded_attempt(passed=False)), at=NOW)[1] is None


def test_an_overdue_attempt_is_shown_as_handed_in() -> None:
    world = a_world(an_attempt())
    attempt, bank = show_attempt(REFERENCE, 1, world, at=END + GRACE + MILLISECOND)
    assert (attempt.state, attempt.submitted_at, bank) == (AttemptState.SUBMITTED, END, None)


def test_an_attempt_that_is_not_there_is_not_found_when_read_and_not_enrolled_when_written() -> None:
    world = a_world(an_attempt())
    with pytest.raises(NotFound):
        show_attempt(REFERENCE, 2, world, at=NOW)
    for change in (save_answers, submit_attempt):
        with pytest.raises(NotEnrolled):
            change(REFERENCE, 2, {}, world, at=NOW)


def test_another_learners_attempt_does_not_exist() -> None:
    world = a_world(an_attempt())
    stranger = replace(REFERENCE, learner_id=LearnerId("dr-b"))
    with pytest.raises(NotFound):
        show_attempt(stranger, 1, world, at=NOW)
    with pytest.raises(NotEnrolled):
        submit_attempt(stranger, 1, RIGHT, world, at=NOW)


def test_the_terms_of_the_confirmation_hold_whatever_becomes_of_the_edition() -> None:
    lenient = an_edition().content.terms
    world = World()
    strict = replace(lenient.test, pass_mark=90, attempts=1, cooldown_hours=0, time_limit_minutes=5)
    world.publish(an_edition(test=strict, viewing=Viewing(required_percent=100)))
    world.question_banks.put(EDITION, a_bank())
    world.profiles.given(a_profile())
    world.enrolments.given(an_enrolment(terms=lenient))
    world.attempts.given(replace(a_graded_attempt(passed=False, at=NOW - DAY), settled=True))
    attempt, _, created = start_attempt(REFERENCE, world, at=NOW)
    assert created
    assert (attempt.number, attempt.pass_mark, attempt.ends_at) == (2, 70, NOW + HOUR)


def test_the_gate_that_was_in_force_at_the_confirmation_stays_shut_though_the_edition_opens_it() -> None:
    gated = an_edition(viewing=Viewing(required_percent=50)).content.terms
    world = World()
    world.publish()
    world.question_banks.put(EDITION, a_bank())
    world.profiles.given(a_profile())
    world.enrolments.given(an_enrolment(terms=gated))
    with pytest.raises(ViewingIncomplete):
        start_attempt(REFERENCE, world, at=NOW)


def test_an_attempt_keeps_the_zone_in_which_its_deadline_is_told() -> None:
    world = World()
    world.publish(an_edition(zone="America/New_York"))
    world.question_banks.put(EDITION, a_bank())
    world.profiles.given(a_profile())
    world.enrolments.given(an_enrolment())
    assert start_attempt(REFERENCE, world, at=NOW)[0].zone == "America/New_York"
