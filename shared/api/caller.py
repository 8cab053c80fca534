"""Who is asking, as the authorizer vouches for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from shared.api.problems import Forbidden
from shared.domain.ids import LearnerId
from shared.domain.learner import Contact


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a valid id token. ``admin`` may do everything that ``author`` may.

    ``contact`` is None where the token has no address, or none that its issuer has verified.
    """

    learner_id: LearnerId
    groups: frozenset[str]
    contact: Contact | None = None

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> Self:
        """Raise Forbidden unless the claims are those of an id token: an access token names nobody."""
        if claims.get("token_use") != "id":
            raise Forbidden("An id token is needed.")
        learner_id = LearnerId(str(claims["sub"]))
        return cls(learner_id, groups_in(claims.get("cognito:groups")), contact_in(learner_id, claims))

    @property
    def is_admin(self) -> bool:
        return "admin" in self.groups

    def require_any(self, groups: frozenset[str]) -> None:
        """Raise Forbidden unless the caller is in one of ``groups``, or an admin; no groups admit everyone."""
        if groups and not self.groups & (groups | {"admin"}):
            raise Forbidden(f"This needs one of the groups {', '.join(sorted(groups | {'admin'}))}.")


def contact_in(learner_id: LearnerId, claims: Mapping[str, Any]) -> Contact | None:
    """Where the holder is written to; the authorizer hands a truth value over as text.

    Source: OpenID Connect Core, 5.1; of a locale it allows both ``de-CH`` and ``de_CH``.
    """
    email = claims.get("email")
    if not email or str(claims.get("email_verified")).lower() != "true":
        return None
    language = str(claims.get("locale") or "").replace("_", "-") or None
    return Contact(learner_id=learner_id, email=email, name=claims.get("name"), language=language)


def groups_in(claim: object) -> frozenset[str]:
    """The groups of a claim as the HTTP API hands it over: ``[a b]``, or a list."""
    if isinstance(claim, str):
        return frozenset(claim.strip("[]").split())
    return frozenset(str(group) for group in claim) if isinstance(claim, list) else frozenset()
