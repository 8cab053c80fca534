"""An attempt ends at the server's deadline, and its result is the same however late anyone looks."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.attempt import SWEEP_DELAY, Attempt, AttemptHistory, AttemptState
from shared.domain.refusals import (
    AlreadyPassed,
    AttemptCoolingDown,
    AttemptOver,
    AttemptsExhausted,
    GradingPending,
    InvalidRequest,
    Refusal,
)
from tests.support.builders import (
    DAY,
    ENROLMENT,
    HOUR,
    MILLISECOND,
    MINUTE,
    NOW,
    RIGHT,
    WRONG,
    a_form,
    a_graded_attempt,
    a_score,
    an_attempt,
    answers,
    the_terms,
)

END = an_attempt().ends_at
GRACE = timedelta(seconds=30)
COOLDOWN = the_terms().cooldown


def a_history(*attempts: Attempt, **terms: int) -> AttemptHistory:
    return AttemptHistory(the_terms(**terms), attempts)


@pytest.mark.parametrize(
    ("limit", "termination", "deadline"),
    [
        (60, NOW + DAY, NOW + HOUR),
        (60, NOW + MINUTE, NOW + MINUTE),
        (60, NOW + HOUR, NOW + HOUR),
        (None, NOW + DAY, NOW + DAY),
    ],
    ids=["the time limit", "the module's end", "both at once", "no time limit"],
)
def test_an_attempt_ends_with_its_time_limit_or_with_the_module(
    limit: int | None, termination: datetime, deadline: datetime
) -> None:
    history = AttemptHistory(the_terms(time_limit_minutes=limit), [])
    started = history.started(ENROLMENT, a_form(), NOW, termination)
    assert started.ends_at == deadline


def test_an_attempt_keeps_the_terms_it_was_started_under() -> None:
    started = a_history(grace_seconds=5, pass_mark=80).started(ENROLMENT, a_form(), NOW, NOW + DAY)
    assert (started.number, started.started_at, started.grace_seconds, started.pass_mark) == (1, NOW, 5, 80)
    assert (started.state, started.answers) == (AttemptState.IN_PROGRESS, {})


@pytest.mark.parametrize("early", [HOUR, MINUTE, MILLISECOND])
def test_what_is_handed_in_before_the_end_is_finished_when_it_was(early: timedelta) -> None:
    submitted = an_attempt().submitted(RIGHT, END - early)
    assert (submitted.submitted_at, submitted.submitted_by) == (END - early, "learner")
    assert submitted.answers == RIGHT


@pytest.mark.parametrize("late", [timedelta(0), MILLISECOND, GRACE])
def test_what_arrives_in_the_grace_finishes_at_the_end(late: timedelta) -> None:
    submitted = an_attempt().submitted(RIGHT, END + late)
    assert (submitted.submitted_at, submitted.submitted_by) == (END, "learner")


@pytest.mark.parametrize("late", [GRACE + MILLISECOND, DAY])
def test_what_arrives_after_the_grace_is_refused(late: timedelta) -> None:
    for change in (Attempt.submitted, Attempt.saved):
        with pytest.raises(AttemptOver) as refused:
            change(an_attempt(), RIGHT, END + late)
        assert refused.value.facts["deadline"] == END


def test_after_the_deadline_an_attempt_is_graded_with_what_was_saved() -> None:
    ended = an_attempt().saved(answers(q1="a"), NOW + MINUTE).ended()
    assert (ended.state, ended.submitted_by, ended.submitted_at) == (AttemptState.SUBMITTED, "deadline", END)
    assert ended.answers == answers(q1="a")


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3)))
def test_an_attempt_is_overdue_exactly_once_its_end_and_grace_have_passed(after: timedelta) -> None:
    assert an_attempt().is_overdue(NOW + after) is (after > HOUR + GRACE)


def test_the_sweep_waits_until_a_submission_under_way_is_decided() -> None:
    assert an_attempt().closes_at == END + GRACE + SWEEP_DELAY
    assert an_attempt().is_overdue(an_attempt().closes_at)


def test_early_retirement_ends_a_running_attempt() -> None:
    assert an_attempt().ending(NOW + MINUTE).ends_at == NOW + MINUTE
    assert an_attempt().ending(END + DAY).ends_at == END


def test_saved_answers_merge_question_by_question() -> None:
    attempt = an_attempt().saved(answers(q1="a", q2="a"), NOW).saved(answers(q2="b", q4="ab"), NOW + MINUTE)
    assert attempt.answers == answers(q1="a", q2="b", q4="ab")


def test_an_answer_can_be_taken_back() -> None:
    assert an_attempt().saved(answers(q1="a"), NOW).saved(answers(q1=""), NOW).answers == answers(q1="")


def test_answers_sent_with_the_submission_merge_with_those_saved() -> None:
    assert an_attempt().saved(answers(q1="b"), NOW).submitted(RIGHT, NOW).answers == RIGHT


def test_answers_that_do_not_fit_the_form_change_nothing() -> None:
    attempt = an_attempt()
    for change in (Attempt.saved, Attempt.submitted):
        with pytest.raises(InvalidRequest):
            change(attempt, answers(q1="a", q3="a"), NOW)
    assert attempt.answers == {}


@pytest.mark.parametrize(
    "over",
    [an_attempt().submitted(RIGHT, NOW), an_attempt().ended(), an_attempt().closed(NOW), a_graded_attempt(passed=True)],
    ids=["submitted", "ended", "closed", "graded"],
)
def test_an_attempt_that_is_over_takes_no_more_answers_not_even_none(over: Attempt) -> None:
    for change in (Attempt.saved, Attempt.submitted):
        with pytest.raises(AttemptOver) as refused:
            change(over, {}, NOW)
        assert refused.value.facts["state"] == over.state


def test_the_state_is_checked_before_the_answers() -> None:
    with pytest.raises(AttemptOver):
        an_attempt().ended().saved(answers(nobody="x"), NOW)


@pytest.mark.parametrize(("points", "passed"), [(3, True), (2, False)])
def test_a_grade_passes_by_the_attempts_own_pass_mark(points: int, passed: bool) -> None:
    graded = an_attempt(pass_mark=70).ended().graded(a_score(points, 3), 1, NOW + DAY)
    assert (graded.state, graded.passed, graded.key_revision) == (AttemptState.GRADED, passed, 1)
    assert graded.submitted_at == END


def test_an_attempt_is_pending_until_its_grade_has_reached_the_enrolment() -> None:
    submitted = an_attempt().submitted(RIGHT, NOW)
    graded = submitted.graded(a_score(), 1, NOW)
    assert [attempt.is_pending for attempt in (an_attempt(), submitted, graded, graded.taken_in())] == [
        False, True, True, False,
    ]  # fmt: skip


def test_attempts_are_numbered_after_the_last() -> None:
    history = a_history(a_graded_attempt(1, passed=False, settled=True), an_attempt(2).closed(NOW))
    assert history.started(ENROLMENT, a_form(), NOW + 2 * DAY, NOW + 3 * DAY).number == 3


def test_a_failed_attempt_cools_down_from_its_finish_to_the_instant() -> None:
    history = a_history(a_graded_attempt(passed=False, at=NOW, settled=True))
    assert history.next_attempt_at == NOW + COOLDOWN
    with pytest.raises(AttemptCoolingDown) as refused:
        history.require_next_allowed(NOW + COOLDOWN - MILLISECOND)
    assert refused.value.facts == {"next_attempt_at": NOW + COOLDOWN}
    history.require_next_allowed(NOW + COOLDOWN)


def test_an_attempt_that_ran_out_of_time_cools_down_from_its_end_not_from_the_sweep() -> None:
    ended = an_attempt().ended().graded(a_score(0), 1, END + DAY).taken_in()
    assert a_history(ended).next_attempt_at == END + COOLDOWN


def test_without_a_cool_down_the_next_attempt_may_start_at_once() -> None:
    a_history(a_graded_attempt(passed=False, settled=True), cooldown_hours=0).require_next_allowed(NOW)


@pytest.mark.parametrize("unsettled", [an_attempt().submitted(WRONG, NOW), a_graded_attempt(passed=False)])
def test_while_a_grade_is_pending_no_attempt_starts(unsettled: Attempt) -> None:
    history = a_history(unsettled)
    with pytest.raises(GradingPending) as refused:
        history.require_next_allowed(NOW + 10 * DAY)
    assert refused.value.facts == {"attempt": 1}
    assert not history.is_exhausted


def test_after_a_pass_no_attempt_starts() -> None:
    history = a_history(a_graded_attempt(passed=True, settled=True))
    assert history.next_attempt_at is None
    with pytest.raises(AlreadyPassed):
        history.require_next_allowed(NOW + 10 * DAY)


def test_a_pass_counts_whichever_attempt_it_was() -> None:
    history = a_history(a_graded_attempt(1, passed=True), a_graded_attempt(2, passed=False), attempts=2)
    assert history.is_passed
    assert not history.is_exhausted


def test_no_more_attempts_start_than_are_allowed() -> None:
    failed = [a_graded_attempt(number, passed=False, settled=True) for number in (1, 2, 3)]
    assert not a_history(*failed[:2]).is_exhausted
    history = a_history(*failed)
    assert (history.left, history.is_exhausted, history.next_attempt_at) == (0, True, None)
    with pytest.raises(AttemptsExhausted) as refused:
        history.require_next_allowed(NOW + 10 * DAY)
    assert refused.value.facts == {"allowed": 3}


def test_an_attempt_given_up_counts_as_used() -> None:
    history = a_history(an_attempt().closed(NOW), attempts=1)
    assert (history.left, history.is_exhausted) == (0, True)


def test_the_last_attempt_is_not_exhausted_while_it_is_open() -> None:
    history = a_history(an_attempt(), attempts=1)
    assert history.open == an_attempt()
    assert (history.left, history.is_exhausted, history.next_attempt_at) == (0, False, None)


def test_starting_asks_the_same_rules_as_telling() -> None:
    history = a_history(a_graded_attempt(passed=False, settled=True))
    with pytest.raises(Refusal):
        history.started(ENROLMENT, a_form(), NOW + HOUR, NOW + DAY)
