"""How an attempt is scored: exact fractions throughout, integers where a pass is decided."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from shared.domain.form import Answers, Form
from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import AnswerKey, KeyEntry, Scoring


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveScore:
    objective: int
    points: Fraction
    max_points: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionScore:
    question_id: QuestionId
    points: Fraction
    max_points: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """``by_question`` is for statistics and never shown to the learner: it gives away which answers were right."""

    points: Fraction
    max_points: Fraction
    by_objective: tuple[ObjectiveScore, ...]
    by_question: tuple[QuestionScore, ...] = ()

    def passes(self, pass_mark: int) -> bool:
        """Whether ``pass_mark`` percent are reached; a test without points passes nobody.

        Source: compared as points * 100 >= pass_mark * max_points, since floats fail 29/50 and 57/100.
        """
        return self.max_points > 0 and self.points * 100 >= pass_mark * self.max_points


Chosen = frozenset[OptionId]

# What errors leave of the points under ``halves``: each halves them, while enough options make a guess unlikely.
_HALVES_ONE_ERROR_FROM = 3
_HALVES_TWO_ERRORS_FROM = 5


def exact(chosen: Chosen, entry: KeyEntry) -> Fraction:
    """All or nothing: the whole right answer and nothing else."""
    return Fraction(chosen == entry.correct)


def weights(chosen: Chosen, entry: KeyEntry) -> Fraction:
    """The sum of the chosen options' weights, kept between 0 and 1."""
    return min(max(Fraction(0), sum((entry.weights.get(option, Fraction(0)) for option in chosen), Fraction(0))), ONE)


def every_option(chosen: Chosen, entry: KeyEntry) -> Fraction:
    """The part of all options that was judged rightly: right ones chosen, wrong ones left."""
    wrong = entry.options - len(entry.correct)
    return Fraction(_right(chosen, entry) + wrong - _wrong(chosen, entry), entry.options)


def halves(chosen: Chosen, entry: KeyEntry) -> Fraction:
    """1 without an error, 1/2 with one of at least 3 options, 1/4 with two of at least 5, else 0."""
    errors = _wrong(chosen, entry) + len(entry.correct) - _right(chosen, entry)
    if errors == 0:
        return ONE
    if errors == 1 and entry.options >= _HALVES_ONE_ERROR_FROM:
        return Fraction(1, 2)
    if errors == 2 and entry.options >= _HALVES_TWO_ERRORS_FROM:
        return Fraction(1, 4)
    return Fraction(0)


def right_minus_wrong(chosen: Chosen, entry: KeyEntry) -> Fraction:
    """Right ones less wrong ones, as a part of all right ones, never below 0."""
    return max(Fraction(0), Fraction(_right(chosen, entry) - _wrong(chosen, entry), len(entry.correct)))


ONE = Fraction(1)
SHARES: Mapping[Scoring, Callable[[Chosen, KeyEntry], Fraction]] = {
    Scoring.EXACT: exact,
    Scoring.WEIGHTS: weights,
    Scoring.EVERY_OPTION: every_option,
    Scoring.HALVES: halves,
    Scoring.RIGHT_MINUS_WRONG: right_minus_wrong,
}


def earned(chosen: Chosen, entry: KeyEntry) -> Fraction:
    """The points that ``chosen`` earns under the question's scoring; an unanswered question earns none."""
    return SHARES[entry.scoring](chosen, entry) * entry.points if chosen else Fraction(0)


def _right(chosen: Chosen, entry: KeyEntry) -> int:
    return len(chosen & entry.correct)


def _wrong(chosen: Chosen, entry: KeyEntry) -> int:
    return len(chosen - entry.correct)


def score(form: Form, answers: Answers, key: AnswerKey) -> Score:
    """Score the frozen form against a key of the same bank revision; a voided question counts for nobody."""
    by_question = []
    reached: defaultdict[int, Fraction] = defaultdict(Fraction)
    possible: defaultdict[int, Fraction] = defaultdict(Fraction)
    for question in form.questions:
        entry = key.entries[question.question_id]
        if entry.voided:
            continue
        points = earned(frozenset(answers.get(question.question_id, ())), entry)
        by_question.append(QuestionScore(question_id=question.question_id, points=points, max_points=entry.points))
        reached[entry.objective] += points
        possible[entry.objective] += entry.points
    return Score(
        points=sum(reached.values(), Fraction(0)),
        max_points=sum(possible.values(), Fraction(0)),
        by_objective=tuple(
            ObjectiveScore(objective=objective, points=reached[objective], max_points=possible[objective])
            for objective in sorted(possible)
        ),
        by_question=tuple(by_question),
    )
