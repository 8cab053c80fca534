"""One attempt at the CME test: started, answered, submitted, graded."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Literal, Self

from shared.domain.accommodation import Accommodation
from shared.domain.edition import TestTerms
from shared.domain.form import Answers, Form
from shared.domain.ids import AttemptId, EnrolmentId, LearnerId, ModuleId, QuestionId
from shared.domain.refusals import (
    AlreadyPassed,
    AttemptCoolingDown,
    AttemptOver,
    AttemptsExhausted,
    GradingPending,
)
from shared.domain.scoring import Score

# After end and grace the sweep waits a minute more, so that a submission under way is decided first.
SWEEP_DELAY = timedelta(seconds=60)


class AttemptState(StrEnum):
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    GRADED = "graded"
    CLOSED = "closed"  # withdrawn while open: never graded


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """What an attempt was graded with one key revision: the trail of a regrade."""

    key_revision: int
    points: Fraction
    max_points: Fraction
    passed: bool
    graded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """``ends_at`` is the deadline that was promised at the start: start + limit, or the module's end.

    ``zone`` is the IANA name of the zone in which its deadline is told. ``regrade_asked_at`` is when it was asked
    to be graded anew, with key ``regrade_revision``, until it is.
    """

    learner_id: LearnerId
    module_id: ModuleId
    edition: int
    number: int
    form: Form
    started_at: datetime
    ends_at: datetime
    grace_seconds: int
    pass_mark: int
    zone: str | None = None
    state: AttemptState = AttemptState.IN_PROGRESS
    answers: Answers = field(default_factory=dict)
    submitted_at: datetime | None = None
    submitted_by: Literal["learner", "deadline"] | None = None
    closed_at: datetime | None = None
    score: Score | None = None
    passed: bool | None = None
    key_revision: int | None = None
    graded_at: datetime | None = None
    earlier_grades: tuple[Grade, ...] = ()
    settled: bool = False
    regrade_asked_at: datetime | None = None
    regrade_revision: int | None = None
    version: int = 0

    @property
    def id(self) -> AttemptId:
        return AttemptId(self.enrolment, self.number)

    @property
    def enrolment(self) -> EnrolmentId:
        return EnrolmentId(self.learner_id, self.module_id, self.edition)

    @property
    def is_open(self) -> bool:
        return self.state is AttemptState.IN_PROGRESS

    @property
    def is_pending(self) -> bool:
        """Handed in, and its grade has not reached the enrolment yet."""
        return self.state is AttemptState.SUBMITTED or (self.state is AttemptState.GRADED and not self.settled)

    @property
    def closes_at(self) -> datetime:
        """When the sweep may submit what was left open."""
        return self.ends_at + timedelta(seconds=self.grace_seconds) + SWEEP_DELAY

    def ending(self, terminates_at: datetime) -> Self:
        """The same attempt, ending no later than the module does: early retirement bites at once."""
        return replace(self, ends_at=min(self.ends_at, terminates_at))

    def is_overdue(self, at: datetime) -> bool:
        """Open, but past its end and grace."""
        return self.is_open and at > self.ends_at + timedelta(seconds=self.grace_seconds)

    def require_open(self, at: datetime) -> None:
        """Raise AttemptOver once the attempt was handed in, or its end and grace have passed."""
        if not self.is_open or self.is_overdue(at):
            raise AttemptOver(deadline=self.ends_at, state=str(self.state))

    def saved(self, answers: Answers, at: datetime) -> Self:
        """Answers merged question by question; the last word on a question counts."""
        self.require_open(at)
        self.form.require_answerable(answers)
        return replace(self, answers={**self.answers, **answers})

    def submitted(self, answers: Answers, at: datetime) -> Self:
        """Handed in by the learner; what arrives in the grace finishes at the end."""
        return replace(
            self.saved(answers, at),
            state=AttemptState.SUBMITTED,
            submitted_at=min(at, self.ends_at),
            submitted_by="learner",
        )

    def ended(self) -> Self:
        """Handed in by its deadline, with the answers saved until then, however late this runs."""
        return replace(self, state=AttemptState.SUBMITTED, submitted_at=self.ends_at, submitted_by="deadline")

    def closed(self, at: datetime) -> Self:
        """Given up by withdrawal: never graded, but used, and cooled down from like any other."""
        return replace(self, state=AttemptState.CLOSED, closed_at=at)

    def graded(self, score: Score, key_revision: int, at: datetime) -> Self:
        """Graded, or graded anew with a later key: a pass is never lowered, and earlier grades are kept."""
        return replace(
            self,
            state=AttemptState.GRADED,
            score=score,
            passed=bool(self.passed) or score.passes(self.pass_mark),
            key_revision=key_revision,
            graded_at=at,
            earlier_grades=(*self.earlier_grades, *([self.grade] if self.grade else [])),
            settled=False,
            regrade_asked_at=None,
            regrade_revision=None,
        )

    def asked_to_regrade(self, key_revision: int, at: datetime) -> Self:
        """Graded, and to be graded anew with the key of this revision."""
        return replace(self, regrade_asked_at=at, regrade_revision=key_revision)

    @property
    def grade(self) -> Grade | None:
        """The grade it has; None before the first."""
        if self.score is None or self.key_revision is None or self.graded_at is None:
            return None
        return Grade(
            key_revision=self.key_revision,
            points=self.score.points,
            max_points=self.score.max_points,
            passed=bool(self.passed),
            graded_at=self.graded_at,
        )

    def limited(self, limit: timedelta | None, terminates_at: datetime) -> Self:
        """The same open attempt under another time limit: an accommodation moves its end."""
        return replace(self, ends_at=min(self.started_at + limit, terminates_at) if limit else terminates_at)

    def taken_in(self) -> Self:
        """Its grade has reached the enrolment."""
        return replace(self, settled=True)

    def is_graded_with(self, key_revision: int) -> bool:
        return self.key_revision == key_revision


@dataclass(frozen=True, slots=True)
class AttemptHistory:
    """All attempts of one enrolment, in order, and what they leave to the learner."""

    terms: TestTerms
    attempts: Sequence[Attempt]
    accommodation: Accommodation | None = None

    @property
    def open(self) -> Attempt | None:
        return next((attempt for attempt in self.attempts if attempt.is_open), None)

    @property
    def pending(self) -> Attempt | None:
        return next((attempt for attempt in self.attempts if attempt.is_pending), None)

    @property
    def is_passed(self) -> bool:
        return any(attempt.passed for attempt in self.attempts)

    @property
    def seen(self) -> frozenset[QuestionId]:
        """The questions of all forms so far."""
        return frozenset(question.question_id for attempt in self.attempts for question in attempt.form.questions)

    @property
    def left(self) -> int:
        return max(0, self.allowed - len(self.attempts))

    @property
    def allowed(self) -> int:
        return self.terms.attempts + (self.accommodation.extra_attempts if self.accommodation else 0)

    @property
    def time_limit(self) -> timedelta | None:
        """The module's limit with what the learner is granted on top; None without a limit."""
        limit = self.terms.time_limit
        return limit + self.accommodation.extra_time if limit and self.accommodation else limit

    @property
    def is_exhausted(self) -> bool:
        return not self.left and not self.open and not self.pending and not self.is_passed

    @property
    def next_attempt_at(self) -> datetime | None:
        """When the cool-down after the last attempt is over; None where no next attempt is to come."""
        if not self.attempts or not self.left or self.is_passed or self.open:
            return None
        finished = self.attempts[-1].submitted_at or self.attempts[-1].closed_at
        return finished + self.terms.cooldown if finished else None

    def require_next_allowed(self, at: datetime) -> None:
        """Raise AlreadyPassed, GradingPending, AttemptsExhausted or AttemptCoolingDown."""
        if self.is_passed:
            raise AlreadyPassed()
        if self.pending:
            raise GradingPending(attempt=self.pending.number)
        if not self.left:
            raise AttemptsExhausted(allowed=self.allowed)
        next_at = self.next_attempt_at
        if next_at and at < next_at:
            raise AttemptCoolingDown(next_attempt_at=next_at)

    def started(
        self, enrolment: EnrolmentId, form: Form, at: datetime, terminates_at: datetime, zone: str | None = None
    ) -> Attempt:
        """The next attempt, numbered after the last; it ends with its time limit or with the module."""
        self.require_next_allowed(at)
        limit = self.time_limit
        return Attempt(
            learner_id=enrolment.learner_id,
            module_id=enrolment.module_id,
            edition=enrolment.edition,
            number=len(self.attempts) + 1,
            form=form,
            started_at=at,
            ends_at=min(at + limit, terminates_at) if limit else terminates_at,
            grace_seconds=self.terms.grace_seconds,
            pass_mark=self.terms.pass_mark,
            zone=zone,
        )
