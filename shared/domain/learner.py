"""What is kept about a learner beside their learning: profile and membership."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.domain.ids import LearnerId
from shared.domain.refusals import ProfileIncomplete


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The learner's own words; ``name`` is what their certificates attest.

    ``given_name`` and ``family_name`` are for accreditors who want them apart: no rule splits every name right.
    ``licence_state`` is the state that issued ``licence``, as two letters.
    """

    learner_id: LearnerId
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    profession: str | None = None
    language: str | None = None
    licence: str | None = None
    licence_state: str | None = None
    npi: str | None = None
    birth_month_day: str | None = None
    reporting_consent: bool | None = None
    version: int = 0

    def attested(self) -> tuple[str, str]:
        """Name and profession as a certificate will print them; raise ProfileIncomplete where one is missing."""
        missing = [name for name in ("name", "profession") if not getattr(self, name)]
        if not self.name or not self.profession:
            raise ProfileIncomplete(f"Missing in the profile: {', '.join(missing)}.", missing=missing)
        return self.name, self.profession


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where a learner is written to, as their verified id token last said; name and language for want of a profile."""

    learner_id: LearnerId
    email: str
    name: str | None = None
    language: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Membership of the society; ``until`` is the last day, None without an end."""

    learner_id: LearnerId
    member: bool
    until: date | None = None
    version: int = 0

    def holds(self, at: datetime, zone: str) -> bool:
        """Whether the learner is a member at ``at``, the last day counted in ``zone``."""
        return self.member and (self.until is None or at.astimezone(ZoneInfo(zone)).date() <= self.until)
