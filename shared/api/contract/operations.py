"""The operations of the operations room: what the office sees of the machinery."""

from http import HTTPMethod, HTTPStatus
from typing import Self

from shared.api.contract.modules import AUTHORS
from shared.api.operation import Operation
from shared.api.shapes import Instant, View
from shared.domain.job import Job


class JobReceiptView(View):
    job: str


class RemarkView(View):
    line: int
    msg: str


class JobView(View):
    """``total`` is known once the job has started; ``done`` counts those handled so far.

    An import that failed has ``errors``; one that left something out has ``skipped``.
    """

    job: str
    kind: str
    state: str
    total: int | None
    done: int
    failed: int
    started_at: Instant
    finished_at: Instant | None
    errors: list[RemarkView] | None = None
    skipped: list[RemarkView] | None = None

    @classmethod
    def of(cls, job: Job) -> Self:
        return cls(
            job=job.job,
            kind=job.kind,
            state=_state(job),
            total=job.total,
            done=job.done,
            failed=len(job.errors),
            started_at=job.started_at,
            finished_at=job.finished_at,
            errors=[RemarkView(line=each.line, msg=each.text) for each in job.errors] or None,
            skipped=[RemarkView(line=each.line, msg=each.text) for each in job.skipped] or None,
        )


def _state(job: Job) -> str:
    if not job.finished_at:
        return "running"
    return "failed" if job.errors else "finished"


GET_JOB = Operation(
    id="getJob",
    summary="How far a job is",
    method=HTTPMethod.GET,
    path="/admin/jobs/{job}",
    answers={HTTPStatus.OK: JobView},
    problems=("not-found",),
    groups=AUTHORS,
)
OPERATIONS = (GET_JOB,)
