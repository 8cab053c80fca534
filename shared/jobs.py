"""Starting a job, and announcing its pages."""

from shared.domain.job import Job, JobKind
from shared.events.operations import JobAdvancedV1, JobEvent, JobRestedV1, RehearsalAdvancedV1
from shared.ports import Enrolments, Jobs


def start_job(job: Job, jobs: Jobs, enrolments: Enrolments) -> Job:
    """Count what the job is to handle, store it and announce its first page, in one write.

    Raise ConcurrentChange where it was started meanwhile.
    """
    return jobs.save(job.counted(enrolments.count(job.of_edition)), announcing=[next_page(job)])


def next_page(job: Job) -> JobEvent:
    """The page of ``job`` that is to be done next, by whom it concerns: at once, or after a pause."""
    kind: type[JobEvent] = JobRestedV1 if job.rests else JobAdvancedV1
    if job.kind is JobKind.REHEARSAL:
        kind = RehearsalAdvancedV1
    return kind(at=job.started_at, ordinal=job.page + 1, job=job.job, page=job.page)
