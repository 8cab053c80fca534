"""All messages are sent in batches, and those not sent are named."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.system import LocalSystem
from shared.bootstrap import Deps
from shared.ports import Backlog
from shared.settings import QueueSettings


def came(engine: LocalSystem, queue: str) -> list[Any]:
    """What is in a queue, taken off it."""
    sqs, url = engine.aws("sqs"), engine.reference(queue)
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


class Refusals:
    """SQS takes what it is sent, and says that it has refused some of it."""

    def __init__(self) -> None:
        self.left: dict[str, int] = {}
        """How often a message is still to be refused, by its body."""
        self.batches: list[list[str]] = []
        """What was sent, batch by batch."""
        self._places: dict[str, str] = {}

    def before(self, params: dict[str, Any], **_: Any) -> None:
        self._places = {entry["MessageBody"]: entry["Id"] for entry in params["Entries"]}
        self.batches.append(list(self._places))

    def after(self, parsed: dict[str, Any], **_: Any) -> None:
        refused = [body for body in self._places if self.left.get(body)]
        for body in refused:
            self.left[body] -= 1
        parsed["Failed"] = [{"Id": self._places[body], "SenderFault": False, "Code": "Busy"} for body in refused]


@pytest.fixture
def refusals(deps: Deps) -> Iterator[Refusals]:
    refusals = Refusals()
    events = deps.queues._client.meta.events  # type: ignore[attr-defined]
    events.register("provide-client-params.sqs.SendMessageBatch", refusals.before)
    events.register("after-call.sqs.SendMessageBatch", refusals.after)
    yield refusals
    events.unregister("provide-client-params.sqs.SendMessageBatch", refusals.before)
    events.unregister("after-call.sqs.SendMessageBatch", refusals.after)


def test_any_number_of_messages_arrives(deps: Deps, engine: LocalSystem) -> None:
    messages = [json.dumps({"number": number, "text": "ä"}, ensure_ascii=False) for number in range(23)]
    assert deps.queues.send("notifications", messages) == []
    assert sorted(message["number"] for message in came(engine, "NotificationsQueue")) == list(range(23))
    assert deps.queues.send("notifications", []) == []


def test_a_queue_gets_only_what_is_addressed_to_it(deps: Deps, engine: LocalSystem) -> None:
    assert deps.queues.send("statuses", ['"for statuses"']) == []
    assert came(engine, "StatusesQueue") == ["for statuses"]
    assert came(engine, "NotificationsQueue") == []


def test_what_is_refused_is_tried_again_alone(deps: Deps, refusals: Refusals) -> None:
    messages = [f'"again {number}"' for number in range(12)]
    refusals.left = {messages[3]: 2, messages[11]: 1}
    assert deps.queues.send("notifications", messages) == []
    assert refusals.batches == [messages[:10], messages[10:], [messages[3], messages[11]], [messages[3]]]


def test_what_is_refused_three_times_is_named_by_its_place(deps: Deps, refusals: Refusals) -> None:
    messages = [f'"refused {number}"' for number in range(12)]
    refusals.left = {messages[3]: 3, messages[11]: 4}
    assert deps.queues.send("notifications", messages) == [3, 11]
    assert refusals.batches[2:] == [[messages[3], messages[11]]] * 2


# Dead letters


def test_a_queue_tells_what_is_in_it_and_in_its_dead_letters(deps: Deps, engine: LocalSystem) -> None:
    sqs = engine.aws("sqs")
    assert set(deps.dead_letters.queues()) == {field.removesuffix("_queue_url") for field in QueueSettings.__slots__}
    url, dead = engine.reference("GradesQueue"), engine.reference("GradesDeadLetters")
    for body in ("one", "two", "three"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=600)
    sqs.send_message(QueueUrl=dead, MessageBody="dead")
    sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
    assert deps.dead_letters.backlog("grades") == Backlog(
        name=url.rpartition("/")[2], waiting=2, in_flight=1, delayed=1, dead_letters=1
    )


def test_what_was_taken_and_not_removed_is_a_dead_letter_still(deps: Deps, engine: LocalSystem) -> None:
    sqs, dead = engine.aws("sqs"), engine.reference("JobsDeadLetters")
    bodies = {f"letter {number}" for number in range(13)}
    for body in bodies:
        sqs.send_message(QueueUrl=dead, MessageBody=body)
    first, second = deps.dead_letters.take("jobs"), deps.dead_letters.take("jobs")
    assert (len(first), len(second), deps.dead_letters.take("jobs")) == (10, 3, [])
    assert {letter.body for letter in [*first, *second]} == bodies
    deps.dead_letters.remove("jobs", second)
    assert deps.dead_letters.backlog("jobs").dead_letters == 10
