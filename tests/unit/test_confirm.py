"""Confirm: a request is decided as of its own instant, once, however late or often its message comes."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from functions.enrolment.confirm.use_case import confirm_enrolment
from shared.domain.enrolment import DeclineReason, Enrolment, EnrolmentState, WaitingFor
from shared.domain.ids import EnrolmentId, ModuleId
from shared.domain.learner import Membership
from shared.events.enrolment import (
    EnrolmentConfirmedV1,
    EnrolmentDeclinedV1,
    EnrolmentLapsedV1,
    EnrolmentRequestedV1,
)
from shared.ports import ConcurrentChange
from tests.support.builders import (
    DAY,
    ENROLMENT,
    HOUR,
    LEARNER,
    MINUTE,
    MODULE,
    NOW,
    a_profile,
    a_status,
    an_edition,
    an_enrolment,
)
from tests.support.fakes import World

END = a_status().terminates_at


def a_request(ordinal: int = 1) -> EnrolmentRequestedV1:
    return EnrolmentRequestedV1(at=NOW, ordinal=ordinal, learner_id=LEARNER, module_id=MODULE, edition=1)


def a_world(*, member: bool = True, requested_at: datetime = NOW, **changes: object) -> World:
    """A request in an edition whose content has ``changes``."""
    world = World()
    world.publish(an_edition(**changes))
    world.memberships.given(Membership(learner_id=LEARNER, member=member))
    world.enrolments.given(Enrolment.requested(ENROLMENT, requested_at))
    return world


def found(world: World) -> Enrolment:
    enrolment = world.enrolments.find(ENROLMENT)
    assert enrolment is not None
    return enrolment


def test_a_member_is_confirmed() -> None:
    world = a_world()
    confirm_enrolment(a_request(), world)
    assert (found(world).state, found(world).confirmed_at) == (EnrolmentState.CONFIRMED, NOW)
    assert found(world).terms == an_edition().content.terms
    assert world.announced == [EnrolmentConfirmedV1(at=NOW, learner_id=LEARNER, module_id=MODULE, edition=1)]


def test_someone_who_is_no_member_is_declined_with_the_reason() -> None:
    world = a_world(member=False)
    confirm_enrolment(a_request(), world)
    assert (found(world).state, found(world).reason) == (EnrolmentState.DECLINED, DeclineReason.NOT_A_MEMBER)
    (declined,) = world.told(EnrolmentDeclinedV1)
    assert declined.reason == "not-a-member"


def asking_the_directory(own: Membership | None, listed: Membership | None = None, *, is_down: bool = False) -> World:
    """A request of a learner whom the office and the society's directory know so."""
    world = World()
    world.publish(an_edition())
    world.memberships.given(*([own] if own else []))
    world.enrolments.given(Enrolment.requested(ENROLMENT, NOW))
    world.membership_directory.members = {LEARNER: listed} if listed else {}
    world.membership_directory.is_down = is_down
    return world


MEMBER = Membership(learner_id=LEARNER, member=True)
NO_MEMBER = Membership(learner_id=LEARNER, member=False)
ENDED = Membership(learner_id=LEARNER, member=True, until=NOW.date() - DAY)


@pytest.mark.parametrize(
    ("own", "listed", "state", "asked"),
    [
        (MEMBER, None, EnrolmentState.CONFIRMED, 0),
        (NO_MEMBER, MEMBER, EnrolmentState.DECLINED, 0),
        (ENDED, MEMBER, EnrolmentState.CONFIRMED, 1),
        (None, MEMBER, EnrolmentState.CONFIRMED, 1),
        (None, NO_MEMBER, EnrolmentState.DECLINED, 1),
        (None, ENDED, EnrolmentState.DECLINED, 1),
        (ENDED, None, EnrolmentState.DECLINED, 1),
        (None, None, EnrolmentState.DECLINED, 1),
    ],
)
def test_the_directory_is_asked_where_the_offices_word_does_not_decide(
    own: Membership | None, listed: Membership | None, state: EnrolmentState, asked: int
) -> None:
    world = asking_the_directory(own, listed)
    confirm_enrolment(a_request(), world)
    assert (found(world).state, world.membership_directory.asked) == (state, asked)


def test_a_directory_that_is_down_delays_and_declines_nobody() -> None:
    world = asking_the_directory(None, MEMBER, is_down=True)
    waits = []
    for _ in range(6):
        confirm_enrolment(a_request(), world)
        waiting = found(world)
        assert (waiting.state, waiting.waiting_for) == (EnrolmentState.REQUESTED, WaitingFor.MEMBERSHIP_DIRECTORY)
        assert waiting.next_try_at
        waits.append((waiting.next_try_at - world.clock.at) / MINUTE)
        world.clock.at = waiting.next_try_at
    assert waits == [5, 10, 20, 40, 60, 60]
    assert world.announced == []
    world.membership_directory.is_down = False
    confirm_enrolment(a_request(), world)
    assert (found(world).state, found(world).confirmed_at) == (EnrolmentState.CONFIRMED, NOW)
    assert (found(world).waiting_for, found(world).delays, found(world).next_try_at) == (None, 0, None)


def test_where_the_office_admits_a_directory_that_is_down_delays_nothing() -> None:
    world = asking_the_directory(MEMBER, is_down=True)
    confirm_enrolment(a_request(), world)
    assert found(world).state is EnrolmentState.CONFIRMED


def test_a_request_that_waited_for_the_directory_until_the_edition_ended_lapses() -> None:
    world = asking_the_directory(None, is_down=True)
    confirm_enrolment(a_request(), world)
    world.clock.at = END
    confirm_enrolment(a_request(), world)
    assert (found(world).state, found(world).waiting_for) == (EnrolmentState.LAPSED, None)


def test_who_withdraws_while_the_directory_is_down_is_not_confirmed_afterwards() -> None:
    world = asking_the_directory(None, MEMBER, is_down=True)
    confirm_enrolment(a_request(), world)
    withdrawn = world.enrolments.save(found(world).withdrawn(NOW + HOUR))
    assert (withdrawn.waiting_for, withdrawn.next_try_at) == (None, None)
    world.membership_directory.is_down = False
    confirm_enrolment(a_request(), world)
    assert found(world).state is EnrolmentState.WITHDRAWN


def test_an_open_module_asks_for_no_membership() -> None:
    world = a_world(member=False, members_only=False)
    confirm_enrolment(a_request(), world)
    assert found(world).state is EnrolmentState.CONFIRMED


def test_membership_counts_at_the_instant_of_the_request_not_of_the_message() -> None:
    world = a_world()
    world.memberships.given(Membership(learner_id=LEARNER, member=True, until=date(2026, 3, 2)))
    world.clock.at = NOW + 10 * DAY
    confirm_enrolment(a_request(), world)
    assert found(world).state is EnrolmentState.CONFIRMED


@pytest.mark.parametrize(
    ("state", "decided"),
    [
        (EnrolmentState.PASSED, EnrolmentState.CONFIRMED),
        (EnrolmentState.CERTIFIED, EnrolmentState.CONFIRMED),
        (EnrolmentState.CONFIRMED, EnrolmentState.DECLINED),
        (EnrolmentState.LAPSED, EnrolmentState.DECLINED),
    ],
)
def test_a_prerequisite_is_met_by_a_pass_in_any_of_its_editions(state: EnrolmentState, decided: EnrolmentState) -> None:
    basics = ModuleId("basics")
    world = a_world(prerequisites=(basics,))
    older = replace(Enrolment.requested(EnrolmentId(LEARNER, basics, 1), NOW - DAY), state=state)
    newer = Enrolment.requested(EnrolmentId(LEARNER, basics, 2), NOW)
    world.enrolments.given(older, newer)
    confirm_enrolment(a_request(), world)
    assert found(world).state is decided


def test_the_profession_in_the_profile_decides_where_the_module_is_for_some_alone() -> None:
    for profession, state in (("MD", EnrolmentState.CONFIRMED), ("nurse", EnrolmentState.DECLINED)):
        world = a_world(professions=("MD",))
        world.profiles.given(a_profile(profession=profession))
        confirm_enrolment(a_request(), world)
        assert found(world).state is state
    assert found(world).reason is DeclineReason.PROFESSION_NOT_ADMITTED


@pytest.mark.parametrize("late", [0 * HOUR, 6 * HOUR])
def test_a_request_taken_up_after_the_end_lapses_as_of_the_end(late: timedelta) -> None:
    world = a_world(requested_at=END - HOUR)
    world.clock.at = END + late
    confirm_enrolment(a_request(), world)
    assert (found(world).state, found(world).ended_at) == (EnrolmentState.LAPSED, END)
    (lapsed,) = world.told(EnrolmentLapsedV1)
    assert lapsed.at == END


def test_a_request_that_would_be_declined_is_declined_even_after_the_end() -> None:
    world = a_world(member=False, requested_at=END - HOUR)
    world.clock.at = END + HOUR
    confirm_enrolment(a_request(), world)
    assert found(world).state is EnrolmentState.DECLINED


def test_a_message_delivered_again_changes_nothing() -> None:
    world = a_world()
    confirm_enrolment(a_request(), world)
    before = found(world)
    world.memberships.given(Membership(learner_id=LEARNER, member=False))
    confirm_enrolment(a_request(), world)
    assert found(world) == before
    assert len(world.announced) == 1


@pytest.mark.parametrize("state", sorted(set(EnrolmentState) - {EnrolmentState.REQUESTED}))
def test_only_a_request_is_decided(state: EnrolmentState) -> None:
    world = a_world()
    world.enrolments.given(an_enrolment(state))
    confirm_enrolment(a_request(), world)
    assert found(world).state is state
    assert world.announced == []


def test_the_message_of_an_earlier_request_does_not_decide_a_later_one() -> None:
    world = a_world()
    world.enrolments.given(an_enrolment(EnrolmentState.WITHDRAWN).requested_anew(NOW))
    confirm_enrolment(a_request(ordinal=1), world)
    assert found(world).state is EnrolmentState.REQUESTED
    confirm_enrolment(a_request(ordinal=2), world)
    assert found(world).state is EnrolmentState.CONFIRMED
    assert world.facts_told == [f"enrolment/{ENROLMENT}/confirmed/2"]


def test_a_withdrawal_in_between_is_not_written_over() -> None:
    world = a_world()
    world.enrolments.meanwhile = lambda: world.enrolments.save(found(world).withdrawn(NOW))
    with pytest.raises(ConcurrentChange):
        confirm_enrolment(a_request(), world)
    assert found(world).state is EnrolmentState.WITHDRAWN
    assert world.announced == []


def test_a_request_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError):
        confirm_enrolment(a_request(), World())
