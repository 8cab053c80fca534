"""Accreditation schemes: what one allows, whom it admits, and the statement it wants printed."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One accreditor's rules. ``professions`` None admits everyone; ``statement`` may name {provider} and {amount}.

    ``reported_to_pars``: whether this is credit that ACCME's PARS is told of.
    """

    scheme: str
    name: str
    category: str
    step: Decimal
    maximum_validity_days: int
    statement: str
    statement_version: str
    professions: tuple[str, ...] | None
    reported_to_pars: bool = False

    def admits(self, profession: str) -> bool:
        return self.professions is None or profession in self.professions
