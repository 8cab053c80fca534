"""LearningTable, as all that is held about one learner; and how far the erasure of it is."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pynamodb.connection import Connection

from shared.adapters.dynamo.directory import partition
from shared.adapters.dynamo.learning import (
    DynamoAccommodations,
    DynamoAttempts,
    DynamoContacts,
    DynamoEnrolments,
    DynamoLedger,
    DynamoMemberships,
    DynamoProfiles,
    DynamoReportedRecords,
    claim_store,
    reissue_store,
)
from shared.adapters.dynamo.store import PAGE_SIZE, EncodeOutbox, Key, Marks, Store, due, due_keys
from shared.adapters.dynamo.tables import LearningItem
from shared.domain.erasure import Erasure
from shared.domain.ids import LearnerId
from shared.domain.learner import SearchTerm
from shared.facts import load

DESTROY = "destroy"
TERM = "TERM"


class DynamoErasures:
    """See ``ports.Erasures``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self.store = Store(LearningItem, Erasure, lambda erasure: erasure_key(erasure.learner_id), _marks, encode)

    def find(self, learner_id: LearnerId) -> Erasure | None:
        return self.store.find(erasure_key(learner_id))

    def save(self, erasure: Erasure) -> Erasure:
        return self.store.save(erasure)

    def due(self, until: datetime) -> Iterator[LearnerId]:
        for pk, _ in due_keys(LearningItem, DESTROY, until):
            yield LearnerId(pk.partition("#")[2])


def erasure_key(learner_id: LearnerId) -> Key:
    return partition(learner_id), "ERASURE"


def _marks(erasure: Erasure) -> Marks:
    return due(DESTROY, erasure.learner_id, erasure.destroys_at)


class DynamoPersonalRecords:
    """See ``ports.PersonalRecords``. A kind of item that has no store here is an error, not left out."""

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self._kinds: Mapping[str, Store[Any]] = {
            "PROFILE": DynamoProfiles(encode, connection).store,
            "CONTACT": DynamoContacts(encode, connection).store,
            "MEMBERSHIP": DynamoMemberships(encode).store,
            "ACCOMMODATION": DynamoAccommodations(encode).store,
            "ENROLMENT": DynamoEnrolments(encode).store,
            "ATTEMPT": DynamoAttempts(encode).store,
            "CLAIM": claim_store(encode),
            "REISSUE": reissue_store(encode),
            "CREDIT": DynamoLedger(encode).store,
            "REPORTED": DynamoReportedRecords(encode).store,
            "ERASURE": DynamoErasures(encode).store,
            TERM: Store(LearningItem, SearchTerm, _term_key, lambda _: {}, encode),
        }
        self._stores = {store.kind: store for store in self._kinds.values()}

    def all(self, learner_id: LearnerId) -> Sequence[object]:
        items = LearningItem.query(partition(learner_id), consistent_read=True, page_size=PAGE_SIZE)
        return [self._read(item, learner_id) for item in items]

    def save(self, record: object) -> None:
        self._stores[type(record)].save(record)

    def remove(self, record: object) -> None:
        self._stores[type(record)].remove(record)

    def _read(self, item: LearningItem, learner_id: LearnerId) -> object:
        kind, _, rest = item.sk.partition("#")
        if kind != TERM:
            return self._kinds[kind].read(item)
        source, _, place = rest.partition("#")
        return SearchTerm(
            learner_id=learner_id,
            source=source,
            place=int(place),
            term=load(item.facts or "{}", dict[str, str])["term"],
            version=item.version or 0,
        )


def _term_key(term: SearchTerm) -> Key:
    return partition(term.learner_id), f"TERM#{term.source}#{term.place:02d}"
