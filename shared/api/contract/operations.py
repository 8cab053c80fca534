"""The operations of the operations room: what the office sees of the machinery."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.api.contract.enrolment import ADMINS
from shared.api.contract.modules import AUTHORS
from shared.api.operation import Operation
from shared.api.shapes import Body, Identifier, Instant, View
from shared.domain.ids import ModuleId
from shared.domain.job import Job
from shared.domain.refusals import NotFound
from shared.domain.reporting import ExportKind, Skip, Terms
from shared.ports import PresignedAddress


class JobReceiptView(View):
    job: str


class RemarkView(View):
    line: int
    msg: str


class SkipView(View):
    """Somebody of whom something could not be reported. Reasons: ``no-consent``; for PARS also ``name-not-split``,
    ``licence-or-npi-missing``, ``birthday-missing``, ``provider-id-missing``, ``activity-id-not-of-accme``,
    ``credit-not-in-quarters``; and ``learner-erased``, of whom nothing is reported any more.
    """

    learner: str
    reason: str


class JobView(View):
    """``total`` is known once the job has started; ``done`` counts those for whom nothing is left to do.

    A regrade is finished when every attempt is graded with the new key; ``failed`` are the learners of whom one is
    not, after a long wait. An import that failed has ``errors``; one that left something out has ``skipped``. A dry run
    that is finished says how many ``attempts`` there are, and how many would be ``newly_passed`` or ``points_changed``.
    A finished export has its file at ``url`` for five minutes, the number of lines that it has ``reported``, and whom
    it ``skipped`` (at most 10,000). Exports are shown to admins alone. An erasure is ``waiting_for`` what has to end
    first: ``attempt-under-way``, ``regrade-under-way``, ``certificate-not-issued``, ``report-not-accepted``.
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
    skipped: list[RemarkView | SkipView] | None = None
    url: str | None = None
    reported: int | None = None
    accepted_at: Instant | None = None
    attempts: int | None = None
    newly_passed: int | None = None
    points_changed: int | None = None
    waiting_for: list[str] | None = None

    @classmethod
    def of(cls, job: Job) -> Self:
        effect = asdict(job.effect) if job.effect and job.finished_at else {}
        return cls(
            job=job.job,
            kind=job.kind,
            state=_state(job),
            total=job.total,
            done=job.done,
            failed=len(job.errors) or job.left_behind,
            started_at=job.started_at,
            finished_at=job.finished_at,
            errors=[RemarkView(line=each.line, msg=each.text) for each in job.errors] or None,
            skipped=[RemarkView(line=each.line, msg=each.text) for each in job.skipped] or None,
            reported=job.export.reported if job.export else None,
            accepted_at=job.export.accepted_at if job.export else None,
            waiting_for=list(job.waits_for) or None,
            **effect,
        )

    def delivering(self, address: PresignedAddress | None, skips: Sequence[Skip]) -> Self:
        """With what came of an export."""
        skipped = [SkipView(learner=skip.learner, reason=skip.reason) for skip in skips]
        return self.model_copy(update={"url": address.url if address else None, "skipped": skipped})


def _state(job: Job) -> str:
    if not job.finished_at:
        return "running"
    return "failed" if job.errors or job.left_behind else "finished"


GET_JOB = Operation(
    id="getJob",
    summary="How far a job is",
    method=HTTPMethod.GET,
    path="/admin/jobs/{job}",
    answers={HTTPStatus.OK: JobView},
    problems=("not-found",),
    groups=AUTHORS,
)


class ExportBody(Body):
    """``from`` and ``to`` are days, both included: of completion, or of the fact that a statement states. Without
    ``all`` only what is new since the last accepted run is reported. ``module_id`` and ``edition`` go together;
    without them all editions are reported.
    """

    # By its name, too: what is only an alias lets its name pass unread where a body forbids unknown fields.
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    first: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    all: bool = False
    module_id: Identifier | None = None
    edition: Annotated[int, Field(ge=1, le=9999)] | None = None

    @model_validator(mode="after")
    def _an_edition_is_of_a_module(self) -> Self:
        if (self.module_id is None) is not (self.edition is None):
            raise ValueError("module_id and edition go together.")
        return self

    def terms(self, kind: ExportKind) -> Terms:
        return Terms(
            kind=kind,
            first=self.first,
            last=self.to,
            everything=self.all,
            module_id=ModuleId(self.module_id) if self.module_id else None,
            edition=self.edition,
        )


class AcceptanceView(View):
    job: str
    accepted_at: Instant


def export_kind(name: str) -> ExportKind:
    """Raise NotFound."""
    try:
        return ExportKind(name)
    except ValueError:
        raise NotFound(f"There is no export {name!r}.") from None


POST_EXPORT = Operation(
    id="startExport",
    summary="Write a report to an accreditor, as a job: participants.csv, pars.json, pars.tsv or xapi.json",
    method=HTTPMethod.POST,
    path="/admin/exports/{kind}",
    body=ExportBody,
    answers={HTTPStatus.ACCEPTED: JobReceiptView},
    problems=("not-found",),
    groups=ADMINS,
)
PUT_ACCEPTANCE = Operation(
    id="acceptExport",
    summary="Let what an export reported count as reported",
    method=HTTPMethod.PUT,
    path="/admin/exports/{job}/acceptance",
    answers={HTTPStatus.OK: AcceptanceView},
    problems=("not-found", "version-conflict"),
    groups=ADMINS,
)
OPERATIONS = (GET_JOB, POST_EXPORT, PUT_ACCEPTANCE)
