"""The issuer at work: builds credentials and signs them with the key that is in use."""

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from shared.certificate.credential import credential, status_list_credential, timestamp
from shared.certificate.proof import as_json, as_jwt, with_proof
from shared.domain.certificate import Order
from shared.domain.issuer import did_web
from shared.domain.status_list import StatusList, StatusListId, encoded
from shared.ports import Credential, IssuerKeys, Signer


class SigningIssuer:
    """See ``ports.Issuer``."""

    def __init__(self, signer: Signer, keys: IssuerKeys, public_url: str) -> None:
        self._signer = signer
        self._keys = keys
        self._public_url = public_url
        self._did = did_web(public_url)

    @cached_property
    def _method(self) -> str:
        """The key that signs, kept before it has signed anything: what it signed can always be verified."""
        key = self._signer.public_key()
        self._keys.keep(key)
        return key.method(self._did)

    def credential(self, order: Order, pdf_sha256: str) -> Credential:
        unsigned = credential(order, pdf_sha256, self._did, self._public_url)
        created = timestamp(order.content.issued_at)
        return Credential(
            json_ld=as_json(with_proof(unsigned, self._method, created, self._signer.sign)),
            jwt=as_jwt(unsigned, self._method, self._signer.sign).encode(),
        )

    def status_list(self, list_id: StatusListId, set_bits: Iterable[int], at: datetime) -> StatusList:
        bits = encoded(set_bits)
        unsigned = status_list_credential(list_id, bits, self._did, self._public_url, at=at)
        signed = with_proof(unsigned, self._method, timestamp(at), self._signer.sign)
        return StatusList(list_id=list_id, encoded=bits, document=as_json(signed).decode())
