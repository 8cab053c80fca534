"""Mending a faulty question for everybody: what is amended in the key, and whom that would change."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.domain.attempt import Attempt, AttemptState
from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import AnswerKey, KeyEntry
from shared.domain.scoring import score


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What is wrong with a question: ``correct`` None voids it, else these are its right options."""

    question_id: QuestionId
    correct: frozenset[OptionId] | None
    reason: str

    def of(self, entry: KeyEntry) -> KeyEntry:
        """``entry``, which is the key to this question, as amended."""
        if self.correct is None:
            return replace(entry, voided=True, amended_for=self.reason)
        return replace(entry.rekeyed(self.correct), voided=False, amended_for=self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An entry that would take the place of one in the key to a bank revision: nobody is graded with it."""

    bank_revision: int
    entry: KeyEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a regrade would do: how many attempts there are, and how many would change."""

    attempts: int = 0
    newly_passed: int = 0
    points_changed: int = 0

    def __add__(self, other: "Effect") -> "Effect":
        return Effect(
            attempts=self.attempts + other.attempts,
            newly_passed=self.newly_passed + other.newly_passed,
            points_changed=self.points_changed + other.points_changed,
        )


def effect_on(attempts: Iterable[Attempt], key: AnswerKey) -> Effect:
    """What grading with ``key`` would change in those of ``attempts`` that are graded and of its bank revision."""
    effect = Effect()
    for attempt in attempts:
        if attempt.state is not AttemptState.GRADED or attempt.form.bank_revision != key.bank_revision:
            continue
        before, after = attempt.score, score(attempt.form, attempt.answers, key)
        is_changed = before is None or (before.points, before.max_points) != (after.points, after.max_points)
        effect += Effect(
            attempts=1,
            newly_passed=int(not attempt.passed and after.passes(attempt.pass_mark)),
            points_changed=int(is_changed),
        )
    return effect
