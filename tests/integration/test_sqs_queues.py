"""All messages are sent in batches, and those not sent are named."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.system import LocalSystem
from shared.bootstrap import Deps


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


def test_any_number_of_messages_arrives_in_order(deps: Deps, engine: LocalSystem) -> None:
    before = len(engine.messages("NotificationsQueue"))
    messages = [json.dumps({"number": number, "text": "ä"}, ensure_ascii=False) for number in range(23)]
    assert deps.queues.send("notifications", messages) == []
    came = engine.messages("NotificationsQueue")[before:]
    assert [message["number"] for message in came] == list(range(23))
    assert deps.queues.send("notifications", []) == []


def test_a_queue_gets_only_what_is_addressed_to_it(deps: Deps, engine: LocalSystem) -> None:
    notified = len(engine.messages("NotificationsQueue"))
    assert deps.queues.send("statuses", ['"for statuses"']) == []
    assert engine.messages("StatusesQueue") == ["for statuses"]
    assert len(engine.messages("NotificationsQueue")) == notified


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
