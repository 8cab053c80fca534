"""Certification: render, sign and store one version, then enter all of it at once."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from shared.domain.certificate import CertificateHead, CertificateVersion, Order, Reissue
from shared.domain.claim import Claim, LedgerEntry
from shared.domain.enrolment import Enrolment
from shared.domain.ids import CertificateNumber, EnrolmentId, LearnerId, ModuleId
from shared.domain.status_list import StatusListId
from shared.events.certification import (
    CertificateIssuedV1,
    CertificateReissuedV1,
    CertificateReissueRequestedV1,
    CreditClaimedV1,
)
from shared.events.event import Event
from shared.ports import (
    Certificates,
    Claims,
    Clock,
    DocumentKind,
    Documents,
    Enrolments,
    Issue,
    Issuer,
    ReadTogether,
    Reissues,
    RenderCertificate,
    StatusLists,
    Wanted,
)


class Certifying(Protocol):
    @property
    def read_together(self) -> ReadTogether: ...
    @property
    def reissues(self) -> Reissues: ...
    @property
    def certificates(self) -> Certificates: ...
    @property
    def claims(self) -> Claims: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def documents(self) -> Documents: ...
    @property
    def render(self) -> RenderCertificate: ...
    @property
    def issuer(self) -> Issuer: ...
    @property
    def status_lists(self) -> StatusLists: ...
    @property
    def clock(self) -> Clock: ...


def issue_version(ordered: CreditClaimedV1 | CertificateReissueRequestedV1, deps: Certifying) -> None:
    """Issue a version once; a message delivered again, or after a revocation, changes nothing.

    Its documents are stored first and never overwritten: broken off after one, the next try finds it and
    takes its bytes for the truth. Version, head, ledger and enrolment change in one transaction.
    """
    number = CertificateNumber(ordered.certificate)
    enrolment_id = EnrolmentId(LearnerId(ordered.learner_id), ModuleId(ordered.module_id), ordered.edition)
    order: Sequence[Wanted] = (
        [(Reissue, (enrolment_id.learner_id, number, ordered.version))]
        if ordered.version > 1
        else [(Claim, enrolment_id), (Enrolment, enrolment_id)]
    )
    with deps.read_together((CertificateVersion, (number, ordered.version)), (CertificateHead, number), *order):
        if deps.certificates.version(number, ordered.version):
            return
        head = deps.certificates.head(number)
        if head and head.revoked_for:
            _hold(head, ordered.version, deps)
            return
        if (head.current if head else 0) != ordered.version - 1:
            raise LookupError(f"the version before that of {ordered.id} is not issued")
        issue = _first(enrolment_id, deps) if head is None else _next(head, deps)
    deps.certificates.issue(*issue)


def _hold(head: CertificateHead, version: int, deps: Certifying) -> None:
    """What only a restoration goes on with is not announced again meanwhile."""
    order = deps.reissues.find(head.learner_id, head.number, version)
    if order and order.held() != order:
        deps.reissues.save(order.held(), announcing=[])


def _put_out(list_id: StatusListId, deps: Certifying) -> None:
    """Whoever holds a credential can ask for the list that it names."""
    if not deps.status_lists.is_out(list_id):
        deps.status_lists.save(deps.issuer.status_list(list_id, (), deps.clock.now()))


def _documented(order: Order, deps: Certifying) -> CertificateVersion:
    """A version with its documents stored: the PDF, then the credential that names its digest.

    What is found stored is taken as it is.
    """
    _put_out(order.status.list_id, deps)
    number, version = order.content.number, order.content.version

    def stored(kind: DocumentKind, data: bytes) -> str:
        return hashlib.sha256(deps.documents.store_once(number, version, kind, data)).hexdigest()

    pdf_sha256 = stored(DocumentKind.PDF, deps.render(order.content))
    credential = deps.issuer.credential(order, pdf_sha256)
    return CertificateVersion.of(
        order,
        pdf_sha256=pdf_sha256,
        credential_sha256=stored(DocumentKind.CREDENTIAL, credential.json_ld),
        jwt_sha256=stored(DocumentKind.CREDENTIAL_JWT, credential.jwt),
    )


def _first(enrolment_id: EnrolmentId, deps: Certifying) -> tuple[Issue, Sequence[Event]]:
    claim = deps.claims.find(enrolment_id)
    enrolment = deps.enrolments.find(enrolment_id)
    if claim is None or enrolment is None:
        raise LookupError(f"no claim or enrolment for the certificate of {enrolment_id}")
    version = _documented(claim.order, deps)
    head = CertificateHead(
        number=version.number,
        learner_id=enrolment_id.learner_id,
        module_id=enrolment_id.module_id,
        edition=enrolment_id.edition,
        current=1,
    )
    issue = Issue(
        version=version,
        head=head,
        claim=claim.entered(),
        enrolment=enrolment.certified(version.number),
        entries=[
            LedgerEntry(
                learner_id=enrolment_id.learner_id,
                module_id=enrolment_id.module_id,
                edition=enrolment_id.edition,
                title=claim.content.title,
                scheme=line.scheme,
                category=line.category,
                amount=line.amount,
                certificate=version.number,
                earned_on=version.completed_on.isoformat(),
            )
            for line in claim.content.credits
        ],
    )
    return issue, [CertificateIssuedV1(at=deps.clock.now(), certificate=version.number, version=1)]


def _next(head: CertificateHead, deps: Certifying) -> tuple[Issue, Sequence[Event]]:
    number_of_version = head.current + 1
    reissue = deps.reissues.find(head.learner_id, head.number, number_of_version)
    if reissue is None:
        raise LookupError(f"no order for version {number_of_version} of {head.number}")
    version = _documented(reissue.order, deps)
    issue = Issue(
        version=version,
        head=replace(head, current=number_of_version),
        claim=None,
        enrolment=None,
        entries=[],
        reissue=reissue.entered(),
    )
    return issue, [CertificateReissuedV1(at=deps.clock.now(), certificate=version.number, version=number_of_version)]
