"""Question banks and answer keys by revision, in parts that fit an item."""

from dataclasses import replace

import pytest

from infra.local.system import LocalSystem
from shared.adapters.dynamo.banks import PART_BYTES
from shared.adapters.dynamo.tables import AnswerKeyItem
from shared.bootstrap import Deps
from shared.domain.ids import EditionId, ModuleId
from shared.domain.questions import AnswerKey, Bank
from shared.ports import ConcurrentChange
from tests.support.builders import a_bank, a_key, a_question, an_entry


def edition(name: str) -> EditionId:
    return EditionId(ModuleId(name), 1)


def parts(engine: LocalSystem, table: str, pk: str) -> list[str]:
    pages = (
        engine.aws("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=engine.reference(table),
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ProjectionExpression="sk",
        )
    )
    return [item["sk"]["S"] for page in pages for item in page["Items"]]


def large_bank(count: int, revision: int = 1) -> Bank:
    """Each question takes a bit over 100 KB, so that two of them are a part."""
    return Bank(revision=revision, questions=tuple(a_question(f"q{n}", stem="ä" * 55_000) for n in range(count)))


def test_a_bank_is_read_back_as_it_was_put(deps: Deps) -> None:
    deps.question_banks.put(edition("small"), a_bank())
    assert deps.question_banks.get(edition("small"), 1) == a_bank()
    assert deps.question_banks.get(edition("small"), 2).questions == ()


def test_a_large_bank_is_stored_in_parts_in_the_order_of_its_author(deps: Deps, engine: LocalSystem) -> None:
    bank = large_bank(25)
    deps.question_banks.put(edition("large"), bank)
    assert deps.question_banks.get(edition("large"), 1) == bank
    names = parts(engine, "QuestionTable", "BANK#large/1")
    assert names == [f"REVISION#000001#PART#{number:04d}" for number in range(13)]


def test_one_question_larger_than_a_part_is_a_part_of_its_own(deps: Deps) -> None:
    bank = Bank(revision=1, questions=(a_question("q1", stem="x" * (PART_BYTES + 1)), a_question("q2")))
    deps.question_banks.put(edition("one"), bank)
    assert deps.question_banks.get(edition("one"), 1) == bank


def test_a_revision_is_stored_once(deps: Deps) -> None:
    deps.question_banks.put(edition("once"), a_bank())
    deps.question_banks.put(edition("once"), a_bank())
    other = Bank(revision=1, questions=(a_question("q9"),))
    with pytest.raises(ConcurrentChange):
        deps.question_banks.put(edition("once"), other)
    assert deps.question_banks.get(edition("once"), 1) == a_bank()


def test_the_next_revision_counts_what_was_stored_and_never_named(deps: Deps) -> None:
    assert deps.question_banks.next_revision(edition("revisions")) == 1
    for revision in range(1, 11):
        assert deps.question_banks.next_revision(edition("revisions")) == revision
        deps.question_banks.put(edition("revisions"), a_bank(revision))
    assert deps.question_banks.next_revision(edition("revisions")) == 11
    assert deps.question_banks.next_revision(edition("revision")) == 1


def test_revisions_do_not_mix(deps: Deps) -> None:
    deps.question_banks.put(edition("mixed"), large_bank(5, revision=1))
    deps.question_banks.put(edition("mixed"), a_bank(2))
    assert deps.question_banks.get(edition("mixed"), 2) == a_bank(2)


def test_the_latest_key_revision_counts_whole(deps: Deps) -> None:
    """With parts in both revisions, none of the older one is taken along."""
    long = "because " * 25_000
    old = [an_entry(f"q{n}", "a", rationale=long) for n in range(5)]
    new = [an_entry(f"q{n}", "b", rationale=long) for n in range(3)]
    for revision, entries in ((1, old), (2, new)):
        key = AnswerKey(bank_revision=1, revision=revision, entries={entry.question_id: entry for entry in entries})
        deps.answer_keys.put(edition("keys"), key)
    found = deps.answer_keys.of(edition("keys"), 1)
    assert found.revision == 2
    assert found.entries == {entry.question_id: entry for entry in new}


@pytest.mark.parametrize("write", [1, 2, 3])
def test_a_large_key_broken_off_at_any_write_is_not_in_force_and_in_nobody_s_way(
    deps: Deps, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    def large(revision: int, correct: str) -> AnswerKey:
        """Three parts."""
        entries = [an_entry(f"q{n}", correct, rationale="because " * 25_000) for n in range(3)]
        return AnswerKey(bank_revision=1, revision=revision, entries={entry.question_id: entry for entry in entries})

    keys, broken = deps.answer_keys, edition(f"broken-{write}")
    keys.put(broken, large(1, "a"))
    save, writes = AnswerKeyItem.save, []

    def breaks_off(item: AnswerKeyItem) -> None:
        writes.append(item.sk)
        if len(writes) == write:
            raise RuntimeError("broken off")
        save(item)

    with monkeypatch.context() as patch:
        patch.setattr(AnswerKeyItem, "save", breaks_off)
        with pytest.raises(RuntimeError):
            keys.put(broken, large(2, "b"))
    assert keys.of(broken, 1) == large(1, "a")
    keys.put(broken, large(2, "c"))
    assert keys.of(broken, 1) == large(2, "c")
    with pytest.raises(ConcurrentChange):
        keys.put(broken, large(2, "b"))
    keys.put(broken, large(3, "b"))
    assert keys.of(broken, 1) == large(3, "b")


def test_a_key_belongs_to_its_revision_of_the_bank(deps: Deps) -> None:
    deps.answer_keys.put(edition("belongs"), a_key())
    other = replace(a_key(), bank_revision=2, entries={an_entry("q9").question_id: an_entry("q9")})
    deps.answer_keys.put(edition("belongs"), other)
    assert deps.answer_keys.of(edition("belongs"), 1) == a_key()
    assert deps.answer_keys.of(edition("belongs"), 2) == other


def test_a_bank_without_a_key_can_not_be_graded(deps: Deps) -> None:
    with pytest.raises(LookupError, match="no answer key under KEY#keyless/1/1"):
        deps.answer_keys.of(edition("keyless"), 1)
    with pytest.raises(ConcurrentChange):
        deps.answer_keys.put(edition("belongs"), replace(a_key(), entries={}))


def test_questions_hold_no_key(deps: Deps, engine: LocalSystem) -> None:
    deps.question_banks.put(edition("apart"), a_bank())
    deps.answer_keys.put(edition("apart"), a_key())
    held = str(engine.aws("dynamodb").scan(TableName=engine.reference("QuestionTable"))["Items"])
    assert "correct" not in held
    assert "rationale" not in held
