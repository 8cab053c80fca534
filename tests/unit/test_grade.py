"""Grade: the frozen form against the key, once per key revision."""

from dataclasses import replace
from fractions import Fraction

import pytest

from functions.assessment.grade.use_case import grade_attempt
from shared.domain.attempt import Attempt, AttemptState
from shared.domain.form import Answers
from shared.domain.questions import AnswerKey
from shared.events.assessment import AttemptFailedV1, AttemptPassedV1, AttemptSubmittedV1
from tests.support.builders import (
    EDITION,
    ENROLMENT,
    HOUR,
    LEARNER,
    MODULE,
    NOW,
    RIGHT,
    WRONG,
    a_key,
    an_attempt,
    an_entry,
)
from tests.support.fakes import World

SUBMITTED = AttemptSubmittedV1(
    at=NOW, learner_id=LEARNER, module_id=MODULE, edition=1, attempt=1, submitted_at=NOW, by="learner"
)


def a_world(attempt: Attempt, key: AnswerKey | None = None) -> World:
    world = World()
    world.answer_keys.put(EDITION, key or a_key())
    world.attempts.given(attempt)
    world.clock.at = NOW + HOUR
    return world


def graded(world: World) -> Attempt:
    (attempt,) = world.attempts.of(ENROLMENT)
    return attempt


@pytest.mark.parametrize(
    ("answers", "passed", "points", "kind"),
    [(RIGHT, True, 3, AttemptPassedV1), (WRONG, False, 1, AttemptFailedV1), ({}, False, 0, AttemptFailedV1)],
    ids=["all right", "one right", "nothing answered"],
)
def test_an_attempt_is_graded_and_its_outcome_announced(
    answers: Answers, passed: bool, points: int, kind: type[AttemptPassedV1 | AttemptFailedV1]
) -> None:
    world = a_world(an_attempt().submitted(answers, NOW))
    grade_attempt(SUBMITTED, world)
    attempt = graded(world)
    assert (attempt.state, attempt.passed, attempt.graded_at) == (AttemptState.GRADED, passed, NOW + HOUR)
    assert attempt.score is not None
    assert (attempt.score.points, attempt.score.max_points) == (points, 3)
    (outcome,) = world.announced
    assert outcome == kind(
        at=NOW + HOUR,
        learner_id=LEARNER,
        module_id=MODULE,
        edition=1,
        attempt=1,
        points=float(points),
        max_points=3.0,
        graded_at=NOW + HOUR,
        key_revision=1,
    )


def test_what_ran_out_of_time_is_graded_with_what_was_saved() -> None:
    world = a_world(an_attempt().saved(RIGHT, NOW).ended())
    grade_attempt(SUBMITTED, world)
    assert graded(world).passed
    assert graded(world).submitted_at == an_attempt().ends_at


def test_a_pass_is_decided_on_exact_fractions() -> None:
    thirds = {question: replace(entry, points=Fraction(1, 3)) for question, entry in a_key().entries.items()}
    world = a_world(an_attempt(pass_mark=100).submitted(RIGHT, NOW), replace(a_key(), entries=thirds))
    grade_attempt(SUBMITTED, world)
    assert graded(world).passed


def test_a_message_delivered_again_changes_nothing() -> None:
    world = a_world(an_attempt().submitted(RIGHT, NOW))
    grade_attempt(SUBMITTED, world)
    before = graded(world)
    world.clock.at += HOUR
    grade_attempt(SUBMITTED, world)
    assert graded(world) == before
    assert len(world.announced) == 1


def test_a_new_key_revision_grades_anew_under_an_id_of_its_own() -> None:
    world = a_world(an_attempt().submitted(WRONG, NOW))
    grade_attempt(SUBMITTED, world)
    lenient = {entry.question_id: entry for entry in (an_entry("q1", "b"), an_entry("q2", "b"), an_entry("q4", "a"))}
    world.answer_keys.put(EDITION, replace(a_key(), revision=2, entries=lenient))
    grade_attempt(SUBMITTED, world)
    assert graded(world).passed
    assert world.facts_told == [f"attempt/{ENROLMENT}/1/failed/1", f"attempt/{ENROLMENT}/1/passed/2"]


def test_a_key_read_just_before_the_one_that_a_regrade_asks_for_is_read_again() -> None:
    world = a_world(an_attempt().submitted(RIGHT, NOW).asked_to_regrade(2, NOW))
    world.answer_keys.put(EDITION, replace(a_key(), revision=2))
    of, read = world.answer_keys.of, [a_key()]
    world.answer_keys.of = lambda edition, bank: read.pop() if read else of(edition, bank)  # type: ignore[method-assign]
    grade_attempt(SUBMITTED, world)
    assert (graded(world).key_revision, graded(world).regrade_asked_at) == (2, None)


def test_the_latest_key_of_the_attempts_own_bank_counts() -> None:
    world = a_world(an_attempt().submitted(RIGHT, NOW))
    world.answer_keys.put(EDITION, replace(a_key(), bank_revision=2, revision=9, entries={}))
    grade_attempt(SUBMITTED, world)
    assert graded(world).key_revision == 1


@pytest.mark.parametrize("attempt", [an_attempt(), an_attempt().closed(NOW)], ids=["in progress", "closed"])
def test_only_what_was_handed_in_is_graded(attempt: Attempt) -> None:
    world = a_world(attempt)
    with pytest.raises(LookupError):
        grade_attempt(SUBMITTED, world)
    assert world.announced == []


def test_an_attempt_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError):
        grade_attempt(SUBMITTED, World())
