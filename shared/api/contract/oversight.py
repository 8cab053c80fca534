"""The operations of oversight: what authors and admins did."""

from http import HTTPMethod, HTTPStatus
from typing import Annotated, Self

from pydantic import Field

from shared.api.contract.enrolment import ADMINS
from shared.api.operation import Operation, PageQuery, Query
from shared.api.shapes import Instant, View
from shared.domain.audit import AuditEntry, ChainHead, Verdict


class AuditQuery(PageQuery):
    """Entries from the one numbered ``from`` on; a ``cursor`` goes on where a page ended."""

    first: Annotated[int, Field(alias="from", ge=1, le=10**12)] = 1


class AuditVerificationQuery(Query):
    first: Annotated[int, Field(alias="from", ge=1, le=10**12)] = 1


class AuditEntryView(View):
    """``before``, ``after`` and ``reason_digest`` are SHA-256, empty where there is nothing.

    ``hash`` is SHA-256 over all other fields as JSON with sorted keys and without spaces, the instant with
    milliseconds as ``+00:00``; ``previous`` is the ``hash`` of the entry before, 64 zeros in the first.
    """

    sequence: int
    event_id: str
    at: Instant
    actor: str
    action: str
    subject: str
    before: str
    after: str
    reason_code: str
    reason_digest: str
    request: str
    previous: str
    hash: str

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        act = entry.act
        return cls(
            sequence=entry.sequence,
            event_id=act.event_id,
            at=act.at,
            actor=act.actor,
            action=act.action,
            subject=act.subject,
            before=act.before,
            after=act.after,
            reason_code=act.reason_code,
            reason_digest=act.reason_digest,
            request=act.request,
            previous=entry.previous,
            hash=entry.hash,
        )


class AuditView(View):
    entries: list[AuditEntryView]
    next: str | None


class ChainHeadView(View):
    sequence: int
    hash: str


class FindingView(View):
    """``damage``: removed, reordered, changed, or unlinked from the one after it."""

    sequence: int
    damage: str


class AuditVerificationView(View):
    """Whether the entries that were checked hold; ``next`` is where to go on ``from``, null at the chain's end.

    ``head`` is the last entry: kept elsewhere, it shows later that what came before was not written anew.
    """

    intact: bool
    checked: int
    finding: FindingView | None
    head: ChainHeadView
    next: int | None

    @classmethod
    def of(cls, verdict: Verdict, head: ChainHead, following: int | None) -> Self:
        found = verdict.finding
        return cls(
            intact=found is None,
            checked=verdict.checked,
            finding=FindingView(sequence=found.sequence, damage=found.damage) if found else None,
            head=ChainHeadView(sequence=head.sequence, hash=head.hash),
            next=following,
        )


LIST_AUDIT = Operation(
    id="listAudit",
    summary="What authors and admins did, in order",
    method=HTTPMethod.GET,
    path="/admin/audit",
    answers={HTTPStatus.OK: AuditView},
    query=AuditQuery,
    groups=ADMINS,
)
VERIFY_AUDIT = Operation(
    id="verifyAudit",
    summary="Whether the audit is as it was written",
    method=HTTPMethod.GET,
    path="/admin/audit/verification",
    answers={HTTPStatus.OK: AuditVerificationView},
    query=AuditVerificationQuery,
    groups=ADMINS,
)
OPERATIONS = (LIST_AUDIT, VERIFY_AUDIT)
