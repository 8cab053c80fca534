"""Remind: what is due is begun once, however late or often it runs; what makes no sense any more is dropped."""

from dataclasses import replace
from datetime import datetime

import pytest

from functions.modules.remind.use_case import Reminders, remind
from functions.operations.work.use_case import do_page
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.ids import LearnerId
from shared.domain.notice import NoticeState
from shared.events.enrolment import EnrolmentClaimClosingV1, EnrolmentExpiringV1
from shared.events.operations import JobAdvancedV1
from tests.support.builders import (
    DAY,
    EDITION,
    ENROLMENT,
    HOUR,
    LEARNER,
    MILLISECOND,
    MODULE,
    NOW,
    PUBLISHED_AT,
    a_claim,
    a_content,
    an_edition,
    an_enrolment,
)
from tests.support.fakes import BrokenOff, World

END = an_edition().expires_at
NOTHING = Reminders(notices=0, dropped=0, claims=0)
CLAIMED = a_content(claim="claimed").terms
CLOSES = NOW + 30 * DAY


def a_world(*enrolments: Enrolment, at: datetime = NOW) -> World:
    world = World()
    world.publish()
    world.catalogue.notices_kept.given(*an_edition().notices(PUBLISHED_AT))
    world.enrolments.given(*enrolments)
    world.clock.at = at
    return world


def of(learner: str, state: EnrolmentState = EnrolmentState.CONFIRMED) -> Enrolment:
    return replace(an_enrolment(state), learner_id=LearnerId(learner))


def deliver(world: World) -> None:
    """Do every page that was announced, as the queue would."""
    done = 0
    while done < len(pages := world.told(JobAdvancedV1)):
        do_page(pages[done], world)
        done += 1


def states(world: World) -> dict[int, NoticeState]:
    return {notice.days: notice.state for notice in world.catalogue.notices_kept.all()}


def who_was_told(world: World) -> list[tuple[str, int]]:
    return [(event.learner_id, event.days) for event in world.told(EnrolmentExpiringV1)]


def interrupt() -> None:
    raise BrokenOff


def test_each_notice_is_given_in_its_time_to_whoever_is_still_open() -> None:
    world = a_world(*(of(state, state) for state in EnrolmentState))
    for days in (30, 7, 1):
        world.clock.at = END - days * DAY - MILLISECOND
        assert remind(world) == NOTHING
        world.clock.at = END - days * DAY
        assert remind(world) == Reminders(notices=1, dropped=0, claims=0)
        deliver(world)
    assert who_was_told(world) == [(who, days) for days in (30, 7, 1) for who in ("confirmed", "requested")]
    assert len(set(world.facts_told)) == len(world.facts_told)
    assert set(states(world).values()) == {NoticeState.GIVEN}


def test_run_twice_it_begins_a_notice_once() -> None:
    world = a_world(of("dr-a"), at=END - 7 * DAY)
    remind(world)
    assert remind(world) == NOTHING
    deliver(world)
    assert who_was_told(world) == [("dr-a", 7)]


def test_after_an_outage_only_the_nearest_notice_is_given() -> None:
    world = a_world(of("dr-a"), at=END - 6 * DAY)
    assert remind(world) == Reminders(notices=1, dropped=1, claims=0)
    deliver(world)
    assert who_was_told(world) == [("dr-a", 7)]
    assert states(world) == {30: NoticeState.DROPPED, 7: NoticeState.GIVEN, 1: NoticeState.PLANNED}


def test_once_the_edition_has_ended_nobody_is_told_that_it_will() -> None:
    world = a_world(of("dr-a"), at=END)
    assert remind(world) == Reminders(notices=0, dropped=3, claims=0)
    assert world.announced == []


def test_of_an_edition_that_was_retired_early_no_notice_is_given() -> None:
    world = World()
    world.publish(retired_at=NOW, retired_reason="withdrawn")
    world.catalogue.notices_kept.given(*an_edition().notices(PUBLISHED_AT))
    world.enrolments.given(of("dr-a"))
    world.clock.at = END - 30 * DAY
    assert remind(world) == Reminders(notices=0, dropped=1, claims=0)
    assert world.announced == []


def test_retired_while_its_notice_is_being_given_the_rest_is_not_told() -> None:
    world = a_world(of("dr-a"), at=END - 7 * DAY)
    remind(world)
    status = world.catalogue.status(EDITION)
    assert status
    world.catalogue.save_status(status.retired_early(world.clock.at, "withdrawn"), announcing=[])
    deliver(world)
    assert who_was_told(world) == []
    [job] = world.jobs.all()
    assert job.finished_at == world.clock.at


def test_broken_off_after_the_job_was_begun_the_next_run_begins_no_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_world(of("dr-a"), at=END - 7 * DAY)
    save = world.catalogue.save_notice
    with monkeypatch.context() as patch:
        patch.setattr(world.catalogue, "save_notice", lambda one: save(one) if one.days > 7 else interrupt())
        with pytest.raises(BrokenOff):
            remind(world)
    assert states(world)[7] is NoticeState.PLANNED
    world.clock.at += HOUR
    assert remind(world) == Reminders(notices=1, dropped=0, claims=0)
    deliver(world)
    assert who_was_told(world) == [("dr-a", 7)]
    assert len(world.jobs.all()) == 1


def test_a_notice_that_another_run_begins_meanwhile_is_left_to_it() -> None:
    world = a_world(of("dr-a"), at=END - 30 * DAY)
    world.jobs.meanwhile = lambda: remind(world)
    remind(world)
    deliver(world)
    assert len(world.jobs.all()) == 1
    assert who_was_told(world) == [("dr-a", 30)]


def test_a_page_broken_off_tells_everybody_again_under_the_same_ids() -> None:
    world = a_world(of("dr-a"), of("dr-b"), at=END - DAY)
    remind(world)
    [page] = world.told(JobAdvancedV1)
    world.jobs.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        do_page(page, world)
    do_page(page, world)
    told = [event.id for event in world.told(EnrolmentExpiringV1)]
    assert told[:2] == told[2:] == [f"enrolment/{who}/{MODULE}/1/expiring/1" for who in ("dr-a", "dr-b")]


def passed(**changes: object) -> Enrolment:
    """Passed now; to be claimed within 30 days."""
    facts = {"state": EnrolmentState.PASSED, "passed_at": NOW, "claimable_from": NOW, "terms": CLAIMED, **changes}
    return replace(an_enrolment(), **facts)  # type: ignore[arg-type]


def a_claiming_world(enrolment: Enrolment, at: datetime) -> World:
    world = World()
    world.publish(an_edition(claim="claimed"))
    world.enrolments.given(enrolment)
    world.clock.at = at
    return world


def test_who_has_not_claimed_is_told_once_a_week_before_the_window_closes() -> None:
    world = a_claiming_world(passed(), CLOSES - 7 * DAY - MILLISECOND)
    assert remind(world) == NOTHING
    world.clock.at = CLOSES - 7 * DAY
    assert remind(world) == Reminders(notices=0, dropped=0, claims=1)
    world.clock.at += HOUR
    assert remind(world) == NOTHING
    assert world.announced == [
        EnrolmentClaimClosingV1(
            at=CLOSES - 7 * DAY, learner_id=LEARNER, module_id=MODULE, edition=1, claim_until=CLOSES
        )
    ]
    kept = world.enrolments.find(ENROLMENT)
    assert kept
    assert kept.claim_reminder_at is None


def test_in_a_short_window_they_are_told_half_way() -> None:
    world = a_claiming_world(passed(terms=replace(CLAIMED, claim_window_days=4)), NOW + 2 * DAY)
    assert remind(world).claims == 1
    [told] = world.told(EnrolmentClaimClosingV1)
    assert (told.at, told.claim_until) == (NOW + 2 * DAY, NOW + 4 * DAY)


def test_how_long_before_is_the_modules_setting() -> None:
    terms = replace(CLAIMED, claim_reminder_days=2)
    assert passed(terms=terms).claim_reminder_at == CLOSES - 2 * DAY


def test_who_was_let_pass_by_a_regrade_is_told_by_their_own_window() -> None:
    assert passed(claimable_from=NOW + 10 * DAY).claim_reminder_at == CLOSES + 3 * DAY


def test_who_has_claimed_is_not_told_though_the_certificate_is_not_there_yet() -> None:
    world = a_claiming_world(passed(), CLOSES - DAY)
    world.claims.given(a_claim())
    assert remind(world) == NOTHING


@pytest.mark.parametrize(
    "enrolment",
    [
        passed(state=EnrolmentState.CERTIFIED),
        passed(state=EnrolmentState.CONFIRMED, claimable_from=None),
        passed(terms=a_content().terms),
        passed(terms=None),
    ],
    ids=["certified", "not passed", "automatic", "without terms of their own"],
)
def test_who_has_nothing_to_claim_is_not_told(enrolment: Enrolment) -> None:
    assert remind(a_claiming_world(enrolment, CLOSES - DAY)) == NOTHING


def test_after_an_outage_a_window_that_is_closed_is_not_announced_as_closing() -> None:
    world = a_claiming_world(passed(), CLOSES)
    assert remind(world) == NOTHING
    assert world.announced == []
    kept = world.enrolments.find(ENROLMENT)
    assert kept
    assert kept.claim_reminder_at is None


def test_who_claims_at_the_same_moment_is_not_written_over() -> None:
    world = a_claiming_world(passed(), CLOSES - DAY)

    def certify() -> None:
        enrolment = world.enrolments.find(ENROLMENT)
        assert enrolment
        world.enrolments.save(replace(enrolment, state=EnrolmentState.CERTIFIED))

    world.enrolments.meanwhile = certify
    assert remind(world) == NOTHING
    assert world.announced == []
