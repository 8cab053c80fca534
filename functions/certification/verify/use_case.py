"""Verification: what anyone may learn of a certificate, for as long as it exists."""

from typing import Protocol

from shared.domain.certificate import CertificateHistory, CertificateVersion
from shared.domain.certificate_number import is_well_formed
from shared.domain.ids import CertificateNumber
from shared.ports import Certificates


class Verifying(Protocol):
    @property
    def certificates(self) -> Certificates: ...


def verify(number: str, version: int | None, deps: Verifying) -> tuple[CertificateVersion, CertificateHistory] | None:
    """A version of the certificate, the current one unless another is named, and its history; None if unknown."""
    if not is_well_formed(number):
        return None
    history = deps.certificates.history(CertificateNumber(number))
    found = history.version(version or history.head.current) if history else None
    return (found, history) if found and history else None
