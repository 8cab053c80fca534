"""Oversight: how far the jobs are."""

from typing import Protocol

from shared.domain.job import Job
from shared.domain.refusals import NotFound
from shared.ports import Jobs


class Overseeing(Protocol):
    @property
    def jobs(self) -> Jobs: ...


def show_job(job: str, deps: Overseeing) -> Job:
    """Raise NotFound."""
    found = deps.jobs.find(job)
    if found is None:
        raise NotFound(f"There is no job {job!r}.")
    return found
