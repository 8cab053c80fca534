"""Verifies as a stranger would, from what is public alone: nothing here is shared with what signs."""

import hashlib
import json
import zlib
from base64 import urlsafe_b64decode
from importlib.resources import files
from typing import Any

import base58
import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from pyld import BUNDLED_CONTEXTS, FrozenDocumentLoader, jsonld

Document = dict[str, Any]

OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
LOADER = FrozenDocumentLoader(
    {
        CREDENTIALS: BUNDLED_CONTEXTS[CREDENTIALS],
        OPEN_BADGES: json.loads(files("shared.certificate.contexts").joinpath("open-badges-3.0.3.json").read_text()),
    }
)


class NotVerified(Exception):
    """The document is not as its issuer signed it, or the issuer is another."""


def verify_proof(document: Document, issuer: Document) -> None:
    """Raise NotVerified unless ``issuer``, a DID document, signed ``document`` as it is."""
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    proof = dict(document.get("proof", {}))
    value = proof.pop("proofValue", "")
    by = document["issuer"]
    if (by["id"] if isinstance(by, dict) else by) != issuer["id"]:
        raise NotVerified("another issuer")
    if (proof.get("type"), proof.get("cryptosuite"), proof.get("proofPurpose")) != (
        "DataIntegrityProof", "ecdsa-rdfc-2019", "assertionMethod",
    ):  # fmt: skip
        raise NotVerified("no such proof")
    options = {"@context": document["@context"], **proof}
    signature = base58.b58decode(value.removeprefix("z"))
    if len(signature) != 64:
        raise NotVerified("no signature")
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    hashed = b"".join(hashlib.sha256(_canonical(part).encode()).digest() for part in (options, unsigned))
    try:
        _key_of(issuer, proof["verificationMethod"]).verify(encode_dss_signature(r, s), hashed, ECDSA(SHA256()))
    except InvalidSignature as error:
        raise NotVerified("the signature is of something else") from error


def verify_jwt(token: str, issuer: Document) -> Document:
    """The claims of ``token``; raise NotVerified unless ``issuer`` signed it."""
    header = jwt.get_unverified_header(token)
    method = _method(issuer, header["kid"])
    try:
        claims: Document = jwt.decode(
            token, jwt.PyJWK(method["publicKeyJwk"]).key, algorithms=["ES256"], options={"verify_nbf": False}
        )
    except jwt.InvalidTokenError as error:
        raise NotVerified(str(error)) from error
    if not claims["iss"] == claims["issuer"]["id"] == issuer["id"]:
        raise NotVerified("another issuer")
    return claims


def is_set(credential: Document, status_list: Document) -> bool:
    """The credential's bit on its list, which must be the one that it names."""
    entry = credential["credentialStatus"]
    subject = status_list["credentialSubject"]
    if (entry["statusListCredential"], entry["statusPurpose"]) != (status_list["id"], subject["statusPurpose"]):
        raise NotVerified("another list")
    index = int(entry["statusListIndex"])
    return bits_of(status_list)[index] == "1"


def bits_of(status_list: Document) -> str:
    """All bits of a list as 0 and 1, that of index 0 first."""
    text = status_list["credentialSubject"]["encodedList"]
    if text[0] != "u":
        raise NotVerified("no base64url")
    packed = urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))
    return "".join(f"{byte:08b}" for byte in zlib.decompress(packed, wbits=31))


def _canonical(document: Document) -> str:
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": LOADER}
    return str(jsonld.normalize(document, options))


def _method(issuer: Document, name: str) -> Document:
    if name not in issuer["assertionMethod"]:
        raise NotVerified("another's key")
    [method] = [method for method in issuer["verificationMethod"] if method["id"] == name]
    return dict(method)


def _key_of(issuer: Document, name: str) -> EllipticCurvePublicKey:
    multikey = base58.b58decode(_method(issuer, name)["publicKeyMultibase"].removeprefix("z"))
    if multikey[:2] != b"\x80\x24":
        raise NotVerified("no P-256 key")
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), multikey[2:])
