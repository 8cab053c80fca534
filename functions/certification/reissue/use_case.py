"""Reissue, revocation and restoration: what an admin may do about a certificate that is out in the world."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.certificate import (
    CertificateHead,
    CertificateStatus,
    Order,
    RevocationReason,
)
from shared.domain.claim import AWARD, LedgerEntry
from shared.domain.ids import CertificateNumber, EditionId, LearnerId
from shared.domain.job import EditionReissue, Job
from shared.domain.names import require_printable
from shared.domain.refusals import NotFound, PreconditionFailed, VersionConflict
from shared.erasing import require_not_erased
from shared.events.certification import CertificateRestoredV1, CertificateRevokedV1
from shared.jobs import start_job
from shared.ports import Catalogue, Certificates, Enrolments, Erasures, Jobs, Ledger, Orders, Reissues, StatusPlaces
from shared.reissuing import enter_reissue


class Reissuing(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def certificates(self) -> Certificates: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def reissues(self) -> Reissues: ...
    @property
    def status_places(self) -> StatusPlaces: ...
    @property
    def erasures(self) -> Erasures: ...
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
    head = _head(number, deps)
    order = deps.orders.find(head.enrolment, number, head.current)
    if order is None:
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
    ordered otherwise, VersionConflict where the certificate is revoked, LearnerErased.
    """
    if correction.attested_name is not None:
        require_printable(correction.attested_name)
    head = deps.certificates.head(number)
    order = deps.orders.find(head.enrolment, number, expected) if head and expected else None
    if head is None or (order is None and expected == head.current):
        raise NotFound(f"There is no certificate {number!r}.")
    require_not_erased(head.learner_id, deps.erasures)
    if order is None:
        raise PreconditionFailed(version=head.current)
    reissue = head.reissue(
        order,
        reason=correction.reason,
        attested_name=correction.attested_name,
        profession=correction.profession,
        requested_by=admin,
        public_url=deps.public_url,
        status=deps.status_places.draw(at),
        at=at,
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
    return enter_reissue(reissue, deps.reissues).content.version


def reissue_edition(edition: EditionId, key: str, order: EditionReissue, deps: Reissuing, *, at: datetime) -> Job:
    """Start the job that orders the next version of every certificate of an edition; ``key`` names it.

    The same key and order again find that job. Raise NotFound, VersionConflict where the key names another order.
    """
    deps.catalogue.edition(edition)
    job = Job.named(edition, key, order, at)
    known = deps.jobs.find(job.job)
    if known is None:
        return start_job(job, deps.jobs, deps.enrolments)
    if known.order != order:
        raise VersionConflict("The Idempotency-Key was used for another order.")
    return known


def revoke(
    number: CertificateNumber, reason: RevocationReason, note: str, deps: Reissuing, *, at: datetime
) -> CertificateHead:
    """Revoke a certificate as a whole and take its credit back; one that is revoked keeps its first reason.

    Raise NotFound.
    """
    head = _head(number, deps)
    revoked = head.revoked(reason, note, at)
    if revoked is head:
        return head
    taken = [award.taken_back(revoked.revocations, at) for award in _awards(head, deps)]
    announced = CertificateRevokedV1(at=at, ordinal=revoked.revocations, certificate=number, version=head.current)
    return deps.certificates.correct(revoked, taken, announcing=[announced])


def restore(number: CertificateNumber, reason: str, deps: Reissuing, *, at: datetime) -> CertificateHead:
    """End a revocation and give the credit back; a certificate that is not revoked stays as it is. Raise NotFound.

    What was ordered of the certificate and not issued because it was revoked is announced again, unless the learner
    is erased or about to be.
    """
    head = _head(number, deps)
    restored = head.restored(reason, at)
    if restored is not head:
        given = [award.given_back(head.revocations, at) for award in _awards(head, deps)]
        announced = CertificateRestoredV1(at=at, ordinal=head.revocations, certificate=number, version=head.current)
        restored = deps.certificates.correct(restored, given, announcing=[announced])
    if deps.erasures.find(head.learner_id):
        return restored
    for reissue in deps.reissues.of(head.learner_id, number):
        if reissue.content.version > head.current:
            enter_reissue(reissue.taken_up(), deps.reissues)
    return restored


def _head(number: CertificateNumber, deps: Reissuing) -> CertificateHead:
    head = deps.certificates.head(number)
    if head is None:
        raise NotFound(f"There is no certificate {number!r}.")
    return head


def _awards(head: CertificateHead, deps: Reissuing) -> Sequence[LedgerEntry]:
    """What the ledger holds as awarded by a certificate."""
    ledger = deps.ledger.of_learner(head.learner_id)
    return [entry for entry in ledger if entry.certificate == head.number and entry.kind == AWARD]
