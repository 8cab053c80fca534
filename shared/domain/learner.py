"""What is kept about a learner beside their learning: profile and membership."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.domain.ids import LearnerId
from shared.domain.refusals import ProfileIncomplete
from shared.domain.terms import terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Another identity of the same person, and who said so and why."""

    learner_id: LearnerId
    reason: str
    by: LearnerId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The learner's own words; ``name`` is what their certificates attest.

    ``given_name`` and ``family_name`` are for accreditors who want them apart: no rule splits every name right.
    ``licence_state`` is the state that issued ``licence``, as two letters. ``joined`` are the person's other
    identities; the profile of one of those is ``joined_to`` this one, and its own words count no more.
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
    joined: tuple[Joined, ...] = ()
    joined_to: LearnerId | None = None
    version: int = 0

    @property
    def person(self) -> LearnerId:
        """The primary identity of whom this is about."""
        return self.joined_to or self.learner_id

    @property
    def identities(self) -> tuple[LearnerId, ...]:
        """All identities of a person whose primary this is, the primary first."""
        return (self.learner_id, *(other.learner_id for other in self.joined))

    @property
    def terms(self) -> tuple[str, ...]:
        """What the office finds this learner by."""
        return terms(self.name, self.licence, self.given_name, self.family_name)

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

    @property
    def terms(self) -> tuple[str, ...]:
        """What the office finds this learner by, profile or not."""
        return terms(self.name, self.email)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTerm:
    """One of the terms that the office finds a learner by, from ``source`` (profile or contact); blank once unused."""

    learner_id: LearnerId
    source: str
    place: int
    term: str
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A learner as the office finds them: by the profile, else by what the id token said.

    ``others`` are their other identities, each with its own words.
    """

    learner_id: LearnerId
    profile: Profile | None
    contact: Contact | None
    others: "tuple[Person, ...]" = ()

    @property
    def name(self) -> str | None:
        return (self.profile.name if self.profile else None) or (self.contact.name if self.contact else None)

    @property
    def terms(self) -> tuple[tuple[str, str, LearnerId], ...]:
        """Every term with its source and the identity that it is of, sorted."""
        of_profile = [(term, "profile", self.learner_id) for term in self.profile.terms] if self.profile else []
        of_contact = [(term, "contact", self.learner_id) for term in self.contact.terms] if self.contact else []
        return tuple(sorted(of_profile + of_contact + [term for other in self.others for term in other.terms]))

    @property
    def listed_by(self) -> str:
        """The one of the two that stands for them on the list of all learners: where a name is, else the profile."""
        named_by_contact = self.contact and (self.profile is None or (self.contact.name and not self.profile.name))
        return "contact" if named_by_contact else "profile"


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
