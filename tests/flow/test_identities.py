"""A doctor who has two accounts is one learner once the office says so, whichever of them she signs in with."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.flow.journey import Begin, Learner, Module, World, answered, instant, problem


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


People = Callable[[], tuple[Learner, Learner]]


@pytest.fixture
def accounts(world: World) -> People:
    """Two accounts of one doctor, the first a member's, not joined yet."""

    def new() -> tuple[Learner, Learner]:
        first = world.learner(name="Dr. Ada Lovelace")
        second = world.learner(name="Ada Lovelace, MD", member=False)
        for account in (first, second):
            answered(account.introduce())
        return first, second

    return new


def joined(world: World, first: Learner, second: Learner) -> Any:
    return answered(world.admin.joins(first.sub, second.sub), 201)


def enrolments_of(world: World, learner: Learner) -> dict[tuple[str, int], str]:
    return {(row["module_id"], row["edition"]): row["state"] for row in world.facts_of(learner, "ENROLMENT")}


def newest(learner: Learner, module: Module) -> Any:
    """The enrolment that is meant where no edition is named."""
    return learner.ask("GET", f"{module.path}/enrolment")


# One person


def test_both_accounts_show_one_record(world: World, accounts: People) -> None:
    first, second = accounts()
    passed, other = world.published(), world.published(members_only=False)
    number = first.earns(passed)
    another = second.earns(other)
    answered(second.earned_elsewhere(earned_on="2021-02-14"), 201)
    joined(world, first, second)
    transcript = first.transcript()
    assert [(entry["module_id"], entry["certificate"]) for entry in transcript["entries"]] == [
        (None, None),
        (passed.module_id, number),
        (other.module_id, another),
    ]
    assert transcript == second.transcript()
    for account in (first, second):
        listed = answered(account.ask("GET", "/certificates"))["certificates"]
        assert {one["number"] for one in listed} == {number, another}
        for one in (number, another):
            assert answered(account.certificate(one))["status"] == "valid"
            assert account.pdf(one).startswith(b"%PDF")
        for module in (passed, other):
            assert answered(newest(account, module))["state"] == "certified"
        assert answered(account.ask("GET", "/me"))["name"] == "Dr. Ada Lovelace"
        # Entered under the other account, it is the entry that is there.
        answered(account.earned_elsewhere(earned_on="2021-02-14"), 200)
    assert len(first.transcript()["entries"]) == 3


def test_certificates_are_listed_page_by_page_over_both_accounts(world: World, accounts: People) -> None:
    first, second = accounts()
    numbers = {first.earns(world.published()) for _ in range(2)}
    numbers |= {second.earns(world.published(members_only=False)) for _ in range(2)}
    joined(world, first, second)
    for limit in (1, 2, 3):
        found, cursor = [], ""
        while cursor is not None:
            page = answered(second.ask("GET", f"/certificates?limit={limit}{cursor and f'&cursor={cursor}'}"))
            assert len(page["certificates"]) <= limit
            found += [one["number"] for one in page["certificates"]]
            cursor = page["next"]
        assert len(found) == 4
        assert set(found) == numbers


def test_a_test_begun_with_one_account_is_finished_with_the_other(world: World, accounts: People) -> None:
    first, second = accounts()
    module = world.published(test={"attempts": 2})
    first.is_ready_for(module).fails()
    world.wait(hours=24)
    joined(world, first, second)
    second.module = module
    # No second enrolment, and the attempt that failed is one of the two.
    assert answered(second.enrol(module), 200)["state"] == "confirmed"
    assert second.enrolment()["attempts_left"] == 1
    form = second.begins()
    assert form["attempt"] == 2
    assert answered(first.attempt(2), 200)["questions"] == form["questions"]
    answered(second.save({}, 2), 200)
    answered(second.submit(module.right(form), 2), 202)
    world.deliver()
    assert first.enrolment() == second.enrolment()
    assert first.enrolment()["state"] == "certified"
    assert enrolments_of(world, second) == {}
    certificate = answered(second.certificate(first.enrolment()["certificate"]))
    assert certificate["attested_name"] == "Dr. Ada Lovelace"


def test_credit_is_claimed_with_the_other_account(world: World, accounts: People) -> None:
    first, second = accounts()
    module = world.published(claim="claimed", members_only=False)
    second.is_ready_for(module).passes()
    joined(world, first, second)
    first.module = module
    answered(first.evaluate(), 200)
    number = answered(first.claim(("ESMO-MORA", "1.00")), 202)["certificate"]
    assert answered(second.claim(("ESMO-MORA", "1.00")), 200)["certificate"] == number
    world.deliver()
    assert answered(second.certificate(number))["attested_name"] == "Dr. Ada Lovelace"


def test_membership_and_prerequisites_of_either_account_admit_the_person(world: World, accounts: People) -> None:
    first, second = accounts()
    basics = world.published(members_only=False)
    answered(second.earns(basics) and second.ask("GET", "/transcript"), 200)
    advanced = world.published(prerequisites=[basics.module_id])
    for account in (first, second):
        answered(account.enrol(advanced), 202)
    world.deliver()
    # Each lacks what the other has.
    assert (first.enrolment()["reason"], second.enrolment()["reason"]) == ("prerequisite-missing", "not-a-member")
    joined(world, first, second)
    answered(second.enrol(advanced), 202)
    world.deliver()
    for account in (first, second):
        assert account.enrolment()["state"] == "confirmed"
    members = world.published()
    answered(second.enrol(members), 202)
    world.deliver()
    assert second.enrolment()["state"] == "confirmed"


def test_more_time_and_attempts_are_granted_to_the_person(world: World, accounts: People) -> None:
    first, second = accounts()
    before, after = (world.published(members_only=False, test={"time_limit_minutes": 30}) for _ in range(2))
    answered(world.admin.accommodates(first.sub, before, minutes=10), 200)
    form = second.is_ready_for(before).begins()
    joined(world, first, second)
    moved = answered(second.attempt(), 200)
    assert (instant(moved["deadline"]) - instant(form["deadline"])).total_seconds() == 600
    answered(world.admin.accommodates(first.sub, after, attempts=2), 200)
    assert second.is_ready_for(after).enrolment()["attempts_left"] == 5
    page = world.admin.learners_page(second.sub)
    granted = {one["module_id"]: (one["extra_minutes"], one["extra_attempts"]) for one in page["accommodations"]}
    assert granted == {before.module_id: (10, 0), after.module_id: (0, 2)}
    assert len(page["accommodations"]) == 2


def test_of_two_enrolments_in_an_edition_the_one_that_was_sat_goes_on(world: World, accounts: People) -> None:
    first, second = accounts()
    module = world.published(members_only=False)
    first.is_ready_for(module)
    second.is_ready_for(module).fails()
    world.wait(hours=24)
    joined(world, first, second)
    assert enrolments_of(world, first) == {(module.module_id, 1): "withdrawn"}
    assert first.enrolment() == second.enrolment()
    assert len(first.enrolment()["attempts"]) == 1
    assert answered(newest(first, module))["state"] == "confirmed"
    assert first.passes()["state"] == "certified"
    assert [entry["kind"] for entry in second.transcript()["entries"]] == ["award"]
    # Neither a sample for an auditor nor a page of the office shows her twice.
    sample = answered(world.admin.ask("GET", f"{module.admin_path}/enrolments/sample?n=9"))["enrolments"]
    assert [(one["learner_id"], one["name"]) for one in sample] == [(second.sub, "Dr. Ada Lovelace")]


def test_the_newest_edition_is_meant_whoever_began_it(world: World, accounts: People) -> None:
    first, second = accounts()
    one = world.published(members_only=False)
    two = world.published(world.module(one.module_id, 2, members_only=False))
    first.earns(one)
    second.is_ready_for(two)
    joined(world, first, second)
    for account in (first, second):
        assert answered(newest(account, one))["edition"] == 2
        assert answered(account.ask("GET", f"{one.path}/enrolment?edition=1"))["state"] == "certified"
    three = world.published(world.module(one.module_id, 3, members_only=False))
    answered(first.enrol(three), 202)
    for account in (first, second):
        assert answered(newest(account, one))["edition"] == 3


def test_mail_and_name_are_the_primarys(world: World, accounts: People) -> None:
    first, second = accounts()
    module = world.published(members_only=False)
    second.is_ready_for(module)
    answered(first.enrol(world.published()), 202)  # what the token says of an address is known from here on
    joined(world, first, second)
    answered(second.introduce(name="Augusta Ada King"), 200)
    assert answered(first.ask("GET", "/me"))["name"] == "Augusta Ada King"
    before = len(world.mails(second)), len(world.mails(first))
    number = second.passes()["certificate"]
    assert answered(first.certificate(number))["attested_name"] == "Augusta Ada King"
    assert len(world.mails(second)) == before[0]
    assert len(world.mails(first)) > before[1]


# The office


def test_the_office_finds_a_person_once_and_sees_all_of_them_on_one_page(world: World) -> None:
    module, other = world.published(members_only=False), world.published(members_only=False)
    first = world.learner("once-a", name="Grace Brewster Hopper")
    second = world.learner("once-b", name="Grace Murray Hopper")
    first.earns(module)
    second.is_ready_for(other).fails()
    joined(world, first, second)

    def found(q: str) -> list[str]:
        answer = answered(world.admin.ask("GET", f"/admin/learners?q={q}&limit=200"))
        return [one["learner_id"] for one in answer["learners"]]

    for q in ("hopper", "grace", "murray", "brewster%20murray", "once-b@example"):
        assert found(q) == ["once-a"], q
    assert [one for one in found("") if one.startswith("once-")] == ["once-a"]
    pages = [world.admin.learners_page(account.sub) for account in (first, second)]
    assert pages[0] == pages[1]
    assert pages[0]["learner_id"] == "once-a"
    assert [(one["learner_id"], one["reason"]) for one in pages[0]["joined"]] == [("once-b", "The same licence")]
    assert {one["module_id"]: one["state"] for one in pages[0]["enrolments"]} == {
        module.module_id: "certified",
        other.module_id: "confirmed",
    }
    assert [len(one["attempts"]) for one in pages[0]["enrolments"]] == [1, 1]
    assert [total["amount"] for total in pages[0]["totals"]] == ["1.00"]
    # An auditor asks about either account; the evidence is where it was made.
    for account in (first, second):
        bundle = answered(world.admin.ask("GET", f"/admin/learners/{account.sub}/evidence/{other.module_id}"))
        assert (bundle["learner_id"], bundle["name"]) == ("once-b", "Grace Brewster Hopper")
    listed = answered(world.admin.ask("GET", f"{other.admin_path}/enrolments"))["enrolments"]
    assert [one["name"] for one in listed] == ["Grace Brewster Hopper"]


def test_a_pass_entered_by_hand_goes_to_the_enrolment_that_is_there(world: World, accounts: People) -> None:
    first, second = accounts()
    module = world.published(members_only=False)
    second.is_ready_for(module)
    joined(world, first, second)
    award = {"module_id": module.module_id, "edition": 1, "passed_at": world.now.isoformat(), "reason": "on site"}
    answered(world.admin.ask("POST", f"/admin/learners/{first.sub}/awards", award), 201)
    world.deliver()
    assert enrolments_of(world, second) == {(module.module_id, 1): "certified"}
    assert enrolments_of(world, first) == {}


# Joining


def test_joined_again_they_are_the_same_person(world: World, accounts: People) -> None:
    first, second = accounts()
    told = joined(world, first, second)
    assert told["learner_id"] == first.sub
    [other] = told["joined"]
    assert (other["learner_id"], other["reason"], other["by"]) == (second.sub, "The same licence", "admin")
    before = world.rows("LearningTable")
    assert answered(world.admin.joins(first.sub, second.sub, reason="Another word for it"), 200) == told
    for account in (first, second):
        assert answered(world.admin.ask("GET", f"/admin/learners/{account.sub}/identities"), 200) == told
    assert world.rows("LearningTable") == before


def test_a_person_may_have_three_accounts(world: World, accounts: People) -> None:
    first, second = accounts()
    third, _ = accounts()
    number = third.earns(world.published())
    joined(world, first, second)
    told = joined(world, first, third)
    assert [other["learner_id"] for other in told["joined"]] == [second.sub, third.sub]
    assert answered(second.certificate(number))["status"] == "valid"
    assert len(second.transcript()["entries"]) == 1


def test_what_can_not_be_joined_is_refused_with_the_reason(world: World, accounts: People) -> None:
    first, second = accounts()
    third, fourth = accounts()
    before = world.rows("LearningTable")
    assert problem(world.admin.joins(first.sub, first.sub)) == (422, "invalid-request")
    assert problem(world.admin.joins(first.sub, "nobody")) == (404, "not-found")
    assert problem(world.admin.joins("nobody", first.sub)) == (404, "not-found")
    assert world.rows("LearningTable") == before
    joined(world, first, second)
    joined(world, third, fourth)
    before = world.rows("LearningTable")
    for primary, other, named in (
        (second, first, first),  # it is the other way round
        (third, second, first),  # somebody else's
        (second, third, first),  # a person is known by their primary
        (first, third, third),  # somebody who has another identity of their own
    ):
        refused = world.admin.joins(primary.sub, other.sub)
        assert problem(refused) == (409, "already-joined")
        assert refused.json()["primary"] == named.sub
    assert world.rows("LearningTable") == before


def test_two_who_sat_the_test_of_one_edition_are_not_joined(world: World, accounts: People) -> None:
    first, second = accounts()
    module, other = world.published(members_only=False), world.published(members_only=False)
    first.earns(module)
    second.is_ready_for(module).begins()
    for account in (first, second):
        account.is_ready_for(other)
    before = world.rows("LearningTable")
    refused = world.admin.joins(first.sub, second.sub)
    assert problem(refused) == (409, "identities-conflict")
    assert refused.json()["editions"] == [{"module_id": module.module_id, "edition": 1}]
    assert world.rows("LearningTable") == before


def test_separated_each_has_what_is_their_own(world: World, accounts: People) -> None:
    first, second = accounts()
    one, two = world.published(), world.published(members_only=False)
    number, another = first.earns(one), second.earns(two)
    joined(world, first, second)
    for _ in range(2):
        told = answered(world.admin.separates(first.sub, second.sub), 200)
        assert told == {"learner_id": first.sub, "joined": []}
    assert [entry["certificate"] for entry in first.transcript()["entries"]] == [number]
    assert [entry["certificate"] for entry in second.transcript()["entries"]] == [another]
    assert problem(first.certificate(another)) == (404, "not-found")
    assert answered(second.ask("GET", "/me"))["name"] == "Ada Lovelace, MD"
    assert "joined" not in world.admin.learners_page(second.sub)
    joined(world, first, second)


# Privacy


def test_one_export_and_one_erasure_cover_both_accounts(begin: Begin) -> None:
    with begin() as world:
        first, second = world.learner("er-a", name="Zenobia Quint"), world.learner("er-b", name="Zenobia Quint-Okonkwo")
        module, other = world.published(), world.published()
        number, another = first.earns(module), second.earns(other)
        answered(world.admin.joins("er-a", "er-b", reason="Zenobia married"), 201)
        held = second.all_that_is_held()
        assert held == first.all_that_is_held()
        assert held["manifest"]["learner_id"] == "er-a"
        records = held["records"]
        assert {one["learner_id"] for one in records["enrolments"]} == {"er-a", "er-b"}
        assert {one["number"] for one in records["certificates"]} == {number, another}
        assert {one["learner_id"] for one in records["mails"]} == {"er-a", "er-b"}
        assert [one["joined"] for one in records["profile"] if one.get("joined")]
        job = second.asks_to_be_erased()
        assert first.asks_to_be_erased() == job
        for account in (first, second):
            assert problem(account.introduce()) == (409, "learner-erased")
        world.go_on_with_what_waits(minutes=6)
        assert answered(world.admin.job(job), 200)["state"] == "finished"
        stored = str(world.tables())
        for word in ("Zenobia", "Quint", "married", "er-a@example.org", "er-b@example.org"):
            assert word not in stored, word
        # Who either pseudonym was is told by the profile that counted.
        evidence = {
            key.partition("@")[0]: body.decode()
            for key, body in world.objects("EvidenceBucket").items()
            if key.endswith("identity.json") or "identity.json@" in key
        }
        assert set(evidence) == {"learners/er-a/identity.json", "learners/er-b/identity.json"}
        assert all('"name":"Zenobia Quint"' in text.replace(": ", ":") for text in evidence.values())
        for one in (number, another):
            verified = answered(world.public(f"/verify/{one}", accept="application/json"))
            assert (verified["status"], verified.get("holder")) == ("valid", None)
        assert problem(world.admin.joins("er-a", "er-b")) == (409, "learner-erased")


def test_the_erasure_of_a_person_waits_for_what_is_under_way_under_either_account(begin: Begin) -> None:
    with begin() as world:
        first, second = world.learner("er-a"), world.learner("er-b")
        first.earns(world.published())
        form = second.is_ready_for(module := world.published()).begins()
        answered(world.admin.joins("er-a", "er-b"), 201)
        job = first.asks_to_be_erased()
        world.go_on_with_what_waits(minutes=6)
        waiting = answered(world.admin.job(job), 200)
        assert (waiting["state"], waiting["waiting_for"]) == ("running", ["attempt-under-way"])
        answered(second.submit(module.right(form)), 202)
        world.deliver()
        world.go_on_with_what_waits(hours=2)
        assert answered(world.admin.job(job), 200)["state"] == "finished"
