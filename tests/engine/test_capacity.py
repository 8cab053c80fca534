"""What the bench computes of DynamoDB's capacity is what an engine that knows AWS's rules reports."""

from typing import Any

import boto3
import pytest

from tests.bench.calls import play
from tests.bench.recording import recorded_world

# Not Query, of which the engine says 1 whatever it reads.
REPORTING = ("GetItem", "BatchGetItem", "PutItem", "TransactWriteItems")


def test_the_units_of_every_call_are_those_that_the_engine_reports(tmp_path_factory: pytest.TempPathFactory) -> None:
    computed: list[tuple[str, float]] = []
    reported: list[tuple[str, float]] = []

    def ask(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name in REPORTING:
            params["ReturnConsumedCapacity"] = "TOTAL"

    def note(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name in REPORTING and "ConsumedCapacity" in parsed:
            call = recording.last
            consumed = parsed["ConsumedCapacity"]
            tables = consumed if isinstance(consumed, list) else [consumed]
            computed.append((str(call), call.read_units + call.write_units))
            reported.append((str(call), sum(table["CapacityUnits"] for table in tables)))

    with recorded_world(tmp_path_factory.mktemp("state"), engine="ministack") as (world, recording):
        assert boto3.DEFAULT_SESSION
        boto3.DEFAULT_SESSION.events.register("provide-client-params.dynamodb", ask)
        boto3.DEFAULT_SESSION.events.register("after-call", note)
        play(world, recording, world.learner(), world.published())
    assert len(computed) > 30
    assert computed == reported
