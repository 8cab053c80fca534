"""What a journey asks of AWS: each call counted, none of them a scan, whatever the machine's speed."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.bench.calls import LEAST, MAIL, Journey, play
from tests.bench.recording import Recording, recorded_world
from tests.flow.journey import Module, World

# What the first call of a process asks for on top, to keep it from then on.
FIRST = {
    "POST /modules/{module_id}/enrolment/attempts": ["Query QuestionTable REVISION"],
    "Grade": ["Query AnswerKeyTable REVISION"],
    "Certify": ["GetItem CertificateTable LIST", "GetPublicKey", "GetItem CertificateTable KEY"],
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Recording, Module]]:
    """A module that was played once, so that its status list is out and all functions are warm."""
    with recorded_world(tmp_path_factory.mktemp("state")) as (world, recording):
        module = world.published()
        play(world, recording, world.learner(), module)
        yield world, recording, module


@pytest.fixture(scope="module")
def warm(stage: tuple[World, Recording, Module]) -> Journey:
    world, recording, module = stage
    return play(world, recording, world.learner(), module).without_mail()


def test_each_step_makes_the_least_calls_possible(warm: Journey) -> None:
    assert {step: Counter(call.service for call in calls) for step, calls in warm.by_step().items()} == LEAST


def test_a_journey_costs_twenty_calls_of_dynamodb_seven_sends_three_objects_and_two_signatures(warm: Journey) -> None:
    assert warm.count() == {"dynamodb": 20, "sqs": 7, "s3": 3, "kms": 2}


def test_a_journey_consumes_no_more_capacity_than_it_did(warm: Journey) -> None:
    assert sum(call.read_units for call in warm.calls) <= 40
    assert sum(call.write_units for call in warm.calls) <= 105


def test_a_mail_is_one_read_and_two_writes(stage: tuple[World, Recording, Module]) -> None:
    world, recording, module = stage
    mails = play(world, recording, world.learner(), module).by_step()[MAIL]
    counted = Counter(call.operation for call in mails if call.service == "dynamodb")
    # Three mails; of that with the certificate the holder is looked up first, and what was ordered is the holder's.
    assert counted == {"BatchGetItem": 3, "PutItem": 2 * 3, "GetItem": 2}


def test_a_cold_process_asks_only_for_what_it_keeps(stage: tuple[World, Recording, Module], warm: Journey) -> None:
    world, recording, module = stage
    learner = world.learner()
    recording.cold = True
    try:
        cold = play(world, recording, learner, module).without_mail()
    finally:
        recording.cold = False
    steps = warm.by_step()
    more = {
        step: [str(call) for call in calls if str(call) not in {str(known) for known in steps[step]}]
        for step, calls in cold.by_step().items()
    }
    more["Grade"] = [call for call in more["Grade"] if not call.startswith("BatchGetItem")]
    assert {step: calls for step, calls in more.items() if calls} == FIRST


def test_nothing_is_ever_scanned(stage: tuple[World, Recording, Module], warm: Journey) -> None:
    world, recording, _ = stage
    recording.take()
    for function in world.system.schedules:
        world.system.fire(function)
        world.deliver()
    assert "Scan" not in {call.operation for call in [*recording.take(), *warm.calls]}
