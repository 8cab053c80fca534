"""Settlement: what a grade means for the enrolment, and for the credit of an automatic module."""

from datetime import datetime
from typing import Protocol

from shared.claiming import Awarding, claim_full_credit
from shared.domain.attempt import Attempt, AttemptHistory
from shared.domain.edition import Edition
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.ids import AttemptId, EnrolmentId, LearnerId, ModuleId
from shared.events.assessment import AttemptFailedV1, AttemptPassedV1
from shared.events.enrolment import EnrolmentAttemptFailedV1, EnrolmentLapsedV1, EnrolmentPassedV1
from shared.events.event import Event
from shared.ports import (
    Accommodations,
    Attempts,
    Catalogue,
    Clock,
    Enrolments,
    Erasures,
)


class Settling(Awarding, Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def accommodations(self) -> Accommodations: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def clock(self) -> Clock: ...


def settle_grade(grade: AttemptPassedV1 | AttemptFailedV1, deps: Settling) -> None:
    """Take a grade into the enrolment once, in whatever order grades, retirement and withdrawal come.

    The claim comes before the enrolment, the attempt last: broken off anywhere, the same message
    completes the rest, and nothing is done twice.
    """
    enrolment_id = EnrolmentId(LearnerId(grade.learner_id), ModuleId(grade.module_id), grade.edition)
    attempt = deps.attempts.find(AttemptId(enrolment_id, grade.attempt))
    enrolment = deps.enrolments.find(enrolment_id)
    if attempt is None or enrolment is None:
        raise LookupError(f"no attempt or enrolment for {grade.id}")
    edition = deps.catalogue.edition(enrolment_id.of_edition).under(enrolment.terms)
    if not enrolment.has_taken_in(attempt.number, _revision(attempt)):
        if attempt.passed:
            _settle_pass(enrolment, attempt, edition, deps)
        else:
            _settle_fail(enrolment, attempt, edition, deps)
    if not attempt.settled:
        deps.attempts.save(attempt.taken_in())


def _settle_pass(enrolment: Enrolment, attempt: Attempt, edition: Edition, deps: Settling) -> None:
    finished_at = _finish(attempt)
    if edition.content.is_automatic and deps.claims.find(enrolment.id) is None and not _is_erased(enrolment, deps):
        claim_full_credit(enrolment.learner_id, edition, deps, completed_at=finished_at, issued_at=deps.clock.now())
    announced = EnrolmentPassedV1(
        at=finished_at,
        learner_id=enrolment.learner_id,
        module_id=enrolment.module_id,
        edition=enrolment.edition,
    )
    first_pass = enrolment.passed_at is None
    # Whom a regrade lets pass may claim from the regrade on.
    claimable_from = attempt.graded_at if attempt.earlier_grades and attempt.graded_at else finished_at
    passed = enrolment.passed(attempt.number, _revision(attempt), finished_at, claimable_from)
    deps.enrolments.save(passed, announcing=[announced] if first_pass else [])


def _is_erased(enrolment: Enrolment, deps: Settling) -> bool:
    """Whom a regrade lets pass after their erasure has no name any more that a certificate could attest."""
    erasure = deps.erasures.find(enrolment.learner_id)
    return erasure is not None and erasure.kept_at is not None


def _settle_fail(enrolment: Enrolment, attempt: Attempt, edition: Edition, deps: Settling) -> None:
    taken_in = enrolment.took_in(attempt.number, _revision(attempt))
    if enrolment.state is not EnrolmentState.CONFIRMED:
        deps.enrolments.save(taken_in)
        return
    accommodation = deps.accommodations.find(enrolment.learner_id, enrolment.module_id)
    history = AttemptHistory(edition.content.test, deps.attempts.of(enrolment.id), accommodation)
    announced: list[Event] = []
    # That a regrade changes nothing for the learner is no news.
    if not enrolment.has_taken_in(attempt.number, 1):
        announced.append(
            EnrolmentAttemptFailedV1(
                at=_finish(attempt),
                ordinal=attempt.number,
                learner_id=enrolment.learner_id,
                module_id=enrolment.module_id,
                edition=enrolment.edition,
                attempts_left=history.left,
            )
        )
    status = deps.catalogue.status(enrolment.id.of_edition)
    if status and deps.clock.now() >= status.terminates_at and not history.open:
        end = status.terminates_at
        taken_in = taken_in.lapsed(end)
        announced.append(
            EnrolmentLapsedV1(
                at=end,
                learner_id=enrolment.learner_id,
                module_id=enrolment.module_id,
                edition=enrolment.edition,
            )
        )
    deps.enrolments.save(taken_in, announcing=announced)


def _revision(attempt: Attempt) -> int:
    if attempt.key_revision is None:
        raise ValueError(f"attempt {attempt.id} was never graded")
    return attempt.key_revision


def _finish(attempt: Attempt) -> datetime:
    if attempt.submitted_at is None:
        raise ValueError(f"attempt {attempt.id} was never submitted")
    return attempt.submitted_at
