"""Settlement: what a grade means for the enrolment, and for the credit of an automatic module."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.announcements import credit_claimed
from shared.claiming import Awarding, full_claim
from shared.domain.attempt import Attempt, AttemptHistory
from shared.domain.claim import Claim
from shared.domain.edition import Edition
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.erasure import Erasure
from shared.domain.ids import AttemptId, EnrolmentId, LearnerId, ModuleId
from shared.domain.learner import Profile
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
    ReadTogether,
    Settlement,
    Settlements,
)


class Settling(Awarding, Protocol):
    @property
    def read_together(self) -> ReadTogether: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def settlements(self) -> Settlements: ...
    @property
    def accommodations(self) -> Accommodations: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def clock(self) -> Clock: ...


def settle_grade(grade: AttemptPassedV1 | AttemptFailedV1, deps: Settling) -> None:
    """Take a grade into the enrolment once, in whatever order grades, retirement and withdrawal come.

    Attempt, enrolment and a claim change in one write: broken off anywhere, the same message does all of it.
    """
    enrolment_id = EnrolmentId(LearnerId(grade.learner_id), ModuleId(grade.module_id), grade.edition)
    attempt_id = AttemptId(enrolment_id, grade.attempt)
    with deps.read_together(
        (Attempt, attempt_id),
        (Enrolment, enrolment_id),
        (Edition, enrolment_id.of_edition),
        (Claim, enrolment_id),
        (Erasure, enrolment_id.learner_id),
        (Profile, enrolment_id.learner_id),
    ):
        attempt = deps.attempts.find(attempt_id)
        enrolment = deps.enrolments.find(enrolment_id)
        if attempt is None or enrolment is None:
            raise LookupError(f"no attempt or enrolment for {grade.id}")
        if enrolment.has_taken_in(attempt.number, _revision(attempt)):
            return
        edition = deps.catalogue.edition(enrolment_id.of_edition).under(enrolment.terms)
        settle = _passed if attempt.passed else _failed
        deps.settlements.enter(settle(enrolment, attempt, edition, deps))


def _passed(enrolment: Enrolment, attempt: Attempt, edition: Edition, deps: Settling) -> Settlement:
    finished_at = _finish(attempt)
    claim = _claim(enrolment, edition, finished_at, deps) if edition.content.is_automatic else None
    announced = EnrolmentPassedV1(
        at=finished_at,
        learner_id=enrolment.learner_id,
        module_id=enrolment.module_id,
        edition=enrolment.edition,
    )
    # Whom a regrade lets pass may claim from the regrade on.
    claimable_from = attempt.graded_at if attempt.earlier_grades and attempt.graded_at else finished_at
    return Settlement(
        attempt=attempt.taken_in(),
        enrolment=enrolment.passed(attempt.number, _revision(attempt), finished_at, claimable_from),
        announcing=[announced] if enrolment.passed_at is None else [],
        claim=claim,
        claiming=[credit_claimed(claim)] if claim else [],
    )


def _claim(enrolment: Enrolment, edition: Edition, finished_at: datetime, deps: Settling) -> Claim | None:
    """What an automatic module awards; None where it was claimed before.

    Whom a regrade lets pass after their erasure has no name any more that a certificate could attest.
    """
    erasure = deps.erasures.find(enrolment.learner_id)
    if deps.claims.find(enrolment.id) or (erasure and erasure.kept_at):
        return None
    return full_claim(enrolment.learner_id, edition, deps, completed_at=finished_at, issued_at=deps.clock.now())


def _failed(enrolment: Enrolment, attempt: Attempt, edition: Edition, deps: Settling) -> Settlement:
    taken_in = enrolment.took_in(attempt.number, _revision(attempt))
    announced: Sequence[Event] = []
    if enrolment.state is EnrolmentState.CONFIRMED:
        taken_in, announced = _confirmed_still(enrolment, taken_in, attempt, edition, deps)
    return Settlement(attempt=attempt.taken_in(), enrolment=taken_in, announcing=announced)


def _confirmed_still(
    enrolment: Enrolment, taken_in: Enrolment, attempt: Attempt, edition: Edition, deps: Settling
) -> tuple[Enrolment, Sequence[Event]]:
    """What a fail means to who could try again: how often they still can, or the end of the enrolment."""
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
    return taken_in, announced


def _revision(attempt: Attempt) -> int:
    if attempt.key_revision is None:
        raise ValueError(f"attempt {attempt.id} was never graded")
    return attempt.key_revision


def _finish(attempt: Attempt) -> datetime:
    if attempt.submitted_at is None:
        raise ValueError(f"attempt {attempt.id} was never submitted")
    return attempt.submitted_at
