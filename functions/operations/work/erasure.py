"""The erasure of a learner: marked first, then awaited, then done; the evidence is put aside before anything goes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.certificate import CertificateHistory
from shared.domain.claim import Claim
from shared.domain.erasure import RECHECK, Erasure, Evidence, identity_of, kept_until, pseudonymised, under_way
from shared.domain.ids import LearnerId
from shared.domain.job import Job
from shared.domain.reporting import Reported
from shared.ports import Accounts, Certificates, Clock, Erasures, EvidenceStore, Jobs, PersonalRecords


class Erasing(Protocol):
    @property
    def erasures(self) -> Erasures: ...
    @property
    def personal_records(self) -> PersonalRecords: ...
    @property
    def certificates(self) -> Certificates: ...
    @property
    def evidence(self) -> EvidenceStore: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def clock(self) -> Clock: ...


def erase_page(job: Job, deps: Erasing) -> Job:
    """Go on with an erasure as far as it can; the job as it is after it, still to be saved.

    From the mark on nothing new begins, and what had begun is awaited. Broken off, the next try goes on: until the
    evidence is put aside nothing is changed, and from then on nothing is needed that has gone.
    """
    if job.learner_id is None:
        raise ValueError(f"{job.job} erases nobody")
    now = deps.clock.now()
    erasure = deps.erasures.find(job.learner_id)
    if erasure is None:
        mark = Erasure(learner_id=job.learner_id, requested_at=job.started_at, marked_at=now)
        return job.waiting([], deps.erasures.save(mark).erases_from, now)
    if now < erasure.erases_from:
        return job.waiting([], erasure.erases_from, now)
    records = deps.personal_records.all(job.learner_id)
    histories = _histories(records, deps)
    if erasure.kept_at is None:
        reasons = _under_way(records, histories, deps, now)
        if reasons:
            return job.waiting(reasons, now + RECHECK, now)
        erasure = _keep_evidence(erasure, records, histories, deps, now)
    if erasure.erased_at is None:
        _erase(erasure, records, histories, deps, now)
    return job.erased(now)


def _histories(records: Sequence[object], deps: Erasing) -> Sequence[CertificateHistory]:
    """Of every certificate that is issued."""
    found = [deps.certificates.history(one.certificate) for one in records if isinstance(one, Claim)]
    return [history for history in found if history]


def _under_way(
    records: Sequence[object], histories: Sequence[CertificateHistory], deps: Erasing, now: datetime
) -> Sequence[str]:
    names = {each.job for one in records if isinstance(one, Reported) for each in one.proposals}
    jobs = {name: deps.jobs.find(name) for name in names}
    accepted_at = {name: job.export.accepted_at if job and job.export else None for name, job in jobs.items()}
    heads = {history.head.number: history.head for history in histories}
    return under_way(records, heads, accepted_at, now)


def _keep_evidence(
    erasure: Erasure,
    records: Sequence[object],
    histories: Sequence[CertificateHistory],
    deps: Erasing,
    now: datetime,
) -> Erasure:
    """Put aside who the learner is, and what each certificate says; the mark then knows the originals."""
    identity = identity_of(erasure.learner_id, records)
    if identity:
        deps.evidence.keep_identity(identity)
    kept = [evidence for history in histories for evidence in _kept(erasure.learner_id, history, deps)]
    return deps.erasures.save(erasure.kept(kept, identity, now))


def _kept(learner_id: LearnerId, history: CertificateHistory, deps: Erasing) -> Sequence[Evidence]:
    return [
        evidence
        for version in history.versions
        for evidence in deps.evidence.keep_documents(
            learner_id, version.number, version.number_of_version, kept_until(version.completed_at)
        )
    ]


def _erase(
    erasure: Erasure,
    records: Sequence[object],
    histories: Sequence[CertificateHistory],
    deps: Erasing,
    now: datetime,
) -> None:
    for evidence in erasure.evidence:
        deps.evidence.remove_original(evidence)
    for history in histories:
        deps.certificates.withhold_name(history)
    for record in records:
        _pseudonymise(record, deps, now)
    deps.accounts.remove(erasure.learner_id)
    deps.erasures.save(erasure.erased(now))


def _pseudonymise(record: object, deps: Erasing, now: datetime) -> None:
    left = pseudonymised(record, now)
    if left is None:
        deps.personal_records.remove(record)
    elif left != record:
        deps.personal_records.save(left)
