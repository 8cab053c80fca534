"""What KMS signs is verified by others; the private half of the key never leaves it."""

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from infra.local.system import LocalSystem
from shared.adapters.kms import KmsSigner
from shared.bootstrap import Deps
from shared.domain.issuer import IssuerKey


def key_of(shown: IssuerKey) -> EllipticCurvePublicKey:
    x, y = (int.from_bytes(base64.urlsafe_b64decode(f"{half}="), "big") for half in (shown.x, shown.y))
    return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()


def verify(deps: Deps, message: bytes, signature: bytes) -> None:
    assert len(signature) == 64
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    key_of(deps.signer.public_key()).verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))


@pytest.mark.parametrize("length", [1, 64, 4096, 4097, 100_000])
def test_a_signature_is_of_the_message_whatever_its_length(deps: Deps, length: int) -> None:
    """KMS itself takes at most 4,096 bytes of a message."""
    message = bytes(range(256)) * (length // 256) + b"x" * (length % 256)
    signature = deps.signer.sign(message)
    verify(deps, message, signature)
    with pytest.raises(InvalidSignature):
        verify(deps, message + b"!", signature)


def test_numbers_that_begin_with_zeros_still_have_32_bytes_each(deps: Deps) -> None:
    for number in range(300):  # one in 128 begins so
        verify(deps, str(number).encode(), deps.signer.sign(str(number).encode()))


def test_the_key_that_is_shown_is_that_of_the_template(deps: Deps, engine: LocalSystem) -> None:
    arn = engine.reference("SigningKey", "Arn")
    encoded = engine.aws("kms").get_public_key(KeyId=arn)["PublicKey"]
    assert load_der_public_key(encoded) == key_of(deps.signer.public_key())


def test_another_kind_of_key_is_refused(engine: LocalSystem) -> None:
    kms = engine.aws("kms")
    key = kms.create_key(KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    with pytest.raises(ValueError, match="no P-256 key"):
        KmsSigner(kms, key["Arn"]).public_key()
