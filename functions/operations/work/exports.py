"""A page of an export: what is new of some enrolments, written to the file and left for acceptance."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Protocol

from shared.domain.edition import Edition
from shared.domain.ids import EnrolmentId
from shared.domain.job import Job
from shared.domain.learner import Profile
from shared.domain.reporting import KEPT_FOR, Change, Reported, Skip, changes
from shared.domain.shelf import Wanted
from shared.ports import (
    Attempts,
    Catalogue,
    Clock,
    Enrolments,
    Erasures,
    ExportFiles,
    ExportRuns,
    Jobs,
    Ledger,
    Profiles,
    ReportedRecords,
    Schemes,
)
from shared.reports.formats import file_format, findings
from shared.reports.participation import Participation

PAGE = 50
# Of a page that finds few enrolments, so many reads of the index at most.
READS = 40
# What was reported of them stands; there is nothing left that could be told.
ERASED = "learner-erased"


class Exporting(Protocol):
    @property
    def jobs(self) -> Jobs: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def profiles(self) -> Profiles: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def reported(self) -> ReportedRecords: ...
    @property
    def export_files(self) -> ExportFiles: ...
    @property
    def export_runs(self) -> ExportRuns: ...
    @property
    def schemes(self) -> Schemes: ...
    @property
    def pars_provider(self) -> str | None: ...
    @property
    def public_url(self) -> str: ...
    @property
    def clock(self) -> Clock: ...


def export_page(job: Job, deps: Exporting) -> Job:
    """Write one page of the file; the job as it is after it, still to be saved.

    Broken off and done again, the page and what it proposes take the place of their first try.
    """
    export = job.require_export()
    page, onward = _walked(job, deps)
    edition = cache(deps.catalogue.edition)
    lines: list[Change] = []
    skips: list[Skip] = []
    for enrolment_id in page:
        reported, skipped = _reported(enrolment_id, edition(enrolment_id.of_edition), job, deps)
        lines += reported
        skips += skipped
    is_last = onward.cursor is None
    written = file_format(export.terms.kind, deps.public_url).page(
        lines, before=export.reported, is_first=not job.page, is_last=is_last
    )
    file = deps.export_files.grow(job, written, is_last=is_last)
    deps.export_runs.keep_skips(job, skips, job.started_at + 2 * KEPT_FOR)
    return onward.exported(len(page), len(lines), file, deps.clock.now())


def _walked(job: Job, deps: Exporting) -> tuple[list[EnrolmentId], Job]:
    """Up to PAGE enrolments from where the job stands, through as many editions as that takes, and where it stands
    then; without a cursor there are no more.
    """
    found: list[EnrolmentId] = []
    if not job.page:
        job = job.counted(deps.enrolments.count(job.of_edition)) if job.edition else _at_next_edition(job, deps)
    for _ in range(READS):
        if job.cursor is None or len(found) == PAGE:
            break
        page, cursor = deps.enrolments.of_edition(job.of_edition, job.cursor, PAGE - len(found))
        found += page
        job = job.standing(cursor) if cursor else _at_next_edition(job, deps)
    return found, job


def _at_next_edition(job: Job, deps: Exporting) -> Job:
    export = job.require_export()
    is_first = not job.edition
    if export.terms.edition or (export.shelf is None and not is_first):
        return job.standing(None)
    found, onward = deps.catalogue.shelf().page(Wanted(), job.started_at, 1, export.shelf)
    if not found:
        return job.standing(None)
    [status] = found
    return job.entering(status.id, onward, deps.enrolments.count(status.id))


def _reported(
    enrolment_id: EnrolmentId, edition: Edition, job: Job, deps: Exporting
) -> tuple[list[Change], list[Skip]]:
    """What is to be reported of one enrolment, left there as this run's proposal; and why something is not."""
    terms = job.require_export().terms
    enrolment = deps.enrolments.find(enrolment_id)
    if enrolment is None:
        return [], []
    learner_id = enrolment.learner_id
    if deps.erasures.find(learner_id):
        return [], [Skip(learner=learner_id, reason=ERASED)]
    found = findings(
        terms.kind.report,
        Participation(
            enrolment=enrolment,
            edition=edition,
            profile=deps.profiles.find(learner_id) or Profile(learner_id=learner_id),
            attempts=deps.attempts.of(enrolment_id),
            ledger=deps.ledger.of_learner(learner_id),
        ),
        public_url=deps.public_url,
        schemes=deps.schemes.all(),
        pars_provider=deps.pars_provider,
    )
    known = deps.reported.find(enrolment_id, terms.kind.report) or Reported.nothing(enrolment_id, terms.kind.report)
    settled = known.settled(_accepted_at(known, deps), deps.clock.now())
    lines = changes(found, settled.accepted, terms)
    proposed = settled.proposed(job.job, lines, job.started_at)
    if proposed.proposals != known.proposals:
        deps.reported.save(proposed)
    reasons = dict.fromkeys(gap.reason for gap in found.gaps if terms.cover(gap.on))
    return lines, [Skip(learner=learner_id, reason=reason) for reason in reasons]


def _accepted_at(reported: Reported, deps: Exporting) -> Mapping[str, datetime | None]:
    """When each run that proposed something was accepted."""
    jobs = {proposal.job: deps.jobs.find(proposal.job) for proposal in reported.proposals}
    return {name: job.export.accepted_at if job and job.export else None for name, job in jobs.items()}
