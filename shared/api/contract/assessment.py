"""The operations of the assessment room: a learner's attempts. No shape here can hold an answer key."""

from collections.abc import Callable
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Self

from pydantic import Field

from shared.api.contract.enrolment import ENROLMENT
from shared.api.contract.modules import EditionQuery
from shared.api.operation import Operation
from shared.api.shapes import Body, Identifier, Instant, View, number
from shared.domain.attempt import Attempt
from shared.domain.form import Answers, Form
from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import Bank, shown

# Where a picture of a bank can be fetched, by its name.
Link = Callable[[str], str]

ATTEMPTS = f"{ENROLMENT}/attempts"
ATTEMPT = f"{ATTEMPTS}/{{attempt}}"

AnswersBody = Annotated[
    dict[Identifier, Annotated[list[Identifier], Field(max_length=100)]],
    Field(max_length=1000, examples=[{"q01": ["b"], "q07": ["a", "c"]}]),
]


def _answers(body: dict[str, list[str]]) -> Answers:
    return {QuestionId(question): tuple(OptionId(option) for option in chosen) for question, chosen in body.items()}


class SaveBody(Body):
    answers: AnswersBody

    def chosen(self) -> Answers:
        return _answers(self.answers)


class SubmissionBody(Body):
    answers: AnswersBody = Field(default_factory=dict)

    def chosen(self) -> Answers:
        return _answers(self.answers)


class OptionView(View):
    option_id: str
    text: str


class QuestionView(View):
    """``max_choices``: no more options than these can be chosen; without it, any number of a ``multiple`` question."""

    question_id: str
    kind: str
    stem: str
    options: list[OptionView]
    max_choices: int | None = None


def questions_of(form: Form, bank: Bank, link: Link) -> list[QuestionView]:
    """The questions of a form as they are shown, in its order."""
    by_id = {question.question_id: question for question in bank.questions}
    questions = []
    for asked in form.questions:
        question = by_id[asked.question_id]
        texts = {option.option_id: shown(option.text, link) for option in question.options}
        questions.append(
            QuestionView(
                question_id=asked.question_id,
                kind=asked.kind,
                stem=shown(question.stem, link),
                options=[OptionView(option_id=option, text=texts[option]) for option in asked.option_ids],
                max_choices=asked.max_choices,
            )
        )
    return questions


class ObjectiveView(View):
    objective: int
    points: float
    max_points: float


class AttemptView(View):
    """While open: questions and answers so far. Once handed in: how it went, never the key.

    ``zone`` is the IANA name of the provider's zone, in which the deadline is best shown.
    """

    attempt: int
    state: str
    started_at: Instant | None = None
    deadline: Instant | None = None
    zone: str | None = None
    questions: list[QuestionView] | None = None
    answers: dict[str, list[str]] | None = None
    points: float | None = None
    max_points: float | None = None
    passed: bool | None = None
    by_objective: list[ObjectiveView] | None = None

    @classmethod
    def of(cls, attempt: Attempt, bank: Bank | None, link: Link) -> Self:
        """The attempt with its questions while it is open, with its result afterwards."""
        return cls.of_open(attempt, bank, link) if bank else cls.of_handed_in(attempt)

    @classmethod
    def of_open(cls, attempt: Attempt, bank: Bank, link: Link) -> Self:
        return cls(
            attempt=attempt.number,
            state=attempt.state,
            started_at=attempt.started_at,
            deadline=attempt.ends_at,
            zone=attempt.zone,
            questions=questions_of(attempt.form, bank, link),
            answers={question: list(chosen) for question, chosen in attempt.answers.items()},
        )

    @classmethod
    def of_handed_in(cls, attempt: Attempt) -> Self:
        score = attempt.score
        return cls(
            attempt=attempt.number,
            state=attempt.state,
            points=number(score.points) if score else None,
            max_points=number(score.max_points) if score else None,
            passed=attempt.passed,
            by_objective=[
                ObjectiveView(objective=part.objective, points=number(part.points), max_points=number(part.max_points))
                for part in score.by_objective
            ]
            if score
            else None,
        )


class SavedView(View):
    saved_at: Instant


class SubmissionView(View):
    attempt: int
    state: str


_COMMON = ("not-found", "not-enrolled")

START_ATTEMPT = Operation(
    id="startAttempt",
    summary="Start the CME test, or find the attempt that is open",
    method=HTTPMethod.POST,
    path=ATTEMPTS,
    query=EditionQuery,
    answers={HTTPStatus.CREATED: AttemptView, HTTPStatus.OK: AttemptView},
    problems=(
        *_COMMON, "module-closed", "not-confirmed", "not-acknowledged", "profile-incomplete",
        "viewing-incomplete", "attempts-exhausted", "attempt-cooling-down", "grading-pending", "already-passed",
        "learner-erased",
    ),
)  # fmt: skip
GET_ATTEMPT = Operation(
    id="getAttempt",
    summary="One attempt: its questions while open, then its result",
    method=HTTPMethod.GET,
    path=ATTEMPT,
    query=EditionQuery,
    answers={HTTPStatus.OK: AttemptView},
    problems=("not-found",),
)
SAVE_ANSWERS = Operation(
    id="saveAnswers",
    summary="Save answers, question by question",
    method=HTTPMethod.PATCH,
    path=f"{ATTEMPT}/answers",
    query=EditionQuery,
    body=SaveBody,
    answers={HTTPStatus.OK: SavedView},
    problems=(*_COMMON, "attempt-over"),
)
SUBMIT_ATTEMPT = Operation(
    id="submitAttempt",
    summary="Hand in the test",
    method=HTTPMethod.POST,
    path=f"{ATTEMPT}/submission",
    query=EditionQuery,
    body=SubmissionBody,
    answers={HTTPStatus.ACCEPTED: SubmissionView, HTTPStatus.OK: SubmissionView},
    problems=(*_COMMON, "attempt-over"),
)
OPERATIONS = (START_ATTEMPT, GET_ATTEMPT, SAVE_ANSWERS, SUBMIT_ATTEMPT)
