"""Reminders by the calendar: an edition is about to expire, a claim window about to close."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.enrolment import Enrolment
from shared.domain.job import Job, JobKind
from shared.domain.notice import NoticeState
from shared.events.enrolment import EnrolmentClaimClosingV1
from shared.jobs import start_job
from shared.ports import Catalogue, Claims, Clock, ConcurrentChange, Enrolments, Jobs


class Reminding(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def claims(self) -> Claims: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def clock(self) -> Clock: ...


@dataclass(frozen=True, slots=True)
class Reminders:
    """How many notices were begun and how many dropped, and how many learners were reminded to claim."""

    notices: int
    dropped: int
    claims: int


def remind(deps: Reminding) -> Reminders:
    """Begin every notice that is due, and remind every learner whose claim window is about to close, each once.

    Late, twice, at once with another run or broken off, nobody is told twice; what makes no sense any more is
    dropped. Cost follows what is due.
    """
    now = deps.clock.now()
    notices, dropped = _begin_notices(now, deps)
    return Reminders(notices, dropped, _remind_of_claims(now, deps))


def _begin_notices(now: datetime, deps: Reminding) -> tuple[int, int]:
    """The job comes first, and a second one is never begun: broken off after it, the next run completes this."""
    begun = dropped = 0
    for edition, days in deps.catalogue.due_notices(now):
        notice, status = deps.catalogue.notice(edition, days), deps.catalogue.status(edition)
        if notice is None or status is None or notice.state is not NoticeState.PLANNED:
            continue
        try:
            if notice.makes_sense(status, now):
                job = Job.over(edition, JobKind.NOTICES, now, days=days)
                if deps.jobs.find(job.job) is None:
                    start_job(job, deps.jobs, deps.enrolments)
                deps.catalogue.save_notice(notice.given())
                begun += 1
            else:
                deps.catalogue.save_notice(notice.dropped())
                dropped += 1
        except ConcurrentChange:
            continue  # another run came first; what is still due is found again
    return begun, dropped


def _remind_of_claims(now: datetime, deps: Reminding) -> int:
    reminded = 0
    for due in deps.enrolments.due_for_claim_reminder(now):
        enrolment = deps.enrolments.find(due)
        if enrolment is None or enrolment.claim_reminder_at is None or deps.claims.find(due):
            continue
        announced = _window_closes(enrolment, now)
        try:
            deps.enrolments.save(enrolment.reminded_of_claim(now), announcing=announced)
        except ConcurrentChange:
            continue
        reminded += len(announced)
    return reminded


def _window_closes(enrolment: Enrolment, now: datetime) -> list[EnrolmentClaimClosingV1]:
    """What the learner is told; nothing once the window is closed."""
    due_at, until = enrolment.claim_reminder_at, enrolment.claim_closes_at
    if due_at is None or until is None or now >= until:
        return []
    return [
        EnrolmentClaimClosingV1(
            at=due_at,
            learner_id=enrolment.learner_id,
            module_id=enrolment.module_id,
            edition=enrolment.edition,
            claim_until=until,
        )
    ]
