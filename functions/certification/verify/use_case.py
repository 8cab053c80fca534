"""Verification: what anyone may learn of a certificate, for as long as it exists."""

from typing import Protocol

from shared.domain.certificate import CertificateHead, CertificateVersion
from shared.domain.certificate_number import is_well_formed
from shared.domain.ids import CertificateNumber
from shared.ports import Certificates


class Verifying(Protocol):
    @property
    def certificates(self) -> Certificates: ...


def verify(number: str, version: int | None, deps: Verifying) -> tuple[CertificateVersion, CertificateHead] | None:
    """A version of the certificate, the current one unless another is named; None where it is unknown."""
    if not is_well_formed(number):
        return None
    head = deps.certificates.head(CertificateNumber(number))
    if head is None:
        return None
    found = deps.certificates.version(head.number, version or head.current)
    return (found, head) if found else None
