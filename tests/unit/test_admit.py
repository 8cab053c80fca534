"""Admit: who is a member, as the society's office said last."""

from datetime import date

import pytest

from functions.enrolment.admit.use_case import (
    accommodations_of,
    list_accommodations,
    list_memberships,
    set_membership,
    set_memberships,
    show_membership,
)
from shared.domain.accommodation import Accommodation
from shared.domain.ids import LearnerId, ModuleId
from shared.domain.learner import Membership
from shared.domain.refusals import NotFound
from tests.support.builders import LEARNER, NOW
from tests.support.fakes import World


def test_the_last_word_about_a_membership_counts() -> None:
    world = World()
    set_membership(LEARNER, True, date(2027, 12, 31), world)
    set_membership(LEARNER, False, None, world)
    assert (show_membership(LEARNER, world).member, show_membership(LEARNER, world).until) == (False, None)


def test_a_membership_that_is_told_again_is_not_written_again() -> None:
    """Nor is it an act of the office: a request whose answer was lost is sent again."""
    world = World()
    first = set_membership(LEARNER, True, date(2027, 12, 31), world)
    assert set_membership(LEARNER, True, date(2027, 12, 31), world) == first
    assert show_membership(LEARNER, world) == first


def test_of_whom_nothing_was_said_nothing_is_known() -> None:
    with pytest.raises(NotFound):
        show_membership(LEARNER, World())


def many(*learners: str, member: bool = True) -> list[Membership]:
    return [Membership(learner_id=LearnerId(learner), member=member) for learner in learners]


def test_an_import_says_how_much_of_it_was_news_and_repeated_nothing_is() -> None:
    world = World()
    set_membership(LearnerId("dr-a"), True, None, world)
    assert set_memberships([*many("dr-a", "dr-b"), *many("dr-c", member=False)], world) == 2
    assert set_memberships([*many("dr-a", "dr-b"), *many("dr-c", member=False)], world) == 0
    assert set_memberships(many("dr-b", member=False), world) == 1
    members = {one.learner_id: one.member for one in list_memberships(50, None, world).entries}
    assert members == {"dr-a": True, "dr-b": False, "dr-c": False}


def test_memberships_are_listed_page_by_page() -> None:
    world = World()
    set_memberships(many("dr-a", "dr-b", "dr-c"), world)
    first = list_memberships(2, None, world)
    rest = list_memberships(2, first.cursor, world)
    assert [len(first.entries), len(rest.entries), rest.cursor] == [2, 1, None]


def test_grants_are_listed_by_module_and_by_learner() -> None:
    world = World()
    world.accommodations.records.given(a_grant("dr-b", "one"), a_grant("dr-a", "two"), a_grant("dr-a", "one"))
    everything = list_accommodations(50, None, world).entries
    assert [(one.module_id, one.learner_id) for one in everything] == [
        ("one", "dr-a"),
        ("one", "dr-b"),
        ("two", "dr-a"),
    ]
    assert {one.module_id for one in accommodations_of(LearnerId("dr-a"), world)} == {"one", "two"}
    assert accommodations_of(LearnerId("dr-z"), world) == []


def a_grant(learner: str, module: str) -> Accommodation:
    return Accommodation(
        learner_id=LearnerId(learner),
        module_id=ModuleId(module),
        extra_minutes=10,
        extra_attempts=0,
        reason="asked for",
        granted_by=LEARNER,
        granted_at=NOW,
    )
