"""Oversight: how far the jobs are, and what came of an export."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.operations.oversee.exports import Exporting
from shared.domain.job import Job
from shared.domain.refusals import NotFound
from shared.domain.reporting import KEPT_FOR, Skip
from shared.ports import ExportFiles, PresignedAddress

# An answer names so many at most.
SKIPS = 10_000


class Overseeing(Exporting, Protocol):
    @property
    def export_files(self) -> ExportFiles: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a finished export is handed over with; no address once its file is no longer kept."""

    address: PresignedAddress | None
    skips: Sequence[Skip]


def show_job(job: str, deps: Overseeing, *, by_admin: bool, at: datetime) -> tuple[Job, Delivery | None]:
    """A job, and what it delivers. Exports hold personal data, so they are there for admins alone. Raise NotFound."""
    found = deps.jobs.find(job)
    if found is None or (found.export and not by_admin):
        raise NotFound(f"There is no job {job!r}.")
    if found.export is None or found.finished_at is None:
        return found, None
    is_kept = at < found.finished_at + KEPT_FOR
    address = deps.export_files.address(found, at) if is_kept else None
    return found, Delivery(address=address, skips=deps.export_runs.skips(found, SKIPS))
