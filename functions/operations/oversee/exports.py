"""Exports: started by the office, and accepted once the accreditor has taken them."""

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from shared.domain.ids import EditionId
from shared.domain.job import Job
from shared.domain.refusals import InvalidRequest, NotFound
from shared.domain.reporting import LatestRun, Terms
from shared.jobs import next_page
from shared.ports import Catalogue, ExportRuns, Jobs


class Exporting(Protocol):
    @property
    def jobs(self) -> Jobs: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def export_runs(self) -> ExportRuns: ...


def start_export(terms: Terms, deps: Exporting, *, at: datetime) -> Job:
    """Start a run; one with the same terms that is not finished yet is found instead.

    Each run has a job of its own, so that nobody accepts a later run than the one whose file was sent.
    Raise NotFound, InvalidRequest.
    """
    _require_sensible(terms, deps)
    run = deps.export_runs.latest(terms)
    known = deps.jobs.find(Job.exporting(run, at).job) if run else None
    if known and not known.finished_at:
        return known
    if run is None or known:
        run = deps.export_runs.save(replace(run, number=run.number + 1) if run else LatestRun(terms=terms, number=1))
    job = Job.exporting(run, at)
    return deps.jobs.save(job, announcing=[next_page(job)])


def _require_sensible(terms: Terms, deps: Exporting) -> None:
    if terms.first and terms.last and terms.last < terms.first:
        message = "Must not be before from."
        raise InvalidRequest("There is no such time.", errors=[{"loc": ["body", "to"], "msg": message}])
    if terms.module_id and terms.edition:
        deps.catalogue.edition(EditionId(terms.module_id, terms.edition))


def accept_export(job: str, deps: Exporting, *, at: datetime) -> tuple[Job, datetime]:
    """Let what a run reported count as reported, and since when it does; one write, whatever the run's size.

    Raise NotFound, VersionConflict while it is running.
    """
    found = deps.jobs.find(job)
    if found is None or found.export is None:
        raise NotFound(f"There is no export {job!r}.")
    accepted = found.export.accepted(found.finished_at, at)
    if accepted != found.export:
        deps.jobs.save(replace(found, export=accepted), announcing=[])
    return found, accepted.accepted_at or at
