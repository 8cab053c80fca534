"""Cost: of a certificate, by its counted calls and measured time; and of a month in which nothing happens."""

import json
from pathlib import Path
from typing import Any

from infra.local.lambdas import Invocation
from tests.bench.calls import MAIL, play, warmed
from tests.bench.figures import Bench, Figure
from tests.bench.recording import Call
from tests.flow.journey import World

PRICES = json.loads((Path(__file__).parent / "prices.json").read_text())
THOUSAND = 1_000
# Of a queue's event source mapping: at least so many long polls at once, each of twenty seconds.
POLLERS, POLL_SECONDS = 5, 20
MINUTES_A_MONTH = 30 * 24 * 60
SCHEDULES = {"CloseAttempts": 1, "Recover": 5, "Retire": 15, "Remind": 60, "Destroy": 24 * 60}
"""Minutes between two runs, as in template.yaml."""
BILLED_SECONDS = 0.05
"""Of a schedule's run that finds nothing."""


def measure(bench: Bench) -> list[Figure]:
    with warmed(bench.state) as (world, recording, module):
        world.invocations.clear()
        calls = play(world, recording, world.learner(), module).calls
        invocations = list(world.invocations)
        lines = {**_calls(calls), **_functions(world, invocations)}
        recording.take()
        month = _month(world, recording.take)
    figures = [Figure(f"1,000 certificates: {what}", THOUSAND * dollars, "$") for what, dollars in lines.items()]
    figures.append(Figure("1,000 certificates, all of it", THOUSAND * sum(lines.values()), "$"))
    figures += [Figure(f"a month without use: {what}", dollars, "$") for what, dollars in month.items()]
    figures.append(Figure("a month without use, all of it", sum(month.values()), "$"))
    return figures


def _calls(calls: list[Call] | Any) -> dict[str, float]:
    by = {service: [call for call in calls if call.service == service] for service in ("sqs", "s3", "kms", "sesv2")}
    messages = len(by["sqs"])
    return {
        "DynamoDB, reading": sum(call.read_units for call in calls) * PRICES["dynamodb_read_unit"],
        "DynamoDB, writing": sum(call.write_units for call in calls) * PRICES["dynamodb_write_unit"],
        # Each message is sent, received and deleted.
        "SQS": 3 * messages * PRICES["sqs_request"],
        "S3": len(by["s3"]) * PRICES["s3_put"],
        "KMS": len(by["kms"]) * PRICES["kms_asymmetric_request"],
        f"SES ({MAIL})": len(by["sesv2"]) * PRICES["ses_mail"],
    }


def _functions(world: World, invocations: list[Invocation]) -> dict[str, float]:
    """Lambda, for the time that each call took here, engine and all, at the memory that the template gives."""
    memory = {
        name: int(declared.get("MemorySize", 512)) / 1024 for name, declared in world.system._lambdas._functions.items()
    }
    seconds = sum(memory[one.function] * one.seconds for one in invocations)
    requests = sum(one.trigger == "http" for one in invocations)
    return {
        "Lambda, time": seconds * PRICES["lambda_arm_gb_second"],
        "Lambda, requests": len(invocations) * PRICES["lambda_request"],
        "HTTP API": requests * PRICES["http_api_request"],
    }


def _month(world: World, take: Any) -> dict[str, float]:
    template = world.system._template
    queues = [queue for queue in template.of_type("AWS::SQS::Queue").values() if "RedrivePolicy" in queue]
    polls = len(queues) * POLLERS * MINUTES_A_MONTH * 60 / POLL_SECONDS
    runs = {name: MINUTES_A_MONTH / minutes for name, minutes in SCHEDULES.items()}
    units = 0.0
    for name, times in runs.items():
        world.system.fire(name)
        units += times * sum(call.read_units for call in take())
    gb_seconds = sum(runs.values()) * BILLED_SECONDS * 0.5
    return {
        "polling the queues": polls * PRICES["sqs_request"],
        "alarms": len(template.of_type("AWS::CloudWatch::Alarm")) * PRICES["month"]["alarm"],
        "signing key": PRICES["month"]["kms_key"],
        "schedules: DynamoDB": units * PRICES["dynamodb_read_unit"],
        "schedules: Lambda": gb_seconds * PRICES["lambda_arm_gb_second"]
        + sum(runs.values()) * PRICES["lambda_request"],
        "schedules: EventBridge": sum(runs.values()) * PRICES["month"]["scheduler_call"],
    }
