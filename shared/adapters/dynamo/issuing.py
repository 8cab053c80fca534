"""CertificateTable, what its issuer says and is: status bits and the lists made of them, and the keys that signed."""

from collections.abc import Mapping, Sequence

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from shared.adapters.dynamo.certificates import head_key
from shared.adapters.dynamo.store import PAGE_SIZE, EncodeOutbox, Key, Store, was_condition
from shared.adapters.dynamo.tables import CertificateItem
from shared.domain.certificate import CertificateHead
from shared.domain.issuer import IssuerKey
from shared.domain.status_list import StatusList, StatusListId, StatusPlace
from shared.facts import dump
from shared.ports import ConcurrentChange

ISSUER = "ISSUER"
# The bits that one transaction takes beside its condition.
BITS_AT_ONCE = 99
SET = dump({"is_set": True})
CLEARED = dump({"is_set": False})


def list_key(list_id: StatusListId) -> Key:
    return f"STATUS#{list_id}", "LIST"


def bit_key(place: StatusPlace) -> Key:
    return f"STATUS#{place.list_id}", f"BIT#{place.index:06d}"


def _issuer_key(key: IssuerKey) -> Key:
    return ISSUER, f"KEY#{key.thumbprint}"


class DynamoStatusLists:
    """See ``ports.StatusLists``. A bit that was never set has no item; one that was cleared keeps its own."""

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self._connection = connection
        self._lists = Store(CertificateItem, StatusList, lambda one: list_key(one.list_id), lambda _: {}, encode)
        self._out: set[StatusListId] = set()

    def mark(self, head: CertificateHead, bits: Mapping[StatusPlace, bool]) -> None:
        wanted = {bit_key(place): SET if is_set else CLEARED for place, is_set in bits.items()}
        found = CertificateItem.batch_get(list(wanted), consistent_read=True)
        stored = {(item.pk, item.sk): item for item in found}
        changed = []
        for key, facts in wanted.items():
            item = stored.get(key) or CertificateItem(*key, facts=CLEARED)
            if item.facts != facts:
                item.facts = facts
                changed.append(item)
        for start in range(0, len(changed), BITS_AT_ONCE):
            self._write(changed[start : start + BITS_AT_ONCE], head)

    def _write(self, bits: Sequence[CertificateItem], head: CertificateHead) -> None:
        try:
            with TransactWrite(connection=self._connection) as transaction:
                transaction.condition_check(
                    CertificateItem, *head_key(head.number), condition=CertificateItem.version == head.version
                )
                for bit in bits:
                    transaction.save(bit)
        except TransactWriteError as error:
            if not was_condition(error):
                raise
            raise ConcurrentChange(f"the head of {head.number}, or a bit of its versions") from error

    def set_bits(self, list_id: StatusListId) -> Sequence[int]:
        pk, _ = list_key(list_id)
        found = CertificateItem.query(
            pk, CertificateItem.sk.startswith("BIT#"), consistent_read=True, page_size=10 * PAGE_SIZE
        )
        return [int(item.sk.partition("#")[2]) for item in found if item.facts == SET]

    def is_out(self, list_id: StatusListId) -> bool:
        # What was put out once stays, so this process need not ask again.
        if list_id not in self._out and self.find(list_id):
            self._out.add(list_id)
        return list_id in self._out

    def find(self, list_id: StatusListId) -> StatusList | None:
        return self._lists.find(list_key(list_id))

    def save(self, published: StatusList) -> StatusList:
        saved = self._lists.save(published)
        self._out.add(published.list_id)
        return saved


class DynamoIssuerKeys:
    """See ``ports.IssuerKeys``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self._store = Store(
            CertificateItem, IssuerKey, lambda key: (ISSUER, f"KEY#{key.thumbprint}"), lambda _: {}, encode
        )

    def keep(self, key: IssuerKey) -> None:
        if not self._store.find((ISSUER, f"KEY#{key.thumbprint}")):
            self._store.save(key)

    def all(self) -> Sequence[IssuerKey]:
        return self._store.of_partition(ISSUER, "KEY#")
