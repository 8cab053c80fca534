"""One learner's enrolment in one edition, from the request to the certificate."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from shared.domain.edition import Terms
from shared.domain.ids import CertificateNumber, EnrolmentId, LearnerId, ModuleId
from shared.domain.recovery import next_try
from shared.domain.refusals import AlreadyPassed, InformationChanged, NotAcknowledged, NotConfirmed, ViewingIncomplete
from shared.domain.viewing import Segment, ViewingRecord


class EnrolmentState(StrEnum):
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    PASSED = "passed"
    CERTIFIED = "certified"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class DeclineReason(StrEnum):
    NOT_A_MEMBER = "not-a-member"
    PREREQUISITE_MISSING = "prerequisite-missing"
    PROFESSION_NOT_ADMITTED = "profession-not-admitted"
    MODULE_CLOSED = "module-closed"


class WaitingFor(StrEnum):
    """What keeps a request from being decided."""

    MEMBERSHIP_DIRECTORY = "membership-directory"


class Joint(StrEnum):
    """How an enrolment stands in a module that several joined identities of one person began."""

    COUNTS = "counts"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """A pass that the office entered: for a test sat elsewhere, ``reason`` says which."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One learner's way through one edition.

    ``requests`` counts how often it was asked for. ``delays`` counts how often that could not be decided yet,
    ``waiting_for`` says why and ``next_try_at`` when it is tried again, until it is decided. ``settled`` is which key
    revision's grade of which attempt was taken in. ``claimable_from`` is when the claim window opened: with the pass,
    or with the regrade that let the learner pass. ``edition_ended_at`` is when its edition ended, from when it was
    told until what that means for it is decided. ``terms`` are the rules that hold for this learner;
    ``claim_reminded_at`` is when it was seen to that they know when the claim window closes. ``joint`` is None of
    nearly all: whoever finds a module under one identity need not look for it under another.
    """

    learner_id: LearnerId
    module_id: ModuleId
    edition: int
    requested_at: datetime
    state: EnrolmentState = EnrolmentState.REQUESTED
    requests: int = 1
    delays: int = 0
    waiting_for: WaitingFor | None = None
    next_try_at: datetime | None = None
    reason: DeclineReason | None = None
    confirmed_at: datetime | None = None
    acknowledged_hash: str | None = None
    acknowledged_at: datetime | None = None
    viewing: ViewingRecord = field(default_factory=ViewingRecord)
    settled: Mapping[str, int] = field(default_factory=dict)
    passed_at: datetime | None = None
    by_hand: ByHand | None = None
    terms: Terms | None = None
    claimable_from: datetime | None = None
    claim_reminded_at: datetime | None = None
    evaluation: Mapping[str, str] | None = None
    evaluated_at: datetime | None = None
    certificate: CertificateNumber | None = None
    ended_at: datetime | None = None
    edition_ended_at: datetime | None = None
    joint: Joint | None = None
    version: int = 0

    @property
    def id(self) -> EnrolmentId:
        return EnrolmentId(self.learner_id, self.module_id, self.edition)

    @property
    def has_passed(self) -> bool:
        return self.state in (EnrolmentState.PASSED, EnrolmentState.CERTIFIED)

    @property
    def is_open(self) -> bool:
        """Asked for or confirmed, and the test not passed yet."""
        return self.state in (EnrolmentState.REQUESTED, EnrolmentState.CONFIRMED)

    @classmethod
    def requested(cls, enrolment: EnrolmentId, at: datetime) -> Self:
        return cls(
            learner_id=enrolment.learner_id,
            module_id=enrolment.module_id,
            edition=enrolment.edition,
            requested_at=at,
        )

    def requested_anew(self, at: datetime) -> Self:
        """Asked for again after it was declined or withdrawn."""
        return replace(
            self,
            state=EnrolmentState.REQUESTED,
            requests=self.requests + 1,
            requested_at=at,
            reason=None,
            ended_at=None,
        )._undelayed()

    @property
    def can_be_requested_anew(self) -> bool:
        return self.state in (EnrolmentState.DECLINED, EnrolmentState.WITHDRAWN)

    def confirmed(self, at: datetime, terms: Terms | None = None) -> Self:
        """Admitted as of ``at``; from here on ``terms`` hold, whatever becomes of the edition."""
        return replace(self, state=EnrolmentState.CONFIRMED, confirmed_at=at, terms=terms)._undelayed()

    def delayed(self, waiting_for: WaitingFor, at: datetime) -> Self:
        """It can't be decided yet; it is tried again, for as long as that takes."""
        return replace(self, waiting_for=waiting_for, delays=self.delays + 1, next_try_at=next_try(self.delays, at))

    def _undelayed(self) -> Self:
        return replace(self, waiting_for=None, delays=0, next_try_at=None)

    def declined(self, reason: DeclineReason, at: datetime) -> Self:
        declined = replace(self, state=EnrolmentState.DECLINED, reason=reason, ended_at=at, edition_ended_at=None)
        return declined._undelayed()

    def told_of_end(self, at: datetime) -> Self:
        """Its edition ended ``at``; whether it lapses is still to be decided."""
        return replace(self, edition_ended_at=at)

    def lapsed(self, at: datetime) -> Self:
        """Left without a pass when the module ended; ``at`` is the module's end, not the processing's."""
        return replace(self, state=EnrolmentState.LAPSED, ended_at=at, edition_ended_at=None)._undelayed()

    def withdrawn(self, at: datetime) -> Self:
        """Given up by the learner; raise AlreadyPassed after a pass."""
        if self.has_passed:
            raise AlreadyPassed("An enrolment can't be withdrawn after the test was passed.")
        withdrawn = replace(self, state=EnrolmentState.WITHDRAWN, reason=None, ended_at=at, edition_ended_at=None)
        return withdrawn._undelayed()

    def set_aside(self, at: datetime) -> Self:
        """It yields to the enrolment in the same edition that the person has under another identity."""
        return replace(self.withdrawn(at) if self.is_open else self, joint=Joint.SET_ASIDE)

    def acknowledged(self, information_hash: str, current_hash: str, at: datetime) -> Self:
        """The learner has read the information about the module; its hash and the time are evidence.

        Source: ACCME, disclosure to learners before the activity begins.
        """
        self.require_confirmed()
        if information_hash != current_hash:
            raise InformationChanged(information_hash=current_hash)
        if self.acknowledged_hash == current_hash:
            return self
        return replace(self, acknowledged_hash=current_hash, acknowledged_at=at)

    def viewed(self, segments: Sequence[Segment], length: int, at: datetime) -> Self:
        """More of the presentation (``length`` seconds) was watched."""
        self.require_confirmed()
        since = self.confirmed_at or self.requested_at
        return replace(self, viewing=self.viewing.watched(segments, length, since, at))

    def leafed(self, slides: Collection[int], count: int) -> Self:
        """More slides (numbered from 1) of a presentation of ``count`` were shown."""
        self.require_confirmed()
        return replace(self, viewing=self.viewing.leafed(slides, count))

    def require_confirmed(self) -> None:
        """Raise NotConfirmed unless the enrolment is confirmed (a pass counts as confirmed)."""
        if not (self.has_passed or self.state is EnrolmentState.CONFIRMED):
            raise NotConfirmed(f"The enrolment is {self.state}.", state=str(self.state))

    def require_acknowledged(self, current_hash: str) -> None:
        """Raise NotAcknowledged unless the current information has been acknowledged."""
        if self.acknowledged_hash != current_hash:
            raise NotAcknowledged(information_hash=current_hash)

    def require_watched(self, required_percent: int, minutes: int) -> None:
        """Raise ViewingIncomplete unless ``required_percent`` of a presentation of ``minutes`` was watched."""
        if self.viewing.seconds * 100 < required_percent * minutes * 60:
            raise ViewingIncomplete(
                viewed_seconds=self.viewing.seconds, required_seconds=-(-required_percent * minutes * 60 // 100)
            )

    def has_taken_in(self, attempt: int, key_revision: int) -> bool:
        """Whether the grade of ``attempt`` with this or a later key revision is taken into account."""
        return self.settled.get(str(attempt), 0) >= key_revision

    def took_in(self, attempt: int, key_revision: int) -> Self:
        """The grade of ``attempt`` is taken into account."""
        return replace(self, settled={**self.settled, str(attempt): key_revision})

    def passed(self, attempt: int, key_revision: int, at: datetime, claimable_from: datetime) -> Self:
        """Passed with ``attempt``, finished at ``at``; the earliest pass counts, whichever grade comes first."""
        state = self.state if self.has_passed else EnrolmentState.PASSED
        return replace(
            self.took_in(attempt, key_revision),
            state=state,
            passed_at=min(at, self.passed_at or at),
            claimable_from=min(claimable_from, self.claimable_from or claimable_from),
            ended_at=None,
            edition_ended_at=None,
        )

    def awarded(self, entered: ByHand, passed_at: datetime, terms: Terms) -> Self:
        """Passed elsewhere at ``passed_at``, as the office says; credit may be claimed from the entry on.

        Raise AlreadyPassed where the test was passed here.
        """
        if self.has_passed:
            raise AlreadyPassed("The test has been passed; nothing is to be entered by hand.", passed_at=self.passed_at)
        return replace(
            self,
            state=EnrolmentState.PASSED,
            reason=None,
            passed_at=passed_at,
            by_hand=entered,
            terms=self.terms or terms,
            claimable_from=entered.at,
            ended_at=None,
            edition_ended_at=None,
        )

    def evaluated(self, answers: Mapping[str, str], at: datetime) -> Self:
        return replace(self, evaluation=answers, evaluated_at=at)

    def claim_until(self, window: timedelta) -> datetime | None:
        """The end of the claim window; None before a pass."""
        return self.claimable_from + window if self.claimable_from else None

    @property
    def claim_closes_at(self) -> datetime | None:
        """The end of the claim window under the learner's terms; None before a pass, or where none are frozen."""
        return self.claim_until(self.terms.claim_window) if self.terms else None

    @property
    def claim_reminder_at(self) -> datetime | None:
        """When the learner is to be told that the claim window closes; None where they need not be, or were."""
        closes_at = self.claim_closes_at
        if self.terms is None or closes_at is None or self.terms.is_automatic:
            return None
        if self.state is not EnrolmentState.PASSED or self.claim_reminded_at:
            return None
        return closes_at - self.terms.claim_reminder

    def reminded_of_claim(self, at: datetime) -> Self:
        return replace(self, claim_reminded_at=at)

    def certified(self, number: CertificateNumber) -> Self:
        return replace(self, state=EnrolmentState.CERTIFIED, certificate=number)
