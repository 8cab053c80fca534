"""The office's lists in LearningTable: what is found, in pages, and what is found no more."""

from dataclasses import replace

import pytest

from infra.local.system import LocalSystem
from shared.adapters.dynamo.store import SHARDS, shard_of
from shared.bootstrap import Deps
from shared.domain.accommodation import Accommodation
from shared.domain.ids import EditionId, EnrolmentId, LearnerId, ModuleId
from shared.domain.learner import Contact, Membership
from shared.domain.refusals import InvalidRequest
from shared.ports import ConcurrentChange, Page
from tests.support.builders import NOW, a_profile, an_enrolment


def entries_of(engine: LocalSystem, learner: str) -> list[str]:
    """What the directory finds a learner by, as it is stored."""
    items = engine.aws("dynamodb").query(
        TableName=engine.reference("LearningTable"),
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues={":pk": {"S": f"LEARNER#{learner}"}, ":sk": {"S": "TERM#"}},
    )["Items"]
    return sorted(item["listed_key"]["S"].partition("#")[0] for item in items if "listed_key" in item)


def found_by(deps: Deps, word: str, limit: int = 100) -> list[str]:
    learners: list[str] = []
    cursor = None
    while True:
        page = deps.directory.found_by(word, limit, cursor)
        assert len(page.entries) <= limit
        learners += [hit.learner_id for hit in page.entries]
        cursor = page.cursor
        if cursor is None:
            return learners


def test_a_profile_is_found_by_its_terms_and_after_a_change_only_by_the_new_ones(
    deps: Deps, engine: LocalSystem
) -> None:
    learner = LearnerId("renamed")
    saved = deps.profiles.save(a_profile(learner_id=learner, name="Quentin O'Quill", licence="QQ-77"))
    assert deps.profiles.find(learner) == saved
    assert entries_of(engine, learner) == list(saved.terms)
    renamed = deps.profiles.save(replace(saved, name="Quirin", licence=None))
    assert entries_of(engine, learner) == ["quirin"]
    assert (found_by(deps, "quill"), found_by(deps, "qui")) == ([], [learner])
    assert deps.profiles.save(replace(renamed, language="de")).version == 3
    again = deps.profiles.save(replace(renamed, name="Quirin Zwo", version=3))
    assert (again.version, found_by(deps, "zwo")) == (4, [learner])


def test_a_change_that_lost_the_race_leaves_the_entries_as_they_were(deps: Deps, engine: LocalSystem) -> None:
    learner = LearnerId("raced")
    first = deps.profiles.save(a_profile(learner_id=learner, name="Xerxes"))
    deps.profiles.save(replace(first, name="Xaver"))
    with pytest.raises(ConcurrentChange):
        deps.profiles.save(replace(first, name="Xenia"))
    assert entries_of(engine, learner) == ["xaver"]


def test_profile_and_contact_have_entries_of_their_own(deps: Deps, engine: LocalSystem) -> None:
    learner = LearnerId("both")
    deps.profiles.save(a_profile(learner_id=learner, name="Yvonne"))
    contact = deps.contacts.save(Contact(learner_id=learner, email="y@yard.example", name="Yvonne"))
    assert deps.contacts.find(learner) == contact
    assert entries_of(engine, learner) == sorted([*a_profile(name="Yvonne").terms, *contact.terms])
    hits = [hit for hit in deps.directory.found_by("yvonne", 100, None).entries if hit.learner_id == learner]
    assert [hit.source for hit in hits] == ["contact", "profile"]
    assert deps.profiles.those([learner, LearnerId("nobody")]).keys() == {learner}
    assert deps.contacts.those([learner, learner]).keys() == {learner}


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_whoever_shares_a_word_comes_once_over_all_pages(deps: Deps, limit: int) -> None:
    for number in range(7):
        learner = LearnerId(f"shared-{number}")
        known = deps.profiles.find(learner)
        if known is None:
            deps.profiles.save(a_profile(learner_id=learner, name=f"Vincent {number}"))
    assert found_by(deps, "vincent", limit).count("shared-3") == 2  # as "vincent" and as "vincent3"
    assert set(found_by(deps, "vincent", limit)) == {f"shared-{number}" for number in range(7)}


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_members_are_listed_over_all_shards(deps: Deps, limit: int) -> None:
    told = [Membership(learner_id=LearnerId(f"member-{number}"), member=True) for number in range(130)]
    assert {shard_of(one.learner_id) for one in told} == set(range(SHARDS))
    deps.memberships.write_over(told)
    seen: list[str] = []
    page: Page[LearnerId] = deps.directory.members(limit, None)
    while True:
        assert len(page.entries) <= limit
        seen += page.entries
        if page.cursor is None:
            break
        page = deps.directory.members(limit, page.cursor)
    assert len(seen) == len(set(seen))
    assert {one.learner_id for one in told} <= set(seen)


def test_many_memberships_are_read_and_written_whatever_was_stored(deps: Deps) -> None:
    learners = [LearnerId(f"crowd-{number}") for number in range(260)]
    deps.memberships.write_over([Membership(learner_id=learner, member=True) for learner in learners])
    known = deps.memberships.those([*learners, LearnerId("stranger")])
    assert known.keys() == set(learners)
    assert {one.version for one in known.values()} == {1}
    one = deps.memberships.save(replace(known[learners[0]], member=False))
    deps.memberships.write_over([replace(one, member=True)])
    assert deps.memberships.find(learners[0]) == replace(one, member=True, version=3)


def test_grants_are_listed_by_module(deps: Deps) -> None:
    for learner, module in (("grant-b", "m-1"), ("grant-a", "m-2"), ("grant-a", "m-1")):
        deps.accommodations.save(
            Accommodation(
                learner_id=LearnerId(learner),
                module_id=ModuleId(module),
                extra_minutes=5,
                extra_attempts=0,
                reason="asked for",
                granted_by=LearnerId("admin"),
                granted_at=NOW,
            )
        )
    first = deps.directory.grants(2, None)
    rest = deps.directory.grants(2, first.cursor)
    listed = [*first.entries, *rest.entries]
    assert listed == [("grant-a", "m-1"), ("grant-b", "m-1"), ("grant-a", "m-2")]
    assert [(one.learner_id, one.module_id) for one in deps.accommodations.those(listed)] == listed
    assert [one.module_id for one in deps.accommodations.of_learner(LearnerId("grant-a"))] == ["m-1", "m-2"]


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_those_enrolled_in_an_edition_come_once_over_all_pages(deps: Deps, limit: int) -> None:
    edition = EditionId(ModuleId(f"pages-{limit}"), 1)
    learners = {LearnerId(f"enrolled-{number}") for number in range(14)}
    for learner in learners:
        deps.enrolments.save(an_enrolment(learner_id=learner, module_id=edition.module_id))
    seen = []
    page = deps.enrolments.page(edition, limit, None)
    while True:
        assert len(page.entries) <= limit
        seen += [one.learner_id for one in page.entries]
        if page.cursor is None:
            break
        page = deps.enrolments.page(edition, limit, page.cursor)
    assert (len(seen), set(seen)) == (14, learners)
    ids = [EnrolmentId(LearnerId(f"enrolled-{number}"), edition.module_id, 1) for number in (5, 99, 2)]
    assert [one.learner_id for one in deps.enrolments.those(ids)] == ["enrolled-5", "enrolled-2"]


@pytest.mark.parametrize("cursor", ["nothing", "9#", "x#dr-a", "#", "٣#"])
def test_a_cursor_is_one_of_its_list(deps: Deps, cursor: str) -> None:
    for ask in (
        lambda: deps.directory.members(1, cursor),
        lambda: deps.enrolments.page(EditionId(ModuleId("m"), 1), 1, cursor),
        lambda: deps.directory.found_by("anna", 1, cursor),
        lambda: deps.directory.found_by("anna", 1, f"anna{cursor}"),
        lambda: deps.directory.learners(1, "nothing"),
        lambda: deps.directory.grants(1, "nothing"),
    ):
        with pytest.raises(InvalidRequest):
            ask()
