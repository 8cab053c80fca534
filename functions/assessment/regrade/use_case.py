"""Regrade and item statistics: finding a faulty question, and mending it for everybody."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from shared.domain.attempt import Attempt, AttemptState
from shared.domain.edition import Edition
from shared.domain.ids import EditionId, OptionId, QuestionId
from shared.domain.job import Cursor, Job, JobKind
from shared.domain.questions import AnswerKey, Kind, Scoring
from shared.domain.refusals import InvalidRequest, NotFound
from shared.domain.scoring import score
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What is wrong with a question: ``correct`` None voids it, else these are its right options."""

    question_id: QuestionId
    correct: frozenset[OptionId] | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a regrade would do: how many attempts there are, and how many would change."""

    attempts: int
    newly_passed: int
    points_changed: int


def try_regrade(edition_id: EditionId, amendment: Amendment, deps: Regrading) -> Effect:
    """Say who would change, and change nothing; reads every graded attempt. Raise NotFound, InvalidRequest."""
    edition = deps.catalogue.edition(edition_id)
    amended = _amended(edition, deps.answer_keys.of(edition_id, edition.bank_revision), amendment, deps)
    attempts = newly_passed = points_changed = 0
    for attempt in _graded(edition_id, deps):
        if attempt.form.bank_revision != amended.bank_revision:
            continue
        before = attempt.score
        after = score(attempt.form, attempt.answers, amended)
        attempts += 1
        newly_passed += not attempt.passed and after.passes(attempt.pass_mark)
        points_changed += before is None or (before.points, before.max_points) != (after.points, after.max_points)
    return Effect(attempts=attempts, newly_passed=newly_passed, points_changed=points_changed)


def regrade(edition_id: EditionId, amendment: Amendment, deps: Regrading, *, at: datetime) -> Job:
    """Store the amended key and start the job that grades every attempt with it.

    The key comes first: from then on attempts are graded with it. Asked again, or broken off in
    between, the key is found amended, and its job is found or started. Raise NotFound, InvalidRequest.
    """
    edition = deps.catalogue.edition(edition_id)
    known = deps.answer_keys.of(edition_id, edition.bank_revision)
    amended = _amended(edition, known, amendment, deps)
    if amended.entries != known.entries:
        deps.answer_keys.put(edition_id, amended)
        known = amended
    job = Job.over(edition_id, JobKind.REGRADE, at, key_revision=known.revision)
    return deps.jobs.find(job.job) or start_job(job, deps.jobs, deps.enrolments)


def _amended(edition: Edition, key: AnswerKey, amendment: Amendment, deps: Regrading) -> AnswerKey:
    """``key`` with the amendment in it; raise NotFound or InvalidRequest."""
    entry = key.entries.get(amendment.question_id)
    if entry is None:
        raise NotFound(f"There is no question {amendment.question_id!r} in the bank.")
    if amendment.correct is None:
        return key.amended(replace(entry, voided=True, amended_for=amendment.reason))
    _require_fitting(edition, amendment.question_id, amendment.correct, entry.scoring, deps)
    return key.amended(replace(entry.rekeyed(amendment.correct), voided=False, amended_for=amendment.reason))


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


def _graded(edition_id: EditionId, deps: Regrading) -> Iterator[Attempt]:
    """Every graded attempt of an edition, a page of enrolments at a time."""
    cursor: Cursor | None = Cursor()
    while cursor:
        page, cursor = deps.enrolments.of_edition(edition_id, cursor, PAGE)
        for enrolment in page:
            yield from (each for each in deps.attempts.of(enrolment) if each.state is AttemptState.GRADED)


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
