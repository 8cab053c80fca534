"""Work: one page of a job at a time; interrupted or repeated, it goes on where it was."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from functions.operations.work.erasure import Erasing, erase_page
from functions.operations.work.exports import Exporting, export_page
from functions.operations.work.notices import GivingNotice, give_notice
from functions.operations.work.reissues import OrderingReissues, order_reissues
from shared.announcements import regrade_requested, retirement_reached
from shared.domain.attempt import Attempt, AttemptState
from shared.domain.ids import EditionId, EnrolmentId, ModuleId
from shared.domain.job import Cursor, Job, JobKind
from shared.domain.statistics import combined, statistic, tally
from shared.events.modules import ModuleRetiredV1
from shared.events.operations import JobEvent
from shared.jobs import next_page, start_job
from shared.ports import (
    StatisticsPart,
    StatisticsReport,
    StatisticsReports,
)

PAGE = 25
# A page's part is of no use once its job is done, which takes minutes.
PART_KEPT_FOR = timedelta(days=2)


class Working(OrderingReissues, GivingNotice, Exporting, Erasing, Protocol):
    @property
    def statistics(self) -> StatisticsReports: ...


def tell_enrolments(retired: ModuleRetiredV1, deps: Working) -> None:
    """Open the job that tells the enrolments of a retired edition, once; then the edition waits for it no more."""
    edition = EditionId(ModuleId(retired.module_id), retired.edition)
    status = deps.catalogue.status(edition)
    if status is None:
        raise LookupError(f"no edition for {retired.id}")
    job = Job.over(edition, JobKind.LAPSES, deps.clock.now())
    if deps.jobs.find(job.job) is None:
        start_job(job, deps.jobs, deps.enrolments)
    if not status.enrolments_told:
        deps.catalogue.save_status(status.told(), announcing=[])


def do_page(advanced: JobEvent, deps: Working) -> None:
    """Do one page and save where the next one starts; a page that is done already is left alone.

    Targets first, the job last: broken off in between, the page is done again, and each target is
    told again under the same event id.
    """
    job = deps.jobs.find(advanced.job)
    if job is None:
        raise LookupError(f"no job for {advanced.id}")
    if job.page != advanced.page or job.cursor is None:
        return
    done = _page(job, job.cursor, deps)
    if done.finished_at and done.kind is JobKind.STATISTICS:
        _report(done, deps)
    goes_on = done.cursor and not done.looks_at
    deps.jobs.save(done, announcing=[next_page(done)] if goes_on else [])


def _page(job: Job, cursor: Cursor, deps: Working) -> Job:
    if job.export:
        return export_page(job, deps)
    return erase_page(job, deps) if job.kind is JobKind.ERASURE else _walk(job, cursor, deps)


def _walk(job: Job, cursor: Cursor, deps: Working) -> Job:
    """Handle the next enrolments of the job's edition; the job as it is after them."""
    page, onward = deps.enrolments.of_edition(job.of_edition, cursor, PAGE)
    lagging = PAGES[job.kind](page, job, deps) or 0
    return job.advanced(len(page), onward, deps.clock.now(), lagging=lagging)


def _tell(page: Sequence[EnrolmentId], job: Job, deps: Working) -> None:
    """Announce to each enrolment that is still open that its edition is retired."""
    status = deps.catalogue.status(job.of_edition)
    if status is None:
        raise LookupError(f"no edition for {job.job}")
    for enrolment_id in page:
        enrolment = deps.enrolments.find(enrolment_id)
        if enrolment and enrolment.is_open:
            told = enrolment.told_of_end(status.terminates_at)
            deps.enrolments.save(told, announcing=[retirement_reached(told)])


def _ask_for_regrades(page: Sequence[EnrolmentId], job: Job, deps: Working) -> int:
    """Ask for a grade with the new key where an attempt has one with a key before it; how many enrolments have such.

    An attempt that is being graded only notes what is asked: whoever grades it with the old key finds it changed.
    """
    lagging = 0
    for enrolment_id in page:
        attempts = deps.attempts.of(enrolment_id)
        for attempt in attempts if job.asks else ():
            if attempt.state is AttemptState.SUBMITTED and (attempt.regrade_revision or 0) < (job.key_revision or 0):
                deps.attempts.save(attempt.asked_to_regrade(job.key_revision or 1, job.started_at))
        outdated = [attempt for attempt in attempts if _is_outdated(attempt, job)]
        lagging += bool(outdated)
        for attempt in outdated if job.asks else ():
            asked = attempt.asked_to_regrade(job.key_revision or 1, job.started_at)
            deps.attempts.save(asked, announcing=[regrade_requested(asked)])
    return lagging


def _is_outdated(attempt: Attempt, job: Job) -> bool:
    return attempt.state is AttemptState.GRADED and (attempt.key_revision or 0) < (job.key_revision or 0)


def _tally(page: Sequence[EnrolmentId], job: Job, deps: Working) -> None:
    """Keep the page's part of the statistics."""
    attempts = [
        attempt
        for enrolment_id in page
        for attempt in deps.attempts.of(enrolment_id)
        if attempt.state is AttemptState.GRADED
    ]
    part = StatisticsPart(
        attempts=len(attempts),
        key_revision=max((attempt.key_revision or 0 for attempt in attempts), default=0),
        tallies=tally(attempts),
    )
    deps.statistics.keep_part(job.job, job.page, part, deps.clock.now() + PART_KEPT_FOR)


def _report(job: Job, deps: Working) -> None:
    """Put the parts of all pages together."""
    parts = deps.statistics.parts(job.job, job.page)
    tallies = combined(part.tallies for part in parts)
    known = deps.statistics.find(job.of_edition)
    report = StatisticsReport(
        module_id=job.module_id,
        edition=job.edition,
        computed_at=job.started_at,
        key_revision=max(part.key_revision for part in parts),
        attempts=sum(part.attempts for part in parts),
        items=tuple(statistic(question_id, tallies[question_id]) for question_id in sorted(tallies)),
        version=known.version if known else 0,
    )
    deps.statistics.save(report)


# Some say how many enrolments of the page are not done yet; None means none.
PAGES: Mapping[JobKind, Callable[[Sequence[EnrolmentId], Job, Working], int | None]] = {
    JobKind.LAPSES: _tell,
    JobKind.REGRADE: _ask_for_regrades,
    JobKind.STATISTICS: _tally,
    JobKind.REISSUE: order_reissues,
    JobKind.NOTICES: give_notice,
}
