"""OperationsTable: jobs, item statistics, runs of exports, mails, why messages failed, and redrives."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice

from shared.adapters.dynamo.store import RECOVER, EncodeOutbox, Key, Marks, Store, due, due_for_recovery
from shared.adapters.dynamo.tables import OperationsItem
from shared.domain.ids import EditionId, LearnerId
from shared.domain.job import Job
from shared.domain.mail import Mail
from shared.domain.reporting import LatestRun, Skip, Terms
from shared.events.event import Event
from shared.facts import dump, from_facts, load, to_facts
from shared.ports import Failure, Redrive, StatisticsPart, StatisticsReport

KEPT_FOR = timedelta(days=14)
READ_AT_MOST = 1000
# A message lives for 4 days in its queue and 14 in the dead letters, and for as long again once it is put back.
MAIL_KEPT_FOR = timedelta(days=60)


def job_key(job: str) -> Key:
    return f"JOB#{job}", "JOB"


def _job_marks(job: Job) -> Marks:
    """A job that waits announces nothing: it is recovery that wakes it, at its time."""
    if job.looks_at:
        return due(RECOVER, job.job, job.looks_at)
    return due_for_recovery(job.job, None if job.finished_at else job.advanced_at or job.started_at)


def announcement(events: Sequence[Event], encode: EncodeOutbox) -> OperationsItem:
    """An item that does nothing but announce, for a write to a table without a stream; gone after its days."""
    expires = int((events[0].at + KEPT_FOR).timestamp())
    return OperationsItem(f"ANNOUNCEMENT#{events[0].id}", "ANNOUNCEMENT", outbox=encode(events), expires=expires)


class DynamoJobs:
    """See ``ports.Jobs``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self.store = Store(OperationsItem, Job, lambda job: job_key(job.job), _job_marks, encode)

    def find(self, job: str) -> Job | None:
        return self.store.find(job_key(job))

    def save(self, job: Job, announcing: Sequence[Event]) -> Job:
        return self.store.save(job, announcing)


class DynamoStatisticsReports:
    """See ``ports.StatisticsReports``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self._reports = Store(
            OperationsItem,
            StatisticsReport,
            lambda report: _report_key(EditionId(report.module_id, report.edition)),
            lambda _: {},
            encode,
        )

    def keep_part(self, job: str, page: int, part: StatisticsPart, until: datetime) -> None:
        pk, _ = job_key(job)
        item = OperationsItem(pk, f"PART#{page:06d}", facts=dump(part), expires=int(until.timestamp()))
        item.save(add_version_condition=False)

    def parts(self, job: str, pages: int) -> Sequence[StatisticsPart]:
        pk, _ = job_key(job)
        last = OperationsItem.sk.between("PART#000000", f"PART#{pages - 1:06d}")
        return [load(part.facts or "", StatisticsPart) for part in OperationsItem.query(pk, last, consistent_read=True)]

    def find(self, edition: EditionId) -> StatisticsReport | None:
        return self._reports.find(_report_key(edition))

    def save(self, report: StatisticsReport) -> StatisticsReport:
        return self._reports.save(report)


def _report_key(edition: EditionId) -> Key:
    return f"STATISTICS#{edition}", "REPORT"


class DynamoExportRuns:
    """See ``ports.ExportRuns``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self._runs = Store(OperationsItem, LatestRun, lambda run: _runs_key(run.terms), lambda _: {}, encode)

    def latest(self, terms: Terms) -> LatestRun | None:
        return self._runs.find(_runs_key(terms))

    def save(self, run: LatestRun) -> LatestRun:
        return self._runs.save(run)

    def keep_skips(self, job: Job, skips: Sequence[Skip], until: datetime) -> None:
        pk, _ = job_key(job.job)
        facts = dump(list(skips))
        item = OperationsItem(pk, f"SKIPS#{job.page:06d}", facts=facts, expires=int(until.timestamp()))
        item.save(add_version_condition=False)

    def skips(self, job: Job, limit: int) -> Sequence[Skip]:
        pk, _ = job_key(job.job)
        pages = OperationsItem.query(pk, OperationsItem.sk.startswith("SKIPS#"), consistent_read=True)
        found = (skip for page in pages for skip in load(page.facts or "[]", list[Skip]))
        return list(islice(found, limit))


def _runs_key(terms: Terms) -> Key:
    return f"EXPORT#{sha256(dump(terms).encode()).hexdigest()}", "LATEST"


class DynamoMails:
    """See ``ports.Mails``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self._store = Store(
            OperationsItem,
            Mail,
            lambda mail: mail_key(mail.event_id, mail.learner_id),
            lambda mail: {"expires": int((mail.changed_at + MAIL_KEPT_FOR).timestamp())},
            encode,
        )

    def find(self, event_id: str, learner_id: LearnerId) -> Mail | None:
        return self._store.find(mail_key(event_id, learner_id))

    def save(self, mail: Mail) -> Mail:
        return self._store.save(mail)

    def of_learner(self, learner_id: LearnerId) -> Sequence[Mail]:
        return [self._store.read(item) for item in OperationsItem.query(f"MAIL#{learner_id}", consistent_read=True)]


def mail_key(event_id: str, learner_id: LearnerId) -> Key:
    """By learner, so that all that is held about one is found without a scan."""
    return f"MAIL#{learner_id}", event_id


class DynamoFailures:
    """See ``ports.Failures``. The body is kept for its ids; events carry no names and no answers."""

    def keep(self, queue: str, message_id: str, body: str, cause: str, at: datetime) -> None:
        self._put(Failure(queue=queue, message_id=message_id, body=body, cause=cause, failed_at=at))

    def of(self, queue: str) -> Sequence[Failure]:
        found = OperationsItem.query(f"FAILURE#{queue}", consistent_read=True, limit=READ_AT_MOST)
        failures = [self._read(item) for item in found]
        waiting = [failure for failure in failures if failure.redriven_at is None]
        return sorted(waiting, key=lambda failure: failure.failed_at, reverse=True)

    def settle(self, failure: Failure, at: datetime) -> None:
        self._put(replace(failure, redriven_at=at))

    @staticmethod
    def _read(item: OperationsItem) -> Failure:
        named = {"queue": item.pk.partition("#")[2], "message_id": item.sk}
        return from_facts({**json.loads(item.facts or "{}"), **named}, Failure)

    @staticmethod
    def _put(failure: Failure) -> None:
        facts = to_facts(failure)
        del facts["queue"], facts["message_id"]
        OperationsItem(
            f"FAILURE#{failure.queue}",
            failure.message_id,
            facts=dump(facts),
            expires=int((failure.failed_at + KEPT_FOR).timestamp()),
        ).save(add_version_condition=False)


class DynamoRedrives:
    """See ``ports.Redrives``."""

    def __init__(self, encode: EncodeOutbox) -> None:
        self._store = Store(OperationsItem, Redrive, lambda redrive: _redrive_key(redrive.queue), lambda _: {}, encode)

    def find(self, queue: str) -> Redrive | None:
        return self._store.find(_redrive_key(queue))

    def save(self, redrive: Redrive) -> Redrive:
        return self._store.save(redrive)


def _redrive_key(queue: str) -> Key:
    return f"QUEUE#{queue}", "REDRIVE"
