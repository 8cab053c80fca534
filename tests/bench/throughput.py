"""Throughput: attempts graded a second by one worker, beside the same writes and sends with the SDK alone."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boto3

from infra.local.lambdas import LambdaContext
from infra.local.system import ROOT, LocalSystem
from shared.announcements import attempt_graded, attempt_submitted
from shared.bootstrap import deps
from shared.domain.attempt import Attempt
from shared.domain.ids import AttemptId, EnrolmentId, LearnerId, ModuleId
from shared.messaging.codec import encode_outbox, to_cloud_event
from tests.bench.figures import Bench, Figure
from tests.flow.journey import Learner, Module, World, answered

GOAL = 0.7
BATCHES = (1, 10)
SECONDS = 60


def measure(bench: Bench) -> list[Figure]:
    """On ministack where it is installed, whose engine has a process of its own; else on moto, which shares ours."""
    engine = "ministack" if (ROOT / ".venv-ministack" / "bin" / "ministack").exists() else "moto"
    count, figures = 20 if bench.fast else 100, []
    log = bench.state / "functions.log"
    with LocalSystem(state=bench.state, log=log, engine=engine) as system:
        world = World(system)
        module = world.published()
        for size in BATCHES:
            handed_in = [_handed_in(learner, module) for learner in world.ready(module, count)]
            messages = [json.dumps(to_cloud_event(attempt_submitted(attempt))) for attempt in handed_in]
            _call(system, "Grade", _messages(system, messages[:size]))  # what a process does once
            grading = _seconds(system, "Grade", [_messages(system, part) for part in _parts(messages[size:], size)])
            graded = [deps().attempts.find(attempt.id) for attempt in handed_in[size:]]
            outboxes = [encode_outbox([attempt_graded(attempt)]) for attempt in graded if attempt]
            assert len(outboxes) == count - size
            relaying = _seconds(system, "Relay", [_records(part) for part in _parts(outboxes, size)])
            ours, floor = (count - size) / (grading + relaying), _floor(system, outboxes, size)
            figures += [
                Figure(f"graded and relayed, in batches of {size}", ours, "a second"),
                Figure(f"a put each and a send, in batches of {size}", floor, "a second"),
                Figure(f"in batches of {size}, to the floor", ours / floor, "x", goal=GOAL, wanted_high=True),
                Figure(f"relayed, in batches of {size}", (count - size) / relaying, "events a second"),
            ]
    return figures


def _handed_in(learner: Learner, module: Module) -> Attempt:
    """An attempt that waits for its grade, for nobody delivers the message about it."""
    form = answered(learner.start(), 201)
    answered(learner.submit(module.right(form)), 202)
    enrolment = EnrolmentId(LearnerId(learner.sub), ModuleId(module.module_id), module.edition)
    attempt = deps().attempts.find(AttemptId(enrolment, 1))
    assert attempt
    return attempt


def _parts(entries: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(entries), size):
        yield entries[start : start + size]


def _messages(system: LocalSystem, bodies: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "messageId": str(uuid.uuid4()),
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
            "eventSourceARN": system.reference("SubmissionsQueue", "Arn"),
        }
        for body in bodies
    ]


def _records(outboxes: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"dynamodb": {"SequenceNumber": str(number), "NewImage": {"outbox": {"S": outbox}}}}
        for number, outbox in enumerate(outboxes)
    ]


def _seconds(system: LocalSystem, function: str, batches: Sequence[Sequence[Any]]) -> float:
    def work() -> None:
        for batch in batches:
            _call(system, function, batch)

    return _timed(work)


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _call(system: LocalSystem, function: str, records: Sequence[Any]) -> None:
    handler = system._lambdas._handler(function)
    answer = handler({"Records": list(records)}, LambdaContext(function, str(uuid.uuid4()), time.monotonic() + SECONDS))
    assert answer == {"batchItemFailures": []}, answer


def _floor(system: LocalSystem, outboxes: Sequence[str], size: int) -> float:
    """One conditional put for each attempt, as large as ours, and its event sent in as large batches."""
    table, queue = system.reference("LearningTable"), system.reference("GradesQueue")
    [known, *_] = [
        item for item in system.aws("dynamodb").scan(TableName=table)["Items"] if item["sk"]["S"].startswith("ATTEMPT#")
    ]
    dynamodb, sqs = boto3.client("dynamodb"), boto3.client("sqs")

    def work() -> None:
        for number, part in enumerate(_parts(outboxes, size)):
            for place in range(len(part)):
                dynamodb.put_item(
                    TableName=table,
                    Item={**known, "pk": {"S": f"FLOOR#{size}#{number}#{place}"}},
                    ConditionExpression="attribute_not_exists(pk)",
                )
            sqs.send_message_batch(
                QueueUrl=queue,
                Entries=[{"Id": str(place), "MessageBody": outbox} for place, outbox in enumerate(part)],
            )

    return len(outboxes) / _timed(work)
