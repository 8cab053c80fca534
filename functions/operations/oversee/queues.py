"""Oversight of the queues: what waits, what failed and why, and sending it again once the cause is mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.refusals import NotFound
from shared.messaging.codec import UnreadableEvent
from shared.messaging.routing import routed
from shared.ports import Backlog, DeadLetters, Failure, Failures, Queues, Redrive, Redrives

# Messages that one request sends again: a few seconds' work.
AT_MOST = 300
# Failures that are shown of a queue, the latest first.
SHOWN = 50
# Steps that park what no queue can hold: outboxes that relay can't read, what recover announced in vain.
PARKING = ("relay", "recover")


class OverseeingQueues(Protocol):
    @property
    def dead_letters(self) -> DeadLetters: ...
    @property
    def queues(self) -> Queues: ...
    @property
    def failures(self) -> Failures: ...
    @property
    def redrives(self) -> Redrives: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """A queue, or a step that parks (without a backlog): what failed there, and when it was last sent again."""

    queue: str
    backlog: Backlog | None
    failures: Sequence[Failure]
    redriven_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redriven:
    """How many messages were sent again, and how many are left, as far as is known."""

    queue: str
    moved: int
    left: int


def show_queues(deps: OverseeingQueues) -> list[QueueState]:
    """Every queue, and the steps that park."""
    return [_state(queue, deps) for queue in (*deps.dead_letters.queues(), *PARKING)]


def redrive(queue: str, deps: OverseeingQueues, *, at: datetime) -> Redriven:
    """Send what failed once more, at most AT_MOST messages; asked again, go on with what is left. Raise NotFound.

    A message is removed once it was sent: broken off in between it is sent twice, which its consumer bears.
    """
    if queue not in (*deps.dead_letters.queues(), *PARKING):
        raise NotFound(f"There is no queue {queue!r}.")
    known = deps.redrives.find(queue)
    deps.redrives.save(Redrive(queue=queue, asked_at=at, version=known.version if known else 0))
    return _send_parked(queue, deps, at) if queue in PARKING else _send_dead_letters(queue, deps, at)


def _state(queue: str, deps: OverseeingQueues) -> QueueState:
    backlog = None if queue in PARKING else deps.dead_letters.backlog(queue)
    redriven = deps.redrives.find(queue)
    return QueueState(
        queue=queue,
        backlog=backlog,
        failures=deps.failures.of(backlog.name if backlog else queue)[:SHOWN],
        redriven_at=redriven.asked_at if redriven else None,
    )


def _send_dead_letters(queue: str, deps: OverseeingQueues, at: datetime) -> Redriven:
    failures = {failure.message_id: failure for failure in deps.failures.of(deps.dead_letters.backlog(queue).name)}
    moved = 0
    while moved < AT_MOST and (letters := deps.dead_letters.take(queue)):
        unsent = deps.queues.send(queue, [letter.body for letter in letters])
        sent = [letter for place, letter in enumerate(letters) if place not in unsent]
        deps.dead_letters.remove(queue, sent)
        for letter in sent:
            if letter.message_id in failures:
                deps.failures.settle(failures[letter.message_id], at)
        moved += len(sent)
        if unsent:
            break
    return Redriven(queue=queue, moved=moved, left=deps.dead_letters.backlog(queue).dead_letters)


def _send_parked(step: str, deps: OverseeingQueues, at: datetime) -> Redriven:
    """Route what was parked anew; what still can't be read or sent stays."""
    moved = 0
    for failure in deps.failures.of(step)[:AT_MOST]:
        outbox = failure.body if step == "relay" else f"[{failure.body}]"
        try:
            messages = routed(outbox)
        except UnreadableEvent:
            continue
        if not any(deps.queues.send(queue, [message]) for queue, message in messages):
            deps.failures.settle(failure, at)
            moved += 1
    return Redriven(queue=step, moved=moved, left=len(deps.failures.of(step)))
