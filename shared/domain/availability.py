"""When a module is open: the one rule that listing, enrolling, starting and submitting ask."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from shared.domain.ids import EditionId, ModuleId
from shared.domain.refusals import ModuleClosed


def start_of_day(day: date, zone: str) -> datetime:
    """The first instant of ``day`` in ``zone`` (an IANA name), in UTC, daylight saving included."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))


def end_of_day(day: date, zone: str) -> datetime:
    """The instant at which ``day`` is over in ``zone``: a module is open until just before it.

    Source: a date-only expiry means the last instant of that day in the provider's zone.
    """
    return start_of_day(day + timedelta(days=1), zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What the catalogue shows of an edition."""

    title: str
    authors: tuple[str, ...]
    topics: tuple[str, ...]
    slides: int
    minutes: int
    credits: tuple[dict[str, str], ...]
    members_only: bool
    published_on: date
    expires_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionStatus:
    """The life of a published edition, kept apart from its content, which never changes.

    Open from ``opens_at`` (start of the release date) until just before ``terminates_at``. Retired, it waits until
    the job is open that tells its enrolments: ``enrolments_told``.
    """

    module_id: ModuleId
    edition: int
    card: Card
    opens_at: datetime
    expires_at: datetime
    published_at: datetime
    retired_at: datetime | None = None
    retired_reason: str | None = None
    enrolments_told: bool = False
    version: int = 0

    @property
    def id(self) -> EditionId:
        return EditionId(self.module_id, self.edition)

    @property
    def terminates_at(self) -> datetime:
        """The expiry, or the early retirement if that came first."""
        return min(self.expires_at, self.retired_at) if self.retired_at else self.expires_at

    def is_open(self, at: datetime) -> bool:
        return self.opens_at <= at < self.terminates_at

    def next_change(self, at: datetime) -> datetime | None:
        """When the edition opens or ends next; None once it has ended."""
        return next((change for change in (self.opens_at, self.terminates_at) if change > at), None)

    def require_open(self, at: datetime) -> None:
        """Raise ModuleClosed unless the edition is open at ``at``."""
        if not self.is_open(at):
            raise ModuleClosed(
                f"Edition {self.edition} is open from {self.opens_at:%Y-%m-%dT%H:%M:%SZ} "
                f"until {self.terminates_at:%Y-%m-%dT%H:%M:%SZ}.",
                opens_at=self.opens_at,
                expires_at=self.terminates_at,
            )

    def expired(self, now: datetime) -> Self:
        """Retired because its expiry has come; as of the expiry, however late this runs."""
        if self.retired_at or now < self.expires_at:
            return self
        return replace(self, retired_at=self.expires_at, retired_reason="expired")

    def told(self) -> Self:
        """Retired, and the job is open that tells its enrolments."""
        return replace(self, enrolments_told=True)

    def retired_early(self, at: datetime, reason: str) -> Self:
        """Retired at ``at`` for ``reason``; a status that is retired already stays as it is."""
        if self.retired_at:
            return self
        return replace(self, retired_at=min(at, self.expires_at), retired_reason=reason)
