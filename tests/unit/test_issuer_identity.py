"""The issuer: a DID made of the public address, and keys that are named by what they are."""

import base58
import pytest

from shared.domain.issuer import IssuerKey, did_web
from tests.support.fakes import FakeSigner

# Source: did:key Method Specification, test vectors for P-256.
KNOWN = IssuerKey(x="fyNYMN0976ci7xqiSdag3buk-ZCwgXU4kz9XNkBlNUI", y="hW2ojTNfH7Jbi8--CJUo3OCbH3y5n91g-IMA9MLMbTU")
KNOWN_MULTIKEY = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"


@pytest.mark.parametrize(
    ("address", "did"),
    [
        ("https://cme.example.org", "did:web:cme.example.org"),
        ("https://cme.example.org:8443", "did:web:cme.example.org%3A8443"),
        ("http://127.0.0.1:8000", "did:web:127.0.0.1%3A8000"),
    ],
)
def test_the_issuer_is_the_public_host(address: str, did: str) -> None:
    assert did_web(address) == did


@pytest.mark.parametrize("address", ["https://example.org/cme", "https://example.org/", "example.org", ""])
def test_an_address_with_a_path_or_without_a_host_is_no_identity(address: str) -> None:
    with pytest.raises(ValueError, match="no address of a host"):
        did_web(address)


def test_a_multikey_is_the_compressed_point_as_others_write_it() -> None:
    assert f"z{base58.b58encode(KNOWN.multikey).decode()}" == KNOWN_MULTIKEY


def test_a_key_is_named_by_its_thumbprint_under_the_issuer() -> None:
    first, second = FakeSigner().public_key(), FakeSigner().public_key()
    did = "did:web:cme.example.org"
    assert first.method(did) == f"{did}#{first.thumbprint}"
    assert first.thumbprint == IssuerKey(x=first.x, y=first.y, version=7).thumbprint
    assert first.thumbprint != second.thumbprint
    assert len(first.thumbprint) == 43  # 32 bytes in base64url
