"""CatalogueTable: drafts and editions, and beside each published one its small STATUS item."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pynamodb.connection import Connection
from pynamodb.exceptions import DoesNotExist, TransactWriteError
from pynamodb.transactions import TransactWrite

from shared.acting import note_read
from shared.adapters.dynamo.kept import Kept
from shared.adapters.dynamo.store import (
    EncodeOutbox,
    Key,
    Marks,
    Store,
    due,
    due_for_recovery,
    due_keys,
    is_stored,
    stored,
    subject,
    was_condition,
)
from shared.adapters.dynamo.tables import CatalogueItem, Item
from shared.domain.availability import EditionStatus
from shared.domain.edition import Draft, Edition, EditionContent, information_hash
from shared.domain.ids import EditionId, ModuleId
from shared.domain.notice import Notice, NoticeState
from shared.domain.refusals import NotFound, foreign_cursor
from shared.domain.shelf import Shelf, place_of
from shared.events.event import Event
from shared.facts import dump, from_facts, load
from shared.ports import ConcurrentChange, Page

KEPT_EDITIONS = 50
RETIRE = "retire"
NOTICE = "notice"
PUBLISHED = "published"
EDITIONS = "editions"


def edition_key(edition: EditionId) -> Key:
    return f"MODULE#{edition.module_id}", f"EDITION#{edition.edition:04d}"


def status_key(edition: EditionId) -> Key:
    return f"MODULE#{edition.module_id}", f"STATUS#{edition.edition:04d}"


def notice_key(edition: EditionId, days: int) -> Key:
    return f"MODULE#{edition.module_id}", f"NOTICE#{edition.edition:04d}#{days:04d}"


def _notice_marks(notice: Notice) -> Marks:
    planned = notice.state is NoticeState.PLANNED
    return due(NOTICE, f"{notice.of_edition}/{notice.days}", notice.due_at if planned else None)


def _status_marks(status: EditionStatus) -> Marks:
    if status.retired_at is None:
        next_look = due(RETIRE, str(status.id), status.expires_at)
    else:
        next_look = due_for_recovery(str(status.id), None if status.enrolments_told else status.terminates_at)
    return {
        "shelf": PUBLISHED,
        "shelf_key": place_of(status),
        **next_look,
    }


def _given(content: Any) -> Any:
    """``content`` without its nulls: an author's null means none, and none is every such field's default."""
    if isinstance(content, Mapping):
        return {name: _given(value) for name, value in content.items() if value is not None}
    return [_given(entry) for entry in content] if isinstance(content, list) else content


def _desk_key(edition: EditionId) -> str:
    return f"{edition.module_id}#{edition.edition:04d}"


def _place_on_desk(cursor: str) -> dict[str, dict[str, str]]:
    """The index and table keys of the draft at ``cursor``; raise InvalidRequest where it is none."""
    try:
        module_id, edition = cursor.split("#")
        pk, sk = edition_key(EditionId(ModuleId(module_id), int(edition)))
    except ValueError as error:
        raise foreign_cursor() from error
    key = {"desk": EDITIONS, "desk_key": cursor, "pk": pk, "sk": sk}
    return {name: {"S": value} for name, value in key.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """The last change that the catalogue shows: the status that changed, and its version then."""

    module_id: ModuleId
    edition: int
    version: int

    def is_seen_in(self, statuses: Iterable[EditionStatus]) -> bool:
        return any(
            (status.module_id, status.edition) == (self.module_id, self.edition) and status.version >= self.version
            for status in statuses
        )


def _mark_item() -> CatalogueItem:
    """What changed last on the shelf, or a blank item before the first publication."""
    try:
        return CatalogueItem.get("SHELF", "MARK", consistent_read=True)
    except DoesNotExist:
        return CatalogueItem("SHELF", "MARK")


class DynamoCatalogue:
    """See ``ports.Catalogue``."""

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self._connection = connection
        self._kept: tuple[str, Shelf] | None = None
        self._editions: Kept[EditionId, tuple[str, Edition]] = Kept(KEPT_EDITIONS)
        self._drafts = Store(
            CatalogueItem,
            Draft,
            lambda draft: edition_key(draft.id),
            lambda draft: {"desk": EDITIONS, "desk_key": _desk_key(draft.id)},
            encode,
        )
        self.status_store = Store(
            CatalogueItem, EditionStatus, lambda status: status_key(status.id), _status_marks, encode
        )

        self._notices = Store(
            CatalogueItem, Notice, lambda notice: notice_key(notice.of_edition, notice.days), _notice_marks, encode
        )

    def draft(self, edition: EditionId) -> Draft | None:
        return self._drafts.find(edition_key(edition))

    def save_draft(self, draft: Draft) -> Draft:
        return self._drafts.save(draft)

    def complete(self, draft: Draft) -> Edition:
        if draft.bank is None:
            raise ValueError(f"{draft.id} has no question bank")
        return Edition(
            module_id=draft.module_id,
            edition=draft.edition,
            content=from_facts(_given(draft.content), EditionContent),
            information_hash=information_hash(draft.edition, draft.content, draft.errata),
            bank_revision=draft.bank.revision,
            errata=draft.errata,
        )

    def publish(self, draft: Draft, status: EditionStatus, notices: Sequence[Notice]) -> None:
        notes = [self._notices.written(notice, ()) for notice in notices]
        self._change_shelf(status, self._drafts.written(draft, ()), self.status_store.written(status, ()), *notes)

    def withdraw(self, status: EditionStatus, announcing: Sequence[Event]) -> EditionStatus:
        item = self.status_store.written(status, announcing)
        try:
            self._change_shelf(status, item)
        except ConcurrentChange:
            if not is_stored(item):
                raise
        return replace(status, version=status.version + 1)

    def _change_shelf(self, status: EditionStatus, *items: Item) -> None:
        """Write ``items`` and mark what changed on the shelf, everything or nothing; raise ConcurrentChange."""
        mark = _mark_item()
        mark.facts = dump(_Mark(module_id=status.module_id, edition=status.edition, version=status.version + 1))
        try:
            with TransactWrite(connection=self._connection) as transaction:
                for item in (*items, mark):
                    transaction.save(item)
        except TransactWriteError as error:
            if not was_condition(error):
                raise
            raise ConcurrentChange(str(status.id)) from error

    def edition(self, edition: EditionId) -> Edition:
        """Read each time, for an erratum changes it; made of its facts once for as long as they are the same."""
        item = stored(CatalogueItem, edition_key(edition))
        kept = self._editions.get(edition)
        if item and kept and kept[0] == item.facts:
            note_read(subject(item), item.facts)
            return kept[1]
        draft = self._drafts.read(item) if item else None
        if item is None or draft is None or draft.published_at is None:
            raise NotFound(f"There is no published edition {edition.edition} of {edition.module_id}.")
        return self._editions.put(edition, (item.facts or "", self.complete(draft)), 1)[1]

    def status(self, edition: EditionId) -> EditionStatus | None:
        return self.status_store.find(status_key(edition))

    def statuses(self, module_id: ModuleId) -> Sequence[EditionStatus]:
        return self.status_store.of_partition(f"MODULE#{module_id}", "STATUS#")[::-1]

    def save_status(self, status: EditionStatus, announcing: Sequence[Event]) -> EditionStatus:
        return self.status_store.save(status, announcing)

    def shelf(self) -> Shelf:
        mark = _mark_item().facts
        if self._kept is None or self._kept[0] != mark:
            found = CatalogueItem.by_release.query(PUBLISHED, scan_index_forward=False)
            statuses = [self.status_store.read(item) for item in found]
            shelf = Shelf(statuses)
            # The index follows the table within moments: what doesn't show the last change yet is read again.
            if not mark or not load(mark, _Mark).is_seen_in(statuses):
                return shelf
            self._kept = mark, shelf
        return self._kept[1]

    def desk(self, limit: int, cursor: str | None) -> Page[tuple[Draft, EditionStatus | None]]:
        found = CatalogueItem.on_desk.query(
            EDITIONS, limit=limit, last_evaluated_key=_place_on_desk(cursor) if cursor else None
        )
        ids = [EditionId(ModuleId(item.pk.partition("#")[2]), int(item.sk.partition("#")[2])) for item in found]
        drafts = {draft.id: draft for draft in self._drafts.of_keys([edition_key(each) for each in ids])}
        statuses = {status.id: status for status in self.status_store.of_keys([status_key(each) for each in ids])}
        last = found.last_evaluated_key
        entries = [(drafts[each], statuses.get(each)) for each in ids if each in drafts]
        return Page(entries, str(last["desk_key"]["S"]) if last else None)

    def due_for_retirement(self, until: datetime) -> Iterator[EditionId]:
        for pk, sk in due_keys(CatalogueItem, RETIRE, until):
            yield EditionId(ModuleId(pk.partition("#")[2]), int(sk.partition("#")[2]))

    def due_notices(self, until: datetime) -> Iterator[tuple[EditionId, int]]:
        for pk, sk in due_keys(CatalogueItem, NOTICE, until):
            _, edition, days = sk.split("#")
            yield EditionId(ModuleId(pk.partition("#")[2]), int(edition)), int(days)

    def notice(self, edition: EditionId, days: int) -> Notice | None:
        return self._notices.find(notice_key(edition, days))

    def save_notice(self, notice: Notice) -> Notice:
        return self._notices.save(notice)
