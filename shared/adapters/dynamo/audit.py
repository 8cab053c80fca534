"""AuditTable: the chain of what authors and admins did. Entries are only ever added."""

from collections.abc import Mapping

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from shared.adapters.dynamo.store import EncodeOutbox, Store, was_condition
from shared.adapters.dynamo.tables import AuditItem
from shared.domain.audit import GENESIS, AuditEntry, ChainHead
from shared.facts import dump, load
from shared.ports import ConcurrentChange

HEAD = ("HEAD", "HEAD")
CHAIN = "CHAIN"


def _place(sequence: int) -> str:
    return f"{sequence:012d}"


class DynamoAuditChain:
    """See ``ports.AuditChain``.

    One partition: admins act a few times a minute, a partition takes a thousand writes a second. An entry, the head,
    and a marker under the act's own id are written in one transaction, each on its condition.
    """

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self._connection = connection
        self._heads = Store(AuditItem, ChainHead, lambda _: HEAD, lambda _: {}, encode)

    def head(self) -> ChainHead:
        return next(iter(self._heads.of_partition(*HEAD)), ChainHead())

    def has(self, event_id: str) -> bool:
        return any(AuditItem.query(f"ACT#{event_id}", consistent_read=True, limit=1))

    def append(self, entry: AuditEntry, head: ChainHead) -> None:
        marker = AuditItem(f"ACT#{entry.act.event_id}", "ACT", facts=dump(entry.sequence))
        try:
            with TransactWrite(connection=self._connection) as transaction:
                transaction.save(AuditItem(CHAIN, _place(entry.sequence), facts=dump(entry)))
                transaction.save(marker)
                transaction.save(self._heads.written(head.moved_to(entry), ()))
        except TransactWriteError as error:
            if not was_condition(error):
                raise
            raise ConcurrentChange(f"entry {entry.sequence} of the audit") from error

    def entries(self, first: int, limit: int) -> Mapping[int, AuditEntry]:
        found = AuditItem.query(CHAIN, AuditItem.sk >= _place(first), consistent_read=True, limit=limit)
        return {int(item.sk): load(item.facts or "", AuditEntry) for item in found}

    def hash_before(self, first: int) -> str:
        before = self.entries(first - 1, 1).get(first - 1)
        return before.hash if before else GENESIS
