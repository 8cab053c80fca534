"""Where a learner is written to is what their token last said."""

from dataclasses import replace

import pytest

from functions.certification.record.use_case import change_profile
from functions.enrolment.enrol.use_case import request_enrolment
from shared.domain.learner import Contact
from shared.domain.refusals import ModuleClosed, NameNotPrintable, NotFound
from tests.support.builders import LEARNER, NOW, REFERENCE, a_contact, a_status
from tests.support.fakes import World


def kept(world: World) -> Contact | None:
    found = world.contacts.find(LEARNER)
    return replace(found, version=0) if found else None


def test_who_enrols_is_written_to_where_the_token_says() -> None:
    world = World()
    world.publish()
    request_enrolment(REFERENCE, world, at=NOW, contact=a_contact())
    assert kept(world) == a_contact()


def test_an_address_that_has_changed_is_kept_when_the_learner_enrols_again_or_changes_the_profile() -> None:
    world = World()
    world.publish()
    for number, contact in enumerate([a_contact(), a_contact(email="new@example.org"), a_contact(name="Ada King")]):
        if number == 1:
            request_enrolment(REFERENCE, world, at=NOW, contact=contact)
        else:
            change_profile(LEARNER, {"profession": "MD"}, world, contact=contact)
        assert kept(world) == contact


def test_the_same_said_again_writes_nothing() -> None:
    world = World()
    for _ in range(2):
        change_profile(LEARNER, {}, world, contact=a_contact())
    assert world.contacts.writes == 1


def test_a_token_without_an_address_takes_none_away() -> None:
    world = World()
    change_profile(LEARNER, {}, world, contact=a_contact())
    change_profile(LEARNER, {"profession": "MD"}, world, contact=None)
    assert kept(world) == a_contact()


def test_who_is_refused_leaves_no_address() -> None:
    world = World()
    with pytest.raises(NotFound):
        request_enrolment(REFERENCE, world, at=NOW, contact=a_contact())
    world.publish()
    with pytest.raises(ModuleClosed):
        request_enrolment(REFERENCE, world, at=a_status().terminates_at, contact=a_contact())
    with pytest.raises(NameNotPrintable):
        change_profile(LEARNER, {"name": "\u202e"}, world, contact=a_contact())
    assert kept(world) is None


def test_an_address_goes_into_no_event() -> None:
    world = World()
    world.publish()
    request_enrolment(REFERENCE, world, at=NOW, contact=a_contact())
    assert world.announced
    assert "@" not in repr(world.announced)
