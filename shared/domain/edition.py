"""What an edition of a module is made of, as authors send it and learners are told."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, Self

from shared.domain.availability import Card, EditionStatus, end_of_day, start_of_day
from shared.domain.ids import EditionId, ModuleId
from shared.domain.notice import NOTICE_DAYS, Notice
from shared.domain.refusals import AlreadyPublished, InvalidRequest

# What a copy of an edition doesn't take over.
DATES = ("released_on", "reviewed_on", "expires_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    name: str
    joint_provider: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A financial relationship with an ineligible company in the 24 months before the release."""

    company: str
    nature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    declared_on: date
    relationships: tuple[Relationship, ...] = ()
    mitigated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FacultyMember:
    """A person in control of content."""

    name: str
    role: str
    credentials: str
    disclosure: Disclosure


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditOffer:
    """The most credit that one scheme allows for this edition; ``step`` is the smallest claimable part."""

    scheme: str
    category: str
    maximum: Decimal
    step: Decimal
    activity_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolDraw:
    """Draw ``draw`` questions from ``pool``."""

    pool: str
    draw: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TestTerms:
    """The rules of the CME test; ``pass_mark`` in percent."""

    pools: tuple[PoolDraw, ...]
    pass_mark: int = 70
    attempts: int = 3
    cooldown_hours: int = 24
    time_limit_minutes: int | None = None
    grace_seconds: int = 30
    review: Literal["never", "after_pass", "after_expiry"] = "never"

    @property
    def questions(self) -> int:
        return sum(pool.draw for pool in self.pools)

    @property
    def cooldown(self) -> timedelta:
        return timedelta(hours=self.cooldown_hours)

    @property
    def grace(self) -> timedelta:
        return timedelta(seconds=self.grace_seconds)

    @property
    def time_limit(self) -> timedelta | None:
        return timedelta(minutes=self.time_limit_minutes) if self.time_limit_minutes else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    required_percent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationQuestion:
    """A question of the evaluation form: free text, or one of ``options`` where there are any."""

    question_id: str
    text: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    required: bool = False
    questions: tuple[EvaluationQuestion, ...] = ()

    def require_answerable(self, answers: Mapping[str, str]) -> None:
        """Raise InvalidRequest, listing every answer that the form does not ask for or allow."""
        asked = {question.question_id: question for question in self.questions}
        errors: list[dict[str, object]] = []
        for question_id, answer in answers.items():
            question = asked.get(question_id)
            if question is None:
                errors.append({"loc": ["body", "answers", question_id], "msg": "This question is not asked."})
            elif question.options and answer not in question.options:
                errors.append({"loc": ["body", "answers", question_id], "msg": "This is not one of the options."})
        missing = [question_id for question_id in asked if question_id not in answers]
        errors += [{"loc": ["body", "answers", question_id], "msg": "Must be answered."} for question_id in missing]
        if errors:
            raise InvalidRequest("Some answers do not fit the evaluation form.", errors=errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The rules of an edition that hold for a learner; frozen with the confirmation, nothing changes them."""

    minutes: int
    slides: int
    credits: tuple[CreditOffer, ...]
    test: TestTerms
    viewing: Viewing
    claim: Literal["automatic", "claimed"]
    claim_window_days: int
    claim_reminder_days: int

    @property
    def claim_window(self) -> timedelta:
        return timedelta(days=self.claim_window_days)

    @property
    def claim_reminder(self) -> timedelta:
        """How long before its end a learner is told that the window closes: in a short one, half of it."""
        return min(timedelta(days=self.claim_reminder_days), self.claim_window / 2)

    @property
    def is_automatic(self) -> bool:
        """A pass earns the full credit without a claim by the learner."""
        return self.claim == "automatic"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionContent:
    """An edition without gaps: what was published, for good. ``professions`` names whom it is for; none, for all."""

    title: str
    authors: tuple[str, ...]
    topics: tuple[str, ...]
    objectives: tuple[str, ...]
    summary: str
    medium: str
    slides: int
    minutes: int
    presentation_url: str
    learning_format: str
    provider: Provider
    signatory: Signatory
    faculty: tuple[FacultyMember, ...]
    credits: tuple[CreditOffer, ...]
    members_only: bool
    released_on: date
    reviewed_on: date
    expires_on: date
    zone: str
    test: TestTerms
    commercial_support: tuple[str, ...] = ()
    prerequisites: tuple[ModuleId, ...] = ()
    professions: tuple[str, ...] = ()
    viewing: Viewing = field(default_factory=Viewing)
    evaluation: Evaluation = field(default_factory=Evaluation)
    claim: Literal["automatic", "claimed"] = "automatic"
    claim_window_days: int = 30
    claim_reminder_days: int = 7

    @property
    def terms(self) -> Terms:
        return Terms(**{rule.name: getattr(self, rule.name) for rule in fields(Terms)})

    @property
    def claim_window(self) -> timedelta:
        return self.terms.claim_window

    @property
    def is_automatic(self) -> bool:
        return self.terms.is_automatic


@dataclass(frozen=True, slots=True, kw_only=True)
class BankSummary:
    """What publication must know of a question bank: questions per pool and the highest objective."""

    revision: int
    pools: dict[str, int]
    highest_objective: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Erratum:
    """What was wrong in a published edition's information, and since when that is told.

    ``disclosure`` takes the place of what ``name``, one of the faculty, had disclosed. ``reason`` and ``by``
    are the office's own.
    """

    text: str
    reason: str
    by: str
    published_at: datetime
    name: str | None = None
    disclosure: Disclosure | None = None

    def says_the_same_as(self, other: "Erratum") -> bool:
        """Whether both correct the same, whoever published it and when."""
        return self == replace(other, by=self.by, published_at=self.published_at)

    def told(self) -> dict[str, Any]:
        """What learners are told of it, as JSON can hold it."""
        disclosure = self.disclosure
        return {
            "published_at": self.published_at.isoformat(),
            "text": self.text,
            "name": self.name,
            "disclosure": disclosure
            and {
                "relationships": [
                    {"company": relationship.company, "nature": relationship.nature}
                    for relationship in disclosure.relationships
                ],
                "mitigated": disclosure.mitigated,
                "declared_on": disclosure.declared_on.isoformat(),
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An edition as its authors last sent it, complete or not; immutable once ``published_at`` is set.

    ``errata`` come after that, each added to those before it; the content stays as it was published.
    """

    module_id: ModuleId
    edition: int
    content: Mapping[str, Any]
    bank: BankSummary | None = None
    published_at: datetime | None = None
    errata: tuple[Erratum, ...] = ()
    version: int = 0

    @property
    def id(self) -> EditionId:
        return EditionId(self.module_id, self.edition)

    def require_unpublished(self) -> None:
        """Raise AlreadyPublished once the edition is out."""
        if self.published_at:
            raise AlreadyPublished(f"Edition {self.edition} was published; open a new edition instead.")

    def rewritten(self, content: Mapping[str, Any]) -> Self:
        self.require_unpublished()
        return replace(self, content=content)

    def with_bank(self, bank: BankSummary) -> Self:
        self.require_unpublished()
        return replace(self, bank=bank)

    def published(self, at: datetime) -> Self:
        self.require_unpublished()
        return replace(self, published_at=at)

    def corrected(self, erratum: Erratum) -> Self:
        """With one more erratum; that which was added last, added again, changes nothing."""
        if self.errata and self.errata[-1].says_the_same_as(erratum):
            return self
        return replace(self, errata=(*self.errata, erratum))

    def information(self, wanted_hash: str) -> dict[str, Any] | None:
        """The information whose hash it is, as it was told with the errata of that time; None where it never was."""
        for count in range(len(self.errata) + 1):
            errata = self.errata[:count]
            if information_hash(self.edition, self.content, errata) == wanted_hash:
                return information(self.edition, self.content, errata)
        return None

    def copied(self) -> dict[str, Any]:
        """The content for another edition: disclosures as corrected, and no dates, which are that edition's own."""
        content = {name: value for name, value in self.content.items() if name not in DATES}
        corrected = {erratum.name: erratum.told()["disclosure"] for erratum in self.errata if erratum.disclosure}
        if corrected:
            content["faculty"] = [
                {**member, "disclosure": corrected.get(member["name"], member["disclosure"])}
                for member in content["faculty"]
            ]
        return content


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A published edition: content, bank revision and the hash of what learners acknowledge."""

    module_id: ModuleId
    edition: int
    content: EditionContent
    information_hash: str
    bank_revision: int
    errata: tuple[Erratum, ...] = ()

    @property
    def id(self) -> EditionId:
        return EditionId(self.module_id, self.edition)

    def under(self, terms: Terms | None) -> Self:
        """The edition as it is for a learner whose terms are frozen."""
        if terms is None:
            return self
        rules = {rule.name: getattr(terms, rule.name) for rule in fields(Terms)}
        return replace(self, content=replace(self.content, **rules))

    @property
    def faculty(self) -> tuple[FacultyMember, ...]:
        """Those in control of content, with what each has disclosed as it was corrected last."""
        corrected = {erratum.name: erratum.disclosure for erratum in self.errata if erratum.disclosure}
        return tuple(
            replace(member, disclosure=corrected.get(member.name, member.disclosure)) for member in self.content.faculty
        )

    @property
    def expires_at(self) -> datetime:
        return end_of_day(self.content.expires_on, self.content.zone)

    def notices(self, published_at: datetime) -> tuple[Notice, ...]:
        """The notices before its expiry that are still to come when it is published, the earliest first."""
        ends = [end_of_day(self.content.expires_on - timedelta(days=days), self.content.zone) for days in NOTICE_DAYS]
        planned = zip(NOTICE_DAYS, ends, [*ends[1:], self.expires_at], strict=True)
        return tuple(
            Notice(
                module_id=self.module_id,
                edition=self.edition,
                days=days,
                due_at=due_at,
                overtaken_at=overtaken_at,
            )
            for days, due_at, overtaken_at in planned
            if published_at < due_at
        )

    def status(self, published_at: datetime) -> EditionStatus:
        """The STATUS of this edition on the day it is published."""
        content = self.content
        return EditionStatus(
            module_id=self.module_id,
            edition=self.edition,
            card=Card(
                title=content.title,
                authors=content.authors,
                topics=content.topics,
                slides=content.slides,
                minutes=content.minutes,
                credits=tuple(
                    {"scheme": offer.scheme, "category": offer.category, "maximum": str(offer.maximum)}
                    for offer in content.credits
                ),
                members_only=content.members_only,
                published_on=content.released_on,
                expires_on=content.expires_on,
            ),
            opens_at=start_of_day(content.released_on, content.zone),
            expires_at=self.expires_at,
            published_at=published_at,
        )


def information(edition: int, content: Mapping[str, Any], errata: Sequence[Erratum] = ()) -> dict[str, Any]:
    """The information that a learner must acknowledge before the test, as its authors sent it.

    Source: ACCME, information for learners before the activity.
    """
    shown = (
        "title", "objectives", "summary", "medium", "slides", "minutes", "learning_format", "provider", "faculty",
        "commercial_support", "credits", "released_on", "reviewed_on", "expires_on", "zone", "test", "viewing",
        "evaluation", "claim", "claim_window_days",
    )  # fmt: skip
    told = {"edition": edition, **{name: content.get(name) for name in shown}}
    return {**told, "errata": [erratum.told() for erratum in errata]} if errata else told


def information_hash(edition: int, content: Mapping[str, Any], errata: Sequence[Erratum] = ()) -> str:
    """SHA-256 (hex) of the information."""
    told = information(edition, content, errata)
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
