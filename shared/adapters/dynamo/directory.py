"""The office's lists in LearningTable, on one sparse index: learners, the terms they are found by, members, grants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from pynamodb.connection import Connection

from shared.adapters.dynamo.store import SHARDS, Key, Marks, Store, place_in, save_together, shard_of
from shared.adapters.dynamo.tables import Item, LearningItem
from shared.domain.ids import LearnerId, ModuleId
from shared.domain.refusals import foreign_cursor
from shared.domain.terms import words
from shared.facts import dump
from shared.ports import Hit, Page

A = TypeVar("A", bound=Any)

LEARNERS = "learners"
MEMBERS = "members"
GRANTS = "grants"
# Where a learner's terms are from.
PROFILE = "profile"
CONTACT = "contact"


def partition(learner_id: str) -> str:
    return f"LEARNER#{learner_id}"


def membership_key(learner_id: str) -> Key:
    return partition(learner_id), "MEMBERSHIP"


def accommodation_key(learner_id: str, module_id: str) -> Key:
    return partition(learner_id), f"ACCOMMODATION#{module_id}"


def profile_key(learner_id: str) -> Key:
    return partition(learner_id), "PROFILE"


def contact_key(learner_id: str) -> Key:
    return partition(learner_id), "CONTACT"


def learner_marks(learner_id: str, name: str | None, source: str) -> Marks:
    """On the list of all learners, in the order of their names; a profile and a contact each have a place."""
    return {"listed": LEARNERS, "listed_key": f"{' '.join(words(name or ''))}#{source}#{learner_id}"}


def member_marks(learner_id: str) -> Marks:
    """An import writes thousands at once, so members are spread over shards."""
    return {"listed": f"{MEMBERS}#{shard_of(learner_id)}", "listed_key": learner_id}


def grant_marks(learner_id: str, module_id: str) -> Marks:
    return {"listed": GRANTS, "listed_key": f"{module_id}#{learner_id}"}


def _term_list(term: str) -> str:
    return f"term#{term[0]}"


@dataclass(frozen=True)
class Findable(Generic[A]):
    """Aggregates that learners are found by: each written with its entries in the directory, everything or nothing.

    An entry is a numbered item of the learner's partition, so that another term takes its place and
    none is left behind.
    """

    store: Store[A]
    connection: Connection
    source: str
    terms: Callable[[A], Sequence[str]]

    def save(self, aggregate: A, *others: Item) -> A:
        """Write if nobody else has since ``aggregate`` was read, and ``others`` with it; raise ConcurrentChange."""
        item, *entries = self.items(aggregate)
        if not entries and not others:
            return self.store.save(aggregate)
        save_together([item, *entries, *others], self.connection)
        return replace(aggregate, version=aggregate.version + 1)

    def items(self, aggregate: A) -> list[Item]:
        """What a write of ``aggregate`` puts: its own item, then the entries that change."""
        return [
            self.store.written(aggregate, ()),
            *self._changed_entries(aggregate.learner_id, self.terms(aggregate), is_new=not aggregate.version),
        ]

    def _changed_entries(self, learner_id: LearnerId, terms: Sequence[str], *, is_new: bool) -> list[Item]:
        """What is new has no entries yet: they come and go with it."""
        pk, prefix = partition(learner_id), f"TERM#{self.source}#"
        entries = () if is_new else LearningItem.query(pk, LearningItem.sk.startswith(prefix), consistent_read=True)
        stored = {entry.sk: entry for entry in entries}
        changed: list[Item] = []
        for slot in range(max(len(terms), len(stored))):
            term = terms[slot] if slot < len(terms) else ""
            entry = stored.get(f"{prefix}{slot:02d}") or LearningItem(pk, f"{prefix}{slot:02d}")
            facts = dump({"term": term})
            if entry.facts != facts:
                entry.facts = facts
                entry.listed = _term_list(term) if term else None
                entry.listed_key = f"{term}#{self.source}#{slot:02d}#{learner_id}" if term else None
                changed.append(entry)
        return changed


class DynamoDirectory:
    """See ``ports.Directory``."""

    def learners(self, limit: int, cursor: str | None) -> Page[Hit]:
        keys, after = _listed(LEARNERS, limit, cursor, _learner_key)
        return Page([Hit(learner_id=_learner(pk), source=sk.lower()) for pk, sk in keys], after)

    def found_by(self, word: str, limit: int, cursor: str | None) -> Page[Hit]:
        if cursor and not cursor.startswith(word):
            raise foreign_cursor()
        found = LearningItem.directory.query(
            _term_list(word),
            LearningItem.listed_key.startswith(word),
            limit=limit,
            last_evaluated_key=_place(_term_list(word), cursor, _entry_key) if cursor else None,
        )
        hits = [_hit(item.listed_key) for item in found]
        last = found.last_evaluated_key
        return Page(hits, str(last["listed_key"]["S"]) if last else None)

    def members(self, limit: int, cursor: str | None) -> Page[LearnerId]:
        shard, after = place_in(cursor)
        found: list[LearnerId] = []
        for number in range(shard, SHARDS):
            keys, last = _listed(f"{MEMBERS}#{number}", limit - len(found), after or None, membership_key)
            found += [_learner(pk) for pk, _ in keys]
            after = ""
            if last:
                return Page(found, f"{number}#{last}")
            if len(found) == limit:
                return Page(found, f"{number + 1}#" if number + 1 < SHARDS else None)
        return Page(found, None)

    def grants(self, limit: int, cursor: str | None) -> Page[tuple[LearnerId, ModuleId]]:
        keys, after = _listed(GRANTS, limit, cursor, _grant_key)
        return Page([(_learner(pk), ModuleId(sk.partition("#")[2])) for pk, sk in keys], after)


def _learner(pk: str) -> LearnerId:
    return LearnerId(pk.partition("#")[2])


def _hit(listed_key: str) -> Hit:
    term, source, _, learner_id = listed_key.split("#", 3)
    return Hit(learner_id=LearnerId(learner_id), term=term, source=source)


def _entry_key(listed_key: str) -> Key:
    _, source, slot, learner_id = listed_key.split("#", 3)
    return partition(learner_id), f"TERM#{source}#{slot}"


def _learner_key(listed_key: str) -> Key:
    _, source, learner_id = listed_key.split("#", 2)
    return partition(learner_id), source.upper()


def _grant_key(listed_key: str) -> Key:
    module_id, learner_id = listed_key.split("#", 1)
    return accommodation_key(learner_id, module_id)


def _listed(name: str, limit: int, cursor: str | None, key: Callable[[str], Key]) -> tuple[list[Key], str | None]:
    """The keys on one page of a list, and where the next one starts."""
    found = LearningItem.directory.query(
        name, limit=limit, last_evaluated_key=_place(name, cursor, key) if cursor else None
    )
    keys = [(item.pk, item.sk) for item in found]
    last = found.last_evaluated_key
    return keys, str(last["listed_key"]["S"]) if last else None


def _place(name: str, listed_key: str, key: Callable[[str], Key]) -> dict[str, dict[str, str]]:
    """The index and table keys of the item at ``listed_key``; raise InvalidRequest where it can be none."""
    try:
        pk, sk = key(listed_key)
    except ValueError as error:
        raise foreign_cursor() from error
    place = {"listed": name, "listed_key": listed_key, "pk": pk, "sk": sk}
    return {attribute: {"S": value} for attribute, value in place.items()}
