"""The audit chain in AuditTable, and what a write of an author or admin announces to it."""

import json
from dataclasses import replace

import pytest

from functions.operations.audit.use_case import enter_act
from shared.acting import Acting, acting, digest
from shared.bootstrap import Deps
from shared.domain.audit import GENESIS, ChainHead
from shared.domain.ids import EditionId, LearnerId, ModuleId
from shared.domain.learner import Membership
from shared.messaging.codec import decode_outbox
from shared.ports import ConcurrentChange
from tests.integration.conftest import Stored
from tests.support.builders import NOW, a_key
from tests.unit.test_audit import an_act

ADMIN = Acting(actor=LearnerId("office"), action="putMembership", at=NOW)


def test_entries_follow_one_another_and_an_act_has_one_however_often_it_is_told(deps: Deps) -> None:
    assert (deps.audit.head(), deps.audit.hash_before(1)) == (ChainHead(), GENESIS)
    for number in (1, 2, 1, 3, 3):
        enter_act(an_act(number), deps)
    entries = deps.audit.entries(1, 10)
    assert list(entries) == [entry.sequence for entry in entries.values()] == [1, 2, 3]
    assert [entry.previous for entry in entries.values()] == [GENESIS, entries[1].hash, entries[2].hash]
    assert all(entry.is_intact for entry in entries.values())
    head = deps.audit.head()
    assert (head.sequence, head.hash) == (3, entries[3].hash)
    assert list(deps.audit.entries(2, 1)) == [2]
    assert deps.audit.hash_before(3) == entries[2].hash
    assert deps.audit.has(an_act(2).id)
    assert not deps.audit.has(an_act(4).id)


def test_of_two_that_read_the_same_head_the_second_is_told_and_leaves_nothing(deps: Deps) -> None:
    head = deps.audit.head()
    enter_act(an_act(10), deps)
    entry = head.followed_by(replace(deps.audit.entries(1, 1)[1].act, event_id=an_act(11).id))
    with pytest.raises(ConcurrentChange):
        deps.audit.append(entry, head)
    assert not deps.audit.has(an_act(11).id)


def test_what_an_admin_writes_carries_its_own_announcement_to_the_audit(deps: Deps, stored: Stored) -> None:
    member = Membership(learner_id=LearnerId("audited"), member=True)
    with acting(ADMIN):
        deps.memberships.save(member)
    created = stored("LearningTable", "LEARNER#audited", "MEMBERSHIP")
    with acting(ADMIN):
        known = deps.memberships.find(member.learner_id)
        assert known
        deps.memberships.save(replace(known, member=False))
    changed = stored("LearningTable", "LEARNER#audited", "MEMBERSHIP")
    assert created
    assert changed
    [first], [second] = decode_outbox(created["outbox"]), decode_outbox(changed["outbox"])
    assert first["id"] == "LEARNER#audited/MEMBERSHIP/acted/1"
    assert (first["data"]["before"], first["data"]["after"]) == ("", digest(created["facts"]))
    assert (second["data"]["before"], second["data"]["after"]) == (digest(created["facts"]), digest(changed["facts"]))


def test_a_key_that_an_author_amends_is_announced_in_the_same_transaction(deps: Deps, stored: Stored) -> None:
    edition, key = EditionId(ModuleId("audited"), 1), a_key()
    deps.answer_keys.put(edition, key)
    with acting(replace(ADMIN, action="regradeEdition", read={})):
        known = deps.answer_keys.of(edition, key.bank_revision)
        amended = replace(known, revision=known.revision + 1)
        deps.answer_keys.put(edition, amended)
        deps.answer_keys.put(edition, amended)  # the answer to the first got lost
        with pytest.raises(ConcurrentChange):
            deps.answer_keys.put(edition, replace(amended, entries={}))
    pk = f"KEY#{edition}/{key.bank_revision}"
    announcement = stored("OperationsTable", f"ANNOUNCEMENT#{pk}/acted/2", "ANNOUNCEMENT")
    assert announcement
    [event] = decode_outbox(announcement["outbox"])
    before, after = (stored("AnswerKeyTable", pk, f"REVISION#00000{number}") for number in (1, 2))
    assert before
    assert after
    assert (event["data"]["before"], event["data"]["after"]) == (digest(before["facts"]), digest(after["facts"]))
    # The key itself stays where few roles reach.
    assert "entries" not in json.dumps(announcement)
