"""Regrade and item statistics: finding a faulty question, and mending it for everybody."""

import hashlib
from datetime import datetime
from typing import Protocol

from shared.domain.edition import Edition
from shared.domain.ids import EditionId, OptionId, QuestionId
from shared.domain.job import Cursor, Job, JobKind
from shared.domain.questions import AnswerKey, KeyEntry, Kind, Scoring
from shared.domain.refusals import InvalidRequest, NotFound
from shared.domain.regrade import Amendment, Effect, Proposal, effect_on
from shared.jobs import start_job
from shared.ports import (
    AnswerKeys,
    Attempts,
    Catalogue,
    Enrolments,
    Jobs,
    QuestionBanks,
    StatisticsReport,
    StatisticsReports,
)

# How many enrolments a dry run looks at within its request: a second or two.
AT_ONCE = 200
PAGE = 100


class Regrading(Protocol):
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def question_banks(self) -> QuestionBanks: ...
    @property
    def answer_keys(self) -> AnswerKeys: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def statistics(self) -> StatisticsReports: ...


def try_regrade(edition_id: EditionId, amendment: Amendment, deps: Regrading, *, at: datetime) -> Effect | Job:
    """Say who would change, and change nothing: at once, or by a job where more than AT_ONCE are enrolled.

    The job of the same amendment is found while it runs, and done anew once it is over. Raise NotFound, InvalidRequest.
    """
    edition = deps.catalogue.edition(edition_id)
    key = deps.answer_keys.of(edition_id, edition.bank_revision)
    entry = _amended(edition, key, amendment, deps)
    if deps.enrolments.count(edition_id) <= AT_ONCE:
        return _effect(edition_id, key.amended(entry), deps)
    fresh = Job.over(edition_id, JobKind.REHEARSAL, at, of=_named(amendment))
    known = deps.jobs.find(fresh.job)
    if known and not known.finished_at:
        return known
    # What would be right is a secret like the key; the job is read by more than may read that.
    deps.answer_keys.propose(fresh.job, Proposal(bank_revision=key.bank_revision, entry=entry))
    return start_job(known.again(at) if known else fresh, deps.jobs, deps.enrolments)


def _named(amendment: Amendment) -> str:
    """What tells an amendment from others; its reason changes nothing."""
    told = ",".join(sorted(amendment.correct)) if amendment.correct is not None else "void"
    return hashlib.sha256(f"{amendment.question_id}/{told}".encode()).hexdigest()


def _effect(edition_id: EditionId, amended: AnswerKey, deps: Regrading) -> Effect:
    effect = Effect()
    cursor: Cursor | None = Cursor()
    while cursor:
        page, cursor = deps.enrolments.of_edition(edition_id, cursor, PAGE)
        for enrolment in page:
            effect += effect_on(deps.attempts.of(enrolment), amended)
    return effect


def regrade(edition_id: EditionId, amendment: Amendment, deps: Regrading, *, at: datetime) -> Job:
    """Store the amended key and start the job that grades every attempt with it.

    The key comes first: from then on attempts are graded with it. Asked again, or broken off in
    between, the key is found amended, and its job is found, or started if there is none or it left
    attempts behind. Raise NotFound, InvalidRequest.
    """
    edition = deps.catalogue.edition(edition_id)
    key = deps.answer_keys.of(edition_id, edition.bank_revision)
    entry = _amended(edition, key, amendment, deps)
    if key.entries[entry.question_id] != entry:
        key = key.amended(entry)
        deps.answer_keys.put(edition_id, key)
    fresh = Job.over(edition_id, JobKind.REGRADE, at, key_revision=key.revision)
    known = deps.jobs.find(fresh.job)
    if known and not known.left_behind:
        return known
    return start_job(known.again(at) if known else fresh, deps.jobs, deps.enrolments)


def _amended(edition: Edition, key: AnswerKey, amendment: Amendment, deps: Regrading) -> KeyEntry:
    """The entry that the amendment makes; raise NotFound or InvalidRequest."""
    entry = key.entries.get(amendment.question_id)
    if entry is None:
        raise NotFound(f"There is no question {amendment.question_id!r} in the bank.")
    if amendment.correct is not None:
        _require_fitting(edition, amendment.question_id, amendment.correct, entry.scoring, deps)
    return amendment.of(entry)


def _require_fitting(
    edition: Edition, question_id: QuestionId, correct: frozenset[OptionId], scoring: Scoring, deps: Regrading
) -> None:
    """Raise InvalidRequest unless ``correct`` can be the right answer to the question."""
    question = deps.question_banks.get(edition.id, edition.bank_revision).question(question_id)
    strangers = correct - {option.option_id for option in question.options}
    errors = [{"loc": ["body", "key"], "msg": f"{option} is not an option."} for option in sorted(strangers)]
    if question.kind is Kind.SINGLE and len(correct) != 1 and scoring is not Scoring.WEIGHTS:
        errors.append({"loc": ["body", "key"], "msg": "A single-answer question has exactly one right option."})
    if errors:
        raise InvalidRequest("The key does not fit the question.", errors=errors)


def show_statistics(edition_id: EditionId, deps: Regrading) -> StatisticsReport:
    """The item statistics as computed last; raise NotFound before that."""
    report = deps.statistics.find(edition_id)
    if report is None:
        raise NotFound(f"The statistics of edition {edition_id.edition} were not computed yet.")
    return report


def compute_statistics(edition_id: EditionId, deps: Regrading, *, at: datetime) -> Job:
    """Start the job that computes the statistics anew; one that is running is found instead. Raise NotFound."""
    deps.catalogue.edition(edition_id)
    fresh = Job.over(edition_id, JobKind.STATISTICS, at)
    known = deps.jobs.find(fresh.job)
    if known and not known.finished_at:
        return known
    return start_job(known.again(at) if known else fresh, deps.jobs, deps.enrolments)
