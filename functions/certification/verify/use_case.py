"""Verification: what anyone may learn of a certificate and of its issuer, for as long as either exists."""

from collections.abc import Sequence
from typing import Protocol

from shared.domain.certificate import CertificateHistory, CertificateVersion
from shared.domain.certificate_number import is_well_formed
from shared.domain.ids import CertificateNumber
from shared.domain.issuer import IssuerKey
from shared.domain.refusals import NotFound
from shared.domain.status_list import StatusList, StatusListId
from shared.ports import Certificates, IssuerKeys, Signer, StatusLists


class Verifying(Protocol):
    @property
    def certificates(self) -> Certificates: ...
    @property
    def signer(self) -> Signer: ...
    @property
    def issuer_keys(self) -> IssuerKeys: ...
    @property
    def status_lists(self) -> StatusLists: ...


def verify(number: str, version: int | None, deps: Verifying) -> tuple[CertificateVersion, CertificateHistory] | None:
    """A version of the certificate, the current one unless another is named, and its history; None if unknown."""
    if not is_well_formed(number):
        return None
    history = deps.certificates.history(CertificateNumber(number))
    found = history.version(version or history.head.current) if history else None
    return (found, history) if found and history else None


def show_keys(deps: Verifying) -> Sequence[IssuerKey]:
    """The key that signs now, even if it has signed nothing yet, then those that did before."""
    current = deps.signer.public_key()
    return [current, *(key for key in deps.issuer_keys.all() if key.thumbprint != current.thumbprint)]


def show_status_list(list_id: StatusListId, deps: Verifying) -> StatusList:
    """A list as it is out; raise NotFound."""
    published = deps.status_lists.find(list_id)
    if published is None:
        raise NotFound(f"There is no list {list_id!r}.")
    return published
