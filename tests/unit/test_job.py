"""A job goes page by page and knows where it stands."""

from shared.domain.job import Cursor, Job, JobKind
from tests.support.builders import EDITION, HOUR, MINUTE, NOW

JOB = Job.over(EDITION, JobKind.LAPSES, NOW)


def test_an_edition_has_one_job_of_telling_its_enrolments() -> None:
    assert JOB.job == Job.over(EDITION, JobKind.LAPSES, NOW + HOUR).job
    assert (JOB.of_edition, JOB.page, JOB.done, JOB.cursor) == (EDITION, 0, 0, Cursor())


def test_a_page_done_moves_the_cursor_and_adds_to_the_count() -> None:
    where = Cursor(shard=1, after={"pk": "LEARNER#dr-a"})
    advanced = JOB.advanced(25, Cursor(shard=1), NOW).advanced(7, where, NOW + MINUTE)
    assert (advanced.page, advanced.done, advanced.cursor, advanced.finished_at) == (2, 32, where, None)


def test_a_job_is_finished_when_no_page_is_left() -> None:
    finished = JOB.advanced(3, None, NOW + MINUTE)
    assert (finished.cursor, finished.finished_at, finished.done) == (None, NOW + MINUTE, 3)
