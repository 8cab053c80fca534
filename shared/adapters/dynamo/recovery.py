"""What waits for recovery, in every table that has an index of what is due."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pynamodb.connection import Connection
from pynamodb.exceptions import DoesNotExist

from shared.adapters.dynamo.catalogue import DynamoCatalogue
from shared.adapters.dynamo.learning import DynamoAttempts, DynamoEnrolments, claim_store, reissue_store
from shared.adapters.dynamo.operations import DynamoJobs
from shared.adapters.dynamo.store import RECOVER, SHARDS, EncodeOutbox, Store, due, due_keys
from shared.adapters.dynamo.tables import CatalogueItem, LearningItem, OperationsItem
from shared.events.event import Event
from shared.facts import instant
from shared.messaging.trace import Trace, tracing
from shared.ports import Overdue

STUCK = "stuck"


class DynamoRecovery:
    """See ``ports.Recovery``. What is stuck stays on the index of its table, under another step."""

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self._kinds: Mapping[type[Any], Mapping[str, Store[Any]]] = {
            CatalogueItem: {"STATUS": DynamoCatalogue(encode, connection).status_store},
            LearningItem: {
                "ENROLMENT": DynamoEnrolments(encode).store,
                "ATTEMPT": DynamoAttempts(encode).store,
                "CLAIM": claim_store(encode),
                "REISSUE": reissue_store(encode),
            },
            OperationsItem: {"JOB": DynamoJobs(encode).store},
        }
        self._stores = {store.kind: store for stores in self._kinds.values() for store in stores.values()}

    def overdue(self, until: datetime) -> Iterator[Overdue]:
        for table, kinds in self._kinds.items():
            for pk, sk in due_keys(table, RECOVER, until):
                try:
                    item = table.get(pk, sk, consistent_read=True)
                except DoesNotExist:
                    continue
                if not (item.due_step or "").startswith(f"{RECOVER}#") or item.due_at > instant(until):
                    continue  # the index was behind
                yield Overdue(
                    waiting=kinds[sk.partition("#")[0]].read(item),
                    announced_again=int(item.announced_again or 0),
                    outbox=item.outbox,
                )

    def announce_again(self, overdue: Overdue, event: Event, look_at: datetime) -> None:
        store = self._stores[type(overdue.waiting)]
        with tracing(_trace_of(overdue.outbox) or Trace(correlation_id=event.id, causation_id=event.id)):
            item: Any = store.written(overdue.waiting, [event])
        item.due_at = instant(look_at)
        item.announced_again = overdue.announced_again + 1
        store.put(item)

    def give_up(self, overdue: Overdue, at: datetime) -> None:
        store = self._stores[type(overdue.waiting)]
        item: Any = store.written(overdue.waiting, ())
        for name, value in due(STUCK, f"{item.pk}/{item.sk}", at).items():
            setattr(item, name, value)
        item.announced_again = overdue.announced_again
        store.put(item)

    def stuck(self) -> int:
        return sum(table.by_due.count(f"{STUCK}#{shard}") for table in self._kinds for shard in range(SHARDS))


def _trace_of(outbox: str | None) -> Trace | None:
    """The trace in which the last write announced something."""
    if outbox is None:
        return None
    first = json.loads(outbox)[0]
    return Trace(correlation_id=first["correlationid"], causation_id=first["causationid"])
