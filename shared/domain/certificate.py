"""The certificate: one number for life, immutable versions, and what each version says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from shared.domain.ids import CertificateNumber, EnrolmentId, LearnerId, ModuleId
from shared.domain.names import masked
from shared.domain.status_list import StatusPlace


class CertificateStatus(StrEnum):
    """What verification answers about one version of a certificate."""

    VALID = "valid"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLine:
    """The credit claimed under one scheme, with that scheme's statement as worded in its version."""

    scheme: str
    category: str
    amount: Decimal
    activity_id: str
    statement: str
    statement_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateContent:
    """Everything that one version of a certificate says; frozen by the write that announces it.

    ``credits`` is empty for a certificate of participation. ``zone`` is the IANA name of the
    provider's time zone, in which ``completed_at`` is printed.
    """

    number: CertificateNumber
    version: int
    supersedes: int | None
    reason: str | None
    attested_name: str
    profession: str
    provider: str
    joint_provider: str | None
    module_id: ModuleId
    title: str
    edition: int
    learning_format: str
    completed_at: datetime
    zone: str
    released_on: date
    reviewed_on: date
    expires_on: date
    credits: tuple[CreditLine, ...]
    verification_url: str
    issued_at: datetime
    signatory_name: str
    signatory_title: str


def verification_url(public_url: str, number: CertificateNumber, version: int) -> str:
    """Where the public verifies one version; printed on it, and in its QR code."""
    return f"{public_url}/verify/{number}?version={version}"


class RevocationReason(StrEnum):
    """Public codes for a revocation."""

    ISSUED_IN_ERROR = "issued-in-error"
    FRAUD = "fraud"
    CREDIT_WITHDRAWN = "credit-withdrawn"
    HOLDER_REQUEST = "holder-request"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one version is to say, whether the public may see the holder's name, and the place of its status."""

    content: CertificateContent
    show_name: bool
    status: StatusPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Reissue:
    """An admin's order for one more version, made once per version: its number is the lock.

    ``job`` is the reissue of a whole edition that it belongs to; ``notify`` says whether the holder is written to.
    It is ``on_hold`` while its certificate is revoked: only a restoration goes on with it.
    """

    certificate: CertificateNumber
    learner_id: LearnerId
    module_id: ModuleId
    edition: int
    content: CertificateContent
    requested_by: str
    show_name: bool
    status: StatusPlace
    job: str | None = None
    notify: bool = True
    issued: bool = False
    on_hold: bool = False
    version: int = 0

    @property
    def order(self) -> Order:
        return Order(content=self.content, show_name=self.show_name, status=self.status)

    def entered(self) -> Self:
        """The version that it orders is issued."""
        return replace(self, issued=True, on_hold=False)

    def held(self) -> Self:
        """Its certificate is revoked; what is issued already stays as it is."""
        return self if self.issued else replace(self, on_hold=True)

    def taken_up(self) -> Self:
        """Its certificate is restored."""
        return replace(self, on_hold=False)

    @property
    def is_waiting(self) -> bool:
        """For certify: not issued, and nothing in its way."""
        return not self.issued and not self.on_hold

    def orders_the_same_as(self, other: "Reissue") -> bool:
        """Whether both order the same correction for the same reason, whoever ordered it and when."""
        return self.content == replace(other.content, issued_at=self.content.issued_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateHead:
    """The current state of a certificate: whose it is, its latest version, and whether it is revoked.

    ``revocations`` counts how often it was; a restoration leaves the count.
    """

    number: CertificateNumber
    learner_id: LearnerId
    module_id: ModuleId
    edition: int
    current: int
    revoked_for: RevocationReason | None = None
    revoked_at: datetime | None = None
    revocation_note: str | None = None
    revocations: int = 0
    restored_at: datetime | None = None
    restoration_reason: str | None = None
    version: int = 0

    @property
    def enrolment(self) -> EnrolmentId:
        return EnrolmentId(self.learner_id, self.module_id, self.edition)

    def reissue(
        self,
        latest: Order,
        *,
        reason: str,
        requested_by: str,
        public_url: str,
        status: StatusPlace,
        at: datetime,
        attested_name: str | None = None,
        profession: str | None = None,
        job: str | None = None,
        notify: bool = True,
    ) -> Reissue:
        """The order for the version after ``latest``: the same, with what the reissue corrects."""
        version = latest.content.version + 1
        content = replace(
            latest.content,
            version=version,
            supersedes=latest.content.version,
            reason=reason,
            attested_name=attested_name or latest.content.attested_name,
            profession=profession or latest.content.profession,
            verification_url=verification_url(public_url, self.number, version),
            issued_at=at,
        )
        return Reissue(
            certificate=self.number,
            learner_id=self.learner_id,
            module_id=self.module_id,
            edition=self.edition,
            content=content,
            requested_by=requested_by,
            show_name=latest.show_name,
            status=status,
            job=job,
            notify=notify,
        )

    def revoked(self, reason: RevocationReason, note: str, at: datetime) -> Self:
        """Revoked, as a whole; a certificate that is revoked already keeps its first reason."""
        if self.revoked_for:
            return self
        return replace(
            self,
            revoked_for=reason,
            revoked_at=at,
            revocation_note=note,
            revocations=self.revocations + 1,
            restored_at=None,
            restoration_reason=None,
        )

    def restored(self, reason: str, at: datetime) -> Self:
        """Valid again; a certificate that is not revoked stays as it is."""
        if not self.revoked_for:
            return self
        return replace(
            self,
            revoked_for=None,
            revoked_at=None,
            revocation_note=None,
            restored_at=at,
            restoration_reason=reason,
        )

    def status_of(self, version: int) -> CertificateStatus:
        """What verification answers about ``version``."""
        if not 1 <= version <= self.current:
            return CertificateStatus.UNKNOWN
        if self.revoked_for:
            return CertificateStatus.REVOKED
        return CertificateStatus.VALID if version == self.current else CertificateStatus.SUPERSEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardedCredit:
    """The public part of a credit line."""

    scheme: str
    category: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateVersion:
    """What the public may learn of one issued version; ``holder`` is masked unless the holder opted in.

    The digests are the SHA-256 of its documents, in hexadecimal.
    """

    number: CertificateNumber
    number_of_version: int
    supersedes: int | None
    provider: str
    title: str
    credits: tuple[AwardedCredit, ...]
    completed_at: datetime
    zone: str
    issued_at: datetime
    holder: str
    status: StatusPlace
    pdf_sha256: str
    credential_sha256: str
    jwt_sha256: str
    version: int = 0

    @classmethod
    def of(cls, order: Order, *, pdf_sha256: str, credential_sha256: str, jwt_sha256: str) -> Self:
        """The public record of what was ordered, once its documents are stored."""
        content = order.content
        return cls(
            number=content.number,
            number_of_version=content.version,
            supersedes=content.supersedes,
            provider=content.provider,
            title=content.title,
            credits=tuple(
                AwardedCredit(scheme=line.scheme, category=line.category, amount=line.amount)
                for line in content.credits
            ),
            completed_at=content.completed_at,
            zone=content.zone,
            issued_at=content.issued_at,
            holder=content.attested_name if order.show_name else masked(content.attested_name),
            status=order.status,
            pdf_sha256=pdf_sha256,
            credential_sha256=credential_sha256,
            jwt_sha256=jwt_sha256,
        )

    @property
    def completed_on(self) -> date:
        return self.day_of(self.completed_at)

    @property
    def issued_on(self) -> date:
        return self.day_of(self.issued_at)

    def day_of(self, at: datetime) -> date:
        """The day of an instant in the provider's zone."""
        return at.astimezone(ZoneInfo(self.zone)).date()


@dataclass(frozen=True, slots=True)
class CertificateHistory:
    """A certificate with its issued versions, the first one first."""

    head: CertificateHead
    versions: Sequence[CertificateVersion]

    def version(self, number: int) -> CertificateVersion | None:
        return next((version for version in self.versions if version.number_of_version == number), None)
