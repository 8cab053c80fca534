"""Every event type and version that this system knows, by the name on the wire."""

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
from shared.events.event import Event
from shared.events.modules import ModuleRetiredV1, UploadAwaitedV1
from shared.events.operations import AdminActedV1, JobAdvancedV1, JobRestedV1, RehearsalAdvancedV1

EVENT_TYPES: dict[str, type[Event]] = {
    event.TYPE: event
    for event in (
        EnrolmentRequestedV1,
        EnrolmentConfirmedV1,
        EnrolmentDeclinedV1,
        EnrolmentLapsedV1,
        EnrolmentPassedV1,
        EnrolmentAttemptFailedV1,
        EnrolmentExpiringV1,
        EnrolmentClaimClosingV1,
        RetirementReachedV1,
        AttemptSubmittedV1,
        AttemptRegradeRequestedV1,
        AttemptPassedV1,
        AttemptFailedV1,
        CreditClaimedV1,
        CertificateReissueRequestedV1,
        CertificateIssuedV1,
        CertificateReissuedV1,
        CertificateRevokedV1,
        CertificateRestoredV1,
        ModuleRetiredV1,
        UploadAwaitedV1,
        JobAdvancedV1,
        AdminActedV1,
        JobRestedV1,
        RehearsalAdvancedV1,
    )
}
