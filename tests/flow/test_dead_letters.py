"""What can't be handled leaves the way of the others, after its tries, with its cause kept."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared.messaging.routing import ROUTES
from shared.settings import QueueSettings
from tests.flow.journey import Begin, World, answered, instant

MAX_RECEIVES = 5
READ_QUEUES = {
    "Confirm": "Enrolments",
    "Grade": "Submissions",
    "Settle": "Grades",
    "Certify": "Certificates",
    "Work": "Jobs",
    "Lapse": "Retirements",
    "Rehearse": "Rehearsals",
}
POISON = {
    "no JSON": '{"specversion": "1.0", ',
    "no event": "[1, 2]",
    "an unknown type": json.dumps({"type": "cme.unknown.v1", "id": "x", "time": "2022-05-01T08:00:00Z", "data": {}}),
}


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


def tries(world: World, function: str, body: str) -> int:
    """How often a function was called with a message of this body."""
    return sum(
        record["body"] == body
        for invocation in world.invocations
        if invocation.function == function and invocation.trigger == "queue"
        for record in invocation.event["Records"]
    )


def dead_letters(world: World, queue: str) -> list[str]:
    """The bodies in the dead letters of a queue, taken out."""
    sqs, url = world.system.aws("sqs"), world.system.reference(f"{queue}DeadLetters")
    bodies = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def causes(world: World, queue: str) -> dict[str, dict[str, Any]]:
    """What is kept of the failures of a queue, by the message's body."""
    return {
        row["facts"]["body"]: row for (pk, _), row in world.rows("OperationsTable").items() if pk == f"FAILURE#{queue}"
    }


@pytest.mark.parametrize("function", READ_QUEUES)
def test_a_poisoned_message_goes_to_the_dead_letters_after_its_tries_with_its_cause(
    world: World, function: str
) -> None:
    queue = READ_QUEUES[function]
    for body in POISON.values():
        world.send(f"{queue}Queue", body)
    world.deliver()
    assert {name: tries(world, function, body) for name, body in POISON.items()} == dict.fromkeys(POISON, MAX_RECEIVES)
    assert sorted(dead_letters(world, queue)) == sorted(POISON.values())
    kept = causes(world, f"{queue}Queue")
    assert set(kept) == set(POISON.values())
    in_14_days = int((world.now + timedelta(days=14)).timestamp())
    for row in kept.values():
        assert row["facts"]["cause"].startswith("UnreadableEvent: ")
        assert int(row["expires"]) == in_14_days
    ttl = world.system.aws("dynamodb").describe_time_to_live(TableName=world.system.reference("OperationsTable"))
    assert ttl["TimeToLiveDescription"]["AttributeName"] == "expires"


def test_an_event_on_the_wrong_queue_is_nobodys(world: World) -> None:
    ada = world.learner()
    ada.enrol(world.published())
    world.deliver()
    [requested] = world.events("cme.enrolment.requested.v1", about=ada)
    body = json.dumps(requested)
    world.send("GradesQueue", body)
    world.deliver()
    assert dead_letters(world, "Grades") == [body]
    assert "does not belong on this queue" in causes(world, "GradesQueue")[body]["facts"]["cause"]


def test_what_is_about_nothing_known_is_kept_for_people_to_look_at(world: World) -> None:
    ada = world.learner()
    ada.earns(world.published())
    for kind, queue, function in (
        ("cme.enrolment.requested.v1", "Enrolments", "Confirm"),
        ("cme.attempt.submitted.v1", "Submissions", "Grade"),
        ("cme.attempt.passed.v1", "Grades", "Settle"),
        ("cme.credit.claimed.v1", "Certificates", "Certify"),
    ):
        [event] = world.events(kind, about=ada)
        facts = (
            {"module_id": "no-such-module", "version": 7} if "version" in event["data"] else {"module_id": "no-such"}
        )
        body = json.dumps(event | {"data": event["data"] | facts})
        world.send(f"{queue}Queue", body)
        world.deliver()
        assert tries(world, function, body) == MAX_RECEIVES
        assert dead_letters(world, queue) == [body]
        assert causes(world, f"{queue}Queue")[body]["facts"]["cause"].startswith("LookupError: "), kind


def test_the_neighbours_of_a_poisoned_message_pass_in_the_same_batch(world: World) -> None:
    module = world.published()
    learners = [world.learner() for _ in range(3)]
    for learner in learners[:2]:
        answered(learner.enrol(module), 202)
    world.send("EnrolmentsQueue", "poison")
    answered(learners[2].enrol(module), 202)
    before = len(world.invocations)
    world.deliver()
    assert {learner.enrolment()["state"] for learner in learners} == {"confirmed"}
    batches = [
        [record["body"] for record in invocation.event["Records"]]
        for invocation in world.invocations[before:]
        if invocation.function == "Confirm"
    ]
    assert any("poison" in batch and len(batch) > 1 for batch in batches)
    for learner in learners:
        assert sum(f'"{learner.sub}"' in body for batch in batches for body in batch) == 1
    assert dead_letters(world, "Enrolments") == ["poison"]


def test_an_outbox_that_can_not_be_read_is_parked_alone(world: World) -> None:
    """It was not written by this code; whoever wrote it, the table's other events go on."""
    table = world.system.reference("LearningTable")
    broken = ["no JSON", '{"type": "x"}', '[{"type": "cme.unknown.v1"}]', "[{}]"]
    for place, outbox in enumerate(broken):
        item = {"pk": {"S": "LEARNER#broken"}, "sk": {"S": f"X#{place}"}, "outbox": {"S": outbox}}
        world.system.aws("dynamodb").put_item(TableName=table, Item=item)
    ada = world.learner()
    ada.earns(world.published())
    assert set(causes(world, "relay")) == set(broken)
    relayed = [invocation for invocation in world.invocations if invocation.function == "Relay"]
    assert not any(invocation.error for invocation in relayed)


# Seen and mended


def shown(world: World) -> dict[str, Any]:
    """What the office sees of each queue."""
    return {queue["queue"]: queue for queue in answered(world.admin.ask("GET", "/admin/queues"), 200)["queues"]}


def redriven(world: World, queue: str) -> tuple[int, int]:
    answer = answered(world.admin.ask("POST", f"/admin/queues/{queue}/redrive"), 202)
    return answer["moved"], answer["left"]


def test_every_queue_is_shown_with_what_is_in_it(begin: Begin) -> None:
    with begin() as world:
        queues = shown(world)
        assert set(queues) == {*QueueSettings.from_env().queues, "relay", "recover"}
        answered(world.learner().enrol(world.published()), 202)
        world.send("GradesQueue", "poison")
        assert shown(world)["grades"]["waiting"] == 1
        world.deliver()
        grades = shown(world)["grades"]
        assert (grades["waiting"], grades["in_flight"], grades["delayed"], grades["dead_letters"]) == (0, 0, 0, 1)
        [failure] = grades["failures"]
        assert failure["cause"].startswith("UnreadableEvent: ")
        assert (failure["type"], failure["id"]) == (None, None)
        assert instant(failure["failed_at"]) == instant(grades["oldest_failure_at"]) == world.now


def test_a_redrive_after_the_fault_is_mended_heals_what_it_broke(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    with begin() as world:
        ada, ben = world.ready(world.published(), 2)

        def fault(*_: Any) -> None:
            raise RuntimeError("a fault of this test")

        with monkeypatch.context() as patch:
            patch.setattr("functions.assessment.grade.handler.grade_attempt", fault)
            for learner in (ada, ben):
                form = learner.begins()
                answered(learner.submit(learner.module.right(form)), 202)
            world.deliver()
        submissions = shown(world)["submissions"]
        assert submissions["dead_letters"] == 2
        assert {failure["cause"] for failure in submissions["failures"]} == {"RuntimeError: a fault of this test"}
        assert {failure["type"] for failure in submissions["failures"]} == {"cme.attempt.submitted.v1"}
        assert ada.enrolment()["attempts"][0]["state"] == "submitted"

        assert redriven(world, "submissions") == (2, 0)
        world.deliver()
        assert {ada.enrolment()["state"], ben.enrolment()["state"]} == {"certified"}
        mended = shown(world)["submissions"]
        assert (mended["dead_letters"], mended["failures"]) == (0, [])
        assert instant(mended["redriven_at"]) == world.now
        assert redriven(world, "submissions") == (0, 0)


def test_what_is_redriven_in_vain_comes_back_with_its_cause(begin: Begin) -> None:
    with begin() as world:
        world.send("GradesQueue", "poison")
        world.deliver()
        assert redriven(world, "grades") == (1, 0)
        world.deliver()
        grades = shown(world)["grades"]
        assert (grades["dead_letters"], len(grades["failures"])) == (1, 1)
        assert tries(world, "Settle", "poison") == 2 * MAX_RECEIVES


def test_an_event_that_relay_could_not_route_is_sent_once_it_can(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    with begin() as world:
        ada = world.learner()
        with monkeypatch.context() as patch:
            patch.delitem(ROUTES, "cme.enrolment.requested.v1")  # type: ignore[arg-type]
            answered(ada.enrol(world.published()), 202)
            world.deliver()
            assert redriven(world, "relay") == (0, 1)
        [failure] = shown(world)["relay"]["failures"]
        assert failure["type"] == "cme.enrolment.requested.v1"
        assert ada.enrolment()["state"] == "requested"
        assert redriven(world, "relay") == (1, 0)
        world.deliver()
        assert ada.enrolment()["state"] == "confirmed"


def test_the_office_asked_for_every_redrive(begin: Begin) -> None:
    with begin() as world:
        redriven(world, "grades")
        world.deliver()
        [entry] = answered(world.admin.ask("GET", "/admin/audit"))["entries"]
        assert (entry["action"], entry["subject"]) == ("redriveQueue", "QUEUE#grades/REDRIVE")
