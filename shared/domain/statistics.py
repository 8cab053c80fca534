"""Item statistics: how each question of an edition behaved in its graded attempts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import sqrt

from shared.domain.attempt import Attempt
from shared.domain.ids import OptionId, QuestionId

# A correlation needs two attempts that differ.
_FEWEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums over the attempts in which a question was shown; tallies of different attempts add up.

    x is the share of the question's points that was earned, y that of all others in the form. The sums
    are exact: rounding would tell attempts that are all alike apart, and find a correlation in the rest.
    """

    shown: int = 0
    x: Fraction = Fraction(0)
    y: Fraction = Fraction(0)
    xx: Fraction = Fraction(0)
    yy: Fraction = Fraction(0)
    xy: Fraction = Fraction(0)
    chosen: Mapping[OptionId, int] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            shown=self.shown + other.shown,
            x=self.x + other.x,
            y=self.y + other.y,
            xx=self.xx + other.xx,
            yy=self.yy + other.yy,
            xy=self.xy + other.xy,
            chosen=Counter(self.chosen) + Counter(other.chosen),
        )


Tallies = Mapping[QuestionId, Tally]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStatistic:
    """``difficulty``: the mean share of points earned. ``discrimination``: its correlation with the rest of
    the form (point-biserial where a question is right or wrong), None where it is not defined.
    """

    question_id: QuestionId
    shown: int
    difficulty: float
    discrimination: float | None
    chosen: Mapping[OptionId, int]

    @property
    def is_suspect(self) -> bool:
        """Those who know more do worse here: the key or the question may be wrong."""
        return self.discrimination is not None and self.discrimination < 0


def tally(attempts: Iterable[Attempt]) -> Tallies:
    """The tallies of graded attempts, as they were scored; voided questions count for nothing."""
    tallies: dict[QuestionId, Tally] = {}
    for attempt in attempts:
        score = attempt.score
        if score is None:
            continue
        for part in score.by_question:
            others = score.max_points - part.max_points
            x = part.points / part.max_points
            y = (score.points - part.points) / others if others else Fraction(0)
            chosen = Counter(attempt.answers.get(part.question_id, ()))
            of_attempt = Tally(shown=1, x=x, y=y, xx=x * x, yy=y * y, xy=x * y, chosen=chosen)
            tallies[part.question_id] = tallies.get(part.question_id, Tally()) + of_attempt
    return tallies


def combined(parts: Iterable[Tallies]) -> Tallies:
    """The tallies of all parts, question by question."""
    tallies: dict[QuestionId, Tally] = {}
    for part in parts:
        for question_id, of_part in part.items():
            tallies[question_id] = tallies.get(question_id, Tally()) + of_part
    return tallies


def statistic(question_id: QuestionId, of: Tally) -> ItemStatistic:
    """What the tally of a question that was shown at least once says."""
    return ItemStatistic(
        question_id=question_id,
        shown=of.shown,
        difficulty=float(of.x / of.shown),
        discrimination=_correlation(of),
        chosen=of.chosen,
    )


def _correlation(of: Tally) -> float | None:
    n = of.shown
    if n < _FEWEST:
        return None
    spread = (n * of.xx - of.x**2) * (n * of.yy - of.y**2)
    if not spread:
        return None
    return max(-1.0, min(1.0, float(n * of.xy - of.x * of.y) / sqrt(spread)))
