"""Who is asking, as the authorizer vouches for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from shared.api.problems import Forbidden
from shared.domain.ids import LearnerId


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a valid id token. ``admin`` may do everything that ``author`` may."""

    learner_id: LearnerId
    groups: frozenset[str]

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> Self:
        """Raise Forbidden unless the claims are those of an id token: an access token names nobody."""
        if claims.get("token_use") != "id":
            raise Forbidden("An id token is needed.")
        return cls(
            learner_id=LearnerId(str(claims["sub"])),
            groups=groups_in(claims.get("cognito:groups")),
        )

    def require_any(self, groups: frozenset[str]) -> None:
        """Raise Forbidden unless the caller is in one of ``groups``, or an admin; no groups admit everyone."""
        if groups and not self.groups & (groups | {"admin"}):
            raise Forbidden(f"This needs one of the groups {', '.join(sorted(groups | {'admin'}))}.")


def groups_in(claim: object) -> frozenset[str]:
    """The groups of a claim as the HTTP API hands it over: ``[a b]``, or a list."""
    if isinstance(claim, str):
        return frozenset(claim.strip("[]").split())
    return frozenset(str(group) for group in claim) if isinstance(claim, list) else frozenset()
