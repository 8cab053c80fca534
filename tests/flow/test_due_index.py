"""Whatever somebody must look at again stands on the index of its table, and leaves it when that is done."""

from datetime import timedelta
from typing import Any

from shared.domain.ids import EditionId, ModuleId
from shared.domain.job import Job, JobKind
from tests.flow.journey import Learner, World, answered
from tests.flow.story import EVALUATION, end_of


def due_at(world: World, table: str, key: tuple[str, str]) -> str | None:
    row = world.rows(table)[key]
    return row.get("due_at")


def written(at: Any) -> str:
    return str(at.strftime("%Y-%m-%dT%H:%M:%S.000Z"))


def keys_of(learner: Learner) -> dict[str, tuple[str, str]]:
    partition, edition = f"LEARNER#{learner.sub}", f"{learner.module.module_id}#{learner.module.edition:04d}"
    return {
        "enrolment": (partition, f"ENROLMENT#{edition}"),
        "attempt": (partition, f"ATTEMPT#{edition}#0001"),
        "claim": (partition, f"CLAIM#{edition}"),
    }


def test_a_published_edition_is_due_at_its_expiry_and_no_more_when_retired(world: World) -> None:
    module, early = world.published(), world.published()
    status = (f"MODULE#{module.module_id}", "STATUS#0001")
    early_status = (f"MODULE#{early.module_id}", "STATUS#0001")
    assert world.due("CatalogueTable", "retire") == sorted([status, early_status])
    assert due_at(world, "CatalogueTable", status) == written(end_of(module))
    answered(world.author.retires(early))
    assert world.due("CatalogueTable", "retire") == [status]
    world.wait_until(end_of(module))
    assert world.retire_the_expired() == 1
    assert world.due("CatalogueTable", "retire") == []
    # Retired, both wait for the job that tells their enrolments.
    assert world.due("CatalogueTable", "recover") == sorted([status, early_status])
    assert due_at(world, "CatalogueTable", status) == written(end_of(module) + timedelta(minutes=5))
    world.deliver()
    assert world.due("CatalogueTable", "recover") == []
    assert due_at(world, "CatalogueTable", status) is None


def test_what_a_learner_waits_for_is_due_and_cleared_step_by_step(world: World) -> None:
    module = world.published(test={"time_limit_minutes": 20})
    ada = world.learner()
    answered(ada.enrol(module), 202)
    keys = keys_of(ada)
    in_five_minutes = written(world.now + timedelta(minutes=5))

    # A request that nobody has taken up yet.
    assert world.due("LearningTable", "recover") == [keys["enrolment"]]
    assert due_at(world, "LearningTable", keys["enrolment"]) == in_five_minutes
    world.deliver()
    assert world.due("LearningTable", "recover") == []

    # An attempt under way: its end, the grace, and a minute.
    answered(ada.acknowledge())
    answered(ada.introduce())
    form = ada.begins()
    assert world.due("LearningTable", "close") == [keys["attempt"]]
    assert due_at(world, "LearningTable", keys["attempt"]) == written(world.now + timedelta(minutes=20, seconds=90))
    assert world.due("LearningTable", "recover") == []

    # Handed in, and not settled yet.
    answered(ada.submit(module.right(form)), 202)
    assert world.due("LearningTable", "close") == []
    assert world.due("LearningTable", "recover") == [keys["attempt"]]
    assert due_at(world, "LearningTable", keys["attempt"]) == in_five_minutes

    world.deliver()
    assert world.due("LearningTable", "recover") == []
    assert world.due("LearningTable", "close") == []
    assert not [row for row in world.rows("LearningTable").values() if "due_at" in row]


def test_a_claimed_credit_is_due_until_it_is_certified(world: World) -> None:
    module = world.published(claim="claimed", evaluation=EVALUATION)
    ada = world.learner().is_ready_for(module)
    ada.passes()
    answered(ada.evaluate(useful="very"))
    answered(ada.claim(("ESMO-MORA", "1.00")), 202)
    assert world.due("LearningTable", "recover") == [keys_of(ada)["claim"]]
    world.deliver()
    assert world.due("LearningTable", "recover") == []


def test_a_withdrawn_attempt_is_not_due(world: World) -> None:
    ada = world.learner().is_ready_for(world.published())
    ada.begins()
    assert world.due("LearningTable", "close") == [keys_of(ada)["attempt"]]
    answered(ada.withdraw())
    assert world.due("LearningTable", "close") == []
    assert world.due("LearningTable", "recover") == []


def test_early_retirement_moves_what_is_due(world: World) -> None:
    module = world.published()
    ada = world.learner().is_ready_for(module)
    ada.begins()
    key = keys_of(ada)["attempt"]
    assert due_at(world, "LearningTable", key) == written(end_of(module) + timedelta(seconds=90))
    world.wait(hours=1)
    answered(world.author.retires(module))
    world.deliver()
    assert due_at(world, "LearningTable", key) == written(world.now + timedelta(seconds=90))


def test_a_running_job_is_due_until_it_has_finished(world: World) -> None:
    module = world.published()
    world.learner().is_ready_for(module)
    answered(world.author.retires(module))
    seen = []

    def look(invocation: Any) -> None:
        if invocation.function == "Work":
            seen.append(world.due("OperationsTable", "recover"))

    world.system.observers.append(look)
    world.deliver()
    edition = EditionId(ModuleId(module.module_id), 1)
    job = (f"JOB#{Job.over(edition, JobKind.LAPSES, world.now).job}", "JOB")
    # Opened, then three of the four shards' pages; the last one finishes it.
    assert seen == [[job]] * 4 + [[]]
    assert world.due("OperationsTable", "recover") == []


def test_an_enrolment_stands_on_the_index_of_its_edition(world: World) -> None:
    module = world.published()
    learners = [world.learner() for _ in range(3)]
    for learner in learners:
        answered(learner.enrol(module), 202)
    found = []
    for shard in range(4):
        answer = world.system.aws("dynamodb").query(
            TableName=world.system.reference("LearningTable"),
            IndexName="edition",
            KeyConditionExpression="edition_shard = :shard",
            ExpressionAttributeValues={":shard": {"S": f"{module.module_id}#0001#{shard}"}},
        )
        found += [(item["pk"]["S"], item["sk"]["S"]) for item in answer["Items"]]
    assert sorted(found) == sorted(keys_of(learner)["enrolment"] for learner in learners)
