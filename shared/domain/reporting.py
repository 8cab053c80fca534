"""What accreditors are told, and what they were told before: only an accepted run counts as reported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Self

from shared.domain.ids import EnrolmentId, LearnerId, ModuleId
from shared.domain.refusals import NotFound, VersionConflict

# So long a run's file is kept, and so long the run can be accepted.
KEPT_FOR = timedelta(days=30)


class Report(StrEnum):
    """Who is told: what counts as reported is kept for each."""

    PARTICIPANTS = "participants"
    PARS = "pars"
    XAPI = "xapi"


class ExportKind(StrEnum):
    """A report in one of its formats."""

    PARTICIPANTS_CSV = "participants.csv"
    PARS_JSON = "pars.json"
    PARS_TSV = "pars.tsv"
    XAPI_JSON = "xapi.json"

    @property
    def report(self) -> Report:
        return Report(self.partition(".")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowingFile:
    """A file that is uploaded in parts: the upload's id, the tag of each part so far, and how many bytes wait for
    the next part.
    """

    upload: str | None = None
    parts: tuple[str, ...] = ()
    waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a run is to report: records of the days from ``first`` to ``last`` (both included), of one edition
    or of all; ``everything`` also what was reported before.
    """

    kind: ExportKind
    first: date | None = None
    last: date | None = None
    everything: bool = False
    module_id: ModuleId | None = None
    edition: int | None = None

    def cover(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A run of a report. ``shelf`` is where the walk over all editions goes on; ``reported`` counts the lines of
    the file, an addition or a deletion each.
    """

    terms: Terms
    shelf: str | None = None
    reported: int = 0
    file: GrowingFile = field(default_factory=GrowingFile)
    accepted_at: datetime | None = None

    def accepted(self, finished_at: datetime | None, at: datetime) -> Self:
        """What was reported counts as reported from ``at`` on; a run that is accepted already stays as it is.

        Raise VersionConflict before it is finished, NotFound once its file is no longer kept.
        """
        if self.accepted_at:
            return self
        if finished_at is None:
            raise VersionConflict("The export is not finished yet.")
        if at >= finished_at + KEPT_FOR:
            raise NotFound("This export is no longer kept; start a new one.")
        return replace(self, accepted_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestRun:
    """The number of the latest run of an export with the same terms."""

    terms: Terms
    number: int
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is remembered of a record that was reported: its day, and what it said."""

    on: date
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Something to report of one enrolment. ``key`` names it among the enrolment's records of this report.

    ``facts`` are what JSON can hold. Of a ``constant`` record no more than the key is remembered.
    """

    key: str
    on: date
    facts: Mapping[str, Any]
    constant: bool = False

    @property
    def kept(self) -> Kept:
        return Kept(on=self.on, facts={} if self.constant else self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Why the record ``key`` can't be reported. What was reported of it before stands, unless it is ``withdrawn``."""

    key: str
    on: date
    reason: str
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    records: Sequence[Record] = ()
    gaps: Sequence[Gap] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of a report. A correction is a deletion of what was reported and an addition of what is so now."""

    action: Literal["add", "delete"]
    key: str
    kept: Kept
    facts: Mapping[str, Any]


def changes(found: Findings, accepted: Mapping[str, Kept], terms: Terms) -> list[Change]:
    """What makes of the ``accepted`` records those that were found, deletions first."""
    current = {record.key: record for record in found.records}
    undecided = {gap.key for gap in found.gaps if not gap.withdrawn}
    deletions, additions = [], []
    for key, kept in accepted.items():
        record = current.get(key)
        days = [kept.on, record.on] if record else [kept.on]
        is_wrong = record.kept != kept if record else key not in undecided
        if is_wrong and any(terms.cover(day) for day in days):
            deletions.append(Change(action="delete", key=key, kept=kept, facts=kept.facts))
    for key, record in current.items():
        known = accepted.get(key)
        days = [known.on, record.on] if known else [record.on]
        if (known != record.kept or terms.everything) and any(terms.cover(day) for day in days):
            additions.append(Change(action="add", key=key, kept=record.kept, facts=record.facts))
    return [*deletions, *additions]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Somebody of whom a record could not be reported, and why."""

    learner: LearnerId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a run reported, to count once the run is accepted; None where it reported a deletion."""

    job: str
    at: datetime
    records: Mapping[str, Kept | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What was reported of one enrolment in one report.

    Runs only leave proposals here. A run is accepted in one write, of its job: from then on its proposals
    count, in the order of acceptance.
    """

    learner_id: LearnerId
    module_id: ModuleId
    edition: int
    report: Report
    accepted: Mapping[str, Kept] = field(default_factory=dict)
    proposals: tuple[Proposal, ...] = ()
    version: int = 0

    @classmethod
    def nothing(cls, enrolment: EnrolmentId, report: Report) -> Self:
        return cls(
            learner_id=enrolment.learner_id, module_id=enrolment.module_id, edition=enrolment.edition, report=report
        )

    @property
    def enrolment(self) -> EnrolmentId:
        return EnrolmentId(self.learner_id, self.module_id, self.edition)

    def settled(self, accepted_at: Mapping[str, datetime | None], now: datetime) -> Self:
        """With the proposals of accepted runs taken in, and those forgotten that can't be accepted any more.

        ``accepted_at`` has each proposal's job.
        """
        accepted = dict(self.accepted)
        counting = [(at, proposal) for proposal in self.proposals if (at := accepted_at[proposal.job])]
        for _, proposal in sorted(counting, key=lambda each: each[0]):
            for key, kept in proposal.records.items():
                accepted.pop(key, None)
                if kept:
                    accepted[key] = kept
        waiting = [each for each in self.proposals if not accepted_at[each.job] and now < each.at + 2 * KEPT_FOR]
        return replace(self, accepted=accepted, proposals=tuple(waiting))

    def proposed(self, job: str, reported: Sequence[Change], at: datetime) -> Self:
        """With what a run reported; what the same run proposed before, when it was broken off, is replaced."""
        records = {change.key: change.kept if change.action == "add" else None for change in reported}
        others = [proposal for proposal in self.proposals if proposal.job != job]
        proposal = [Proposal(job=job, at=at, records=records)] if records else []
        return replace(self, proposals=(*others, *proposal))
