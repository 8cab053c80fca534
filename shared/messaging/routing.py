"""Which queues an event goes to. Only relay sends, and oversee what failed once more."""

import json
from collections.abc import Mapping

from shared.events.assessment import (
    AttemptFailedV1,
    AttemptPassedV1,
    AttemptRegradeRequestedV1,
    AttemptSubmittedV1,
)
from shared.events.certification import (
    CertificateIssuedV1,
    CertificateReissuedV1,
    CertificateReissueRequestedV1,
    CertificateRestoredV1,
    CertificateRevokedV1,
    CreditClaimedV1,
)
from shared.events.enrolment import (
    EnrolmentAttemptFailedV1,
    EnrolmentClaimClosingV1,
    EnrolmentConfirmedV1,
    EnrolmentDeclinedV1,
    EnrolmentExpiringV1,
    EnrolmentLapsedV1,
    EnrolmentPassedV1,
    EnrolmentRequestedV1,
    RetirementReachedV1,
)
from shared.events.modules import ModuleRetiredV1, UploadAwaitedV1
from shared.events.operations import AdminActedV1, JobAdvancedV1, JobRestedV1, RehearsalAdvancedV1
from shared.messaging.codec import UnreadableEvent, decode_outbox

ROUTES: Mapping[str, tuple[str, ...]] = {
    EnrolmentRequestedV1.TYPE: ("enrolments",),
    EnrolmentConfirmedV1.TYPE: ("notifications",),
    EnrolmentDeclinedV1.TYPE: ("notifications",),
    EnrolmentLapsedV1.TYPE: ("notifications",),
    EnrolmentPassedV1.TYPE: ("notifications",),
    EnrolmentAttemptFailedV1.TYPE: ("notifications",),
    EnrolmentExpiringV1.TYPE: ("notifications",),
    EnrolmentClaimClosingV1.TYPE: ("notifications",),
    AttemptSubmittedV1.TYPE: ("submissions",),
    AttemptRegradeRequestedV1.TYPE: ("submissions",),
    AttemptPassedV1.TYPE: ("grades",),
    AttemptFailedV1.TYPE: ("grades",),
    CreditClaimedV1.TYPE: ("certificates",),
    CertificateReissueRequestedV1.TYPE: ("certificates",),
    CertificateIssuedV1.TYPE: ("notifications",),
    CertificateReissuedV1.TYPE: ("notifications", "statuses"),
    CertificateRevokedV1.TYPE: ("notifications", "statuses"),
    CertificateRestoredV1.TYPE: ("notifications", "statuses"),
    ModuleRetiredV1.TYPE: ("jobs",),
    UploadAwaitedV1.TYPE: ("imports",),
    RetirementReachedV1.TYPE: ("retirements",),
    JobAdvancedV1.TYPE: ("jobs",),
    AdminActedV1.TYPE: ("audit",),
    JobRestedV1.TYPE: ("rests",),
    RehearsalAdvancedV1.TYPE: ("rehearsals",),
}


def routed(outbox: str) -> list[tuple[str, str]]:
    """Each event of an outbox with each queue it goes to; raise UnreadableEvent."""
    messages = []
    for event in decode_outbox(outbox):
        queues = ROUTES.get(event["type"])
        if queues is None:
            raise UnreadableEvent(f"there is no route for {event['type']!r}")
        message = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        messages += [(queue, message) for queue in queues]
    return messages
