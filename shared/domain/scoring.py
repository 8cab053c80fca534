"""How an attempt is scored: exact fractions throughout, integers where a pass is decided."""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from shared.domain.form import Answers, Form
from shared.domain.ids import OptionId
from shared.domain.questions import AnswerKey, KeyEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveScore:
    objective: int
    points: Fraction
    max_points: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    points: Fraction
    max_points: Fraction
    by_objective: tuple[ObjectiveScore, ...]

    def passes(self, pass_mark: int) -> bool:
        """Whether ``pass_mark`` percent are reached; a test without points passes nobody.

        Source: compared as points * 100 >= pass_mark * max_points, since floats fail 29/50 and 57/100.
        """
        return self.max_points > 0 and self.points * 100 >= pass_mark * self.max_points


def exact(chosen: frozenset[OptionId], entry: KeyEntry) -> Fraction:
    """All or nothing: the whole right answer earns the points; an unanswered question earns none."""
    return entry.points if chosen and chosen == entry.correct else Fraction(0)


def score(form: Form, answers: Answers, key: AnswerKey) -> Score:
    """Score the frozen form against a key of the same bank revision."""
    earned: defaultdict[int, Fraction] = defaultdict(Fraction)
    possible: defaultdict[int, Fraction] = defaultdict(Fraction)
    for question in form.questions:
        entry = key.entries[question.question_id]
        earned[entry.objective] += exact(frozenset(answers.get(question.question_id, ())), entry)
        possible[entry.objective] += entry.points
    return Score(
        points=sum(earned.values(), Fraction(0)),
        max_points=sum(possible.values(), Fraction(0)),
        by_objective=tuple(
            ObjectiveScore(objective=objective, points=earned[objective], max_points=possible[objective])
            for objective in sorted(possible)
        ),
    )
