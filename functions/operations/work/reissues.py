"""A page of the reissue of an edition: one more version of every certificate that is valid."""

from collections.abc import Sequence
from typing import Protocol

from shared.domain.ids import CertificateNumber, EnrolmentId
from shared.domain.job import Job
from shared.ports import Certificates, Enrolments, Erasures, Orders, Reissues, StatusPlaces
from shared.reissuing import enter_reissue


class OrderingReissues(Protocol):
    @property
    def enrolments(self) -> Enrolments: ...
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


def order_reissues(page: Sequence[EnrolmentId], job: Job, deps: OrderingReissues) -> None:
    """Order the next version of each certificate once, whatever else is ordered of it.

    Revoked ones are left out, and those of learners who are erased or about to be.
    """
    for enrolment_id in page:
        enrolment = deps.enrolments.find(enrolment_id)
        if enrolment and enrolment.certificate and not deps.erasures.find(enrolment_id.learner_id):
            _order(enrolment_id, enrolment.certificate, job, deps)


def _order(enrolment_id: EnrolmentId, number: CertificateNumber, job: Job, deps: OrderingReissues) -> None:
    head = deps.certificates.head(number)
    if head is None or head.revoked_for or job.order is None:
        return
    ordered = deps.reissues.of(enrolment_id.learner_id, number)
    if any(reissue.job == job.job for reissue in ordered):
        return
    latest = ordered[-1].content.version if ordered else head.current
    order = deps.orders.find(enrolment_id, number, latest)
    if order is None:
        raise LookupError(f"no order for version {latest} of {number}")
    reissue = head.reissue(
        order,
        reason=job.order.reason,
        requested_by=job.order.requested_by,
        public_url=deps.public_url,
        status=deps.status_places.draw(job.started_at),
        at=job.started_at,
        job=job.job,
        notify=job.order.notify,
    )
    enter_reissue(reissue, deps.reissues)
