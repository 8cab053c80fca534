"""Oversee: how far a job is, and that it is done."""

import pytest

from functions.operations.oversee.use_case import show_job
from shared.api.contract.operations import JobView
from shared.domain.job import Cursor, Job, JobKind, Remark
from shared.domain.refusals import NotFound
from tests.support.builders import EDITION, HOUR, MINUTE, NOW
from tests.support.fakes import World

LAPSES = Job.over(EDITION, JobKind.LAPSES, NOW).counted(40)
REGRADE = Job.over(EDITION, JobKind.REGRADE, NOW, key_revision=2).counted(40)


def progress(job: Job) -> tuple[str, int | None, int]:
    view = JobView.of(job)
    return view.state, view.total, view.done


def test_a_job_is_shown_as_it_is_stored() -> None:
    world = World()
    world.jobs.given(LAPSES)
    job, delivery = show_job(LAPSES.job, world, by_admin=False, at=NOW)
    assert (job.total, delivery) == (40, None)


def test_a_job_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        show_job("regrade-0", World(), by_admin=True, at=NOW)


def test_a_job_runs_until_its_last_page_is_done() -> None:
    half = LAPSES.advanced(25, Cursor(shard=1), NOW)
    assert [progress(LAPSES), progress(half), progress(half.advanced(15, None, NOW))] == [
        ("running", 40, 0),
        ("running", 40, 25),
        ("finished", 40, 40),
    ]


def test_a_regrade_walks_twice_and_is_finished_after_the_second() -> None:
    first = REGRADE.advanced(40, None, NOW + MINUTE, lagging=10)
    assert (first.walk, first.page, first.cursor, first.finished_at) == (2, 1, Cursor(), None)
    assert progress(first) == ("running", 40, 30)
    second = first.advanced(40, None, NOW + HOUR)
    assert (second.page, second.finished_at, progress(second)) == (2, NOW + HOUR, ("finished", 40, 40))


def test_each_kind_and_each_key_revision_has_a_job_of_its_own() -> None:
    jobs = [Job.over(EDITION, kind, NOW) for kind in JobKind]
    jobs += [Job.over(EDITION, JobKind.REGRADE, NOW, key_revision=revision) for revision in (2, 3)]
    assert len({job.job for job in jobs}) == len(jobs)
    assert all(job.job.startswith(f"{job.kind}-") for job in jobs)


def test_a_job_done_again_starts_from_the_beginning_under_its_name() -> None:
    again = LAPSES.advanced(40, None, NOW).again(NOW + HOUR)
    assert again == Job.over(EDITION, JobKind.LAPSES, NOW + HOUR)


def test_a_job_with_errors_has_failed() -> None:
    failed = Job.over(EDITION, JobKind.IMPORT, NOW).failed((Remark(3, "not a question"),), NOW)
    assert (JobView.of(failed).state, JobView.of(failed).failed) == ("failed", 1)
