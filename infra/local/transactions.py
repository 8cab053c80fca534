"""moto's transactions, mended: undone item by item, and as quick in a large table as in a small one."""

import copy
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

_MENDED = "mended_here"


def mend_transactions() -> None:
    """Before a transaction moto copies every table in it, and puts the copies in their place to undo it.

    That takes longer the more there is, and leaves what reads a stream with the one put aside.
    """
    transact = DynamoDBBackend.transact_write_items
    if hasattr(transact, _MENDED):
        return
    mended = _undoing(transact)
    setattr(mended, _MENDED, True)
    setattr(DynamoDBBackend, "transact_write_items", mended)  # noqa: B010
    # What moto would put in the place of the table is the table itself.
    setattr(Table, "__deepcopy__", lambda table, _memo: table)  # noqa: B010


def _undoing(transact: Callable[[DynamoDBBackend, list[dict[str, Any]]], None]) -> Callable[..., None]:
    @wraps(transact)
    def transact_or_undo(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        before = list(_touched(backend, transact_items))
        streamed = [(table.stream_shard, len(table.stream_shard.items)) for table, *_ in before if table.stream_shard]
        try:
            transact(backend, transact_items)
        except Exception:
            for table, keys, item in before:
                _put_back(table, keys, item)
            for shard, count in streamed:
                del shard.items[count:]
            raise

    return transact_or_undo


def _touched(backend: DynamoDBBackend, transact_items: Sequence[dict[str, Any]]) -> Iterator[tuple[Any, Any, Any]]:
    """Each item that the transaction names: its table, its keys, and a copy of it, None where it is not there."""
    for item in transact_items:
        for operation in item.values():
            table: Any = backend.tables.get(operation.get("TableName"))
            names = [name for name in (table.hash_key_attr, table.range_key_attr) if name] if table else []
            values = operation.get("Key") or operation.get("Item") or {}
            if names and values.keys() >= set(names):
                keys = [DynamoType(values[name]) for name in names]
                yield table, keys, copy.deepcopy(table.get_item(*keys))


def _put_back(table: Any, keys: Sequence[DynamoType], item: Any) -> None:
    *outer, last = keys
    held = table.items[outer[0]] if outer else table.items
    if item is None:
        held.pop(last, None)
    else:
        held[last] = item
