"""Follows the events of a running system: which step took which, and what it announced."""

import re
import threading
from dataclasses import dataclass, field
from typing import Any

from infra.local.lambdas import Invocation
from shared.events.operations import AdminActedV1
from shared.messaging.codec import decode_outbox

_SCHEDULE = "schedule"
# What the schedules' steps begin. What recover announces again belongs to the journey that it got lost on.
_BEGUN_BY = {
    "retire": {"module.retired"},
    "remind": {"job.advanced", "enrolment.claim_closing"},
    "close_attempts": {"attempt.submitted"},
    "recover": set[str](),
}


@dataclass(frozen=True, slots=True)
class Hop:
    """A step's answer to an event, or to its schedule: what it announced, in alphabetical order."""

    cause: str
    step: str
    announced: tuple[str, ...]
    seconds: float = field(compare=False)

    def __str__(self) -> str:
        """Such as `attempt.submitted → grade → attempt.passed`."""
        return " → ".join([self.cause, self.step, *([", ".join(self.announced)] if self.announced else [])])


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a step was called for; the schedule's calls have no event."""

    event: str | None
    cause: str
    step: str
    seconds: float


class Trail:
    """An observer of a LocalSystem. An event counts once, however often it is delivered.

    What the audit is told is left aside: it accompanies whatever an author or admin does and leads no further.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: list[_Taken] = []
        self._announced: list[dict[str, Any]] = []
        self._known: set[tuple[str, str]] = set()

    def __call__(self, invocation: Invocation) -> None:
        with self._lock:
            if invocation.error is not None:
                return
            match invocation.trigger:
                case "stream":
                    self._note_announced(invocation)
                case "queue":
                    self._note_taken(invocation)
                case "schedule" if any((invocation.result or {}).values()):
                    step = _step(invocation.function)
                    self._taken.append(_Taken(None, _SCHEDULE, step, invocation.seconds))

    def hops(self) -> list[Hop]:
        """As the steps ended. What a step announces is added to its hop a moment after it ended."""
        with self._lock:
            return [
                Hop(taken.cause, taken.step, tuple(sorted(self._follow(taken))), taken.seconds) for taken in self._taken
            ]

    def _follow(self, taken: _Taken) -> list[str]:
        """An event that is its own cause was announced by a schedule's step: no event or request led to it. Which
        run of a schedule that was is not known: its hop tells of all.
        """
        caused = [
            _short(event["type"])
            for event in self._announced
            if (None if event["causationid"] == event["id"] else event["causationid"]) == taken.event
        ]
        return caused if taken.event else [kind for kind in caused if kind in _BEGUN_BY[taken.step]]

    def _note_announced(self, invocation: Invocation) -> None:
        for record in invocation.event["Records"]:
            for event in decode_outbox(record["dynamodb"]["NewImage"]["outbox"]["S"]):
                if event["type"] != AdminActedV1.TYPE and self._is_new("relay", event["id"]):
                    self._announced.append(dict(event))

    def _note_taken(self, invocation: Invocation) -> None:
        failed = {failure["itemIdentifier"] for failure in invocation.result["batchItemFailures"]}
        step = _step(invocation.function)
        for record, event in zip(invocation.event["Records"], invocation.messages, strict=True):
            told = record["messageId"] not in failed and event["type"] != AdminActedV1.TYPE
            if told and self._is_new(step, event["id"]):
                self._taken.append(_Taken(event["id"], _short(event["type"]), step, invocation.seconds))

    def _is_new(self, step: str, event: str) -> bool:
        known = (step, event) in self._known
        self._known.add((step, event))
        return not known


def _step(function: str) -> str:
    """`CloseAttempts` -> `close_attempts`"""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", function).lower()


def _short(event_type: str) -> str:
    """`cme.attempt.passed.v1` -> `attempt.passed`"""
    return event_type.removeprefix("cme.").rpartition(".v")[0]
