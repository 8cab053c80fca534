"""Oversight of the queues: what failed is shown with its cause, and sent again without losing any of it."""

import json

import pytest

from functions.operations.oversee import queues
from functions.operations.oversee.queues import PARKING, SHOWN, redrive, show_queues
from shared.api.contract.oversight import QueueView
from shared.domain.refusals import NotFound
from shared.events.enrolment import EnrolmentRequestedV1
from shared.messaging.codec import encode_outbox, to_cloud_event
from shared.ports import DeadLetter
from tests.support.builders import HOUR, LEARNER, MINUTE, MODULE, NOW
from tests.support.fakes import BrokenOff, World

REQUESTED = EnrolmentRequestedV1(at=NOW, learner_id=LEARNER, module_id=MODULE, edition=1)


def a_letter(number: int) -> DeadLetter:
    return DeadLetter(message_id=f"m{number}", body=json.dumps({"number": number}), receipt=f"r{number}")


def with_dead_letters(count: int) -> World:
    """So many messages have failed in grades."""
    world = World()
    world.dead_letters.held["grades"] = [a_letter(number) for number in range(count)]
    for letter in world.dead_letters.held["grades"]:
        world.failures.keep("stack-grades", letter.message_id, letter.body, "LookupError: none", NOW)
    return world


def sent(world: World) -> list[tuple[str, int]]:
    return [(queue, message["number"]) for queue, message in world.queues.sent]


def left(world: World) -> list[str]:
    return [letter.message_id for letter in world.dead_letters.held["grades"]]


def test_every_queue_is_shown_and_the_steps_that_park() -> None:
    world = with_dead_letters(2)
    world.failures.keep("relay", "7", "{broken", "the outbox is no JSON", NOW + MINUTE)
    states = {state.queue: state for state in show_queues(world)}
    assert set(states) == {*world.dead_letters.queues(), *PARKING}
    assert len(states["grades"].failures) == 2
    assert states["certificates"].failures == []
    assert [failure.message_id for failure in states["relay"].failures] == ["7"]
    assert states["recover"].backlog is None


def test_of_many_failures_the_latest_are_shown() -> None:
    world = World()
    for number in range(SHOWN + 10):
        world.failures.keep("stack-grades", f"m{number}", "{}", "KeyError", NOW + number * MINUTE)
    [grades] = [state for state in show_queues(world) if state.queue == "grades"]
    assert [failure.message_id for failure in grades.failures] == [f"m{n}" for n in range(SHOWN + 9, 9, -1)]


def test_a_failure_names_its_event_where_there_is_one() -> None:
    event = to_cloud_event(REQUESTED)
    bodies = {
        "an event": json.dumps(event),
        "an outbox": json.dumps([event]),
        "poison": "{",
        "a number": "5",
        "[]": "[]",
    }
    world = World()
    for name, body in bodies.items():
        world.failures.keep("stack-grades", name, body, "cause", NOW)
    [grades] = [state for state in show_queues(world) if state.queue == "grades"]
    view = QueueView.of(grades.queue, grades.backlog, grades.failures, grades.redriven_at)
    named = {failure.message_id: (failure.type, failure.id) for failure in view.failures}
    assert named == dict.fromkeys(bodies, (None, None)) | dict.fromkeys(
        ("an event", "an outbox"), (REQUESTED.TYPE, REQUESTED.id)
    )


def test_all_dead_letters_are_sent_again_to_their_queue_and_are_failures_no_more() -> None:
    world = with_dead_letters(7)
    result = redrive("grades", world, at=NOW + HOUR)
    assert (result.moved, result.left) == (7, 0)
    assert sent(world) == [("grades", number) for number in range(7)]
    assert left(world) == []
    assert world.failures.of("stack-grades") == []
    [grades] = [state for state in show_queues(world) if state.queue == "grades"]
    assert grades.redriven_at == NOW + HOUR


def test_one_request_sends_so_many_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "AT_MOST", 3)
    world = with_dead_letters(7)
    results = [redrive("grades", world, at=NOW) for _ in range(3)]
    assert [(result.moved, result.left) for result in results] == [(3, 4), (3, 1), (1, 0)]
    assert sent(world) == [("grades", number) for number in range(7)]


def test_what_is_not_taken_stays_a_dead_letter_with_its_cause() -> None:
    world = with_dead_letters(7)
    world.queues.refuses = ('"number": 1',)
    result = redrive("grades", world, at=NOW)
    assert (result.moved, result.left) == (2, 5)
    assert left(world) == ["m1", "m3", "m4", "m5", "m6"]
    assert "m1" in {failure.message_id for failure in world.failures.of("stack-grades")}


def test_broken_off_before_the_removal_a_letter_is_sent_twice_and_never_lost() -> None:
    world = with_dead_letters(2)
    world.dead_letters.lose_removal = True
    with pytest.raises(BrokenOff):
        redrive("grades", world, at=NOW)
    assert redrive("grades", world, at=NOW).moved == 2
    assert sent(world) == [("grades", 0), ("grades", 1)] * 2
    assert left(world) == []


def test_a_queue_that_there_is_not_is_not_found() -> None:
    with pytest.raises(NotFound):
        redrive("gradess", World(), at=NOW)


def test_what_relay_parked_is_routed_anew_and_stays_while_it_can_not_be_read() -> None:
    world = World()
    world.failures.keep("relay", "1", "{broken", "no JSON", NOW)
    world.failures.keep("relay", "2", encode_outbox([REQUESTED]), "no route", NOW)
    result = redrive("relay", world, at=NOW)
    assert (result.moved, result.left) == (1, 1)
    assert [(queue, event["id"]) for queue, event in world.queues.sent] == [("enrolments", REQUESTED.id)]
    assert redrive("relay", world, at=NOW).moved == 0


def test_what_recover_gave_up_is_announced_once_more() -> None:
    world = World()
    world.failures.keep("recover", REQUESTED.id, json.dumps(to_cloud_event(REQUESTED)), "announced in vain", NOW)
    world.queues.refuses = (REQUESTED.id,)
    assert (redrive("recover", world, at=NOW).left, world.queues.sent) == (1, [])
    world.queues.refuses = ()
    assert redrive("recover", world, at=NOW).left == 0
    assert [(queue, event["id"]) for queue, event in world.queues.sent] == [("enrolments", REQUESTED.id)]
