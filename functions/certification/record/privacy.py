"""What is held about the learner, all of it; and their wish that it be erased."""

from collections import defaultdict
from datetime import datetime
from typing import Any, Protocol

from shared.domain.claim import Claim
from shared.domain.holdings import KINDS, WITHHELD, Facts, Holdings
from shared.domain.ids import LearnerId
from shared.domain.job import Job
from shared.facts import to_facts
from shared.jobs import next_page
from shared.ports import Certificates, Identities, Jobs, Mails, PersonalRecords


class Disclosing(Protocol):
    @property
    def personal_records(self) -> PersonalRecords: ...
    @property
    def identities(self) -> Identities: ...
    @property
    def certificates(self) -> Certificates: ...
    @property
    def mails(self) -> Mails: ...
    @property
    def jobs(self) -> Jobs: ...


def export_holdings(learner_id: LearnerId, deps: Disclosing, *, at: datetime) -> Holdings:
    """All records of the learner as they are stored, under whichever of their identities; the answers they gave,
    never which were right.
    """
    identities = deps.identities.of(learner_id)
    primary = identities[0]
    records: defaultdict[str, list[Facts]] = defaultdict(list)
    held = [record for each in identities for record in deps.personal_records.all(each)]
    for record in held:
        records[KINDS[type(record)]].append(_shown(to_facts(record)))
    for claim in held:
        history = deps.certificates.history(claim.certificate) if isinstance(claim, Claim) else None
        if history:
            records["certificates"].append(to_facts(history.head))
            records["certificate_versions"] += [to_facts(version) for version in history.versions]
    records["mails"] += [to_facts(mail) for each in identities for mail in deps.mails.of_learner(each)]
    job = deps.jobs.find(Job.erasing(primary, at).job)
    if job:
        records["jobs"].append(to_facts(job))
    return Holdings(learner_id=primary, at=at, records=records)


def _shown(facts: Any) -> Any:
    """``facts`` without what is withheld, however deep."""
    if isinstance(facts, dict):
        return {name: _shown(value) for name, value in facts.items() if name not in WITHHELD}
    return [_shown(each) for each in facts] if isinstance(facts, (list, tuple)) else facts


def request_erasure(learner_id: LearnerId, deps: Disclosing, *, at: datetime) -> Job:
    """Begin the learner's erasure, once, of all identities; asked again under any of them, it is the same job."""
    primary, *_ = deps.identities.of(learner_id)
    job = Job.erasing(primary, at)
    return deps.jobs.find(job.job) or deps.jobs.save(job, announcing=[next_page(job)])
