"""The status lists: what became of a certificate, entered bit by bit, and put out list by list."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from shared.domain.certificate import CertificateStatus
from shared.domain.ids import CertificateNumber
from shared.domain.status_list import StatusListId, StatusPlace, by_list
from shared.events.certification import CertificateReissuedV1, CertificateRestoredV1, CertificateRevokedV1
from shared.ports import Certificates, Clock, Issuer, StatusLists

StatusChanged = CertificateReissuedV1 | CertificateRevokedV1 | CertificateRestoredV1

FALLEN = (CertificateStatus.SUPERSEDED, CertificateStatus.REVOKED)


class PublishingStatus(Protocol):
    @property
    def certificates(self) -> Certificates: ...
    @property
    def status_lists(self) -> StatusLists: ...
    @property
    def issuer(self) -> Issuer: ...
    @property
    def clock(self) -> Clock: ...


def enter_status(changed: StatusChanged, deps: PublishingStatus) -> Mapping[StatusPlace, bool]:
    """Enter the bits of all versions of a certificate as they stand now, and return them.

    The certificate is read, not the event: in whatever order changes are told, and however often, the bits are
    those of the last one. Raise ConcurrentChange where the certificate changes meanwhile.
    """
    number = CertificateNumber(changed.certificate)
    head = deps.certificates.head(number)
    if head is None:
        raise LookupError(f"no certificate for {changed.id}")
    versions = deps.certificates.versions(number)
    bits = {version.status: head.status_of(version.number_of_version) in FALLEN for version in versions}
    deps.status_lists.mark(head, bits)
    return bits


def publish_lists(bits: Mapping[StatusPlace, bool], deps: PublishingStatus) -> None:
    """Put out the lists of ``bits``, each once; one that says all this already stays as it is.

    Raise ConcurrentChange where another put the same list out meanwhile.
    """
    for list_id, said in by_list(bits).items():
        published = deps.status_lists.find(list_id)
        if published is None or not published.says(said):
            _rebuild(list_id, published.version if published else 0, deps)


def _rebuild(list_id: StatusListId, version: int, deps: PublishingStatus) -> None:
    """Made of the bits as they are now, after the list was read: so none that is older takes the place of a newer."""
    rebuilt = deps.issuer.status_list(list_id, deps.status_lists.set_bits(list_id), deps.clock.now())
    deps.status_lists.save(replace(rebuilt, version=version))
