"""A message that got lost is sent again; whatever is lost, the journey comes to the same end."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.sqs import SqsQueues
from shared.messaging.codec import decode
from tests.flow.faulty import PASSED_AFTER, sit_a_faulty_test
from tests.flow.journey import Begin, World, answered
from tests.flow.story import decided, outcome_of, play

QUEUES = ("enrolments", "submissions", "grades", "certificates", "jobs", "retirements")
# A job of four pages, opened by a retirement, loses five messages one after the other.
ROUNDS = 5
LIMIT = timedelta(minutes=5)


class Losses:
    """Every event is lost on its first way to one queue."""

    def __init__(self, queue: str | None) -> None:
        self._queue = queue
        self.lost: set[str] = set()

    def send(self, send: Any, queues: SqsQueues, queue: str, messages: Sequence[str]) -> Sequence[int]:
        arriving = [message for message in messages if not self._loses(queue, message)]
        assert list(send(queues, queue, arriving)) == []
        return []

    def _loses(self, queue: str, message: str) -> bool:
        event_id = decode(message).id
        is_lost = queue == self._queue and event_id not in self.lost
        if is_lost:
            self.lost.add(event_id)
        return is_lost


@contextmanager
def losing(queue: str | None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Losses]:
    losses, send = Losses(queue), SqsQueues.send
    with monkeypatch.context() as patch:
        patch.setattr(SqsQueues, "send", lambda *arguments: losses.send(send, *arguments))
        yield losses


class Healing(World):
    """Whatever is delivered, recover comes by five times afterwards, whether or not it has anything to do."""

    announced = 0

    def deliver(self) -> None:
        super().deliver()
        for _ in range(ROUNDS):
            self.wait(minutes=6)
            self.announced += self.recover()["announced"]
            super().deliver()


def told(world: World) -> set[str]:
    return {event["id"] for event in world.events()}


@pytest.fixture(scope="module")
def undisturbed(begin: Begin) -> Any:
    """The story when nothing is lost and recover has nothing to do."""
    with begin() as world:
        healing = Healing(world.system)
        story = outcome_of(play(healing))
        assert healing.announced == 0
        return story.states, decided(healing), story.told


@pytest.mark.parametrize("queue", QUEUES)
def test_every_message_of_a_queue_may_get_lost_once(
    world: World, undisturbed: Any, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    healing = Healing(world.system)
    with losing(queue, monkeypatch) as losses:
        story = outcome_of(play(healing))
    assert losses.lost
    # Who sat on at the end waits for the grade, and is reminded of the end meanwhile.
    assert healing.announced >= len(losses.lost)
    states, tables, told_to_people = undisturbed
    assert story.states == states
    assert decided(healing) == tables
    assert story.told == told_to_people
    assert all(world.due(table, "recover") == [] for table in ("CatalogueTable", "LearningTable", "OperationsTable"))


def test_a_regrade_whose_requests_get_lost_reaches_every_attempt(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = sit_a_faulty_test(world)
    healing = Healing(world.system)
    with losing("submissions", monkeypatch) as losses:
        answered(world.author.rekeys(faulty.module, "q1", "b"), 202)
        healing.deliver()
    assert {event_id.rpartition("/regrade_requested/")[2] for event_id in losses.lost} == {"2"}
    assert set(faulty.numbers()) == PASSED_AFTER


def test_with_the_schedule_stopped_a_lost_message_leaves_the_learner_waiting_and_nothing_else_changes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = world.learner()
    with losing("enrolments", monkeypatch):
        answered(ada.enrol(world.published()), 202)
        world.deliver()
    before = world.tables()
    world.wait(days=2)
    world.deliver()
    assert world.tables() == before
    assert ada.enrolment()["state"] == "requested"
    assert world.recover() == {"announced": 1, "given_up": 0, "unissued": 0, "stuck": 0}
    world.deliver()
    assert ada.enrolment()["state"] == "confirmed"


def test_run_twice_it_announces_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = world.learner()
    with losing("enrolments", monkeypatch):
        answered(ada.enrol(world.published()), 202)
        world.deliver()
    world.wait(minutes=5)
    assert world.recover()["announced"] == 1
    assert world.recover()["announced"] == 0
    world.deliver()
    assert Counter(event["id"] for event in world.events("cme.enrolment.requested.v1")).total() == 1
    assert ada.enrolment()["state"] == "confirmed"


def test_the_message_that_was_only_late_and_the_one_sent_again_do_the_same_once(world: World) -> None:
    ada = world.learner()
    answered(ada.enrol(world.published()), 202)
    world.wait(minutes=5)
    assert world.recover()["announced"] == 1
    world.deliver()
    requested = world.events("cme.enrolment.requested.v1")
    assert len(requested) == 2
    assert requested[0] == requested[1]
    assert ada.enrolment()["state"] == "confirmed"
    assert len(world.events("cme.enrolment.confirmed.v1")) == 1


def test_what_nobody_ever_takes_up_is_left_to_people_and_mended_by_its_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = world.learner()
    with monkeypatch.context() as patch:
        patch.setattr(SqsQueues, "send", lambda queues, queue, messages: [])
        answered(ada.enrol(world.published()), 202)
        world.deliver()
        announced = 0
        for _ in range(7):
            world.wait_until(world.now + 2 ** min(announced, 6) * LIMIT)
            announced += world.recover()["announced"]
            world.deliver()
    assert announced == 6
    assert world.recover() == {"announced": 0, "given_up": 0, "unissued": 0, "stuck": 1}
    assert world.due("LearningTable", "recover") == []
    [kept] = [row["facts"] for (pk, _), row in world.rows("OperationsTable").items() if pk == "FAILURE#recover"]
    assert kept["cause"] == "announced 6 times again, and not taken up"
    world.send("EnrolmentsQueue", kept["body"])
    world.deliver()
    assert ada.enrolment()["state"] == "confirmed"
    assert world.recover() == {"announced": 0, "given_up": 0, "unissued": 0, "stuck": 0}
