"""Events of the assessment room."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEvent(Event):
    """Something happened to one attempt."""

    learner_id: str
    module_id: str
    edition: int
    attempt: int

    @property
    def aggregate(self) -> str:
        return f"attempt/{self.learner_id}/{self.module_id}/{self.edition}/{self.attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptSubmittedV1(AttemptEvent):
    """``submitted_at`` is the finish time; ``by`` is ``learner`` or ``deadline``."""

    TYPE: ClassVar = "cme.attempt.submitted.v1"
    FACT: ClassVar = "submitted"

    submitted_at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRegradeRequestedV1(AttemptEvent):
    """The attempt is to be graded anew; ``ordinal`` and ``key_revision`` name the key that asks for it."""

    TYPE: ClassVar = "cme.attempt.regrade_requested.v1"
    FACT: ClassVar = "regrade_requested"

    submitted_at: datetime
    by: str
    key_revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptGradedEvent(AttemptEvent):
    """``ordinal`` is the key revision. ``points`` are for display: the pass was decided on exact fractions."""

    points: float
    max_points: float
    graded_at: datetime
    key_revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptPassedV1(AttemptGradedEvent):
    TYPE: ClassVar = "cme.attempt.passed.v1"
    FACT: ClassVar = "passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailedV1(AttemptGradedEvent):
    TYPE: ClassVar = "cme.attempt.failed.v1"
    FACT: ClassVar = "failed"
