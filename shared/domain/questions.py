"""Question banks: what learners see (questions), and what they never see (the answer key)."""

import html
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import Self

from shared.domain.edition import BankSummary
from shared.domain.ids import OptionId, QuestionId


class Kind(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"


class Scoring(StrEnum):
    """How a question's points are earned; see ``scoring``."""

    EXACT = "exact"
    WEIGHTS = "weights"
    EVERY_OPTION = "every_option"
    HALVES = "halves"
    RIGHT_MINUS_WRONG = "right_minus_wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    option_id: OptionId
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that a bank's texts show as ``<img src="asset:{name}">``; ``name`` is ``{sha256}.{extension}``."""

    name: str
    media_type: str
    data: bytes


ASSET = re.compile(r"\basset:([0-9a-f]{64}\.[a-z]{3,4})\b")


def shown(text: str, link: Callable[[str], str]) -> str:
    """``text`` with each picture at the address that ``link`` gives for its name."""
    return ASSET.sub(lambda found: html.escape(link(found[1])), text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as it can be shown; ``objective`` is the 1-based place among the edition's objectives.

    ``max_choices`` is how many options of a ``multiple`` question can be chosen, None for any number.
    """

    question_id: QuestionId
    pool: str
    objective: int
    kind: Kind
    shuffle: bool
    stem: str
    options: tuple[Option, ...]
    max_choices: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """The right answer to one question, worth ``points``.

    ``options`` is how many options there are. ``weights`` is for that scoring alone: each option's
    share of the points, an option without one counting 0. ``voided``: the question counts for nobody;
    ``amended_for`` is why a regrade changed this entry.
    """

    question_id: QuestionId
    objective: int
    scoring: Scoring
    points: Fraction
    options: int
    correct: frozenset[OptionId]
    weights: Mapping[OptionId, Fraction] = field(default_factory=dict)
    rationale: str = ""
    voided: bool = False
    amended_for: str | None = None

    def rekeyed(self, correct: frozenset[OptionId]) -> Self:
        """Another right answer; under ``weights`` its options share the points alike."""
        share = Fraction(1, len(correct))
        weights = dict.fromkeys(correct, share) if self.scoring is Scoring.WEIGHTS else {}
        return replace(self, correct=correct, weights=weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerKey:
    """The key to one bank revision; a regrade makes a new key revision."""

    bank_revision: int
    revision: int
    entries: Mapping[QuestionId, KeyEntry]

    def amended(self, entry: KeyEntry) -> Self:
        """The next key revision, in which ``entry`` takes the place of the one to its question."""
        return replace(self, revision=self.revision + 1, entries={**self.entries, entry.question_id: entry})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """One revision of an edition's questions, in the author's order."""

    revision: int
    questions: tuple[Question, ...]

    def question(self, question_id: QuestionId) -> Question:
        return next(question for question in self.questions if question.question_id == question_id)

    def images(self, rationales: Iterable[str] = ()) -> frozenset[str]:
        """The names of the pictures that the questions, and ``rationales``, show."""
        texts = [text for each in self.questions for text in (each.stem, *(option.text for option in each.options))]
        return frozenset(name for text in (*texts, *rationales) for name in ASSET.findall(text))

    def summary(self) -> BankSummary:
        return BankSummary(
            revision=self.revision,
            pools=dict(Counter(question.pool for question in self.questions)),
            highest_objective=max((question.objective for question in self.questions), default=0),
        )


def bank_errors(questions: Sequence[Question], key: Sequence[KeyEntry]) -> list[tuple[int, str]]:
    """What is wrong with a bank, as (1-based place of the question, message); empty means sound."""
    errors: list[tuple[int, str]] = []
    seen: set[QuestionId] = set()
    for place, (question, entry) in enumerate(zip(questions, key, strict=True), start=1):
        option_ids = [option.option_id for option in question.options]
        if question.question_id in seen:
            errors.append((place, f"question_id {question.question_id!r} is used twice"))
        seen.add(question.question_id)
        if len(set(option_ids)) != len(option_ids):
            errors.append((place, "an option_id is used twice"))
        if not entry.correct:
            errors.append((place, "a question needs a correct option"))
        elif question.kind is Kind.SINGLE and len(entry.correct) != 1 and entry.scoring is not Scoring.WEIGHTS:
            errors.append((place, "a single-answer question needs exactly one correct option"))
        most = question.max_choices
        if most is not None and question.kind is Kind.SINGLE:
            errors.append((place, "max_choices is for a multiple-answer question"))
        elif most is not None and most < len(entry.correct) and entry.scoring is Scoring.EXACT:
            errors.append((place, "more options are correct than can be chosen"))
        if entry.weights and entry.scoring is not Scoring.WEIGHTS:
            errors.append((place, "weights are for the scoring 'weights' alone"))
        if entry.scoring is Scoring.WEIGHTS and not any(weight > 0 for weight in entry.weights.values()):
            errors.append((place, "an option needs a positive weight"))
    return errors
