"""Credit is claimed, never assumed: the evaluation form, then the claim."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.claiming import enter_claim
from shared.domain.claim import ClaimedCredit, new_claim, require_claimable
from shared.domain.edition import Edition
from shared.domain.enrolment import Enrolment
from shared.domain.ids import CertificateNumber, EnrolmentReference
from shared.domain.names import require_printable
from shared.domain.refusals import ClaimWindowOver, EvaluationMissing, NotPassed
from shared.erasing import require_not_erased
from shared.identities import require_enrolment
from shared.ports import Catalogue, CertificateNumbers, Claims, Enrolments, Erasures, Identities, Schemes, StatusPlaces


class Claiming(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def identities(self) -> Identities: ...
    @property
    def claims(self) -> Claims: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def schemes(self) -> Schemes: ...
    @property
    def numbers(self) -> CertificateNumbers: ...
    @property
    def status_places(self) -> StatusPlaces: ...
    @property
    def public_url(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRequest:
    """What the learner attests and claims."""

    attested_name: str
    profession: str
    credits: tuple[ClaimedCredit, ...]
    show_name: bool


def evaluate(reference: EnrolmentReference, answers: Mapping[str, str], deps: Claiming, *, at: datetime) -> Enrolment:
    """Keep the evaluation form, the last one counting; raise NotEnrolled, NotPassed, InvalidRequest, LearnerErased."""
    enrolment = require_enrolment(reference, deps)
    require_not_erased(enrolment.learner_id, deps.erasures)
    if not enrolment.has_passed:
        raise NotPassed()
    edition = deps.catalogue.edition(enrolment.id.of_edition).under(enrolment.terms)
    edition.content.evaluation.require_answerable(answers)
    return deps.enrolments.save(enrolment.evaluated(answers, at))


def claim_credit(
    reference: EnrolmentReference, request: ClaimRequest, deps: Claiming, *, at: datetime
) -> tuple[CertificateNumber, bool]:
    """Claim credit once, and whether this did; the certificate number was drawn by whichever claim came first.

    Raise NotEnrolled, NotPassed, ClaimWindowOver, EvaluationMissing, NameNotPrintable, CreditNotAllowed or
    LearnerErased.
    """
    enrolment = require_enrolment(reference, deps)
    claimed = deps.claims.find(enrolment.id)
    if claimed:
        return claimed.certificate, False
    require_not_erased(enrolment.learner_id, deps.erasures)
    edition = deps.catalogue.edition(enrolment.id.of_edition).under(enrolment.terms)
    _require_claimable_now(enrolment, edition, at)
    require_printable(request.attested_name)
    schemes = deps.schemes.all()
    require_claimable(request.credits, edition.content, request.profession, schemes)
    claim = new_claim(
        number=deps.numbers.draw(),
        status=deps.status_places.draw(at),
        learner_id=enrolment.learner_id,
        edition=edition,
        claimed=request.credits,
        schemes=schemes,
        attested_name=request.attested_name,
        profession=request.profession,
        show_name=request.show_name,
        completed_at=enrolment.passed_at or at,
        issued_at=at,
        public_url=deps.public_url,
    )
    return enter_claim(claim, deps.claims).certificate, True


def _require_claimable_now(enrolment: Enrolment, edition: Edition, at: datetime) -> None:
    until = enrolment.claim_until(edition.content.claim_window)
    if not enrolment.has_passed or until is None or edition.content.is_automatic:
        raise NotPassed()
    if at >= until:
        raise ClaimWindowOver(claim_until=until)
    if edition.content.evaluation.required and enrolment.evaluation is None:
        raise EvaluationMissing()
