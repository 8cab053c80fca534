"""The audit: each act is one link of a chain, and a chain that was tampered with shows where."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from functions.operations.audit.use_case import enter_act
from functions.operations.oversee import audit as oversight
from functions.operations.oversee.audit import AuditCheck, list_acts, verify_audit
from shared.acting import Acting, acted, acting, digest, note_read
from shared.domain.audit import GENESIS, AuditEntry, ChainHead, Damage
from shared.domain.ids import LearnerId
from shared.domain.refusals import InvalidRequest
from shared.events.operations import AdminActedV1
from shared.messaging.trace import Trace, tracing
from shared.ports import ConcurrentChange
from tests.support.builders import NOW
from tests.support.fakes import World

OFFICE = LearnerId("office")


def an_act(number: int) -> AdminActedV1:
    return AdminActedV1(
        at=NOW,
        ordinal=number,
        actor="office",
        action="putMembership",
        subject="LEARNER#dr-a/MEMBERSHIP",
        before=digest(f"state {number - 1}"),
        after=digest(f"state {number}"),
        reason_code="",
        reason_digest="",
    )


def a_chain(length: int = 5) -> World:
    world = World()
    for number in range(1, length + 1):
        enter_act(an_act(number), world)
    return world


# Entering


def test_an_entry_carries_the_hash_of_the_one_before_and_the_first_carries_zeros() -> None:
    chain = a_chain(3).audit.chain
    assert [entry.sequence for entry in chain.values()] == [1, 2, 3]
    assert [entry.previous for entry in chain.values()] == [GENESIS, chain[1].hash, chain[2].hash]
    assert all(entry.is_intact for entry in chain.values())


def test_an_entry_says_who_did_what_to_what_and_in_which_request() -> None:
    world = World()
    with tracing(Trace(correlation_id="request-1", causation_id="request-1")):
        enter_act(an_act(7), world)
    act = world.audit.chain[1].act
    assert (act.actor, act.action, act.subject, act.at) == ("office", "putMembership", "LEARNER#dr-a/MEMBERSHIP", NOW)
    assert (act.before, act.after, act.request) == (digest("state 6"), digest("state 7"), "request-1")


def test_an_act_told_twice_has_one_entry() -> None:
    world = a_chain(2)
    enter_act(an_act(1), world)
    assert len(world.audit.chain) == 2


def test_an_act_that_comes_second_goes_behind_the_first() -> None:
    world = a_chain(1)
    world.audit.meanwhile = lambda: enter_act(an_act(2), world)
    with pytest.raises(ConcurrentChange):
        enter_act(an_act(3), world)
    enter_act(an_act(3), world)
    assert [entry.act.event_id for entry in world.audit.chain.values()] == [an_act(n).id for n in (1, 2, 3)]
    assert verify_audit(1, world).verdict.finding is None


# Verifying


def changed(entry: AuditEntry) -> AuditEntry:
    return replace(entry, act=replace(entry.act, actor="nobody"))


def forged(entry: AuditEntry) -> AuditEntry:
    """Changed, and hashed anew."""
    return ChainHead(sequence=entry.sequence - 1, hash=entry.previous).followed_by(changed(entry).act)


def swap(chain: dict[int, AuditEntry]) -> None:
    chain[2], chain[3] = chain[3], chain[2]


TAMPERING: dict[str, tuple[Callable[[dict[int, AuditEntry]], object], int, Damage]] = {
    "changed": (lambda chain: chain.update({3: changed(chain[3])}), 3, Damage.CHANGED),
    "changed and hashed anew": (lambda chain: chain.update({3: forged(chain[3])}), 3, Damage.UNLINKED),
    "the last changed and hashed anew": (lambda chain: chain.update({5: forged(chain[5])}), 5, Damage.UNLINKED),
    "removed": (lambda chain: chain.pop(3), 3, Damage.REMOVED),
    "the first removed": (lambda chain: chain.pop(1), 1, Damage.REMOVED),
    "the last removed": (lambda chain: chain.pop(5), 5, Damage.REMOVED),
    "all removed": (lambda chain: chain.clear(), 1, Damage.REMOVED),
    "reordered": (swap, 2, Damage.REORDERED),
    "added to": (lambda chain: chain.update({6: changed(chain[5])}), 5, Damage.UNLINKED),
}


def found_in(check: AuditCheck) -> tuple[int, Damage] | None:
    finding = check.verdict.finding
    return (finding.sequence, finding.damage) if finding else None


@pytest.mark.parametrize("name", TAMPERING)
def test_what_was_tampered_with_is_found_at_its_place(name: str) -> None:
    tamper, place, damage = TAMPERING[name]
    world = a_chain(5)
    tamper(world.audit.chain)
    assert found_in(verify_audit(1, world)) == (place, damage)


def test_a_chain_whose_head_is_gone_does_not_pass_for_an_empty_one() -> None:
    world = a_chain(5)
    world.audit.last = ChainHead()
    assert found_in(verify_audit(1, world)) == (0, Damage.UNLINKED)


@pytest.mark.parametrize("length", [0, 1, 5])
def test_a_chain_that_nobody_touched_holds(length: int) -> None:
    check = verify_audit(1, a_chain(length))
    assert (check.verdict.checked, check.verdict.finding, check.following) == (length, None, None)


@pytest.mark.parametrize("first", range(1, 9))
def test_a_chain_that_nobody_touched_holds_from_anywhere(first: int) -> None:
    assert found_in(verify_audit(first, a_chain(5))) is None


def test_a_long_chain_is_checked_in_parts_that_leave_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oversight, "CHECKED_AT_ONCE", 2)
    for removed in (None, 1, 2, 3, 4, 5):
        world = a_chain(5)
        world.audit.chain.pop(removed or 0, None)
        first: int | None = 1
        findings = []
        while first:
            check = verify_audit(first, world)
            assert check.verdict.checked <= 2
            findings.append(found_in(check))
            first = check.following
        assert findings[-1] == ((removed, Damage.REMOVED) if removed else None)


# Listing


def test_the_list_goes_on_where_its_page_ended() -> None:
    world = a_chain(5)
    page = list_acts(2, 2, None, world)
    assert [entry.sequence for entry in page.entries] == [2, 3]
    page = list_acts(1, 2, page.cursor, world)
    assert ([entry.sequence for entry in page.entries], page.cursor) == ([4, 5], None)
    with pytest.raises(InvalidRequest):
        list_acts(1, 2, "first", world)


# Announcing


def test_only_what_an_author_or_admin_changes_is_announced_to_the_audit() -> None:
    assert acted("LEARNER#dr-a/PROFILE", "{}", 1) == []
    with acting(None):
        assert acted("LEARNER#dr-a/PROFILE", "{}", 1) == []


def test_the_announcement_tells_the_state_before_and_after_by_their_digests() -> None:
    who = Acting(actor=OFFICE, action="putMembership", at=NOW, reason="Married: now Dr. B")
    with acting(who):
        [created] = acted("LEARNER#dr-a/MEMBERSHIP", "one", 1)
        note_read("LEARNER#dr-b/MEMBERSHIP", "two")
        [changed] = acted("LEARNER#dr-b/MEMBERSHIP", "three", 5)
        [again] = acted("LEARNER#dr-b/MEMBERSHIP", "four", 6)
    assert (created.before, created.after) == ("", digest("one"))
    assert (changed.before, changed.after) == (digest("two"), digest("three"))
    assert (again.before, again.after) == (digest("three"), digest("four"))
    assert changed.id == "LEARNER#dr-b/MEMBERSHIP/acted/5"
    assert changed.reason_digest == digest("Married: now Dr. B")


def test_a_change_of_what_was_never_read_is_no_change_that_could_be_told() -> None:
    with acting(Acting(actor=OFFICE, action="putMembership", at=NOW)), pytest.raises(KeyError):
        acted("LEARNER#dr-a/MEMBERSHIP", "{}", 2)
