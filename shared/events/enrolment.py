"""Events of the enrolment room."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentEvent(Event):
    """Something happened to one enrolment."""

    learner_id: str
    module_id: str
    edition: int

    @property
    def aggregate(self) -> str:
        return f"enrolment/{self.learner_id}/{self.module_id}/{self.edition}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentRequestedV1(EnrolmentEvent):
    TYPE: ClassVar = "cme.enrolment.requested.v1"
    FACT: ClassVar = "requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentConfirmedV1(EnrolmentEvent):
    TYPE: ClassVar = "cme.enrolment.confirmed.v1"
    FACT: ClassVar = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentDeclinedV1(EnrolmentEvent):
    TYPE: ClassVar = "cme.enrolment.declined.v1"
    FACT: ClassVar = "declined"

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentLapsedV1(EnrolmentEvent):
    TYPE: ClassVar = "cme.enrolment.lapsed.v1"
    FACT: ClassVar = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentPassedV1(EnrolmentEvent):
    TYPE: ClassVar = "cme.enrolment.passed.v1"
    FACT: ClassVar = "passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentAttemptFailedV1(EnrolmentEvent):
    """``ordinal`` is the number of the failed attempt."""

    TYPE: ClassVar = "cme.enrolment.attempt_failed.v1"
    FACT: ClassVar = "attempt_failed"

    attempts_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentExpiringV1(EnrolmentEvent):
    """The edition of this enrolment expires in ``days``; ``ordinal`` is ``days``, so that each notice is one fact."""

    TYPE: ClassVar = "cme.enrolment.expiring.v1"
    FACT: ClassVar = "expiring"

    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentClaimClosingV1(EnrolmentEvent):
    """The learner has passed and not claimed credit yet; the claim window closes at ``claim_until``."""

    TYPE: ClassVar = "cme.enrolment.claim_closing.v1"
    FACT: ClassVar = "claim_closing"

    claim_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementReachedV1(EnrolmentEvent):
    """The edition of this enrolment is retired; the enrolment may have to lapse."""

    TYPE: ClassVar = "cme.enrolment.retirement_reached.v1"
    FACT: ClassVar = "retirement_reached"
