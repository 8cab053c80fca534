"""Recover: what nobody took up is announced again as the same fact, ever more rarely, until people must look."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.operations.recover.use_case import Recovered, recover_overdue
from shared.announcements import awaited_announcement
from shared.domain.attempt import AttemptState
from shared.domain.enrolment import EnrolmentState
from shared.domain.job import Job, JobKind
from shared.domain.recovery import ANNOUNCEMENTS, PATIENCE
from shared.events.event import Event
from shared.ports import ConcurrentChange, Overdue
from tests.support.builders import (
    EDITION,
    LEARNER,
    MODULE,
    NOW,
    NUMBER,
    RIGHT,
    a_claim,
    a_graded_attempt,
    a_reissue,
    a_status,
    an_attempt,
    an_enrolment,
)
from tests.support.fakes import World

A_REISSUE = a_reissue()
AN_IMPORT = Job.over(EDITION, JobKind.IMPORT, NOW)
A_JOB = Job.over(EDITION, JobKind.LAPSES, NOW)
WHERE = f"{LEARNER}/{MODULE}/1"
AWAITED: dict[str, tuple[Any, str]] = {
    "a request": (an_enrolment(EnrolmentState.REQUESTED, requests=3), f"enrolment/{WHERE}/requested/3"),
    "an edition's end": (an_enrolment(edition_ended_at=NOW), f"enrolment/{WHERE}/retirement_reached/1"),
    "a submission": (an_attempt().submitted(RIGHT, NOW), f"attempt/{WHERE}/1/submitted/1"),
    "a pass": (a_graded_attempt(passed=True), f"attempt/{WHERE}/1/passed/1"),
    "a fail": (a_graded_attempt(passed=False), f"attempt/{WHERE}/1/failed/1"),
    "a regrade": (
        a_graded_attempt(passed=False).taken_in().asked_to_regrade(2, NOW),
        f"attempt/{WHERE}/1/regrade_requested/2",
    ),
    "a claim": (a_claim(), f"certificate/{NUMBER}/v1/claimed"),
    "a reissue": (A_REISSUE, f"certificate/{NUMBER}/v2/reissue_requested"),
    "a job's page": (replace(A_JOB, page=4), f"job/{A_JOB.job}/advanced/5"),
    "an upload": (
        replace(AN_IMPORT, page=2),
        f"job/{AN_IMPORT.job}/upload_awaited/3",
    ),
    "a retirement": (a_status(retired_at=NOW, retired_reason="expired"), f"module/{MODULE}/1/retired/1"),
}


@dataclass
class OneThing:
    """See ``ports.Recovery``: one thing that waits. Nobody takes up what it announces."""

    waiting: Any
    due_at: datetime
    announced: list[tuple[datetime, Event]] = field(default_factory=list)
    given_up_at: datetime | None = None
    moved_on: bool = False

    def overdue(self, until: datetime) -> Iterator[Overdue]:
        if self.due_at <= until and self.given_up_at is None:
            yield Overdue(waiting=self.waiting, announced_again=len(self.announced), outbox=None)

    def announce_again(self, overdue: Overdue, event: Event, look_at: datetime) -> None:
        self._require_unmoved()
        self.announced.append((self.due_at, event))
        self.due_at = look_at

    def give_up(self, overdue: Overdue, at: datetime) -> None:
        self._require_unmoved()
        self.given_up_at = at

    def stuck(self) -> int:
        return int(self.given_up_at is not None)

    def _require_unmoved(self) -> None:
        if self.moved_on:
            raise ConcurrentChange


class AWorld(World):
    def __init__(self, recovery: OneThing) -> None:
        super().__init__()
        self.recovery = recovery


@pytest.mark.parametrize(("waiting", "event_id"), AWAITED.values(), ids=AWAITED)
def test_what_waits_announces_the_fact_that_it_waits_for(waiting: Any, event_id: str) -> None:
    assert awaited_announcement(waiting).id == event_id


@pytest.mark.parametrize(
    "waiting",
    [an_enrolment(), an_attempt(), replace(a_graded_attempt(passed=True), state=AttemptState.GRADED, score=None)],
    ids=["an enrolment nobody told of an end", "an attempt in progress", "a grade without a score"],
)
def test_what_waits_for_nothing_has_nothing_to_announce(waiting: Any) -> None:
    with pytest.raises(ValueError, match=r"was not|is not"):
        awaited_announcement(waiting)


def test_it_is_announced_ever_more_rarely_and_given_up_after_six_announcements() -> None:
    waiting = an_enrolment(EnrolmentState.REQUESTED, requested_at=NOW)
    recovery = OneThing(waiting, due_at=NOW + PATIENCE)
    world = AWorld(recovery)
    while recovery.given_up_at is None:
        world.clock.at = recovery.due_at
        recover_overdue(world)
    minutes = [(at - NOW) / timedelta(minutes=1) for at, _ in recovery.announced]
    assert minutes == [5, 15, 35, 75, 155, 315]
    assert len(recovery.announced) == ANNOUNCEMENTS
    assert {event.id for _, event in recovery.announced} == {f"enrolment/{WHERE}/requested/1"}
    assert recovery.given_up_at == NOW + timedelta(minutes=635)
    [kept] = world.failures.kept
    assert (kept.queue, kept.message_id, kept.failed_at) == (
        "recover",
        f"enrolment/{WHERE}/requested/1",
        recovery.given_up_at,
    )
    assert kept.cause == "announced 6 times again, and not taken up"
    assert f'"id": "enrolment/{WHERE}/requested/1"' in kept.body


def test_a_run_counts_what_it_did_and_what_is_stuck() -> None:
    recovery = OneThing(a_claim(), due_at=NOW)
    world = AWorld(recovery)
    assert recover_overdue(world) == Recovered(announced=1, given_up=0, unissued=1, stuck=0)
    assert recover_overdue(world) == Recovered(announced=0, given_up=0, unissued=0, stuck=0)
    recovery.announced *= ANNOUNCEMENTS
    world.clock.at = recovery.due_at
    assert recover_overdue(world) == Recovered(announced=0, given_up=1, unissued=1, stuck=1)
    assert recover_overdue(world) == Recovered(announced=0, given_up=0, unissued=0, stuck=1)


@pytest.mark.parametrize("announced", [0, ANNOUNCEMENTS])
def test_what_moved_on_meanwhile_is_left_alone(announced: int) -> None:
    recovery = OneThing(a_claim(), due_at=NOW, moved_on=True)
    recovery.announced = [(NOW, awaited_announcement(a_claim()))] * announced
    world = AWorld(recovery)
    assert recover_overdue(world) == Recovered(announced=0, given_up=0, unissued=0, stuck=0)
    assert len(recovery.announced) == announced
    assert recovery.given_up_at is None
