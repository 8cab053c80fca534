"""The operations that show or change an answer key: review, regrade, item statistics."""

from http import HTTPMethod, HTTPStatus
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.api.contract.assessment import ATTEMPT, Link
from shared.api.contract.modules import AUTHORS, EDITION, EditionQuery
from shared.api.contract.operations import JobReceiptView
from shared.api.operation import Operation
from shared.api.shapes import Body, Identifier, Instant, View, number
from shared.domain.attempt import Attempt
from shared.domain.questions import AnswerKey, Bank, shown
from shared.domain.scoring import earned
from shared.domain.statistics import ItemStatistic
from shared.ports import StatisticsReport


class ReviewedOptionView(View):
    option_id: str
    text: str
    correct: bool
    chosen: bool


class ReviewedQuestionView(View):
    question_id: str
    kind: str
    stem: str
    options: list[ReviewedOptionView]
    points: float
    max_points: float
    rationale: str
    voided: bool


class ReviewView(View):
    """An attempt with the key and the rationales, question by question as they were shown."""

    attempt: int
    points: float
    max_points: float
    passed: bool
    questions: list[ReviewedQuestionView]

    @classmethod
    def of(cls, attempt: Attempt, bank: Bank, key: AnswerKey, link: Link) -> Self:
        by_id = {question.question_id: question for question in bank.questions}
        questions = []
        for asked in attempt.form.questions:
            question, entry = by_id[asked.question_id], key.entries[asked.question_id]
            chosen = frozenset(attempt.answers.get(asked.question_id, ()))
            texts = {option.option_id: shown(option.text, link) for option in question.options}
            questions.append(
                ReviewedQuestionView(
                    question_id=asked.question_id,
                    kind=asked.kind,
                    stem=shown(question.stem, link),
                    options=[
                        ReviewedOptionView(
                            option_id=option,
                            text=texts[option],
                            correct=option in entry.correct,
                            chosen=option in chosen,
                        )
                        for option in asked.option_ids
                    ],
                    points=0 if entry.voided else number(earned(chosen, entry)),
                    max_points=0 if entry.voided else number(entry.points),
                    rationale=shown(entry.rationale, link),
                    voided=entry.voided,
                )
            )
        grade = attempt.grade
        if grade is None:
            raise ValueError(f"attempt {attempt.id} is not graded")
        return cls(
            attempt=attempt.number,
            points=number(grade.points),
            max_points=number(grade.max_points),
            passed=grade.passed,
            questions=questions,
        )


GET_REVIEW = Operation(
    id="reviewAttempt",
    summary="The key and the rationales to an attempt, where the module's policy allows it by now",
    method=HTTPMethod.GET,
    path=f"{ATTEMPT}/review",
    query=EditionQuery,
    answers={HTTPStatus.OK: ReviewView},
    problems=("not-found", "review-closed"),
)


class RegradeBody(Body):
    """``key`` names the right options for ``rekey``; a dry run says who would change and changes nothing."""

    question_id: Identifier
    action: Literal["void", "rekey"]
    key: Annotated[list[Identifier], Field(min_length=1, max_length=100)] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    dry_run: bool = False

    @model_validator(mode="after")
    def _key_goes_with_rekey(self) -> Self:
        if (self.action == "rekey") is (self.key is None):
            raise ValueError("A key goes with rekey, and with rekey alone.")
        return self


class RegradeEffectView(View):
    """The answer to a dry run; where many are enrolled, it is a job that says the same when it is finished."""

    attempts: int
    newly_passed: int
    points_changed: int


REGRADE = Operation(
    id="regradeEdition",
    summary="Void a question, or correct its key, for every attempt of an edition",
    method=HTTPMethod.POST,
    path=f"{EDITION}/regrades",
    body=RegradeBody,
    answers={HTTPStatus.OK: RegradeEffectView, HTTPStatus.ACCEPTED: JobReceiptView},
    problems=("not-found", "too-large"),
    groups=AUTHORS,
)


class ItemView(View):
    """``difficulty``: the mean share of points; ``suspect``: those who know more do worse here."""

    question_id: str
    shown: int
    difficulty: float
    discrimination: float | None
    suspect: bool
    chosen: dict[str, int]

    @classmethod
    def of(cls, item: ItemStatistic) -> Self:
        return cls(
            question_id=item.question_id,
            shown=item.shown,
            difficulty=item.difficulty,
            discrimination=item.discrimination,
            suspect=item.is_suspect,
            chosen=dict(item.chosen),
        )


class StatisticsView(View):
    computed_at: Instant
    key_revision: int
    attempts: int
    questions: list[ItemView]

    @classmethod
    def of(cls, report: StatisticsReport) -> Self:
        return cls(
            computed_at=report.computed_at,
            key_revision=report.key_revision,
            attempts=report.attempts,
            questions=[ItemView.of(item) for item in report.items],
        )


GET_STATISTICS = Operation(
    id="getStatistics",
    summary="Item statistics as they were computed last",
    method=HTTPMethod.GET,
    path=f"{EDITION}/statistics",
    answers={HTTPStatus.OK: StatisticsView},
    problems=("not-found",),
    groups=AUTHORS,
)
COMPUTE_STATISTICS = Operation(
    id="computeStatistics",
    summary="Compute the item statistics anew, as a job",
    method=HTTPMethod.POST,
    path=f"{EDITION}/statistics",
    answers={HTTPStatus.ACCEPTED: JobReceiptView},
    problems=("not-found",),
    groups=AUTHORS,
)
OPERATIONS = (GET_REVIEW, REGRADE, GET_STATISTICS, COMPUTE_STATISTICS)
