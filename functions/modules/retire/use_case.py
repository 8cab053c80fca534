"""Retirement by the calendar: the state catches up with the rule, which decided long before."""

from dataclasses import dataclass
from typing import Protocol

from shared.announcements import module_retired
from shared.ports import Catalogue, Clock, ConcurrentChange


class Retiring(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def clock(self) -> Clock: ...


@dataclass(frozen=True, slots=True)
class Retirement:
    """How many editions were retired, and by how many seconds the latest of them was late."""

    retired: int
    lag_seconds: float


def retire_expired(deps: Retiring) -> Retirement:
    """Retire every edition past its expiry, as of its expiry; cost follows what is due.

    Late, twice, at once with another run or broken off, it changes no outcome.
    """
    now = deps.clock.now()
    retired, lag = 0, 0.0
    for edition in deps.catalogue.due_for_retirement(now):
        status = deps.catalogue.status(edition)
        expired = status.expired(now) if status else None
        if expired is None or expired is status:
            continue
        try:
            deps.catalogue.save_status(expired, announcing=[module_retired(expired)])
        except ConcurrentChange:
            continue  # another run or an author retired it; what is still due is found again
        retired += 1
        lag = max(lag, (now - expired.terminates_at).total_seconds())
    return Retirement(retired, lag)
