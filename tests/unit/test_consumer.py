"""A queue consumer: each message for itself, a lost race run again, the cause of a dead letter kept."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.events.assessment import AttemptSubmittedV1
from shared.events.event import Event
from shared.events.modules import ModuleRetiredV1
from shared.messaging.codec import to_cloud_event
from shared.messaging.consumer import Consumer, Handler
from shared.messaging.trace import Trace, current_trace
from shared.ports import ConcurrentChange
from tests.support.builders import LEARNER, MODULE, NOW, a_context
from tests.support.fakes import FakeClock, FakeFailures

MAX_RECEIVES = 5


@pytest.fixture(autouse=True)
def _metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps count what they do under the namespace of their environment."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "CME")


def submitted(attempt: int) -> AttemptSubmittedV1:
    return AttemptSubmittedV1(
        at=NOW, learner_id=LEARNER, module_id=MODULE, edition=1, attempt=attempt, submitted_at=NOW, by="learner"
    )


def a_record(message: Event | str, message_id: str = "m1", receives: int = 1) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "receiptHandle": "handle",
        "body": message if isinstance(message, str) else json.dumps(to_cloud_event(message)),
        "attributes": {"ApproximateReceiveCount": str(receives)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:1:stack-submissions",
        "awsRegion": "eu-central-1",
    }


class Step:
    """A step under test: which events its handler got, which messages it reported, which causes it kept."""

    def __init__(self, handler: Handler) -> None:
        self.failures = FakeFailures()
        self._consumer = Consumer({AttemptSubmittedV1: handler}, self.failures, FakeClock(), MAX_RECEIVES)

    def receive(self, *records: dict[str, Any], afterwards: Callable[[], None] | None = None) -> list[str]:
        """Deliver a batch; the messages reported as failed."""
        answer = self._consumer({"Records": list(records)}, a_context(), afterwards)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def fail_for(*attempts: int) -> Handler:
    def handle(event: AttemptSubmittedV1) -> None:
        if event.attempt in attempts:
            raise LookupError(f"no attempt {event.attempt}")

    return handle


def test_every_message_of_a_batch_reaches_the_handler_of_its_event_type() -> None:
    got: list[AttemptSubmittedV1] = []
    assert Step(got.append).receive(a_record(submitted(1), "m1"), a_record(submitted(2), "m2")) == []
    assert got == [submitted(1), submitted(2)]


def test_a_message_that_fails_is_reported_alone() -> None:
    records = [a_record(submitted(number), f"m{number}") for number in (1, 2, 3)]
    assert Step(fail_for(2)).receive(*records) == ["m2"]


def test_a_batch_of_which_everything_fails_is_reported_message_by_message() -> None:
    records = [a_record(submitted(number), f"m{number}") for number in (1, 2)]
    assert Step(fail_for(1, 2)).receive(*records) == ["m1", "m2"]


@pytest.mark.parametrize("receives", [1, MAX_RECEIVES - 1])
def test_before_the_last_try_no_cause_is_kept(receives: int) -> None:
    step = Step(fail_for(1))
    assert step.receive(a_record(submitted(1), receives=receives)) == ["m1"]
    assert step.failures.kept == []


@pytest.mark.parametrize("receives", [MAX_RECEIVES, MAX_RECEIVES + 1])
def test_on_the_last_try_the_cause_is_kept_with_the_message(receives: int) -> None:
    step = Step(fail_for(1))
    record = a_record(submitted(1), receives=receives)
    assert step.receive(record) == ["m1"]
    (kept,) = step.failures.kept
    assert (kept.queue, kept.message_id, kept.body, kept.failed_at) == ("stack-submissions", "m1", record["body"], NOW)
    assert kept.cause == "LookupError: no attempt 1"


def test_a_last_try_that_succeeds_keeps_nothing() -> None:
    step = Step(fail_for())
    assert step.receive(a_record(submitted(1), receives=MAX_RECEIVES)) == []
    assert step.failures.kept == []


@pytest.mark.parametrize(
    "message",
    [
        "{",
        json.dumps({**to_cloud_event(submitted(1)), "type": "cme.attempt.submitted.v2"}),
        ModuleRetiredV1(at=NOW, module_id=MODULE, edition=1, retired_at=NOW),
    ],
    ids=["no event", "unknown version", "an event of another queue"],
)
def test_what_does_not_belong_on_the_queue_is_a_failure_with_its_cause(message: Event | str) -> None:
    step = Step(fail_for())
    records = [a_record(message, "m1", MAX_RECEIVES), a_record(submitted(1), "m2")]
    assert step.receive(*records) == ["m1"]
    assert step.failures.kept[0].cause.startswith("UnreadableEvent")


@pytest.mark.parametrize(("losses", "reported"), [(1, []), (2, []), (3, ["m1"])])
def test_a_lost_race_is_run_again_up_to_three_times(losses: int, reported: list[str]) -> None:
    runs: list[int] = []

    def handle(_: AttemptSubmittedV1) -> None:
        runs.append(1)
        if len(runs) <= losses:
            raise ConcurrentChange("somebody was faster")

    assert Step(handle).receive(a_record(submitted(1))) == reported
    assert len(runs) == min(losses + 1, 3)


def test_another_error_is_not_run_again() -> None:
    runs: list[int] = []

    def handle(_: AttemptSubmittedV1) -> None:
        runs.append(1)
        raise LookupError

    Step(handle).receive(a_record(submitted(1)))
    assert len(runs) == 1


def test_what_a_handler_announces_belongs_to_the_journey_of_its_message_and_names_it_as_its_cause() -> None:
    traces: list[Trace | None] = []
    message = {**to_cloud_event(submitted(1)), "correlationid": "request-1"}
    Step(lambda _: traces.append(current_trace())).receive(a_record(json.dumps(message)))
    assert traces == [Trace(correlation_id="request-1", causation_id=submitted(1).id)]
    assert current_trace() is None


# What a batch does once, when all its messages are taken in


def test_what_comes_afterwards_comes_once_after_the_whole_batch() -> None:
    done: list[str] = []
    step = Step(lambda event: done.append(f"attempt {event.attempt}"))
    records = [a_record(submitted(1), "m1"), a_record(submitted(2), "m2")]
    assert step.receive(*records, afterwards=lambda: done.append("afterwards")) == []
    assert done == ["attempt 1", "attempt 2", "afterwards"]


def test_a_message_that_failed_does_not_keep_the_others_from_what_comes_afterwards() -> None:
    done: list[str] = []
    step = Step(fail_for(1))
    records = [a_record(submitted(1), "m1"), a_record(submitted(2), "m2")]
    assert step.receive(*records, afterwards=lambda: done.append("afterwards")) == ["m1"]
    assert done == ["afterwards"]


def test_if_what_comes_afterwards_fails_every_message_did_and_its_cause_is_kept_on_the_last_try() -> None:
    def fail() -> None:
        raise LookupError("no key")

    step = Step(fail_for())
    records = [a_record(submitted(1), "m1"), a_record(submitted(2), "m2", MAX_RECEIVES)]
    assert step.receive(*records, afterwards=fail) == ["m1", "m2"]
    assert [(failure.message_id, failure.cause) for failure in step.failures.kept] == [("m2", "LookupError: no key")]


@pytest.mark.parametrize(("losses", "reported"), [(2, []), (3, ["m1"])])
def test_a_race_lost_afterwards_is_run_again_too(losses: int, reported: list[str]) -> None:
    runs: list[int] = []

    def put_out() -> None:
        runs.append(1)
        if len(runs) <= losses:
            raise ConcurrentChange("somebody was faster")

    assert Step(fail_for()).receive(a_record(submitted(1)), afterwards=put_out) == reported
