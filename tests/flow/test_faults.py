"""On a bad day of AWS learners are asked for patience at most, and whatever was begun is finished."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.awsrequest import AWSResponse

from shared.adapters.aws import TRIES
from shared.bootstrap import deps
from tests.flow.journey import Begin, Learner, World, answered, problem
from tests.support.faults import FAULTS, a_bad_day

each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
# The clients that steps between a submission and its certificate use, and what they ask for.
NEEDED = {
    "dynamodb": ("_connection", "PutItem"),
    "s3": ("_s3", "PutObject"),
    "kms": ("signer", "Sign"),
    "sqs": ("_sqs", "SendMessageBatch"),
}


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))


def client_of(service: str) -> Any:
    """The one client of a service that all steps of this process use."""
    name, _ = NEEDED[service]
    holder = getattr(deps(), name)
    return getattr(holder, "client", getattr(holder, "_client", holder))


@each_fault
def test_a_request_that_meets_a_few_faults_is_answered_all_the_same(
    world: World, fault: Callable[[Any], AWSResponse]
) -> None:
    ada = world.learner()
    module = world.published()
    with a_bad_day(client_of("dynamodb"), fault, TRIES - 1) as day:
        answered(ada.enrol(module), 202)
    assert day.tried >= TRIES


@each_fault
def test_a_request_that_can_not_be_done_now_is_answered_503_and_done_when_it_comes_again(
    world: World, fault: Callable[[Any], AWSResponse]
) -> None:
    ada = world.learner()
    module = world.published()
    with a_bad_day(client_of("dynamodb"), fault, 1000):
        refused = ada.enrol(module)
    assert problem(refused) == (503, "throttled")
    assert int(refused.headers["retry-after"]) > 0
    answered(ada.enrol(module), 202)


def ready_to_submit(world: World) -> tuple[Learner, dict[str, list[str]]]:
    module = world.published()
    ada = world.learner().is_ready_for(module)
    return ada, module.right(ada.begins())


@each_fault
@pytest.mark.parametrize("service", NEEDED)
def test_what_steps_can_not_do_now_is_left_to_redelivery_and_done_once(
    world: World, service: str, fault: Callable[[Any], AWSResponse]
) -> None:
    """Two deliveries fail, with all the tries that each has."""
    ada, answers = ready_to_submit(world)
    answered(ada.submit(answers), 202)
    before = len(world.invocations)
    with a_bad_day(client_of(service), fault, 2 * TRIES, NEEDED[service][1]) as day:
        world.deliver()
    assert day.tried > 2 * TRIES
    enrolment = ada.enrolment()
    assert enrolment["state"] == "certified"
    assert len(answered(ada.ask("GET", "/certificates"))["certificates"]) == 1
    assert len(ada.pdf(enrolment["certificate"])) > 1000
    assert len(answered(ada.ask("GET", "/transcript"))["entries"]) == 1
    reported = [
        invocation
        for invocation in world.invocations[before:]
        if invocation.error or (invocation.result or {}).get("batchItemFailures")
    ]
    assert reported
    # Nothing was given up.
    queues = answered(world.admin.ask("GET", "/admin/queues"))["queues"]
    assert {queue["queue"]: queue["failures"] for queue in queues if queue["failures"]} == {}
