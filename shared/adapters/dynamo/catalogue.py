"""CatalogueTable: drafts and editions, and beside each published one its small STATUS item."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from shared.adapters.dynamo.store import EncodeOutbox, Key, Marks, Store, due, due_for_recovery, due_keys, was_condition
from shared.adapters.dynamo.tables import CatalogueItem
from shared.domain.availability import EditionStatus
from shared.domain.edition import Draft, Edition, EditionContent, information_hash
from shared.domain.ids import EditionId, ModuleId
from shared.domain.notice import Notice, NoticeState
from shared.domain.refusals import NotFound, foreign_cursor
from shared.events.event import Event
from shared.facts import from_facts
from shared.ports import ConcurrentChange, Page

RETIRE = "retire"
NOTICE = "notice"
PUBLISHED = "published"


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
        "shelf_key": f"{status.card.published_on.isoformat()}#{status.module_id}#{status.edition:04d}",
        **next_look,
    }


def _given(content: Any) -> Any:
    """``content`` without its nulls: an author's null means none, and none is every such field's default."""
    if isinstance(content, Mapping):
        return {name: _given(value) for name, value in content.items() if value is not None}
    return [_given(entry) for entry in content] if isinstance(content, list) else content


def _place_on_shelf(shelf_key: str) -> dict[str, dict[str, str]]:
    """The index and table keys of the item at ``shelf_key``; raise InvalidRequest where it is none."""
    try:
        _, module_id, edition = shelf_key.split("#")
        pk, sk = status_key(EditionId(ModuleId(module_id), int(edition)))
    except ValueError as error:
        raise foreign_cursor() from error
    key = {"shelf": PUBLISHED, "shelf_key": shelf_key, "pk": pk, "sk": sk}
    return {name: {"S": value} for name, value in key.items()}


class DynamoCatalogue:
    """See ``ports.Catalogue``."""

    def __init__(self, encode: EncodeOutbox, connection: Connection) -> None:
        self._connection = connection
        self._drafts = Store(CatalogueItem, Draft, lambda draft: edition_key(draft.id), lambda _: {}, encode)
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
            information_hash=information_hash(draft.edition, draft.content),
            bank_revision=draft.bank.revision,
        )

    def publish(self, draft: Draft, status: EditionStatus, notices: Sequence[Notice]) -> None:
        try:
            with TransactWrite(connection=self._connection) as transaction:
                transaction.save(self._drafts.written(draft, ()))
                transaction.save(self.status_store.written(status, ()))
                for notice in notices:
                    transaction.save(self._notices.written(notice, ()))
        except TransactWriteError as error:
            if not was_condition(error):
                raise
            raise ConcurrentChange(str(draft.id)) from error

    def edition(self, edition: EditionId) -> Edition:
        draft = self._drafts.find(edition_key(edition))
        if draft is None or draft.published_at is None:
            raise NotFound(f"There is no published edition {edition.edition} of {edition.module_id}.")
        return self.complete(draft)

    def status(self, edition: EditionId) -> EditionStatus | None:
        return self.status_store.find(status_key(edition))

    def statuses(self, module_id: ModuleId) -> Sequence[EditionStatus]:
        return self.status_store.of_partition(f"MODULE#{module_id}", "STATUS#")[::-1]

    def save_status(self, status: EditionStatus, announcing: Sequence[Event]) -> EditionStatus:
        return self.status_store.save(status, announcing)

    def shelf(self, limit: int, cursor: str | None) -> Page[EditionStatus]:
        found = CatalogueItem.by_release.query(
            PUBLISHED,
            scan_index_forward=False,
            limit=limit,
            last_evaluated_key=_place_on_shelf(cursor) if cursor else None,
        )
        entries = [self.status_store.read(item) for item in found]
        last = found.last_evaluated_key
        return Page(entries, str(last["shelf_key"]["S"]) if last else None)

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
