"""One aggregate, one item, one conditional write: state and events can't part."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar, cast
from zlib import crc32

from pynamodb.connection import Connection
from pynamodb.exceptions import DeleteError, DoesNotExist, PutError, PynamoDBException, TransactWriteError
from pynamodb.transactions import TransactWrite

from shared.acting import acted, note_read
from shared.adapters.dynamo.tables import DueIndex, Item
from shared.domain.recovery import PATIENCE
from shared.domain.refusals import foreign_cursor
from shared.events.event import Event
from shared.facts import dump, from_facts, instant, to_facts
from shared.ports import ConcurrentChange, Page

A = TypeVar("A", bound=Any)
Kind = TypeVar("Kind", bound=Item)

EncodeOutbox = Callable[[Sequence[Event]], str]
Key = tuple[str, str]
Marks = Mapping[str, str | int]
Place = tuple[type[Item], Key]

# Each index key is spread over this many partitions, so that none of them grows hot.
SHARDS = 4
PAGE_SIZE = 100
CONDITION_FAILED = "ConditionalCheckFailedException"
# Why an item of a transaction was not written.
RUN_AGAIN = ("ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")
RECOVER = "recover"


# What was read together with others and not asked for yet; None stands where there is nothing.
_read_together: ContextVar[dict[Place, Item | None] | None] = ContextVar("read_together", default=None)


@contextmanager
def answering_from(found: dict[Place, Item | None]) -> Iterator[None]:
    """Answer the first question about each of ``found`` from there; asked again, the table answers."""
    token = _read_together.set(found)
    try:
        yield
    finally:
        _read_together.reset(token)


def stored(kind: type[Kind], key: Key) -> Kind | None:
    """The item as last written, or None."""
    found = _read_together.get()
    if found and (kind, key) in found:
        return cast("Kind | None", found.pop((kind, key)))
    try:
        return kind.get(*key, consistent_read=True)
    except DoesNotExist:
        return None


def shard_of(key: str) -> int:
    return crc32(key.encode()) % SHARDS


def place_in(cursor: str | None) -> tuple[int, str]:
    """The shard where a list that is spread over all goes on, and after what in it; raise InvalidRequest."""
    shard, mark, after = (cursor or "0#").partition("#")
    if not mark or shard not in map(str, range(SHARDS)):
        raise foreign_cursor()
    return int(shard), after


def due(step: str, key: str, at: datetime | None) -> dict[str, str]:
    """The attributes that put an item on the due index for ``step`` at ``at``; at None there are none."""
    return {"due_step": f"{step}#{shard_of(key)}", "due_at": instant(at)} if at else {}


def due_for_recovery(key: str, since: datetime | None) -> dict[str, str]:
    """The marks of an item that has waited since ``since`` for somebody to take up what it announced."""
    return due(RECOVER, key, since + PATIENCE if since else None)


def due_keys(item: type[Any], step: str, until: datetime) -> Iterator[Key]:
    """The keys of what is due for ``step`` by ``until``; read the item again before acting on one."""
    for shard in range(SHARDS):
        for found in item.by_due.query(f"{step}#{shard}", DueIndex.due_at <= instant(until), page_size=PAGE_SIZE):
            yield found.pk, found.sk


@dataclass(frozen=True)
class Store(Generic[A]):
    """Aggregates of one kind in one table.

    ``key`` gives an aggregate's natural key; ``marks`` the index attributes of its current state:
    a whole item is written each time, so a mark that no longer holds disappears with the write.
    """

    item: type[Item]
    kind: type[A]
    key: Callable[[A], Key]
    marks: Callable[[A], Marks]
    encode: EncodeOutbox

    def find(self, key: Key) -> A | None:
        """The aggregate as last written, or None."""
        item = stored(self.item, key)
        return self.read(item) if item else None

    def read(self, item: Item) -> A:
        note_read(subject(item), item.facts)
        facts = json.loads(item.facts or "{}")
        return from_facts({**facts, "version": item.version}, self.kind)

    def of_partition(self, pk: str, prefix: str) -> list[A]:
        """All aggregates of a partition whose sort key starts with ``prefix``, in its order."""
        found = self.item.query(pk, self.item.sk.startswith(prefix), consistent_read=True, page_size=PAGE_SIZE)
        return [self.read(item) for item in found]

    def series(self, keys: Iterable[Key]) -> list[A] | None:
        """The aggregates under ``keys``, which are numbered, up to the first that is missing; None unless all of these
        were read together."""
        found: list[A] = []
        for key in keys:
            if (self.item, key) not in (_read_together.get() or ()):
                return None
            item = stored(self.item, key)
            if item is None:
                return found
            found.append(self.read(item))
        return None

    def of_keys(self, keys: Sequence[Key]) -> list[A]:
        """The aggregates under ``keys`` as last written, in no order; there may be none under some."""
        return [self.read(item) for item in self.item.batch_get(list(keys), consistent_read=True)]

    def page(self, pk: str, prefix: str, limit: int, cursor: str | None) -> Page[A]:
        """A page of a partition in the order of its sort keys; the cursor is the last one read."""
        if cursor is not None and not cursor.startswith(prefix):
            raise foreign_cursor()
        found = self.item.query(
            pk,
            self.item.sk.startswith(prefix),
            consistent_read=True,
            limit=limit,
            last_evaluated_key={"pk": {"S": pk}, "sk": {"S": cursor}} if cursor else None,
        )
        entries = [self.read(item) for item in found]
        last = found.last_evaluated_key
        return Page(entries, str(last["sk"]["S"]) if last else None)

    def written(self, aggregate: A, announcing: Sequence[Event]) -> Item:
        """The item that a write of ``aggregate`` puts, still at the version that it was read at.

        Beside ``announcing`` it announces to the audit what an author or admin does to it.
        """
        facts = to_facts(aggregate)
        del facts["version"]
        text = dump(facts)
        item = self.item(*self.key(aggregate), facts=text, **dict[str, Any](self.marks(aggregate)))
        if aggregate.version:
            item.version = aggregate.version
        announced = [*announcing, *acted(subject(item), text, aggregate.version + 1)]
        if announced:
            item.outbox = self.encode(announced)
        return item

    def save(self, aggregate: A, announcing: Sequence[Event] = ()) -> A:
        """Write if nobody else has since ``aggregate`` was read; return it at its new version.

        Raises ConcurrentChange.
        """
        self.put(self.written(aggregate, announcing))
        return replace(aggregate, version=aggregate.version + 1)

    def put(self, item: Item) -> None:
        """Write ``item`` if what is stored still has its version.

        A failed condition is read back first: the SDK repeats a write whose answer got lost, and
        then what is stored is what was meant. Raises ConcurrentChange otherwise.
        """
        try:
            item.save()
        except PutError as error:
            if error.cause_response_code != CONDITION_FAILED:
                raise
            if not is_stored(item):
                raise ConcurrentChange(f"{item.pk} {item.sk}") from error

    def remove(self, aggregate: A) -> None:
        """Remove what was read, for good; what is gone already is gone. Raise ConcurrentChange where it changed."""
        item = self.item(*self.key(aggregate), version=aggregate.version)
        try:
            item.delete()
        except DeleteError as error:
            if error.cause_response_code != CONDITION_FAILED:
                raise
            if self.find(self.key(aggregate)):
                raise ConcurrentChange(f"{item.pk} {item.sk}") from error


def is_stored(item: Item) -> bool:
    """Whether exactly this write took effect."""
    meant = {**item.attribute_values, "version": (item.version or 0) + 1}
    try:
        there = type(item).get(item.pk, item.sk, consistent_read=True)
    except DoesNotExist:
        return False
    return bool(there.attribute_values == {name: value for name, value in meant.items() if value is not None})


def save_together(items: Sequence[Item], connection: Connection) -> None:
    """Write all or nothing, if nobody else has written one of them since it was read; raise ConcurrentChange.

    That the SDK repeated a write whose answer got lost shows in the first item: it is stored as it was meant.
    """
    try:
        with TransactWrite(connection=connection) as transaction:
            for item in items:
                transaction.save(item)
    except TransactWriteError as error:
        if not was_condition(error):
            raise
        first = items[0]
        if not is_stored(first):
            raise ConcurrentChange(f"{first.pk} {first.sk}") from error


def subject(item: Item) -> str:
    """What an audit entry calls an item: its keys."""
    return f"{item.pk}/{item.sk}"


def was_condition(error: PynamoDBException) -> bool:
    """Whether a write or a transaction failed because a condition did, because another was under way, or because
    its items were asked for too often, which the SDK does not repeat: to be run again from a fresh read."""
    return any(reason is not None and reason.code in RUN_AGAIN for reason in getattr(error, "cancellation_reasons", ()))
