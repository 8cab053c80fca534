"""Grading: the frozen form against the answer key."""

from typing import Protocol

from shared.announcements import attempt_graded
from shared.domain.attempt import AttemptState
from shared.domain.ids import AttemptId, EnrolmentId, LearnerId, ModuleId
from shared.domain.scoring import score
from shared.events.assessment import AttemptRegradeRequestedV1, AttemptSubmittedV1
from shared.ports import AnswerKeys, Attempts, Clock


class Grading(Protocol):
    @property
    def attempts(self) -> Attempts: ...
    @property
    def answer_keys(self) -> AnswerKeys: ...
    @property
    def clock(self) -> Clock: ...


def grade_attempt(submitted: AttemptSubmittedV1 | AttemptRegradeRequestedV1, deps: Grading) -> None:
    """Grade an attempt once per key revision, with the latest key; a message delivered again changes nothing."""
    enrolment = EnrolmentId(LearnerId(submitted.learner_id), ModuleId(submitted.module_id), submitted.edition)
    attempt = deps.attempts.find(AttemptId(enrolment, submitted.attempt))
    if attempt is None or attempt.state not in (AttemptState.SUBMITTED, AttemptState.GRADED):
        raise LookupError(f"no submitted attempt for {submitted.id}")
    bank_revision = attempt.form.bank_revision
    key = deps.answer_keys.of(enrolment.of_edition, bank_revision)
    while not attempt.is_graded_with(key.revision):
        graded = attempt.graded(score(attempt.form, attempt.answers, key), key.revision, at=deps.clock.now())
        attempt = deps.attempts.save(graded, announcing=[attempt_graded(graded)])
        # A regrade may have stored its key since, and have passed this attempt by while it had no grade.
        key = deps.answer_keys.of(enrolment.of_edition, bank_revision)
