"""What passes by itself is tried again, with a random pause, and all of it within the function's time."""

import random
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.system import LocalSystem
from shared import deadline
from shared.adapters.aws import CONNECT, NEEDED, READ, TRIES, client
from shared.bootstrap import Deps
from shared.deadline import OutOfTime, until_the_end_of
from shared.faults import is_passing_fault
from tests.support.faults import FAULTS, a_bad_day, does_not_answer, is_not_there, throttles

FUNCTION_SECONDS = 20
FAILURES = (BotoCoreError, ClientError, OutOfTime)
Call = Callable[[Any, LocalSystem], Any]
CALLS: dict[str, Call] = {
    "dynamodb": lambda made, engine: made.get_item(
        TableName=engine.reference("LearningTable"), Key={"pk": {"S": "none"}, "sk": {"S": "none"}}
    ),
    "s3": lambda made, engine: made.put_object(Bucket=engine.reference("DocumentBucket"), Key="a", Body=b"b"),
    "sqs": lambda made, engine: made.send_message(QueueUrl=engine.reference("GradesDeadLetters"), MessageBody="a"),
    "kms": lambda made, engine: made.sign(
        KeyId=engine.reference("SigningKey", "Arn"), Message=b"a", SigningAlgorithm="ECDSA_SHA_256"
    ),
}
each_service = pytest.mark.parametrize("service", CALLS)
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)


class Pauses:
    """The SDK's sleep, and what it takes of the invocation's time."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pauses]:
    pauses = Pauses()
    monkeypatch.setattr(botocore.endpoint, "time", pauses)
    monkeypatch.setattr(deadline, "time", pauses)
    return pauses  # type: ignore[return-value]


def an_invocation(seconds: float = FUNCTION_SECONDS) -> Any:
    return SimpleNamespace(get_remaining_time_in_millis=lambda: int(seconds * 1000))


@each_service
@each_fault
@pytest.mark.parametrize("times", range(1, TRIES))
def test_what_goes_wrong_a_few_times_does_no_harm(
    engine: LocalSystem, pauses: Pauses, service: str, fault: Callable[[Any], AWSResponse], times: int
) -> None:
    made = client(service)
    with a_bad_day(made, fault, times) as day:
        CALLS[service](made, engine)
    assert day.tried == times + 1
    assert len(pauses.slept) == times


@each_service
@each_fault
def test_what_goes_on_going_wrong_is_left_to_whoever_asked(
    engine: LocalSystem, pauses: Pauses, service: str, fault: Callable[[Any], AWSResponse]
) -> None:
    made = client(service)
    with a_bad_day(made, fault, 100) as day, pytest.raises(FAILURES) as failure:
        CALLS[service](made, engine)
    assert day.tried == TRIES
    assert is_passing_fault(failure.value), failure.value


def test_pauses_are_random_and_grow(engine: LocalSystem, pauses: Pauses) -> None:
    random.seed(1)
    runs = 8
    for _ in range(runs):
        made = client("dynamodb")  # with all the retries that a client may make
        with a_bad_day(made, throttles, TRIES - 1):
            CALLS["dynamodb"](made, engine)
    assert len(set(pauses.slept)) == len(pauses.slept) == runs * (TRIES - 1)
    for place in range(TRIES - 1):
        of_place = pauses.slept[place :: TRIES - 1]
        assert max(of_place) <= 2**place
        assert max(of_place) > 2**place / 2
        assert min(of_place) < 2**place / 2


@each_service
@pytest.mark.parametrize("fault", [does_not_answer, is_not_there], ids=lambda fault: fault.__name__)
def test_no_call_outlasts_the_function_however_slow_its_tries_are(
    engine: LocalSystem, pauses: Pauses, service: str, fault: Callable[[Any], AWSResponse]
) -> None:
    """One call after the other, each try as slow as can be."""
    made = client(service)

    def slow(request: Any) -> AWSResponse:
        pauses.now += CONNECT + READ
        return fault(request)

    began = pauses.now
    with until_the_end_of(an_invocation()), a_bad_day(made, slow, 100):
        while True:
            with pytest.raises(FAILURES) as failure:
                CALLS[service](made, engine)
            if isinstance(failure.value, OutOfTime):
                break
    assert FUNCTION_SECONDS - NEEDED < pauses.now - began < FUNCTION_SECONDS
    assert is_passing_fault(failure.value)


def test_no_pause_outlasts_the_function_however_often_it_is_throttled(engine: LocalSystem, pauses: Pauses) -> None:
    began = pauses.now
    with until_the_end_of(an_invocation()):
        while True:
            made = client("dynamodb")
            with a_bad_day(made, throttles, 100), pytest.raises(FAILURES) as failure:
                CALLS["dynamodb"](made, engine)
            if isinstance(failure.value, OutOfTime):
                break
    assert FUNCTION_SECONDS - NEEDED < pauses.now - began < FUNCTION_SECONDS


def test_a_call_that_could_outlast_the_function_is_not_begun(engine: LocalSystem) -> None:
    made = client("dynamodb")
    with a_bad_day(made, throttles, 0) as day:
        with until_the_end_of(an_invocation(NEEDED - 0.1)), pytest.raises(OutOfTime):
            CALLS["dynamodb"](made, engine)
        assert day.tried == 0
        CALLS["dynamodb"](made, engine)
    assert day.tried == 1


def test_what_may_not_be_sent_twice_is_tried_once(engine: LocalSystem, pauses: Pauses) -> None:
    made = client("sqs", tries=1)
    with a_bad_day(made, does_not_answer, 1), pytest.raises(FAILURES) as failure:
        CALLS["sqs"](made, engine)
    assert is_passing_fault(failure.value)
    assert pauses.slept == []


def test_every_adapter_has_such_a_client(deps: Deps) -> None:
    for made in (deps._connection.client, deps._s3, deps._sqs, deps.signer._client):  # type: ignore[attr-defined]
        began = time.monotonic()
        service = made.meta.service_model.service_name
        with a_bad_day(made, throttles, 0) as day, until_the_end_of(an_invocation(0)), pytest.raises(OutOfTime):
            CALLS[service](made, _Nothing())  # type: ignore[arg-type]
        assert day.tried == 0
        assert time.monotonic() - began < 1


class _Nothing:
    def reference(self, name: str, attribute: str | None = None) -> str:
        return {"GradesDeadLetters": "http://127.0.0.1/queue"}.get(name, "a-name")
