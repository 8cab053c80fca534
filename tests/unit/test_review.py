"""Review: the key leaves where, and when, the module's policy says so, and only for a graded attempt of one's own."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

import pytest

from functions.assessment.review.use_case import review_attempt
from shared.api.contract.answer_key import ReviewView
from shared.domain.attempt import Attempt
from shared.domain.enrolment import EnrolmentState
from shared.domain.ids import EnrolmentReference, LearnerId
from shared.domain.refusals import NotFound, ReviewClosed
from tests.support.builders import (
    EDITION,
    HOUR,
    MILLISECOND,
    MODULE,
    NOW,
    REFERENCE,
    RIGHT,
    a_bank,
    a_graded_attempt,
    a_key,
    a_status,
    an_attempt,
    an_edition,
    an_enrolment,
    an_entry,
    answers,
    the_terms,
)
from tests.support.fakes import World

GRACE = the_terms().grace
Policy = Literal["never", "after_pass", "after_expiry"]
POLICIES: tuple[Policy, ...] = ("never", "after_pass", "after_expiry")
TERMINATION = a_status().terminates_at
PASSED = (EnrolmentState.PASSED, EnrolmentState.CERTIFIED)
FAILED = a_graded_attempt(passed=False)


def a_world(
    policy: Policy,
    attempt: Attempt = FAILED,
    state: EnrolmentState = EnrolmentState.PASSED,
    **status: object,
) -> World:
    world = World()
    world.publish(an_edition(test=the_terms(review=policy)), **status)
    world.question_banks.put(EDITION, a_bank())
    world.answer_keys.put(EDITION, a_key())
    world.enrolments.given(an_enrolment(state))
    world.attempts.given(attempt)
    return world


def is_open(world: World, at: datetime) -> bool:
    try:
        review_attempt(REFERENCE, 1, world, at=at)
    except ReviewClosed:
        return False
    return True


@pytest.mark.parametrize("state", EnrolmentState)
@pytest.mark.parametrize(
    ("at", "is_over"),
    [
        (NOW, False),
        (TERMINATION, False),
        (TERMINATION + GRACE, False),
        (TERMINATION + GRACE + MILLISECOND, True),
        (TERMINATION + HOUR, True),
    ],
    ids=["open", "over", "in the grace still", "after the grace", "long over"],
)
@pytest.mark.parametrize("policy", POLICIES)
def test_the_key_leaves_where_the_policy_allows_it(
    policy: Policy, state: EnrolmentState, at: datetime, is_over: bool
) -> None:
    allowed = {"never": False, "after_pass": state in PASSED, "after_expiry": is_over}
    assert is_open(a_world(policy, state=state), at) is allowed[policy]


def test_an_early_retirement_is_an_end_like_any_other() -> None:
    world = a_world("after_expiry", retired_at=NOW)
    assert not is_open(world, NOW + GRACE)
    assert is_open(world, NOW + GRACE + MILLISECOND)


def test_a_refusal_names_the_policy() -> None:
    with pytest.raises(ReviewClosed) as refused:
        review_attempt(REFERENCE, 1, a_world("never"), at=TERMINATION + HOUR)
    assert refused.value.facts == {"policy": "never"}


@pytest.mark.parametrize(
    "attempt",
    [an_attempt(), an_attempt().submitted(RIGHT, NOW), an_attempt().closed(NOW)],
    ids=["in progress", "submitted", "closed"],
)
@pytest.mark.parametrize("policy", POLICIES)
def test_only_a_graded_attempt_is_reviewed(policy: Policy, attempt: Attempt) -> None:
    assert not is_open(a_world(policy, attempt), TERMINATION + HOUR)


@pytest.mark.parametrize(("learner", "number"), [("dr-b", 1), ("dr-a", 2)], ids=["another learner", "no such attempt"])
def test_an_attempt_that_is_not_there_or_not_ones_own_is_not_found(learner: str, number: int) -> None:
    with pytest.raises(NotFound):
        review_attempt(EnrolmentReference(LearnerId(learner), MODULE, None), number, a_world("after_pass"), at=NOW)


def test_the_latest_key_is_shown() -> None:
    world = a_world("after_pass")
    world.answer_keys.put(EDITION, a_key().amended(an_entry("q1", "d")))
    attempt, bank, key = review_attempt(REFERENCE, 1, world, at=NOW)
    assert (attempt, bank, key.revision) == (replace(FAILED, version=1), a_bank(), 2)


def test_the_view_tells_right_from_chosen_in_the_order_of_the_form() -> None:
    key = a_key().amended(an_entry("q2", "b", voided=True, rationale="It was ambiguous."))
    attempt = replace(FAILED, answers=answers(q1="b", q4="ab"))
    view = ReviewView.of(attempt, a_bank(), key, link=str)
    assert [question.question_id for question in view.questions] == ["q1", "q2", "q4"]
    first, voided, last = view.questions
    assert [option.option_id for option in first.options if option.correct] == ["a"]
    assert [option.option_id for option in first.options if option.chosen] == ["b"]
    assert (first.points, first.max_points, first.rationale) == (0, 1, "Because.")
    assert (voided.voided, voided.points, voided.max_points) == (True, 0, 0)
    assert (last.points, [option.chosen for option in last.options]) == (1, [True, True, False, False])
    assert (view.points, view.max_points, view.passed) == (1, 3, False)
