"""Recovery: what was announced and not taken up in time is announced again."""

import json
from dataclasses import dataclass
from typing import Protocol

from shared.announcements import awaited_announcement
from shared.domain.claim import Claim
from shared.domain.recovery import is_given_up, next_look
from shared.events.event import Event
from shared.messaging.codec import to_cloud_event
from shared.ports import Clock, ConcurrentChange, Failures, Overdue, Recovery


class Recovering(Protocol):
    @property
    def recovery(self) -> Recovery: ...
    @property
    def failures(self) -> Failures: ...
    @property
    def clock(self) -> Clock: ...


@dataclass(frozen=True, slots=True)
class Recovered:
    """How much was announced again and how much given up by one run, of which passes without a certificate, and how
    much is stuck by now.
    """

    announced: int
    given_up: int
    unissued: int
    stuck: int


def recover_overdue(deps: Recovering) -> Recovered:
    """Announce again, under the same event id, whatever has waited for longer than its limit.

    Each time it waits twice as long; after six announcements it is stuck, for people to look at. What moved on
    meanwhile is left alone. Late, twice or at once with another run, nothing but the announcements changes.
    """
    now = deps.clock.now()
    announced = given_up = unissued = 0
    for overdue in deps.recovery.overdue(now):
        event = awaited_announcement(overdue.waiting)
        try:
            if is_given_up(overdue.announced_again):
                _leave_to_people(overdue, event, deps)
                given_up += 1
            else:
                deps.recovery.announce_again(overdue, event, next_look(overdue.announced_again + 1, now))
                announced += 1
            unissued += isinstance(overdue.waiting, Claim)
        except ConcurrentChange:
            continue
    return Recovered(announced, given_up, unissued, deps.recovery.stuck())


def _leave_to_people(overdue: Overdue, event: Event, deps: Recovering) -> None:
    """Keep what is missing beside the failures of the queues, first: broken off after it, this is done again."""
    now = deps.clock.now()
    cause = f"announced {overdue.announced_again} times again, and not taken up"
    deps.failures.keep("recover", event.id, json.dumps(to_cloud_event(event)), cause, now)
    deps.recovery.give_up(overdue, now)
