"""Certification: render, sign and store one version, then enter all of it at once."""

import hashlib
from dataclasses import replace
from typing import Protocol

from shared.domain.certificate import CertificateContent, CertificateHead, CertificateVersion, Order
from shared.domain.claim import LedgerEntry
from shared.domain.ids import CertificateNumber, EnrolmentId, LearnerId, ModuleId
from shared.domain.status_list import StatusListId
from shared.events.certification import (
    CertificateIssuedV1,
    CertificateReissuedV1,
    CertificateReissueRequestedV1,
    CreditClaimedV1,
)
from shared.ports import (
    Certificates,
    Claims,
    Clock,
    DocumentKind,
    Documents,
    Enrolments,
    Issue,
    Issuer,
    Orders,
    Reissues,
    RenderCertificate,
    StatusLists,
)


class Certifying(Protocol):
    @property
    def orders(self) -> Orders: ...
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
    if deps.certificates.version(number, ordered.version):
        return
    head = deps.certificates.head(number)
    if head and head.revoked_for:
        _hold(head, ordered.version, deps)
        return
    if (head.current if head else 0) != ordered.version - 1:
        raise LookupError(f"the version before that of {ordered.id} is not issued")
    order = deps.orders.find(enrolment_id, number, ordered.version)
    if order is None:
        raise LookupError(f"no order for {ordered.id}")
    _put_out(order.status.list_id, deps)
    version = _store_documents(order, deps)
    if head is None:
        _issue_first(version, order.content, enrolment_id, deps)
    else:
        _issue_next(version, head, deps)


def _hold(head: CertificateHead, version: int, deps: Certifying) -> None:
    """What only a restoration goes on with is not announced again meanwhile."""
    order = deps.reissues.find(head.learner_id, head.number, version)
    if order and order.held() != order:
        deps.reissues.save(order.held(), announcing=[])


def _put_out(list_id: StatusListId, deps: Certifying) -> None:
    """Whoever holds a credential can ask for the list that it names."""
    if not deps.status_lists.is_out(list_id):
        deps.status_lists.save(deps.issuer.status_list(list_id, (), deps.clock.now()))


def _store_documents(order: Order, deps: Certifying) -> CertificateVersion:
    """The PDF, then the credential that names its digest; what is found stored is taken as it is."""
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


def _issue_first(
    version: CertificateVersion, content: CertificateContent, enrolment_id: EnrolmentId, deps: Certifying
) -> None:
    claim = deps.claims.find(enrolment_id)
    enrolment = deps.enrolments.find(enrolment_id)
    if claim is None or enrolment is None:
        raise LookupError(f"no claim or enrolment for {version.number}")
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
                title=content.title,
                scheme=line.scheme,
                category=line.category,
                amount=line.amount,
                certificate=version.number,
                earned_on=version.completed_on.isoformat(),
            )
            for line in content.credits
        ],
    )
    announced = CertificateIssuedV1(at=deps.clock.now(), certificate=version.number, version=1)
    deps.certificates.issue(issue, announcing=[announced])


def _issue_next(version: CertificateVersion, head: CertificateHead, deps: Certifying) -> None:
    number_of_version = version.number_of_version
    reissue = deps.reissues.find(head.learner_id, head.number, number_of_version)
    issue = Issue(
        version=version,
        head=replace(head, current=number_of_version),
        claim=None,
        enrolment=None,
        entries=[],
        reissue=reissue.entered() if reissue else None,
    )
    announced = CertificateReissuedV1(at=deps.clock.now(), certificate=version.number, version=number_of_version)
    deps.certificates.issue(issue, announcing=[announced])
