"""Throughput: attempts graded a second by one worker, beside the same writes and sends with the SDK alone."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from statistics import median
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
            bodies = [json.dumps(to_cloud_event(attempt_submitted(attempt))) for attempt in handed_in]
            _call(system, "Grade", _messages(system, bodies[:size]))  # what a process does once
            floor, grading, putting = _Floor(system), [], []
            for part in _parts(bodies[size:], size):  # by turns, so that a busy moment is both's
                messages = _messages(system, part)
                grading.append(_timed(lambda messages=messages: _call(system, "Grade", messages)))
                putting.append(_timed(lambda part=part, floor=floor: floor.put_and_send(part)))
            graded = [deps().attempts.find(attempt.id) for attempt in handed_in[size:]]
            outboxes = [encode_outbox([attempt_graded(attempt)]) for attempt in graded if attempt]
            assert len(outboxes) == count - size
            relaying = []
            for part in _parts(outboxes, size):
                records = _records(part)
                relaying.append(_timed(lambda records=records: _call(system, "Relay", records)))
            ours, least = size / (median(grading) + median(relaying)), size / median(putting)
            figures += [
                Figure(f"graded and relayed, in batches of {size}", ours, "a second"),
                Figure(f"a put each and a send, in batches of {size}", least, "a second"),
                Figure(f"in batches of {size}, to the floor", ours / least, "x", goal=GOAL, wanted_high=True),
                Figure(f"relayed, in batches of {size}", size / median(relaying), "events a second"),
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


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _call(system: LocalSystem, function: str, records: Sequence[Any]) -> None:
    handler = system._lambdas._handler(function)
    answer = handler({"Records": list(records)}, LambdaContext(function, str(uuid.uuid4()), time.monotonic() + SECONDS))
    assert answer == {"batchItemFailures": []}, answer


class _Floor:
    """One conditional put for each attempt, as large as ours, and the events sent in as large batches."""

    def __init__(self, system: LocalSystem) -> None:
        self._table, self._queue = system.reference("LearningTable"), system.reference("GradesQueue")
        items = system.aws("dynamodb").scan(TableName=self._table)["Items"]
        self._item = next(item for item in items if item["sk"]["S"].startswith("ATTEMPT#"))
        self._dynamodb, self._sqs = boto3.client("dynamodb"), boto3.client("sqs")

    def put_and_send(self, bodies: Sequence[str]) -> None:
        for _ in bodies:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={**self._item, "pk": {"S": f"FLOOR#{uuid.uuid4()}"}},
                ConditionExpression="attribute_not_exists(pk)",
            )
        entries = [{"Id": str(place), "MessageBody": body} for place, body in enumerate(bodies)]
        self._sqs.send_message_batch(QueueUrl=self._queue, Entries=entries)
