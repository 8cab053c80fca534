"""Work: one page of a job at a time; interrupted or repeated, it goes on where it was."""

from collections.abc import Sequence
from typing import Protocol

from shared.domain.enrolment import EnrolmentState
from shared.domain.ids import EditionId, EnrolmentId, ModuleId
from shared.domain.job import Job
from shared.events.enrolment import RetirementReachedV1
from shared.events.event import Event
from shared.events.modules import ModuleRetiredV1
from shared.events.operations import JobAdvancedV1
from shared.ports import Clock, Enrolments, Jobs

PAGE = 25


class Working(Protocol):
    @property
    def jobs(self) -> Jobs: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def clock(self) -> Clock: ...


def tell_enrolments(retired: ModuleRetiredV1, deps: Working) -> None:
    """Open the job that tells the enrolments of a retired edition, once."""
    edition = EditionId(ModuleId(retired.module_id), retired.edition)
    job = Job.of_retirement(edition, deps.clock.now())
    if deps.jobs.find(job.job) is None:
        deps.jobs.save(job, announcing=[_next_page(job)])


def do_page(advanced: JobAdvancedV1, deps: Working) -> None:
    """Do one page and save where the next one starts; a page that is done already is left alone.

    Targets first, the job last: broken off in between, the page is done again, and each target is
    told again under the same event id.
    """
    job = deps.jobs.find(advanced.job)
    if job is None:
        raise LookupError(f"no job for {advanced.id}")
    if job.page != advanced.page or job.cursor is None:
        return
    page, cursor = deps.enrolments.of_edition(job.of_edition, job.cursor, PAGE)
    _tell(page, job, deps)
    done = job.advanced(len(page), cursor, deps.clock.now())
    deps.jobs.save(done, announcing=[_next_page(done)] if cursor else [])


def _tell(page: Sequence[EnrolmentId], job: Job, deps: Working) -> None:
    """Announce to each enrolment that is still open that its edition is retired."""
    for enrolment_id in page:
        enrolment = deps.enrolments.find(enrolment_id)
        if enrolment and enrolment.state in (EnrolmentState.REQUESTED, EnrolmentState.CONFIRMED):
            reached = RetirementReachedV1(
                at=job.started_at,
                learner_id=enrolment.learner_id,
                module_id=enrolment.module_id,
                edition=enrolment.edition,
            )
            deps.enrolments.save(enrolment, announcing=[reached])


def _next_page(job: Job) -> Event:
    return JobAdvancedV1(at=job.started_at, ordinal=job.page + 1, job=job.job, page=job.page)
