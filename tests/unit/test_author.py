"""Author: drafts are kept as sent, banks are all or nothing, and what is published is published for good."""

from dataclasses import replace
from datetime import date

import pytest

from functions.modules.author.use_case import (
    attach,
    correct,
    keep_draft,
    list_editions,
    preview,
    publish,
    retire_early,
    show_bank,
    show_draft,
)
from shared.domain.edition import Disclosure, Erratum, Relationship
from shared.domain.ids import EditionId, QuestionId
from shared.domain.questions import Bank
from shared.domain.refusals import (
    AlreadyPublished,
    InvalidRequest,
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
    an_entry,
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


# Copies


SECOND = EditionId(MODULE, 2)


def test_a_re_review_starts_as_a_copy_with_bank_and_key_and_without_dates() -> None:
    world = a_world()
    publish(EDITION, world, at=NOW)
    draft, created = keep_draft(SECOND, {"released_on": "2027-01-15"}, None, world, source=1)
    assert created
    assert "expires_on" not in draft.content
    assert draft.content["released_on"] == "2027-01-15"
    assert {name: value for name, value in draft.content.items() if not name.endswith("_on")} == {
        name: value for name, value in as_sent().items() if not name.endswith("_on")
    }
    bank, key = show_bank(SECOND, world)
    assert (bank.questions, key.entries, key.revision) == (QUESTIONS, a_key().entries, 1)
    with pytest.raises(NotPublishable) as refused:
        publish(SECOND, world, at=NOW)
    assert {gap["field"] for gap in refused.value.facts["gaps"]} == {"expires_on", "reviewed_on"}


def test_a_copy_asked_for_again_is_the_same_copy_and_holds_no_second_bank() -> None:
    world = a_world()
    keep_draft(SECOND, {}, None, world, source=1)
    draft, created = keep_draft(SECOND, {}, None, world, source=1)
    assert (created, draft.bank) == (False, a_bank().summary())
    assert world.question_banks.next_revision(SECOND) == 2


def test_a_copy_takes_the_key_as_a_regrade_left_it_and_not_what_it_voided() -> None:
    world = a_world()
    publish(EDITION, world, at=NOW)
    amended = a_key().amended(replace(an_entry("q1", "b"), amended_for="The key was wrong."))
    amended = amended.amended(replace(an_entry("q2", "b"), voided=True, amended_for="Faulty."))
    for key in (replace(a_key(2), entries=amended.entries), amended):
        world.answer_keys.put(EDITION, key)
    keep_draft(SECOND, {}, None, world, source=1)
    bank, key = show_bank(SECOND, world)
    assert [question.question_id for question in bank.questions] == ["q1", "q3", "q4"]
    assert key.entries[QuestionId("q1")] == an_entry("q1", "b")
    assert key.entries.keys() == {"q1", "q3", "q4"}


def test_a_copy_obeys_whoever_has_seen_the_draft_and_is_none_of_itself() -> None:
    world = a_world()
    keep_draft(SECOND, {"title": "Mine"}, None, world)
    with pytest.raises(PreconditionFailed):
        keep_draft(SECOND, {}, 0, world, source=1)
    assert show_draft(SECOND, world).content == {"title": "Mine"}
    with pytest.raises(InvalidRequest):
        keep_draft(EDITION, {}, None, world, source=1)
    with pytest.raises(NotFound):
        keep_draft(SECOND, {}, None, world, source=7)
    publish(EDITION, world, at=NOW)
    with pytest.raises(AlreadyPublished):
        keep_draft(EDITION, {}, None, world, source=2)


# All editions, and previews


def test_all_editions_are_listed_drafts_too() -> None:
    world = a_world()
    keep_draft(SECOND, {}, None, world)
    publish(EDITION, world, at=NOW)
    listed = list_editions(50, None, world).entries
    assert [(draft.edition, status is not None) for draft, status in listed] == [(1, True), (2, False)]


def test_a_preview_shows_the_module_and_a_form_and_stores_nothing() -> None:
    world = a_world()
    before = show_draft(EDITION, world)
    shown = preview(EDITION, world, at=NOW)
    assert (shown.gaps, shown.edition) == ([], world.catalogue.complete(before))
    assert shown.status
    assert shown.status.opens_at == a_status().opens_at
    assert shown.form
    assert len(shown.form.questions) == 3
    assert (show_draft(EDITION, world), world.announced) == (before, [])
    publish(EDITION, world, at=NOW)
    assert preview(EDITION, world, at=NOW).status == world.catalogue.status(EDITION)


def test_a_draft_with_gaps_is_shown_as_far_as_it_has_come() -> None:
    world = a_world(title="", test={"pools": [{"pool": "biology", "draw": 9}, {"pool": "no such", "draw": 1}]})
    shown = preview(EDITION, world, at=NOW)
    assert {gap.field for gap in shown.gaps} >= {"title", "test.pools[0]", "test.pools[1]"}
    assert (shown.edition, shown.status) == (None, None)
    assert shown.form
    assert {question.question_id for question in shown.form.questions} == {"q1", "q2", "q3"}
    bare = World()
    keep_draft(EDITION, {}, None, bare)
    assert preview(EDITION, bare, at=NOW).form is None


# Errata


def an_erratum(**changes: object) -> Erratum:
    erratum = Erratum(text="A fee was left out.", reason="Reported", by="admin", published_at=NOW)
    return replace(erratum, **changes)  # type: ignore[arg-type]


NONE_DECLARED = Disclosure(declared_on=date(2026, 2, 1))


def test_an_erratum_changes_what_is_to_be_acknowledged_and_no_word_of_what_was_published() -> None:
    world = a_world()
    publish(EDITION, world, at=NOW)
    before = world.catalogue.edition(EDITION)
    edition, added = correct(EDITION, an_erratum(name="Dr. Tolia", disclosure=NONE_DECLARED), world)
    assert added
    assert edition.information_hash != before.information_hash
    assert edition.content == before.content
    assert show_draft(EDITION, world).content == as_sent()
    assert [member.disclosure for member in edition.faculty] == [NONE_DECLARED]
    again, _ = correct(EDITION, an_erratum(text="And another.", published_at=NOW + DAY), world)
    assert [erratum.text for erratum in again.errata] == ["A fee was left out.", "And another."]
    assert len({before.information_hash, edition.information_hash, again.information_hash}) == 3


def test_the_same_erratum_again_is_the_one_there_is() -> None:
    world = a_world()
    publish(EDITION, world, at=NOW)
    first, _ = correct(EDITION, an_erratum(), world)
    again, added = correct(EDITION, an_erratum(by="someone else", published_at=NOW + DAY), world)
    assert (again, added) == (first, False)


def test_a_copy_has_the_disclosures_as_they_were_corrected() -> None:
    world = a_world()
    publish(EDITION, world, at=NOW)
    correct(EDITION, an_erratum(name="Dr. Tolia", disclosure=NONE_DECLARED), world)
    draft, _ = keep_draft(SECOND, {}, None, world, source=1)
    expected = {"relationships": [], "mitigated": True, "declared_on": "2026-02-01"}
    assert [member["disclosure"] for member in draft.content["faculty"]] == [expected]
    assert draft.errata == ()


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"name": "Dr. Tolia"}, [["body", "disclosure"]]),
        ({"disclosure": NONE_DECLARED}, [["body", "disclosure"]]),
        ({"name": "Dr. Who", "disclosure": NONE_DECLARED}, [["body", "name"]]),
        (
            {
                "name": "Dr. Tolia",
                "disclosure": Disclosure(
                    declared_on=date(2026, 3, 3),
                    relationships=(Relationship(company="A", nature="b"),),
                    mitigated=False,
                ),
            },
            [["body", "disclosure", "mitigated"], ["body", "disclosure", "declared_on"]],
        ),
    ],
)
def test_an_erratum_that_could_not_have_been_published_is_refused(
    changes: dict[str, object], places: list[list[str]]
) -> None:
    world = a_world()
    publish(EDITION, world, at=NOW)
    with pytest.raises(InvalidRequest) as refused:
        correct(EDITION, an_erratum(**changes), world)
    assert [error["loc"] for error in refused.value.facts["errors"]] == places


def test_a_draft_needs_no_erratum() -> None:
    for world in (World(), a_world()):
        with pytest.raises(NotFound):
            correct(EDITION, an_erratum(), world)
