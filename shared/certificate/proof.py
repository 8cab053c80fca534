"""The two ways in which a credential is secured: a Data Integrity proof inside it, or a JWT around it."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import base58
from pyld import FrozenDocumentLoader, jsonld

from shared.certificate.credential import CREDENTIALS_V2, OPEN_BADGES_3, Document
from shared.facts import parse_instant

Sign = Callable[[bytes], bytes]
"""A message's ECDSA signature on P-256 with SHA-256: r and s, of 32 bytes each."""

CRYPTOSUITE = "ecdsa-rdfc-2019"
_MULTIBASE_BASE58 = "z"


def _context(name: str) -> Any:
    return json.loads(files("shared.certificate").joinpath("contexts", name).read_text("utf-8"))


# The contexts that credentials of ours name; nothing else is loaded, and nothing is ever fetched.
CONTEXTS = FrozenDocumentLoader(
    {CREDENTIALS_V2: _context("credentials-v2.json"), OPEN_BADGES_3: _context("open-badges-3.0.3.json")}
)


def with_proof(document: Document, method: str, created: str, sign: Sign) -> Document:
    """``document`` with a Data Integrity proof by the key that ``method`` names; ``created`` is an RFC 3339 instant.

    Source: W3C Data Integrity ECDSA Cryptosuites 1.0, ecdsa-rdfc-2019.
    """
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    signature = sign(proof_hash(document, proof))
    value = _MULTIBASE_BASE58 + base58.b58encode(signature).decode()
    return {**document, "proof": {**proof, "proofValue": value}}


def proof_hash(document: Document, proof: Document) -> bytes:
    """What a proof signs: the hashes of its own options and of the document, as canonical RDF."""
    options = {"@context": document["@context"], **proof}
    return b"".join(hashlib.sha256(canonical(part).encode()).digest() for part in (options, document))


def canonical(document: Document) -> str:
    """The document's RDF as canonical N-Quads; raise JsonLdError for a context that is not one of ours."""
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": CONTEXTS}
    return str(jsonld.normalize(document, options))


def as_jwt(document: Document, method: str, sign: Sign) -> str:
    """``document`` as a VC-JWT, ES256, its registered claims beside the credential's own members.

    Source: Open Badges 3.0, JSON Web Token proof format.
    """
    header = {"alg": "ES256", "kid": method, "typ": "JWT"}
    claims = {
        **document,
        "iss": document["issuer"]["id"],
        "jti": document["id"],
        "nbf": int(parse_instant(document["validFrom"]).timestamp()),
    }
    signed = f"{_base64url(as_json(header))}.{_base64url(as_json(claims))}"
    return f"{signed}.{_base64url(sign(signed.encode()))}"


def as_json(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
