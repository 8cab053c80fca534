"""Relay: what a write announced goes to the queues. The only step that sends."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.messaging.codec import UnreadableEvent
from shared.messaging.routing import routed
from shared.ports import Clock, Failures, Queues


class Relaying(Protocol):
    @property
    def queues(self) -> Queues: ...
    @property
    def failures(self) -> Failures: ...
    @property
    def clock(self) -> Clock: ...


@dataclass(frozen=True, slots=True)
class Announcement:
    """One record of a table's stream: the outbox of the item that was written."""

    sequence_number: str
    outbox: str


def relay(announcements: Sequence[Announcement], deps: Relaying) -> str | None:
    """Send all events to their queues, in order, at least once; return the first record that was not sent.

    From that record on the stream delivers again; consumers know an event by its id. A record that
    can't be read is parked alone, with its cause, so that it holds up nobody.
    """
    messages: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for announcement in announcements:
        try:
            for queue, message in routed(announcement.outbox):
                messages[queue].append((announcement.sequence_number, message))
        except UnreadableEvent as error:
            deps.failures.keep("relay", announcement.sequence_number, announcement.outbox, str(error), deps.clock.now())
    unsent = {
        addressed[place][0]
        for queue, addressed in messages.items()
        for place in deps.queues.send(queue, [message for _, message in addressed])
    }
    return next((record.sequence_number for record in announcements if record.sequence_number in unsent), None)
