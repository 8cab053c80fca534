"""Drafts, editions and their status in CatalogueTable."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shared.adapters.dynamo.store import SHARDS, shard_of
from shared.adapters.dynamo.tables import CatalogueItem
from shared.bootstrap import Deps
from shared.domain.availability import EditionStatus
from shared.domain.edition import Disclosure, Draft, Erratum, Relationship
from shared.domain.ids import EditionId, ModuleId
from shared.domain.refusals import InvalidRequest, NotFound
from shared.domain.shelf import Wanted
from shared.events.modules import ModuleRetiredV1
from shared.messaging.codec import decode_outbox
from shared.ports import ConcurrentChange
from tests.integration.conftest import Stored
from tests.support.builders import DAY, MILLISECOND, PUBLISHED_AT, a_draft, a_status


def of(module_id: str, edition: int = 1) -> Draft:
    return replace(a_draft(edition), module_id=ModuleId(module_id))


def status_of(module_id: str, edition: int = 1, **changes: object) -> EditionStatus:
    return replace(a_status(edition), module_id=ModuleId(module_id), **changes)  # type: ignore[arg-type]


def published(deps: Deps, module_id: str, edition: int = 1) -> EditionStatus:
    draft = deps.catalogue.save_draft(of(module_id, edition))
    status = deps.catalogue.complete(draft).status(PUBLISHED_AT)
    deps.catalogue.publish(draft.published(PUBLISHED_AT), status, deps.catalogue.complete(draft).notices(PUBLISHED_AT))
    return replace(status, version=1)


def test_a_draft_is_kept_with_its_nulls_and_its_order(deps: Deps) -> None:
    sent = {"title": None, "authors": [], "provider": {"name": "A", "joint_provider": None}}
    draft = deps.catalogue.save_draft(replace(of("draft"), content=sent, bank=None))
    found = deps.catalogue.draft(draft.id)
    assert found == draft
    assert found
    assert found.content == sent
    with pytest.raises(NotFound):
        deps.catalogue.edition(draft.id)
    assert deps.catalogue.status(draft.id) is None
    with pytest.raises(ValueError, match="no question bank"):
        deps.catalogue.complete(draft)


def test_publication_freezes_the_draft_and_opens_its_status_at_once(deps: Deps) -> None:
    status = published(deps, "published")
    assert deps.catalogue.status(status.id) == status
    edition = deps.catalogue.edition(status.id)
    assert edition.content.provider.joint_provider is None
    assert edition.bank_revision == 1
    draft = deps.catalogue.draft(status.id)
    assert draft
    assert draft.published_at == PUBLISHED_AT
    assert draft.version == 2


def test_a_publication_that_lost_the_race_publishes_nothing(deps: Deps) -> None:
    stale = deps.catalogue.save_draft(of("race"))
    current = deps.catalogue.save_draft(stale.rewritten({**stale.content, "title": "Changed meanwhile"}))
    with pytest.raises(ConcurrentChange):
        deps.catalogue.publish(stale.published(PUBLISHED_AT), status_of("race"), ())
    assert deps.catalogue.draft(stale.id) == current
    assert deps.catalogue.status(stale.id) is None


def test_an_edition_is_published_once(deps: Deps) -> None:
    status = published(deps, "once")
    draft = deps.catalogue.draft(status.id)
    assert draft
    with pytest.raises(ConcurrentChange):
        deps.catalogue.publish(draft, status_of("once"), ())
    assert deps.catalogue.draft(status.id) == draft


def test_all_editions_of_a_module_come_the_newest_first(deps: Deps) -> None:
    for edition in (2, 10, 1):
        published(deps, "editions", edition)
    published(deps, "editions-of-another")
    found = deps.catalogue.statuses(ModuleId("editions"))
    assert [status.edition for status in found] == [10, 2, 1]
    assert deps.catalogue.statuses(ModuleId("edition")) == []


def test_what_is_due_for_retirement_is_found_on_every_shard_and_not_before_its_time(deps: Deps) -> None:
    statuses = [published(deps, f"due-{number}") for number in range(12)]
    assert {shard_of(str(status.id)) for status in statuses} == set(range(SHARDS))
    expires_at = statuses[0].expires_at
    ids = {status.id for status in statuses}
    assert ids & set(deps.catalogue.due_for_retirement(expires_at - MILLISECOND)) == set()
    assert ids <= set(deps.catalogue.due_for_retirement(expires_at))
    assert ids <= set(deps.catalogue.due_for_retirement(expires_at + 400 * DAY))


def test_a_retired_edition_says_so_and_waits_until_its_enrolments_are_told(deps: Deps, stored: Stored) -> None:
    status = published(deps, "retired")
    retired = status.expired(status.expires_at)
    announced = ModuleRetiredV1(at=status.expires_at, module_id="retired", edition=1, retired_at=status.expires_at)
    assert deps.catalogue.save_status(retired, [announced]).version == 2
    assert status.id not in set(deps.catalogue.due_for_retirement(status.expires_at + timedelta(days=1)))
    item = stored("CatalogueTable", "MODULE#retired", "STATUS#0001")
    assert item
    assert [event["id"] for event in decode_outbox(item["outbox"])] == ["module/retired/1/retired/1"]
    assert item["due_step"].startswith("recover#")
    told = deps.catalogue.save_status(replace(retired, version=2).told(), [])
    item = stored("CatalogueTable", "MODULE#retired", "STATUS#0001")
    assert item
    assert not {"due_step", "due_at", "outbox"} & item.keys()
    assert deps.catalogue.status(status.id) == told
    assert item["shelf"] == "published"
    with pytest.raises(ConcurrentChange):
        deps.catalogue.save_status(status.retired_early(PUBLISHED_AT, "late"), [])


def read(deps: Deps) -> list[EditionId]:
    """What the whole shelf shows."""
    return [status.id for status in deps.catalogue.shelf().page(Wanted(), PUBLISHED_AT, 10_000, None)[0]]


def test_the_shelf_shows_a_publication_at_once_also_in_a_process_that_had_read_it_before(deps: Deps) -> None:
    read(deps)
    first = published(deps, "shelf-1")
    assert first.id in read(deps)
    second = published(deps, "shelf-2")
    assert {first.id, second.id} <= set(read(deps))


def test_an_early_retirement_shows_at_once_and_is_saved_with_its_announcement(deps: Deps, stored: Stored) -> None:
    status = published(deps, "withdrawn")
    read(deps)
    at = status.opens_at + DAY
    retired = status.retired_early(at, "a faulty slide")
    announced = ModuleRetiredV1(at=at, module_id="withdrawn", edition=1, retired_at=at)
    saved = deps.catalogue.withdraw(retired, [announced])
    assert deps.catalogue.status(status.id) == saved == replace(retired, version=2)
    closed, _ = deps.catalogue.shelf().page(Wanted(is_open=False), at, 10_000, None)
    assert status.id in [one.id for one in closed]
    item = stored("CatalogueTable", "MODULE#withdrawn", "STATUS#0001")
    assert item
    assert [event["id"] for event in decode_outbox(item["outbox"])] == ["module/withdrawn/1/retired/1"]
    # The SDK repeats a write whose answer got lost.
    assert deps.catalogue.withdraw(retired, [announced]) == saved
    with pytest.raises(ConcurrentChange):
        deps.catalogue.withdraw(status.retired_early(at + DAY, "otherwise"), [])


def test_where_nothing_changed_the_shelf_is_one_read(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    published(deps, "kept")
    read(deps)
    asked: list[str] = []
    client = CatalogueItem._get_connection().connection._client
    client.meta.events.register("before-call.dynamodb", lambda model, **_: asked.append(model.name), unique_id="asked")
    read(deps)
    client.meta.events.unregister("before-call.dynamodb", unique_id="asked")
    assert asked == ["GetItem"]


def test_an_index_that_does_not_show_the_last_change_yet_is_read_again(
    deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = CatalogueItem.by_release.query
    read(deps)
    late = published(deps, "late")

    def lagging(*arguments: Any, **options: Any) -> Any:
        return [item for item in query(*arguments, **options) if item.pk != "MODULE#late"]

    monkeypatch.setattr(CatalogueItem.by_release, "query", lagging)
    assert late.id not in read(deps)
    monkeypatch.undo()
    assert late.id in read(deps)


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_the_desk_has_all_editions_by_module_page_by_page(deps: Deps, limit: int) -> None:
    one, other = f"desk-{limit}-a", f"desk-{limit}-b"
    status = published(deps, one)
    for module_id, edition in ((other, 1), (one, 2), (other, 10)):
        deps.catalogue.save_draft(of(module_id, edition))
    seen = []
    cursor = None
    while True:
        page = deps.catalogue.desk(limit, cursor)
        assert len(page.entries) <= limit
        seen += [(draft.id, known) for draft, known in page.entries if draft.module_id in (one, other)]
        cursor = page.cursor
        if cursor is None:
            break
    assert [str(edition) for edition, _ in seen] == [f"{one}/1", f"{one}/2", f"{other}/1", f"{other}/10"]
    assert [known for _, known in seen] == [status, None, None, None]


@pytest.mark.parametrize("cursor", ["nothing", "a#b", "a#1#c"])
def test_a_cursor_of_the_desk_is_one_of_its_keys(deps: Deps, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        deps.catalogue.desk(1, cursor)


def test_an_erratum_is_kept_with_the_edition(deps: Deps) -> None:
    status = published(deps, "erratum")
    draft = deps.catalogue.draft(status.id)
    assert draft
    disclosure = Disclosure(declared_on=date(2026, 2, 1), relationships=(Relationship(company="A", nature="fee"),))
    erratum = Erratum(
        text="A fee", reason="left out", by="admin", published_at=PUBLISHED_AT, name="Dr. Tolia", disclosure=disclosure
    )
    before = deps.catalogue.edition(status.id)
    saved = deps.catalogue.save_draft(draft.corrected(erratum))
    assert deps.catalogue.draft(status.id) == saved
    after = deps.catalogue.edition(status.id)
    assert (after.content, after.errata) == (before.content, (erratum,))
    assert after.information_hash != before.information_hash
