"""Credit is claimed, never assumed: what may be claimed, and what the claim fixes for good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Self

from shared.domain.certificate import CertificateContent, CreditLine, Order, verification_url
from shared.domain.edition import CreditOffer, Edition, EditionContent
from shared.domain.ids import CertificateNumber, EditionId, EnrolmentId, LearnerId, ModuleId
from shared.domain.refusals import CreditNotAllowed
from shared.domain.schemes import Scheme
from shared.domain.status_list import StatusPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedCredit:
    """An amount claimed under a scheme."""

    scheme: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A learner's claim for one enrolment, once; ``content`` is the certificate's first version.

    The certificate number is drawn once, here, and so is the place of the version's status.
    """

    learner_id: LearnerId
    module_id: ModuleId
    edition: int
    certificate: CertificateNumber
    content: CertificateContent
    show_name: bool
    status: StatusPlace
    certified: bool = False
    version: int = 0

    @property
    def enrolment(self) -> EnrolmentId:
        return EnrolmentId(self.learner_id, self.module_id, self.edition)

    @property
    def order(self) -> Order:
        return Order(content=self.content, show_name=self.show_name, status=self.status)

    def entered(self) -> Self:
        """The certificate is issued and its credit entered in the ledger."""
        return replace(self, certified=True)


AWARD = "award"
CORRECTION = "correction"
EXTERNAL = "external"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One line of the learner's append-only credit ledger; ``earned_on`` is a day in the provider's zone.

    A correction stands beside the award that it takes back or gives back, on the same day, so that the
    year's total is right; ``ordinal`` counts the corrections, ``entered_at`` is when one was made.
    An external credit is the learner's own word: it has no module and no certificate, but names its ``provider``.
    """

    learner_id: LearnerId
    module_id: ModuleId | None
    edition: int | None
    title: str
    scheme: str
    category: str
    amount: Decimal
    certificate: CertificateNumber | None
    earned_on: str
    kind: str = AWARD
    ordinal: int = 1
    entered_at: datetime | None = None
    provider: str | None = None
    version: int = 0

    def taken_back(self, revocation: int, at: datetime) -> Self:
        """The correction that the certificate's revocation of this number makes."""
        return replace(self, kind=CORRECTION, amount=-self.amount, ordinal=2 * revocation - 1, entered_at=at, version=0)

    def given_back(self, revocation: int, at: datetime) -> Self:
        """The correction that the end of the certificate's revocation of this number makes."""
        return replace(self, kind=CORRECTION, ordinal=2 * revocation, entered_at=at, version=0)

    @property
    def is_self_reported(self) -> bool:
        return self.kind == EXTERNAL

    @property
    def of_edition(self) -> EditionId | None:
        """The edition it was earned with; None of an external credit."""
        return EditionId(self.module_id, self.edition) if self.module_id and self.edition else None


def full_credit(content: EditionContent, profession: str, schemes: Mapping[str, Scheme]) -> list[ClaimedCredit]:
    """All that an automatic module awards: each scheme's maximum, where the scheme admits the profession."""
    return [
        ClaimedCredit(scheme=offer.scheme, amount=offer.maximum)
        for offer in content.credits
        if schemes[offer.scheme].admits(profession)
    ]


def require_claimable(
    claimed: Sequence[ClaimedCredit], content: EditionContent, profession: str, schemes: Mapping[str, Scheme]
) -> None:
    """Raise CreditNotAllowed unless each amount is positive, within the maximum and a multiple of the step.

    Source: AMA PRA and EACCME, credit is claimed in steps up to the designated maximum.
    """
    offers = {offer.scheme: offer for offer in content.credits}
    if len({credit.scheme for credit in claimed}) != len(claimed):
        raise CreditNotAllowed("A scheme is claimed twice.")
    for credit in claimed:
        offer = offers.get(credit.scheme)
        if offer is None:
            raise CreditNotAllowed(f"This module carries no credit of {credit.scheme}.", scheme=credit.scheme)
        if not schemes[credit.scheme].admits(profession):
            raise CreditNotAllowed(f"{credit.scheme} does not admit the profession {profession}.", scheme=credit.scheme)
        if not Decimal(0) < credit.amount <= offer.maximum or credit.amount % offer.step:
            raise CreditNotAllowed(
                f"{credit.scheme} allows up to {offer.maximum} in steps of {offer.step}.",
                scheme=credit.scheme,
                maximum=str(offer.maximum),
                step=str(offer.step),
            )


def credit_line(claimed: ClaimedCredit, offer: CreditOffer, scheme: Scheme, provider: str) -> CreditLine:
    """A claimed amount with the scheme's statement as it is worded today."""
    amount = claimed.amount.quantize(Decimal("0.01"))
    return CreditLine(
        scheme=offer.scheme,
        category=offer.category,
        amount=amount,
        activity_id=offer.activity_id,
        statement=scheme.statement.format(provider=provider, amount=amount),
        statement_version=scheme.statement_version,
    )


def new_claim(
    *,
    number: CertificateNumber,
    status: StatusPlace,
    learner_id: LearnerId,
    edition: Edition,
    claimed: Sequence[ClaimedCredit],
    schemes: Mapping[str, Scheme],
    attested_name: str,
    profession: str,
    show_name: bool,
    completed_at: datetime,
    issued_at: datetime,
    public_url: str,
) -> Claim:
    """A claim with all that version 1 of its certificate says; without credit, that of participation."""
    content = edition.content
    offers = {offer.scheme: offer for offer in content.credits}
    certificate = CertificateContent(
        number=number,
        version=1,
        supersedes=None,
        reason=None,
        attested_name=attested_name,
        profession=profession,
        provider=content.provider.name,
        joint_provider=content.provider.joint_provider,
        module_id=edition.module_id,
        title=content.title,
        edition=edition.edition,
        learning_format=content.learning_format,
        completed_at=completed_at,
        zone=content.zone,
        released_on=content.released_on,
        reviewed_on=content.reviewed_on,
        expires_on=content.expires_on,
        credits=tuple(
            credit_line(credit, offers[credit.scheme], schemes[credit.scheme], content.provider.name)
            for credit in claimed
        ),
        verification_url=verification_url(public_url, number, 1),
        issued_at=issued_at,
        signatory_name=content.signatory.name,
        signatory_title=content.signatory.title,
    )
    return Claim(
        learner_id=learner_id,
        module_id=edition.module_id,
        edition=edition.edition,
        certificate=number,
        content=certificate,
        show_name=show_name,
        status=status,
    )
