"""Events of the certification room."""

from dataclasses import dataclass
from typing import ClassVar

from shared.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateVersionEvent(Event):
    """Something happened to one version of a certificate."""

    certificate: str
    version: int

    @property
    def aggregate(self) -> str:
        return f"certificate/{self.certificate}/v{self.version}"

    @property
    def id(self) -> str:
        return f"{self.aggregate}/{self.FACT}" if self.ordinal == 1 else f"{self.aggregate}/{self.FACT}/{self.ordinal}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateOrderedEvent(CertificateVersionEvent):
    """A version is to be made; what it says is fixed by the write that announced this."""

    learner_id: str
    module_id: str
    edition: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditClaimedV1(CertificateOrderedEvent):
    TYPE: ClassVar = "cme.credit.claimed.v1"
    FACT: ClassVar = "claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateReissueRequestedV1(CertificateOrderedEvent):
    TYPE: ClassVar = "cme.certificate.reissue_requested.v1"
    FACT: ClassVar = "reissue_requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateIssuedV1(CertificateVersionEvent):
    TYPE: ClassVar = "cme.certificate.issued.v1"
    FACT: ClassVar = "issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateReissuedV1(CertificateVersionEvent):
    TYPE: ClassVar = "cme.certificate.reissued.v1"
    FACT: ClassVar = "reissued"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRevokedV1(CertificateVersionEvent):
    """``ordinal`` counts the revocations of the certificate."""

    TYPE: ClassVar = "cme.certificate.revoked.v1"
    FACT: ClassVar = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRestoredV1(CertificateVersionEvent):
    """``ordinal`` is that of the revocation that is undone."""

    TYPE: ClassVar = "cme.certificate.restored.v1"
    FACT: ClassVar = "restored"
