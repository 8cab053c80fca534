"""The operations of oversight: the queues and what failed there, what authors and admins did."""

import json
from collections.abc import Sequence
from datetime import datetime
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Any, Self

from pydantic import Field

from shared.api.contract.enrolment import ADMINS
from shared.api.operation import Operation, PageQuery, Query
from shared.api.shapes import Instant, View
from shared.domain.audit import AuditEntry, ChainHead, Verdict
from shared.ports import Backlog, Failure


class FailureView(View):
    """A message that failed on its last try; ``type`` and ``id`` are its event's, where it is one."""

    message_id: str
    type: str | None
    id: str | None
    cause: str
    failed_at: Instant

    @classmethod
    def of(cls, failure: Failure) -> Self:
        event = _event_in(failure.body)
        return cls(
            message_id=failure.message_id,
            type=event.get("type"),
            id=event.get("id"),
            cause=failure.cause,
            failed_at=failure.failed_at,
        )


def _event_in(body: str) -> dict[str, str]:
    """What the first event of a message, or of an outbox, says that is text."""
    try:
        told: Any = json.loads(body)
    except ValueError:
        return {}
    event = told[0] if isinstance(told, list) and told else told
    return {name: value for name, value in event.items() if isinstance(value, str)} if isinstance(event, dict) else {}


class QueueView(View):
    """How many messages wait, are being handled, are delayed, and are dead letters, all approximate; the latest
    failures with their causes, and since when there have been any. SQS does not tell how long a message has waited:
    the alarm on its age does.

    The steps ``relay`` and ``recover`` park what no queue can hold; they have failures alone.
    """

    queue: str
    waiting: int | None = None
    in_flight: int | None = None
    delayed: int | None = None
    dead_letters: int | None = None
    oldest_failure_at: Instant | None
    redriven_at: Instant | None
    failures: list[FailureView]

    @classmethod
    def of(cls, queue: str, backlog: Backlog | None, failures: Sequence[Failure], redriven_at: datetime | None) -> Self:
        return cls(
            queue=queue,
            waiting=backlog.waiting if backlog else None,
            in_flight=backlog.in_flight if backlog else None,
            delayed=backlog.delayed if backlog else None,
            dead_letters=backlog.dead_letters if backlog else None,
            oldest_failure_at=min((failure.failed_at for failure in failures), default=None),
            redriven_at=redriven_at,
            failures=[FailureView.of(failure) for failure in failures],
        )


class QueuesView(View):
    queues: list[QueueView]


class RedriveView(View):
    """How many messages were sent again, and how many are left for the next request, as far as is known."""

    queue: str
    moved: int
    left: int


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


LIST_QUEUES = Operation(
    id="listQueues",
    summary="What waits in the queues, and what failed there and why",
    method=HTTPMethod.GET,
    path="/admin/queues",
    answers={HTTPStatus.OK: QueuesView},
    groups=ADMINS,
)
REDRIVE = Operation(
    id="redriveQueue",
    summary="Send the dead letters of a queue once more",
    method=HTTPMethod.POST,
    path="/admin/queues/{queue}/redrive",
    answers={HTTPStatus.ACCEPTED: RedriveView},
    problems=("not-found",),
    groups=ADMINS,
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
OPERATIONS = (LIST_QUEUES, REDRIVE, LIST_AUDIT, VERIFY_AUDIT)
