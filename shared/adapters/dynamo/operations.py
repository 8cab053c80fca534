"""OperationsTable: jobs, and why messages failed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.adapters.dynamo.store import EncodeOutbox, Key, Marks, Store, due
from shared.adapters.dynamo.tables import OperationsItem
from shared.domain.job import Job
from shared.events.event import Event
from shared.facts import dump, instant

RECOVER = "recover"
RECOVER_AFTER = timedelta(minutes=5)
KEPT_FOR = timedelta(days=14)


def job_key(job: str) -> Key:
    return f"JOB#{job}", "JOB"


def _job_marks(job: Job) -> Marks:
    return due(RECOVER, job.job, None if job.finished_at else job.started_at + RECOVER_AFTER)


class DynamoJobs:
    """See ``ports.Jobs``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self._store = Store(OperationsItem, Job, lambda job: job_key(job.job), _job_marks, encode)

    def find(self, job: str) -> Job | None:
        return self._store.find(job_key(job))

    def save(self, job: Job, announcing: Sequence[Event]) -> Job:
        return self._store.save(job, announcing)


class DynamoFailures:
    """See ``ports.Failures``. The body is kept for its ids; events carry no names and no answers."""

    def keep(self, queue: str, message_id: str, body: str, cause: str, at: datetime) -> None:
        OperationsItem(
            f"FAILURE#{queue}",
            message_id,
            facts=dump({"body": body, "cause": cause, "failed_at": instant(at)}),
            expires=int((at + KEPT_FOR).timestamp()),
        ).save(add_version_condition=False)
