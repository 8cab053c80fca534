"""The logs tell the journey: one correlation id from the request to the certificate, each line with its step."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.flow.journey import Begin, answered


@pytest.fixture
def log(state: Path) -> Path:
    return state / "functions.log"


def lines(log: Path, start: int = 0) -> list[dict[str, Any]]:
    """What the steps logged from byte ``start`` on; metrics stand between."""
    with log.open("rb") as file:
        file.seek(start)
        found = [json.loads(line) for line in file.read().decode().splitlines() if line.startswith("{")]
    return [line for line in found if "message" in line]


def test_one_correlation_id_leads_through_the_logs_from_the_submission_to_the_certificate(
    begin: Begin, log: Path
) -> None:
    start = log.stat().st_size if log.exists() else 0
    with begin() as world:
        ada = world.learner(name="Ada Lovelace").is_ready_for(world.published())
        form = ada.begins()
        answered(ada.submit(ada.module.right(form)), 202)
        world.deliver()
        number = ada.enrolment()["certificate"]
        request = next(
            invocation.event["requestContext"]["requestId"]
            for invocation in world.invocations
            if invocation.trigger == "http" and invocation.event["routeKey"].endswith("/submission")
        )
    told = lines(log, start)
    journey = [(line["service"], line["message"]) for line in told if line.get("correlation_id") == request]
    assert journey[0] == ("attempt", "answered")
    steps = list(dict.fromkeys(step for step, _ in journey))
    assert [step for step in steps if step not in ("notify", "publish_status")] == [
        "attempt",
        "grade",
        "settle",
        "certify",
    ]
    issued = [line["event_id"] for line in told if line["service"] == "certify" and line["message"] == "handled"]
    assert issued == [f"certificate/{number}/v1/claimed"]
    # Every line says which step it is of, and none says who it was about.
    assert {line["service"] for line in told} >= {"author", "enrol", "confirm", "relay", *steps}
    assert "service_undefined" not in {line["service"] for line in told}
    text = json.dumps(told)
    for private in ("Lovelace", "example.org"):
        assert private not in text
