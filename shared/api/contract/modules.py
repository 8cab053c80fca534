"""The operations of the modules room: the catalogue for everyone, the drafts for authors."""

import math
import re
from datetime import date
from fractions import Fraction
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema

from shared.api.operation import DEFAULT_LIMIT, KIB, MAX_LIMIT, Operation, Query
from shared.api.shapes import Amount, Body, Identifier, Instant, Text, View, number
from shared.domain.availability import EditionStatus
from shared.domain.edition import Disclosure, Edition, Erratum
from shared.domain.ids import OptionId
from shared.domain.publication import Gap
from shared.domain.questions import AnswerKey, Bank, KeyEntry
from shared.exchange.bank_file import MAX_POINTS, MAX_QUESTIONS

AUTHORS = frozenset({"author"})
MAX_BANK_BYTES = 4 * 1024 * KIB
JSON = "application/json"
GIFT = "text/x-gift"
AIKEN = "text/x-aiken"
MOODLE_XML = "application/x-moodle+xml"
QTI_ITEM = "application/x-qti+xml"
QTI_PACKAGE = "application/zip"
# What a bank is exported to beside JSON.
EXPORTS = (MOODLE_XML, QTI_PACKAGE)
MODULE = "/modules/{module_id}"
EDITION = "/admin/modules/{module_id}/editions/{edition}"


class ModulesQuery(Query):
    topic: str | None = None
    q: str | None = None
    open: bool | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str, Field(max_length=400)] | None = None


class EditionQuery(Query):
    edition: Annotated[int, Field(ge=1, le=9999)] | None = None


class CopyQuery(Query):
    """``from`` names the edition that the draft is to be a copy of; what the body says takes its place."""

    source: Annotated[int | None, Field(alias="from", ge=1, le=9999)] = None


class OfferView(View):
    scheme: str
    category: str
    maximum: str


class ModuleCard(View):
    module_id: str
    edition: int
    title: str
    authors: list[str]
    topics: list[str]
    slides: int
    minutes: int
    credits: list[OfferView]
    members_only: bool
    published_on: date
    expires_on: date
    open: bool

    @classmethod
    def of(cls, status: EditionStatus, *, is_open: bool) -> "ModuleCard":
        return ModuleCard(**_card(status, is_open=is_open))


def _card(status: EditionStatus, *, is_open: bool) -> dict[str, Any]:
    card = status.card
    return {
        "module_id": status.module_id,
        "edition": status.edition,
        "title": card.title,
        "authors": list(card.authors),
        "topics": list(card.topics),
        "slides": card.slides,
        "minutes": card.minutes,
        "credits": [OfferView(**offer) for offer in card.credits],
        "members_only": card.members_only,
        "published_on": card.published_on,
        "expires_on": card.expires_on,
        "open": is_open,
    }


class ModulesView(View):
    modules: list[ModuleCard]
    next: str | None


class RelationshipView(View):
    company: str
    nature: str


class DisclosureView(View):
    relationships: list[RelationshipView]
    mitigated: bool
    declared_on: date

    @classmethod
    def of(cls, disclosure: Disclosure) -> Self:
        return cls(
            relationships=[
                RelationshipView(company=relationship.company, nature=relationship.nature)
                for relationship in disclosure.relationships
            ],
            mitigated=disclosure.mitigated,
            declared_on=disclosure.declared_on,
        )


class ErratumView(View):
    """What was wrong and since when that is told; ``disclosure`` takes the place of what ``name`` had disclosed."""

    published_at: Instant
    text: str
    name: str | None = None
    disclosure: DisclosureView | None = None

    @classmethod
    def of(cls, erratum: Erratum) -> Self:
        return cls(
            published_at=erratum.published_at,
            text=erratum.text,
            name=erratum.name,
            disclosure=DisclosureView.of(erratum.disclosure) if erratum.disclosure else None,
        )


class FacultyView(View):
    name: str
    role: str
    credentials: str
    disclosure: DisclosureView


class TestView(View):
    questions: int
    pass_mark: int
    attempts: int
    cooldown_hours: int
    time_limit_minutes: int | None


class ViewingView(View):
    required_percent: int


class EvaluationQuestionView(View):
    question_id: str
    text: str
    options: list[str]


class EvaluationView(View):
    required: bool
    questions: list[EvaluationQuestionView]


class ModuleView(ModuleCard):
    """The card, and all that a learner is told before the test.

    ``zone`` is in which instants are best shown. ``faculty`` is as the errata have it; these come where there are any.
    """

    objectives: list[str]
    summary: str
    medium: str
    released_on: date
    reviewed_on: date
    expires_at: Instant
    zone: str
    faculty: list[FacultyView]
    commercial_support: list[str]
    test: TestView
    viewing: ViewingView
    evaluation: EvaluationView
    claim: str
    prerequisites: list[str] | None = None
    professions: list[str] | None = None
    errata: list[ErratumView] | None = None
    information_hash: str

    @classmethod
    def of_edition(cls, edition: Edition, status: EditionStatus, *, is_open: bool) -> Self:
        content = edition.content
        return cls(
            **_card(status, is_open=is_open),
            objectives=list(content.objectives),
            summary=content.summary,
            medium=content.medium,
            released_on=content.released_on,
            reviewed_on=content.reviewed_on,
            expires_at=status.terminates_at,
            zone=content.zone,
            faculty=[
                FacultyView(
                    name=member.name,
                    role=member.role,
                    credentials=member.credentials,
                    disclosure=DisclosureView.of(member.disclosure),
                )
                for member in edition.faculty
            ],
            commercial_support=list(content.commercial_support),
            test=TestView(
                questions=content.test.questions,
                pass_mark=content.test.pass_mark,
                attempts=content.test.attempts,
                cooldown_hours=content.test.cooldown_hours,
                time_limit_minutes=content.test.time_limit_minutes,
            ),
            viewing=ViewingView(required_percent=content.viewing.required_percent),
            evaluation=EvaluationView(
                required=content.evaluation.required,
                questions=[
                    EvaluationQuestionView(
                        question_id=question.question_id, text=question.text, options=list(question.options)
                    )
                    for question in content.evaluation.questions
                ],
            ),
            claim=content.claim,
            prerequisites=list(content.prerequisites) or None,
            professions=list(content.professions) or None,
            errata=[ErratumView.of(erratum) for erratum in edition.errata] or None,
            information_hash=edition.information_hash,
        )


class OpenApiView(View):
    """An OpenAPI 3.1 document."""

    model_config = ConfigDict(extra="allow")

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]


LIST_MODULES = Operation(
    id="listModules",
    summary="The catalogue, the latest release first",
    method=HTTPMethod.GET,
    path="/modules",
    query=ModulesQuery,
    headers=("If-None-Match",),
    answers={HTTPStatus.OK: ModulesView, HTTPStatus.NOT_MODIFIED: None},
    public=True,
)
GET_MODULE = Operation(
    id="getModule",
    summary="One module with all that a learner is told before the test",
    method=HTTPMethod.GET,
    path=MODULE,
    query=EditionQuery,
    headers=("If-None-Match",),
    answers={HTTPStatus.OK: ModuleView, HTTPStatus.NOT_MODIFIED: None},
    problems=("not-found",),
    public=True,
)
GET_OPENAPI = Operation(
    id="getOpenApi",
    summary="This document",
    method=HTTPMethod.GET,
    path="/openapi.json",
    headers=("If-None-Match",),
    answers={HTTPStatus.OK: OpenApiView, HTTPStatus.NOT_MODIFIED: None},
    public=True,
)


# What authors send: drafts may have gaps, so nothing is required and null is taken.


# Near enough for every module, far enough from where calendars end.
Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2999, 12, 31))]


class ProviderBody(Body):
    name: Text | None = None
    joint_provider: Text | None = None


class SignatoryBody(Body):
    name: Text | None = None
    title: Text | None = None


class RelationshipBody(Body):
    company: Text | None = None
    nature: Text | None = None


class DisclosureBody(Body):
    relationships: list[RelationshipBody] | None = None
    mitigated: bool | None = None
    declared_on: Day | None = None


class FacultyBody(Body):
    name: Text | None = None
    role: Text | None = None
    credentials: Text | None = None
    disclosure: DisclosureBody | None = None


class CreditOfferBody(Body):
    scheme: Text | None = None
    category: Text | None = None
    maximum: Amount | None = None
    step: Amount | None = None
    activity_id: Text | None = None


class PoolDrawBody(Body):
    pool: Text
    draw: Annotated[int, Field(ge=1, le=1000)]


class TestBody(Body):
    pools: list[PoolDrawBody] | None = None
    pass_mark: Annotated[int, Field(ge=1, le=100)] | None = None
    attempts: Annotated[int, Field(ge=1, le=99)] | None = None
    cooldown_hours: Annotated[int, Field(ge=0, le=8760)] | None = None
    time_limit_minutes: Annotated[int, Field(ge=1, le=10_000)] | None = None
    grace_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    review: Literal["never", "after_pass", "after_expiry"] | None = None


class ViewingBody(Body):
    required_percent: Annotated[int, Field(ge=0, le=100)] | None = None


class EvaluationQuestionBody(Body):
    question_id: Identifier
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    options: list[Text] = Field(default_factory=list)


class EvaluationFormBody(Body):
    required: bool | None = None
    questions: list[EvaluationQuestionBody] | None = None


class EditionBody(Body):
    """An edition as authors send it, complete or not; ``null`` means none."""

    title: Annotated[str, Field(max_length=300)] | None = None
    authors: list[Text] | None = None
    topics: list[Text] | None = None
    objectives: list[Text] | None = None
    summary: Text | None = None
    medium: Text | None = None
    slides: Annotated[int, Field(ge=1, le=10_000)] | None = None
    minutes: Annotated[int, Field(ge=1, le=10_000)] | None = None
    presentation_url: Annotated[str, Field(max_length=2000, pattern=r"^https://")] | None = None
    learning_format: Text | None = None
    provider: ProviderBody | None = None
    signatory: SignatoryBody | None = None
    faculty: list[FacultyBody] | None = None
    commercial_support: list[Text] | None = None
    credits: list[CreditOfferBody] | None = None
    members_only: bool | None = None
    prerequisites: list[Identifier] | None = None
    professions: list[Text] | None = None
    released_on: Day | None = None
    reviewed_on: Day | None = None
    expires_on: Day | None = None
    zone: Text | None = None
    test: TestBody | None = None
    viewing: ViewingBody | None = None
    evaluation: EvaluationFormBody | None = None
    claim: Literal["automatic", "claimed"] | None = None
    claim_window_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    claim_reminder_days: Annotated[int, Field(ge=0, le=3650)] | None = None


class EditionAsSentView(View):
    """What the author sent last, as it was sent."""

    model_config = ConfigDict(extra="allow")


# What an option adds to a question's share of its points, or takes from it: a decimal or a fraction, as text.
# A decimal has no more digits than the fraction has room for, as which it is told when it is read back.
Weight = Annotated[str, Field(pattern=r"^-?(\d{1,15}(\.\d{1,15})?|\d{1,30}/[1-9]\d{0,29})$", examples=["-0.5", "1/3"])]
_FRACTION = re.compile(r"\d{1,15}(\.\d{1,15})?|\d{1,30}/[1-9]\d{0,29}")


def _exact_points(sent: object) -> Fraction:
    """Points above 0 and up to MAX_POINTS; a JSON number is the decimal that is written."""
    points = Fraction(0)
    if type(sent) is int:
        points = Fraction(sent)
    elif type(sent) is float and math.isfinite(sent):
        points = Fraction(repr(sent))
    elif isinstance(sent, str) and _FRACTION.fullmatch(sent):
        points = Fraction(sent)
    if not 0 < points <= MAX_POINTS:
        raise ValueError(f'Points are above 0 and at most {MAX_POINTS:,}: a number, or a fraction such as "1/3".')
    return points


_POINTS_SCHEMA = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_POINTS},
        {"type": "string", "pattern": f"^({_FRACTION.pattern})$", "examples": ["1/3"]},
    ]
}
Points = Annotated[Fraction, PlainValidator(_exact_points), WithJsonSchema(_POINTS_SCHEMA)]


class OptionBody(Body):
    option_id: Identifier
    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    correct: bool
    weight: Weight | None = None


class QuestionBody(Body):
    """``max_choices`` limits how many options of a multiple-answer question can be chosen."""

    question_id: Identifier
    pool: Annotated[str, Field(min_length=1, max_length=100)] = "default"
    objective: Annotated[int, Field(ge=1, le=100)]
    kind: Literal["single", "multiple"]
    scoring: Literal["exact", "weights", "every_option", "halves", "right_minus_wrong"] = "exact"
    points: Points = Fraction(1)
    shuffle: bool = True
    stem: Annotated[str, Field(min_length=1, max_length=20_000)]
    rationale: Text = ""
    options: Annotated[list[OptionBody], Field(min_length=2, max_length=100)]
    max_choices: Annotated[int, Field(ge=2, le=100)] | None = None


class BankBody(Body):
    questions: Annotated[list[QuestionBody], Field(min_length=1, max_length=MAX_QUESTIONS)]


class PoolView(View):
    pool: str
    questions: int


class SkippedView(View):
    line: int
    reason: str


class BankReceiptView(View):
    """``skipped`` lists what of the file a bank can't hold."""

    questions: int
    pools: list[PoolView]
    skipped: list[SkippedView]


class BankOptionView(View):
    option_id: str
    text: str
    correct: bool
    weight: str | None = None


class BankQuestionView(View):
    """``points`` are a number where a decimal is exact, else a fraction as text."""

    question_id: str
    pool: str
    objective: int
    kind: str
    scoring: str
    points: float | str
    shuffle: bool
    stem: str
    rationale: str
    options: list[BankOptionView]
    max_choices: int | None = None


class BankView(View):
    questions: list[BankQuestionView]

    @classmethod
    def of(cls, bank: Bank, key: AnswerKey) -> Self:
        views = []
        for question in bank.questions:
            entry = key.entries[question.question_id]
            views.append(
                BankQuestionView(
                    question_id=question.question_id,
                    pool=question.pool,
                    objective=question.objective,
                    kind=question.kind,
                    scoring=entry.scoring,
                    points=_exactly(entry.points),
                    shuffle=question.shuffle,
                    stem=question.stem,
                    rationale=entry.rationale,
                    options=[
                        BankOptionView(
                            option_id=option.option_id,
                            text=option.text,
                            correct=option.option_id in entry.correct,
                            weight=_weight(entry, option.option_id),
                        )
                        for option in question.options
                    ],
                    max_choices=question.max_choices,
                )
            )
        return cls(questions=views)


def _exactly(points: Fraction) -> float | str:
    shown = number(points)
    return shown if Fraction(repr(shown)) == points else str(points)


def _weight(entry: KeyEntry, option_id: OptionId) -> str | None:
    """None where that is read back as it counts: a right option without a weight shares the points."""
    weight = entry.weights.get(option_id)
    if weight is None:
        return "0" if entry.weights and option_id in entry.correct else None
    return str(weight)


class UploadBody(Body):
    """What kind of file will be uploaded."""

    media_type: Literal[
        "application/json",
        "text/x-gift",
        "text/x-aiken",
        "application/x-moodle+xml",
        "application/x-qti+xml",
        "application/zip",
    ]


class UploadView(View):
    """PUT the file to ``url`` with its media type as Content-Type; ``job`` tells how the import went."""

    job: str
    url: str
    expires_at: Instant


class GapView(View):
    field: str
    rule: str

    @classmethod
    def of(cls, gap: Gap) -> Self:
        return cls(field=gap.field, rule=gap.rule)


class PublicationView(View):
    module_id: str
    edition: int
    published_at: Instant
    opens_at: Instant
    expires_at: Instant

    @classmethod
    def of(cls, status: EditionStatus) -> Self:
        return cls(
            module_id=status.module_id,
            edition=status.edition,
            published_at=status.published_at,
            opens_at=status.opens_at,
            expires_at=status.expires_at,
        )


class RetirementBody(Body):
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class RetirementView(View):
    module_id: str
    edition: int
    retired_at: Instant


GET_EDITION = Operation(
    id="getEdition",
    summary="An edition as its authors sent it, with its ETag",
    method=HTTPMethod.GET,
    path=EDITION,
    answers={HTTPStatus.OK: EditionAsSentView},
    problems=("not-found",),
    groups=AUTHORS,
)
PUT_EDITION = Operation(
    id="putEdition",
    summary="Keep a draft, complete or not; `from` starts it as a copy of another edition and its bank",
    method=HTTPMethod.PUT,
    path=EDITION,
    query=CopyQuery,
    body=EditionBody,
    headers=("If-Match",),
    answers={HTTPStatus.OK: EditionAsSentView, HTTPStatus.CREATED: EditionAsSentView},
    problems=("not-found", "already-published", "version-conflict"),
    groups=AUTHORS,
)
PUT_QUESTIONS = Operation(
    id="putQuestions",
    summary="Attach a question bank to a draft",
    method=HTTPMethod.PUT,
    path=f"{EDITION}/questions",
    body=BankBody,
    answers={HTTPStatus.OK: BankReceiptView},
    problems=("not-found", "already-published", "import-failed"),
    groups=AUTHORS,
    max_bytes=MAX_BANK_BYTES,
    # JSON among them: whatever is wrong with a bank is told by its lines, as import-failed, in every format.
    files=(JSON, GIFT, AIKEN, MOODLE_XML, QTI_ITEM, QTI_PACKAGE),
)
UPLOAD_QUESTIONS = Operation(
    id="uploadQuestions",
    summary="Import a bank of more than 4 MiB: an address to upload it to, and the job that imports it",
    method=HTTPMethod.POST,
    path=f"{EDITION}/questions/uploads",
    body=UploadBody,
    answers={HTTPStatus.ACCEPTED: UploadView},
    problems=("not-found", "already-published"),
    groups=AUTHORS,
)
GET_QUESTIONS = Operation(
    id="getQuestions",
    summary="The question bank with its key, for authors, in the format asked for",
    method=HTTPMethod.GET,
    path=f"{EDITION}/questions",
    headers=("Accept",),
    answers={HTTPStatus.OK: BankView},
    problems=("not-found",),
    groups=AUTHORS,
)
PUBLISH_EDITION = Operation(
    id="publishEdition",
    summary="Publish a draft, or list all its gaps",
    method=HTTPMethod.POST,
    path=f"{EDITION}/publication",
    answers={HTTPStatus.OK: PublicationView},
    problems=("not-found", "not-publishable"),
    groups=AUTHORS,
)
RETIRE_EDITION = Operation(
    id="retireEdition",
    summary="Retire an edition before its expiry",
    method=HTTPMethod.POST,
    path=f"{EDITION}/retirement",
    body=RetirementBody,
    answers={HTTPStatus.OK: RetirementView},
    problems=("not-found",),
    groups=AUTHORS,
)
OPERATIONS = (
    LIST_MODULES,
    GET_MODULE,
    GET_OPENAPI,
    GET_EDITION,
    PUT_EDITION,
    PUT_QUESTIONS,
    UPLOAD_QUESTIONS,
    GET_QUESTIONS,
    PUBLISH_EDITION,
    RETIRE_EDITION,
)
