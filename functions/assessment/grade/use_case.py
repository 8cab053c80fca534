"""Grading: the frozen form against the answer key."""

from typing import Protocol

from shared.announcements import attempt_graded
from shared.domain.attempt import Attempt, AttemptState
from shared.domain.ids import AttemptId, EnrolmentId, LearnerId, ModuleId
from shared.domain.questions import AnswerKey
from shared.domain.scoring import score
from shared.events.assessment import AttemptRegradeRequestedV1, AttemptSubmittedV1
from shared.ports import AnswerKeys, Attempts, Clock, ReadTogether


class Grading(Protocol):
    @property
    def read_together(self) -> ReadTogether: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def answer_keys(self) -> AnswerKeys: ...
    @property
    def clock(self) -> Clock: ...


def grade_attempt(submitted: AttemptSubmittedV1 | AttemptRegradeRequestedV1, deps: Grading) -> None:
    """Grade an attempt once per key revision, with the latest key; a message delivered again changes nothing."""
    enrolment = EnrolmentId(LearnerId(submitted.learner_id), ModuleId(submitted.module_id), submitted.edition)
    attempt_id = AttemptId(enrolment, submitted.attempt)
    with deps.read_together((Attempt, attempt_id), (AnswerKey, attempt_id.enrolment.of_edition)):
        attempt = deps.attempts.find(attempt_id)
        if attempt is None or attempt.state not in (AttemptState.SUBMITTED, AttemptState.GRADED):
            raise LookupError(f"no submitted attempt for {submitted.id}")
        key = _latest_key(attempt, deps)
    if attempt.is_graded_with(key.revision):
        return
    graded = attempt.graded(score(attempt.form, attempt.answers, key), key.revision, at=deps.clock.now())
    deps.attempts.save(graded, announcing=[attempt_graded(graded)])


def _latest_key(attempt: Attempt, deps: Grading) -> AnswerKey:
    """At least the key that a regrade has asked for, of which a read at the same moment need not have known."""
    edition, bank_revision = attempt.enrolment.of_edition, attempt.form.bank_revision
    key = deps.answer_keys.of(edition, bank_revision)
    return key if key.revision >= (attempt.regrade_revision or 0) else deps.answer_keys.of(edition, bank_revision)
