"""Reissue and revocation: what an admin may do about a certificate that is out in the world."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.certificate import (
    CertificateHead,
    CertificateStatus,
    Order,
    Reissue,
    RevocationReason,
    reissued,
)
from shared.domain.ids import CertificateNumber, LearnerId
from shared.domain.names import require_printable
from shared.domain.refusals import NotFound, PreconditionFailed, VersionConflict
from shared.events.certification import CertificateReissueRequestedV1, CertificateRevokedV1
from shared.ports import Certificates, Orders, Reissues


class Reissuing(Protocol):
    @property
    def certificates(self) -> Certificates: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def reissues(self) -> Reissues: ...
    @property
    def public_url(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Why a version is made, and what it corrects; None leaves a field as it is."""

    reason: str
    attested_name: str | None
    profession: str | None


def show_certificate(number: CertificateNumber, deps: Reissuing) -> tuple[CertificateHead, Order]:
    """A certificate and what its current version says; raise NotFound."""
    head = deps.certificates.head(number)
    order = deps.orders.find(head.enrolment, number, head.current) if head else None
    if head is None or order is None:
        raise NotFound(f"There is no certificate {number!r}.")
    return head, order


def order_reissue(
    number: CertificateNumber,
    expected: int,
    correction: Correction,
    admin: LearnerId,
    deps: Reissuing,
    *,
    at: datetime,
) -> int:
    """Order the version after ``expected``, once, and return its number; the same order again is answered alike.

    Raise NotFound, NameNotPrintable, PreconditionFailed where another version is current or was
    ordered otherwise, VersionConflict where the certificate is revoked.
    """
    if correction.attested_name is not None:
        require_printable(correction.attested_name)
    head = deps.certificates.head(number)
    order = deps.orders.find(head.enrolment, number, expected) if head and expected else None
    if head is None or (order is None and expected == head.current):
        raise NotFound(f"There is no certificate {number!r}.")
    if order is None:
        raise PreconditionFailed(version=head.current)
    reissue = Reissue(
        certificate=number,
        learner_id=head.learner_id,
        module_id=head.module_id,
        edition=head.edition,
        content=reissued(
            order.content,
            reason=correction.reason,
            attested_name=correction.attested_name,
            profession=correction.profession,
            public_url=deps.public_url,
            issued_at=at,
        ),
        requested_by=admin,
        show_name=order.show_name,
    )
    known = deps.reissues.find(head.learner_id, number, expected + 1)
    if known:
        if known.orders_the_same_as(reissue):
            return known.content.version
        raise PreconditionFailed(version=head.current)
    if head.current != expected:
        raise PreconditionFailed(version=head.current)
    if head.status_of(expected) is CertificateStatus.REVOKED:
        raise VersionConflict("A revoked certificate is not reissued.")
    announced = CertificateReissueRequestedV1(
        at=at,
        learner_id=head.learner_id,
        module_id=head.module_id,
        edition=head.edition,
        certificate=number,
        version=expected + 1,
    )
    return deps.reissues.save(reissue, announcing=[announced]).content.version


def revoke(
    number: CertificateNumber, reason: RevocationReason, note: str, deps: Reissuing, *, at: datetime
) -> CertificateHead:
    """Revoke a certificate as a whole; one that is revoked already keeps its first reason. Raise NotFound."""
    head = deps.certificates.head(number)
    if head is None:
        raise NotFound(f"There is no certificate {number!r}.")
    revoked = head.revoked(reason, note, at)
    if revoked is head:
        return head
    announced = CertificateRevokedV1(at=at, certificate=number, version=head.current)
    return deps.certificates.save_head(revoked, announcing=[announced])
