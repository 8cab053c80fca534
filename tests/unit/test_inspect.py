"""Inspect: a learner is found by what they are called, and all about them is on one page."""

from dataclasses import replace

import pytest

from functions.enrolment.inspect.use_case import find_learners, list_enrolments, show_learner
from shared.domain.enrolment import EnrolmentState
from shared.domain.ids import EditionId, LearnerId
from shared.domain.learner import Contact, Membership
from shared.domain.refusals import NotFound
from shared.ports import Hit
from tests.support.builders import (
    EDITION,
    ENROLMENT,
    LEARNER,
    MODULE,
    NOW,
    NUMBER,
    a_graded_attempt,
    a_head,
    a_profile,
    an_award,
    an_enrolment,
)
from tests.support.fakes import World
from tests.support.paging import all_of


def a_world() -> World:
    world = World()
    for learner, name, licence in (
        ("dr-a", "Anna Müller", "CH-12345"),
        ("dr-b", "Annabel Müller-Keller", None),
        ("dr-c", "Björn Ågren", "12-99"),
    ):
        world.profiles.given(a_profile(learner_id=LearnerId(learner), name=name, licence=licence))
    world.contacts.given(
        Contact(learner_id=LearnerId("dr-a"), email="anna.muller@hospital.example", name="Anna M."),
        Contact(learner_id=LearnerId("dr-d"), email="dora@hospital.example"),
    )
    return world


def found(world: World, q: str | None, limit: int = 50) -> list[str]:
    """The learners on all pages, in order."""
    return [person.learner_id for person in all_of(lambda cursor: find_learners(q, limit, cursor, world))]


@pytest.mark.parametrize(
    ("q", "learners"),
    [
        ("muller", ["dr-a", "dr-b"]),
        ("MÜLLER anna", ["dr-a", "dr-b"]),
        ("keller anna", ["dr-b"]),
        ("agren", ["dr-c"]),
        ("12345", ["dr-a"]),
        ("12", ["dr-a", "dr-c"]),
        ("dora@hospital.example", ["dr-d"]),
        ("anna.muller@hospital", ["dr-a"]),
        ("nobody", []),
        (" - ", ["dr-d", "dr-a", "dr-b", "dr-c"]),
        (None, ["dr-d", "dr-a", "dr-b", "dr-c"]),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 50])
def test_a_learner_is_found_once_by_name_licence_or_address(q: str | None, learners: list[str], limit: int) -> None:
    once = found(a_world(), q, limit)
    assert sorted(once) == sorted(learners)
    if not (q or "").strip(" -"):
        assert once == learners


def test_an_entry_that_is_gone_from_the_profile_finds_nobody() -> None:
    world = a_world()
    world.directory.gone = [Hit(learner_id=LearnerId("dr-c"), term="zweig", source="profile")]
    world.directory.gone += [Hit(learner_id=LearnerId("dr-z"), term="zweig", source="contact")]
    assert found(world, "zweig") == []


def test_one_page_tells_all_about_a_learner() -> None:
    world = World()
    passed = an_enrolment(EnrolmentState.CERTIFIED, certificate=NUMBER, passed_at=NOW)
    world.profiles.given(a_profile())
    world.memberships.given(Membership(learner_id=LEARNER, member=True))
    world.enrolments.given(passed, an_enrolment(edition=2), an_enrolment(learner_id=LearnerId("dr-b")))
    world.attempts.given(a_graded_attempt(1, passed=False), a_graded_attempt(2, passed=True))
    world.certificates.kept.given(a_head())
    world.ledger.given(an_award("2026-03-02"))
    page = show_learner(LEARNER, world, at=NOW)
    assert [one.edition for one in page.enrolments] == [1, 2]
    assert [attempt.number for attempt in page.attempts[ENROLMENT]] == [1, 2]
    assert [head.number for head in page.heads] == [NUMBER]
    assert [entry.scheme for entry in page.entries[NUMBER]] == ["ESMO-MORA"]
    assert [str(total.amount) for total in page.transcript.totals] == ["1.00"]


@pytest.mark.parametrize("kept", ["profiles", "contacts", "memberships", "enrolments"])
def test_whoever_is_known_by_anything_has_a_page(kept: str) -> None:
    world = World()
    known = {
        "profiles": a_profile(),
        "contacts": Contact(learner_id=LEARNER, email="ada@example.org"),
        "memberships": Membership(learner_id=LEARNER, member=False),
        "enrolments": an_enrolment(),
    }
    getattr(world, kept).given(known[kept])
    assert show_learner(LEARNER, world, at=NOW).learner_id == LEARNER


def test_of_whom_nothing_is_known_there_is_no_page() -> None:
    with pytest.raises(NotFound):
        show_learner(LEARNER, World(), at=NOW)


def test_those_enrolled_in_an_edition_come_page_by_page_with_their_names() -> None:
    world = World()
    world.publish()
    world.profiles.given(a_profile())
    others = [an_enrolment(learner_id=LearnerId(f"dr-{letter}")) for letter in "bc"]
    world.enrolments.given(an_enrolment(), *others, replace(an_enrolment(), edition=2))
    page, people = list_enrolments(EDITION, 2, None, world)
    rest, _ = list_enrolments(EDITION, 2, page.cursor, world)
    assert [one.learner_id for one in (*page.entries, *rest.entries)] == ["dr-a", "dr-b", "dr-c"]
    assert (people[LEARNER].name, people[LearnerId("dr-b")].name) == ("Ada Lovelace", None)
    with pytest.raises(NotFound):
        list_enrolments(EditionId(MODULE, 9), 2, None, world)
