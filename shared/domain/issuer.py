"""The issuer of credentials: a DID made of the public address, and the public halves of the keys that signed for it."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from urllib.parse import urlsplit

# The multicodec of a compressed P-256 public key. Source: W3C Controlled Identifiers 1.0, Multikey.
_P256_PUBLIC = b"\x80\x24"


def did_web(public_url: str) -> str:
    """``did:web`` of the host in ``public_url``; its document is at ``/.well-known/did.json`` there.

    Source: did:web Method Specification, where a port's colon is written ``%3A``.
    """
    address = urlsplit(public_url)
    if not address.netloc or address.path:
        raise ValueError(f"{public_url!r} is no address of a host without a path")
    return f"did:web:{address.netloc.replace(':', '%3A')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerKey:
    """The public half of a P-256 key; ``x`` and ``y`` are base64url of 32 bytes each."""

    x: str
    y: str
    version: int = 0

    @classmethod
    def of_point(cls, x: bytes, y: bytes) -> "IssuerKey":
        return cls(x=_base64url(x), y=_base64url(y))

    @property
    def thumbprint(self) -> str:
        """The key's name for good. Source: RFC 7638."""
        required = {"crv": "P-256", "kty": "EC", "x": self.x, "y": self.y}
        text = json.dumps(required, separators=(",", ":"), sort_keys=True)
        return _base64url(hashlib.sha256(text.encode()).digest())

    @property
    def multikey(self) -> bytes:
        """The key in the bytes of a Multikey, before base58."""
        x, y = _bytes(self.x), _bytes(self.y)
        return _P256_PUBLIC + bytes([2 + (y[-1] & 1)]) + x

    def method(self, did: str) -> str:
        """The full DID URL of the key, under which credentials name it."""
        return f"{did}#{self.thumbprint}"


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
