"""KMS: signs with a key that nobody has."""

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING

from shared.domain.issuer import IssuerKey

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

# What comes before the point in the SubjectPublicKeyInfo of every P-256 key.
_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
_COORDINATE = 32  # bytes


class KmsSigner:
    """See ``ports.Signer``."""

    def __init__(self, client: "KMSClient", key_arn: str) -> None:
        self._client = client
        self._key_arn = key_arn

    def public_key(self) -> IssuerKey:
        return self._public_key

    @cached_property
    def _public_key(self) -> IssuerKey:
        # Parsed by hand: who only shows the key goes without the layer that has a library for it.
        encoded = self._client.get_public_key(KeyId=self._key_arn)["PublicKey"]
        point = encoded.removeprefix(_P256)
        if len(point) != 2 * _COORDINATE:
            raise ValueError(f"{self._key_arn} is no P-256 key")
        return IssuerKey.of_point(point[:_COORDINATE], point[_COORDINATE:])

    def sign(self, message: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric.utils import (  # noqa: PLC0415 - who only verifies goes without
            decode_dss_signature,
        )

        # A digest, since KMS takes at most 4,096 bytes of a message.
        answer = self._client.sign(
            KeyId=self._key_arn,
            Message=hashlib.sha256(message).digest(),
            MessageType="DIGEST",
            SigningAlgorithm="ECDSA_SHA_256",
        )
        return b"".join(number.to_bytes(_COORDINATE, "big") for number in decode_dss_signature(answer["Signature"]))
