"""Jobs, and why messages failed, in OperationsTable."""

import json
from dataclasses import replace

import pytest

from shared.bootstrap import Deps
from shared.domain.ids import EditionId, ModuleId
from shared.domain.job import Cursor, Job, JobKind
from shared.events.operations import JobAdvancedV1
from shared.ports import ConcurrentChange, Redrive
from tests.integration.conftest import Stored
from tests.support.builders import DAY, MINUTE, NOW


def a_job(module: str) -> Job:
    return Job.over(EditionId(ModuleId(module), 1), JobKind.LAPSES, NOW)


def test_a_job_is_opened_once_and_goes_on_from_its_cursor(deps: Deps, stored: Stored) -> None:
    job = a_job("opened")
    advanced = JobAdvancedV1(at=NOW, job=job.job, page=0)
    saved = deps.jobs.save(job, [advanced])
    assert deps.jobs.find(job.job) == saved
    with pytest.raises(ConcurrentChange):
        deps.jobs.save(replace(job, started_at=NOW + MINUTE), [advanced])

    cursor = Cursor(shard=2, after={"edition_shard": "opened#0001#2", "pk": "LEARNER#x", "sk": "ENROLMENT#opened#0001"})
    halfway = deps.jobs.save(saved.advanced(25, cursor, NOW), [])
    assert deps.jobs.find(job.job) == halfway
    item = stored("OperationsTable", f"JOB#{job.job}", "JOB")
    assert item
    assert item["due_at"] == "2026-03-02T09:05:00.000Z"
    deps.jobs.save(halfway.advanced(5, None, NOW + MINUTE), [])
    item = stored("OperationsTable", f"JOB#{job.job}", "JOB")
    assert item
    assert "due_at" not in item
    assert json.loads(item["facts"])["done"] == 30
    assert deps.jobs.find("no-such-job") is None


def test_the_cause_of_a_failure_is_kept_for_fourteen_days_however_often_it_is_told(deps: Deps, stored: Stored) -> None:
    for cause in ("LookupError: first", "LookupError: second"):
        deps.failures.keep("GradesQueue", "message-1", '{"id": "x"}', cause, NOW)
    item = stored("OperationsTable", "FAILURE#GradesQueue", "message-1")
    assert item
    assert json.loads(item["facts"]) == {
        "body": '{"id": "x"}',
        "cause": "LookupError: second",
        "failed_at": "2026-03-02T09:00:00.000Z",
        "redriven_at": None,
    }
    assert int(item["expires"]) == int((NOW + 14 * DAY).timestamp())
    assert "outbox" not in item


def test_failures_are_listed_the_latest_first_until_they_were_sent_again(deps: Deps) -> None:
    for number, minutes in ((1, 5), (2, 9), (3, 1)):
        deps.failures.keep("a-queue", f"m{number}", "{}", "LookupError: none", NOW + minutes * MINUTE)
    deps.failures.keep("another-queue", "m4", "{}", "LookupError: none", NOW)
    listed = deps.failures.of("a-queue")
    assert [failure.message_id for failure in listed] == ["m2", "m1", "m3"]
    deps.failures.settle(listed[0], NOW + DAY)
    assert [failure.message_id for failure in deps.failures.of("a-queue")] == ["m1", "m3"]
    # It failed once more, under a try of its own or another's: it is there again.
    deps.failures.keep("a-queue", "m2", "{}", "KeyError: still", NOW + DAY)
    assert [failure.message_id for failure in deps.failures.of("a-queue")] == ["m2", "m1", "m3"]


def test_the_last_redrive_of_a_queue_is_known(deps: Deps) -> None:
    assert deps.redrives.find("grades") is None
    first = deps.redrives.save(Redrive(queue="grades", asked_at=NOW))
    assert deps.redrives.find("grades") == first
    assert deps.redrives.save(replace(first, asked_at=NOW + DAY)).version == 2
