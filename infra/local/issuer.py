"""The local token issuer: signs id tokens as the user pool does, with a key kept in `.local/`."""

import json
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

STATE = Path(__file__).parents[2] / ".local"
"""Where the local system keeps its key and its log."""
ISSUER = "https://issuer.local"
AUDIENCE = "cme-local"

_ALGORITHM = "RS256"


class TokenRefused(Exception):
    """Not a token of this issuer for this audience that is good now; its text says why, for the log."""


class Issuer:
    """Tokens are good for every server that uses the same folder, whatever its port."""

    def __init__(self, folder: Path) -> None:
        """Read the key from `folder`, or make it there."""
        self._key = _key_in(folder)
        self._public = self._key.public_key()

    def token(
        self,
        sub: str,
        *,
        at: datetime,
        name: str | None = None,
        email: str | None = None,
        groups: list[str] | None = None,
        lifetime: timedelta = timedelta(hours=24),
    ) -> str:
        """An id token issued `at`; without `groups` it has no such claim, as the user pool's."""
        issued = int(at.timestamp())
        claims: dict[str, Any] = {
            "sub": sub,
            "name": name or sub,
            "email": email or f"{sub}@example.org",
            "email_verified": True,
            "iss": ISSUER,
            "aud": AUDIENCE,
            "token_use": "id",
            "auth_time": issued,
            "iat": issued,
            "exp": issued + int(lifetime.total_seconds()),
        }
        if groups:
            claims["cognito:groups"] = groups
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def claims(self, token: str, *, issuer: str, audience: list[str], at: datetime) -> dict[str, Any]:
        """The claims of a token that is good `at`; TokenRefused for any other."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._public,
                algorithms=[_ALGORITHM],
                issuer=issuer,
                audience=audience,
                # Compared below: PyJWT knows only the machine's clock.
                options={
                    "require": ["exp"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "verify_sub": False,
                },
            )
            now = at.timestamp()
            if now >= float(claims["exp"]):
                raise TokenRefused("expired")
            if now < float(claims.get("nbf", now)) or now < float(claims.get("iat", now)):
                raise TokenRefused("not good yet")
        except (jwt.InvalidTokenError, TypeError, ValueError) as error:
            raise TokenRefused(str(error)) from error
        return claims


def as_authorizer(claims: dict[str, Any]) -> dict[str, str]:
    """Claims as the HTTP API's authorizer hands them on: strings all, a list as `[a b]`."""
    return {name: _as_text(value) for name, value in claims.items()}


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{' '.join(_as_text(each) for each in value)}]"
    return json.dumps(value)


def _key_in(folder: Path) -> rsa.RSAPrivateKey:
    path = folder / "issuer.pem"
    if not path.exists():
        _keep_new_key(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} is not an RSA key")
    return key


def _keep_new_key(path: Path) -> None:
    """Of several processes that start at once, the first one's key stays."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
