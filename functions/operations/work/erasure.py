"""The erasure of a learner: marked first, then awaited, then done; the evidence is put aside before anything goes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from shared.domain.certificate import CertificateHistory
from shared.domain.claim import Claim
from shared.domain.erasure import RECHECK, Erasure, Evidence, identity_of, kept_until, pseudonymised, under_way
from shared.domain.ids import LearnerId
from shared.domain.job import Job
from shared.domain.learner import Profile
from shared.domain.reporting import Reported
from shared.ports import Accounts, Certificates, Clock, Erasures, EvidenceStore, Identities, Jobs, PersonalRecords


class Erasing(Protocol):
    @property
    def erasures(self) -> Erasures: ...
    @property
    def identities(self) -> Identities: ...
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is held of one identity that is not erased yet, with the history of every certificate that is issued."""

    mark: Erasure
    records: Sequence[object]
    histories: Sequence[CertificateHistory]


def erase_page(job: Job, deps: Erasing) -> Job:
    """Go on with an erasure as far as it can; the job as it is after it, still to be saved.

    All identities of the person are erased, the primary last: its profile says who they all were. From the mark on
    nothing new begins, and what had begun is awaited. Broken off, the next try goes on: until the evidence is put
    aside nothing is changed, and from then on nothing is needed that has gone.
    """
    if job.learner_id is None:
        raise ValueError(f"{job.job} erases nobody")
    now = deps.clock.now()
    marks = _marks(job.learner_id, job, deps, now)
    erases_from = max(mark.erases_from for mark in marks)
    if now < erases_from:
        return job.waiting([], erases_from, now)
    held = [_held(mark, deps) for mark in marks if mark.erased_at is None]
    reasons = {reason for each in held if each.mark.kept_at is None for reason in _under_way(each, deps, now)}
    if reasons:
        return job.waiting(sorted(reasons), now + RECHECK, now)
    profile = _profile(held[0]) if held else None
    for each in reversed(held):
        _erase(each if each.mark.kept_at else _keep_evidence(each, profile, deps, now), deps, now)
    return job.erased(now)


def _marks(learner_id: LearnerId, job: Job, deps: Erasing, now: datetime) -> Sequence[Erasure]:
    """The mark of each identity, the primary's first: of those joined by now, and of those who were when it began."""
    mark = deps.erasures.find(learner_id)
    person = tuple(dict.fromkeys((*(mark.person if mark else ()), *deps.identities.of(learner_id))))
    return [
        deps.erasures.find(each)
        or deps.erasures.save(Erasure(learner_id=each, requested_at=job.started_at, marked_at=now, person=person))
        for each in person
    ]


def _held(mark: Erasure, deps: Erasing) -> Held:
    records = deps.personal_records.all(mark.learner_id)
    histories = [deps.certificates.history(one.certificate) for one in records if isinstance(one, Claim)]
    return Held(mark=mark, records=records, histories=[history for history in histories if history])


def _under_way(held: Held, deps: Erasing, now: datetime) -> Sequence[str]:
    names = {each.job for one in held.records if isinstance(one, Reported) for each in one.proposals}
    jobs = {name: deps.jobs.find(name) for name in names}
    accepted_at = {name: job.export.accepted_at if job and job.export else None for name, job in jobs.items()}
    heads = {history.head.number: history.head for history in held.histories}
    return under_way(held.records, heads, accepted_at, now)


def _profile(primary: Held) -> Profile | None:
    return next((one for one in primary.records if isinstance(one, Profile)), None)


def _keep_evidence(held: Held, profile: Profile | None, deps: Erasing, now: datetime) -> Held:
    """Put aside who the learner is, and what each certificate says; the mark then knows the originals."""
    learner_id = held.mark.learner_id
    identity = identity_of(learner_id, held.records, profile)
    if identity:
        deps.evidence.keep_identity(identity)
    kept = [evidence for history in held.histories for evidence in _kept(learner_id, history, deps)]
    return replace(held, mark=deps.erasures.save(held.mark.kept(kept, identity, now)))


def _kept(learner_id: LearnerId, history: CertificateHistory, deps: Erasing) -> Sequence[Evidence]:
    return [
        evidence
        for version in history.versions
        for evidence in deps.evidence.keep_documents(
            learner_id, version.number, version.number_of_version, kept_until(version.completed_at)
        )
    ]


def _erase(held: Held, deps: Erasing, now: datetime) -> None:
    for evidence in held.mark.evidence:
        deps.evidence.remove_original(evidence)
    for history in held.histories:
        deps.certificates.withhold_name(history)
    for record in held.records:
        _pseudonymise(record, deps, now)
    deps.accounts.remove(held.mark.learner_id)
    deps.erasures.save(held.mark.erased(now))


def _pseudonymise(record: object, deps: Erasing, now: datetime) -> None:
    left = pseudonymised(record, now)
    if left is None:
        deps.personal_records.remove(record)
    elif left != record:
        deps.personal_records.save(left)
