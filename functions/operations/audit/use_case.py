"""Audit: what an author or admin did becomes the next entry of the chain."""

from typing import Protocol

from shared.domain.audit import Act
from shared.events.operations import AdminActedV1
from shared.messaging.trace import current_trace
from shared.observability import logger
from shared.ports import AuditChain


class Auditing(Protocol):
    @property
    def audit(self) -> AuditChain: ...


def enter_act(acted: AdminActedV1, deps: Auditing) -> None:
    """Append what was done, once, however often it is told; raise ConcurrentChange where another came first.

    The hash is logged, too: whoever rewrote the whole chain would have to rewrite the logs with it.
    """
    if deps.audit.has(acted.id):
        return
    trace = current_trace()
    act = Act(
        event_id=acted.id,
        at=acted.at,
        actor=acted.actor,
        action=acted.action,
        subject=acted.subject,
        before=acted.before,
        after=acted.after,
        reason_code=acted.reason_code,
        reason_digest=acted.reason_digest,
        request=trace.correlation_id if trace else acted.id,
    )
    head = deps.audit.head()
    entry = head.followed_by(act)
    deps.audit.append(entry, head)
    logger.info("audited", extra={"sequence": entry.sequence, "hash": entry.hash})
