"""Author: drafts are kept as sent, banks are all or nothing, and what is published is published for good."""

from dataclasses import replace

import pytest

from functions.modules.author.use_case import (
    attach,
    keep_draft,
    publish,
    retire_early,
    show_bank,
    show_draft,
)
from shared.domain.questions import Bank
from shared.domain.refusals import (
    AlreadyPublished,
    NotFound,
    NotPublishable,
    PreconditionFailed,
)
from shared.events.modules import ModuleRetiredV1
from shared.exchange.bank_file import BankFile
from shared.ports import ConcurrentChange
from tests.support.builders import (
    DAY,
    EDITION,
    HOUR,
    MODULE,
    NOW,
    a_bank,
    a_key,
    a_status,
    as_sent,
)
from tests.support.fakes import World

QUESTIONS = a_bank().questions
KEY = tuple(a_key().entries.values())
BANK = BankFile(QUESTIONS, KEY)


def a_world(**changes: object) -> World:
    """A draft with its bank, its content as sent with ``changes``."""
    world = World()
    keep_draft(EDITION, as_sent(**changes), None, world)
    attach(EDITION, BANK, world)
    return world


def test_a_draft_is_kept_as_it_was_sent_complete_or_not() -> None:
    world = World()
    draft, created = keep_draft(EDITION, {"title": "Only a title", "topics": None}, None, world)
    assert (draft.version, created) == (1, True)
    assert show_draft(EDITION, world).content == {"title": "Only a title", "topics": None}


def test_a_draft_sent_again_replaces_the_old_one_and_keeps_its_bank() -> None:
    world = a_world()
    draft, created = keep_draft(EDITION, {"title": "New"}, None, world)
    assert (created, draft.content) == (False, {"title": "New"})
    assert draft.bank == a_bank().summary()


@pytest.mark.parametrize(("expected", "kept"), [(None, True), (2, True), (1, False), (3, False), (0, False)])
def test_a_draft_is_written_over_only_by_whoever_has_seen_it(expected: int | None, kept: bool) -> None:
    world = a_world()
    assert show_draft(EDITION, world).version == 2
    if kept:
        assert keep_draft(EDITION, {}, expected, world)[0].content == {}
        return
    with pytest.raises(PreconditionFailed) as refused:
        keep_draft(EDITION, {}, expected, world)
    assert refused.value.facts == {"version": 2}
    assert show_draft(EDITION, world).content == as_sent()


def test_a_draft_that_is_not_there_yet_can_not_have_been_seen() -> None:
    with pytest.raises(PreconditionFailed):
        keep_draft(EDITION, {}, 1, World())


def test_a_bank_gets_a_revision_of_its_own_and_the_draft_names_the_latest() -> None:
    world = a_world()
    bank = attach(EDITION, BankFile(QUESTIONS[:1], KEY[:1]), world)
    assert (bank.revision, bank.questions) == (2, QUESTIONS[:1])
    assert show_bank(EDITION, world)[0] == bank
    assert show_bank(EDITION, world)[1].bank_revision == 2


def test_a_bank_and_its_key_come_back_as_they_were_sent() -> None:
    bank, key = show_bank(EDITION, a_world())
    assert bank == Bank(revision=1, questions=QUESTIONS)
    assert key == a_key()


def test_a_bank_needs_a_draft_and_a_draft_needs_no_bank() -> None:
    with pytest.raises(NotFound):
        attach(EDITION, BANK, World())
    world = World()
    keep_draft(EDITION, {}, None, world)
    with pytest.raises(NotFound):
        show_bank(EDITION, world)


def test_publishing_opens_the_edition_for_its_dates() -> None:
    world = a_world()
    status = publish(EDITION, world, at=NOW)
    assert (status.opens_at, status.expires_at) == (a_status().opens_at, a_status().expires_at)
    assert status.published_at == NOW
    assert world.catalogue.status(EDITION) == replace(status, version=1)
    assert world.catalogue.edition(EDITION).bank_revision == 1


def test_publishing_is_refused_with_the_full_list_of_what_is_missing() -> None:
    world = a_world(title="", minutes=None, objectives=["One"])
    with pytest.raises(NotPublishable) as refused:
        publish(EDITION, world, at=NOW)
    assert {gap["field"] for gap in refused.value.facts["gaps"]} == {"title", "minutes", "questions"}
    assert world.catalogue.status(EDITION) is None


def test_publishing_again_changes_nothing() -> None:
    world = a_world()
    publish(EDITION, world, at=NOW)
    assert publish(EDITION, world, at=NOW + HOUR).published_at == NOW


def test_nulls_mean_none_in_what_is_published() -> None:
    world = a_world(commercial_support=None, prerequisites=None, viewing=None, evaluation=None, claim=None)
    publish(EDITION, world, at=NOW)
    content = world.catalogue.edition(EDITION).content
    assert (content.commercial_support, content.prerequisites, content.claim) == ((), (), "automatic")


def test_an_edition_that_has_expired_may_be_published() -> None:
    world = a_world(released_on="2020-05-05", reviewed_on="2020-05-05", expires_on="2022-05-04")
    draft = show_draft(EDITION, world).content
    declared = {**draft["faculty"][0]["disclosure"], "declared_on": "2020-05-01"}
    keep_draft(EDITION, {**draft, "faculty": [{**draft["faculty"][0], "disclosure": declared}]}, None, world)
    assert not publish(EDITION, world, at=NOW).is_open(NOW)


def test_a_published_edition_is_immutable() -> None:
    world = a_world()
    publish(EDITION, world, at=NOW)
    with pytest.raises(AlreadyPublished):
        keep_draft(EDITION, as_sent(title="New"), None, world)
    with pytest.raises(AlreadyPublished):
        attach(EDITION, BankFile(QUESTIONS[:1], KEY[:1]), world)
    assert world.question_banks.next_revision(EDITION) == 2
    assert world.catalogue.edition(EDITION).content.title == as_sent()["title"]


def test_a_draft_that_changes_meanwhile_is_not_published_unseen() -> None:
    world = a_world()
    world.catalogue.drafts.meanwhile = lambda: keep_draft(EDITION, {}, None, world)
    with pytest.raises(ConcurrentChange):
        publish(EDITION, world, at=NOW)
    with pytest.raises(NotPublishable):
        publish(EDITION, world, at=NOW)


def test_an_early_retirement_is_in_force_and_announced_at_once() -> None:
    world = a_world()
    publish(EDITION, world, at=NOW)
    status = retire_early(EDITION, "A drug was withdrawn", world, at=NOW + HOUR)
    assert (status.terminates_at, status.retired_reason) == (NOW + HOUR, "A drug was withdrawn")
    assert world.announced == [ModuleRetiredV1(at=NOW + HOUR, module_id=MODULE, edition=1, retired_at=NOW + HOUR)]


def test_a_repeated_retirement_changes_nothing() -> None:
    world = a_world()
    publish(EDITION, world, at=NOW)
    first = retire_early(EDITION, "first", world, at=NOW)
    assert retire_early(EDITION, "second", world, at=NOW + DAY) == first
    assert len(world.announced) == 1


def test_only_what_is_published_can_be_retired() -> None:
    with pytest.raises(NotFound):
        retire_early(EDITION, "why", a_world(), at=NOW)


def test_what_is_not_there_can_be_neither_shown_nor_published() -> None:
    for ask in (lambda: show_draft(EDITION, World()), lambda: publish(EDITION, World(), at=NOW)):
        with pytest.raises(NotFound):
            ask()
