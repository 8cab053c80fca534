"""Events as CloudEvents 1.0 in structured JSON, and back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cattrs.errors import BaseValidationError

from shared.events.event import Event, ordinal_in
from shared.events.registry import EVENT_TYPES
from shared.facts import from_facts, to_facts
from shared.messaging.trace import Trace, current_trace

SOURCE = "/cme"
ENVELOPE_FIELDS = ("at", "ordinal")


class UnreadableEvent(Exception):
    """The message is no event of a type and version known here."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event as it was received."""

    id: str
    trace: Trace
    event: Event


def to_cloud_event(event: Event) -> dict[str, Any]:
    """``event`` in its envelope, in the current trace; its own id starts a trace where there is none."""
    facts = to_facts(event)
    trace = current_trace() or Trace(correlation_id=event.id, causation_id=event.id)
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": SOURCE,
        "type": event.TYPE,
        "subject": event.aggregate,
        "time": facts["at"],
        "datacontenttype": "application/json",
        "correlationid": trace.correlation_id,
        "causationid": trace.causation_id,
        "data": {name: value for name, value in facts.items() if name not in ENVELOPE_FIELDS},
    }


def encode_outbox(events: Sequence[Event]) -> str:
    """What an item carries of the events that its write announces."""
    return json.dumps([to_cloud_event(event) for event in events], separators=(",", ":"))


def decode_outbox(outbox: str) -> list[Mapping[str, Any]]:
    """The cloud events of an outbox; raise UnreadableEvent."""
    try:
        events = json.loads(outbox)
    except ValueError as error:
        raise UnreadableEvent(f"the outbox is no JSON: {error}") from error
    if not isinstance(events, list) or not all(
        isinstance(event, dict) and isinstance(event.get("type"), str) for event in events
    ):
        raise UnreadableEvent("the outbox is no list of cloud events")
    return events


def decode(text: str) -> Envelope:
    """The event of a message; raise UnreadableEvent. Fields unknown here are left aside."""
    try:
        envelope = json.loads(text)
        kind = EVENT_TYPES[envelope["type"]]
        facts = {**envelope["data"], "at": envelope["time"], "ordinal": ordinal_in(envelope["id"])}
        event = from_facts(facts, kind)
        trace = from_facts({"correlation_id": envelope["correlationid"], "causation_id": envelope["id"]}, Trace)
    except (ValueError, TypeError, LookupError, BaseValidationError) as error:
        raise UnreadableEvent(f"{type(error).__name__}: {error}") from error
    return Envelope(id=envelope["id"], trace=trace, event=event)
