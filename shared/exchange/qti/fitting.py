"""Which scoring gives every response the score that a QTI item's response processing gives it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import comb
from typing import Final

from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import KeyEntry, Kind, Scoring
from shared.domain.scoring import earned
from shared.exchange.bank_file import Malformed
from shared.exchange.qti.processing import Looks, Program, ScoreMap
from shared.exchange.qti.vocabulary import NoCounterpart

# How many responses to one item are tried: all of those to 12 choices.
MAX_RESPONSES: Final = 4_096
# How many steps of response processing a whole file may ask for: some 15 seconds.
MAX_EFFORT: Final = 50_000_000
_STEPS_OF_A_SUM: Final = 30

ZERO: Final = Fraction(0)
ONE: Final = Fraction(1)


@dataclass(slots=True)
class Effort:
    """What is left of the evaluating that one file may ask for."""

    left: int = MAX_EFFORT

    def spend(self, steps: int, line: int) -> None:
        if steps > self.left:
            raise NoCounterpart(line, "the file's response processing takes too long to check")
        self.left -= steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """How a package of ours says that a question is scored; believed only as far as its scores agree."""

    scoring: Scoring | None = None
    points: Fraction | None = None
    correct: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Case:
    """A response, standing for all that the program can't tell from it, and what it scores."""

    chosen: frozenset[OptionId]
    score: Fraction


def fitted(
    program: Program,
    options: Mapping[str, OptionId],
    kind: Kind,
    *,
    limit: int | None,
    hint: Hint,
    effort: Effort,
) -> KeyEntry:
    """The key entry that scores every response as ``program`` does, without its id, objective and rationale.

    ``options`` gives each choice its option id, ``limit`` is how many choices a response may have. A score below 0
    counts 0 where a mapping gives it. What is mapped becomes weights: the mapped value by the
    upper bound, which is the points, or by the best score without one. Raises NoCounterpart when no scoring agrees for
    every response that the item allows, and Malformed without a right answer.
    """
    responses = _responses(program, list(options), 1 if kind is Kind.SINGLE else limit or len(options), effort)
    effort.spend((program.size + len(options)) * len(responses), program.variable.line)
    scores = [program.score(response) for response in responses]
    best = max(scores)
    if best <= 0:
        raise _no_score(program)
    if min(scores) < 0 and Looks.ITS_WORTH not in program.looks:
        raise NoCounterpart(program.variable.line, "a response scores below 0")
    cases = [
        _Case(frozenset(options[choice] for choice in response), max(score, ZERO))
        for response, score in zip(responses, scores, strict=True)
    ]
    if any(case.score and not case.chosen for case in cases):
        raise NoCounterpart(program.variable.line, "an unanswered question earns points")
    fit = _Fit(program=program, options=options, kind=kind, cases=cases, best=best, hint=hint)
    for entry in fit.candidates():
        if all(earned(case.chosen, entry) == case.score for case in cases):
            return entry
    raise NoCounterpart(program.variable.line, "no scoring gives every response the score that its rules give it")


def _no_score(program: Program) -> Exception:
    variable = program.variable
    worths = variable.score_map.entries.values() if variable.score_map else ()
    needs_correct = Looks.WHETHER_CORRECT in program.looks and not variable.correct
    needs_worth = program.looks == {Looks.ITS_WORTH} and not any(worth > 0 for worth in worths)
    if needs_correct or needs_worth:
        return Malformed(((variable.line, "there is no right answer"),))
    return NoCounterpart(variable.line, "no response earns points")


def _responses(program: Program, choices: Sequence[str], limit: int, effort: Effort) -> list[tuple[str, ...]]:
    """Responses of up to ``limit`` choices, such that the program gives any other the score of one of these."""
    if limit > 1 and Looks.ITS_CHOICES not in program.looks:
        return _of_each_worth(program, choices, limit, effort)
    if sum(comb(len(choices), size) for size in range(limit + 1)) > MAX_RESPONSES:
        raise NoCounterpart(program.variable.line, "there are too many responses to check the response processing with")
    return [chosen for size in range(limit + 1) for chosen in combinations(choices, size)]


def _of_each_worth(program: Program, choices: Sequence[str], limit: int, effort: Effort) -> list[tuple[str, ...]]:
    """The empty and the correct response, and for each sum of the mapping up to three responses that add up to it.

    One of three is neither empty nor correct, and a program that looks at no choices can tell no more than these.
    """
    line = program.variable.line
    score_map = program.variable.score_map
    counts = limit < len(choices)
    # By how many choices they have, where that matters, and their sum.
    held: dict[tuple[int, Fraction], list[tuple[str, ...]]] = {(0, ZERO): [()]}
    for choice in choices:
        worth = score_map.worth(choice) if score_map and Looks.ITS_WORTH in program.looks else ZERO
        grown = {key: list(responses) for key, responses in held.items()}
        for (size, total), responses in held.items():
            if not counts or size < limit:
                more = grown.setdefault((size + counts, total + worth), [])
                more.extend((*response, choice) for response in responses[: 3 - len(more)])
        held = grown
        if len(held) > MAX_RESPONSES:
            raise NoCounterpart(line, "the choices add up to more sums than can be checked")
        effort.spend(_STEPS_OF_A_SUM * len(held), line)
    correct = tuple(program.variable.correct)
    stated = [correct] if len(correct) <= limit and set(correct) <= set(choices) else []
    return [*(response for responses in held.values() for response in responses), *stated]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """Key entries that may agree with the cases, the likeliest first."""

    program: Program
    options: Mapping[str, OptionId]
    kind: Kind
    cases: Sequence[_Case]
    best: Fraction
    hint: Hint

    def candidates(self) -> Iterator[KeyEntry]:
        usual = [Scoring.EXACT, Scoring.WEIGHTS, Scoring.RIGHT_MINUS_WRONG, Scoring.EVERY_OPTION, Scoring.HALVES]
        if Looks.ITS_WORTH in self.program.looks:
            usual.remove(Scoring.WEIGHTS)
            usual.insert(0, Scoring.WEIGHTS)
        hinted = [self.hint.scoring] if self.hint.scoring else []
        for scoring in dict.fromkeys((*hinted, *usual)):
            if scoring is Scoring.WEIGHTS:
                yield from self._weighted()
            else:
                yield from self._unweighted(scoring)

    def _unweighted(self, scoring: Scoring) -> Iterator[KeyEntry]:
        for correct in filter(None, dict.fromkeys((self._correct(), self._cheapest_best()))):
            unsound = self.kind is Kind.SINGLE and len(correct) != 1
            # Of two options, halves forgives no error either.
            exact = scoring is Scoring.EXACT or (scoring is Scoring.HALVES and len(self.options) == 2)
            if not unsound and (exact or self._tells_right_from_wrong(correct)):
                # Where fewer can be chosen than are right, the best response earns less than the points.
                for points in filter(None, dict.fromkeys((self.best, self.hint.points))):
                    yield self._entry(scoring, points, correct, {})

    def _weighted(self) -> Iterator[KeyEntry]:
        score_map = self.program.variable.score_map
        mapped = score_map if Looks.ITS_WORTH in self.program.looks else None
        for points in dict.fromkeys((self.hint.points, mapped.upper if mapped else None, self.best)):
            if points is None or points <= 0:
                continue
            if mapped:
                # The whole of the points is the upper bound, or as much, or in proportion to the best response.
                for unit in dict.fromkeys((mapped.upper, points, self._worth_of_best(mapped) * points / self.best)):
                    if unit:
                        yield self._with_weights(points, self._mapped_weights(mapped, unit))
            if self._sees_all:
                yield self._with_weights(points, self._told_weights(points))

    @property
    def _sees_all(self) -> bool:
        """Whether there is a case for each response; else a case stands for those of the same mapped sum."""
        return self.kind is Kind.SINGLE or Looks.ITS_CHOICES in self.program.looks

    def _tells_right_from_wrong(self, correct: frozenset[OptionId]) -> bool:
        """Whether responses of one sum are of one score under any scoring that counts right and wrong ones."""
        if self._sees_all:
            return True
        score_map = self.program.variable.score_map
        if score_map is None or Looks.ITS_WORTH not in self.program.looks:
            return False
        signed = {
            score_map.worth(choice) if option in correct else -score_map.worth(choice)
            for choice, option in self.options.items()
        }
        return len(signed) == 1 and signed != {ZERO}

    def _mapped_weights(self, score_map: ScoreMap, unit: Fraction) -> dict[OptionId, Fraction]:
        return {
            option: score_map.worth(choice) / unit for choice, option in self.options.items() if score_map.worth(choice)
        }

    def _worth_of_best(self, score_map: ScoreMap) -> Fraction:
        best = self._cheapest_best()
        return sum((score_map.worth(choice) for choice, option in self.options.items() if option in best), ZERO)

    def _told_weights(self, points: Fraction) -> dict[OptionId, Fraction]:
        """Weights as far as the scores tell them: what an option earns alone, or what it takes from others."""
        scores = {case.chosen: case.score for case in self.cases}
        alone = {option: scores[frozenset({option})] for option in self.options.values()}
        told = {option: score / points for option, score in alone.items() if score}
        if self.kind is Kind.SINGLE:
            return told
        # Beside what earns exactly as much as its options do alone, another option shows what it takes away.
        earning = [
            chosen
            for chosen, score in scores.items()
            if score and chosen <= told.keys() and score == sum((alone[option] for option in chosen), ZERO)
        ]
        for option in alone.keys() - told.keys():
            left = ((scores.get(chosen | {option}), scores[chosen]) for chosen in earning)
            changes = [after - before for after, before in left if after]
            told[option] = changes[0] / points if changes else -ONE
        return {option: told[option] for option in alone if told[option]}

    def _with_weights(self, points: Fraction, weights: Mapping[OptionId, Fraction]) -> KeyEntry:
        least = max(weights.values(), default=ZERO) if self.kind is Kind.SINGLE else ZERO
        earning = frozenset(option for option, weight in weights.items() if weight > 0 and weight >= least)
        return self._entry(Scoring.WEIGHTS, points, self._correct() or earning, weights)

    def _correct(self) -> frozenset[OptionId]:
        """The right answer as it is stated, as far as it consists of choices."""
        stated = self.hint.correct or frozenset(self.program.variable.correct)
        return frozenset(self.options[choice] for choice in stated if choice in self.options)

    def _cheapest_best(self) -> frozenset[OptionId]:
        return min((case.chosen for case in self.cases if case.score == self.best), key=len)

    def _entry(
        self, scoring: Scoring, points: Fraction, correct: frozenset[OptionId], weights: Mapping[OptionId, Fraction]
    ) -> KeyEntry:
        return KeyEntry(
            question_id=QuestionId(""),
            objective=0,
            scoring=scoring,
            points=points,
            options=len(self.options),
            correct=correct,
            weights=weights,
        )
