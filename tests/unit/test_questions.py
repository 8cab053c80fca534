"""A bank is sound or it is refused with everything that is wrong with it."""

from fractions import Fraction

import pytest

from shared.domain.questions import KeyEntry, Kind, Option, Question, Scoring, bank_errors
from tests.support.builders import a_bank, a_key, a_question, an_entry

TWICE = (Option(option_id="a", text="One"), Option(option_id="a", text="Other"))


def errors_of(*bank: tuple[Question, KeyEntry]) -> list[int]:
    """The places of the questions that have errors."""
    return [place for place, _ in bank_errors([question for question, _ in bank], [entry for _, entry in bank])]


def test_a_sound_bank_has_no_errors() -> None:
    assert bank_errors(a_bank().questions, list(a_key().entries.values())) == []


@pytest.mark.parametrize(
    ("kind", "correct", "sound"),
    [
        (Kind.SINGLE, "a", True),
        (Kind.SINGLE, "", False),
        (Kind.SINGLE, "ab", False),
        (Kind.MULTIPLE, "a", True),
        (Kind.MULTIPLE, "abcd", True),
        (Kind.MULTIPLE, "", False),
    ],
)
def test_a_question_has_as_many_right_options_as_its_kind_needs(kind: Kind, correct: str, sound: bool) -> None:
    assert errors_of((a_question(kind=kind), an_entry(correct=correct))) == ([] if sound else [1])


@pytest.mark.parametrize(
    ("kind", "scoring", "correct", "weights", "sound"),
    [
        (Kind.MULTIPLE, Scoring.WEIGHTS, "ab", {"a": Fraction(1, 2), "b": Fraction(1, 2)}, True),
        (Kind.MULTIPLE, Scoring.WEIGHTS, "a", {"a": Fraction(1, 3), "c": Fraction(-1)}, True),
        (Kind.SINGLE, Scoring.WEIGHTS, "ab", {"a": Fraction(1), "b": Fraction(1, 2)}, True),
        (Kind.MULTIPLE, Scoring.WEIGHTS, "a", {}, False),
        (Kind.MULTIPLE, Scoring.WEIGHTS, "a", {"a": Fraction(0), "b": Fraction(-1)}, False),
        (Kind.MULTIPLE, Scoring.EXACT, "a", {"a": Fraction(1)}, False),
        (Kind.MULTIPLE, Scoring.HALVES, "a", {"a": Fraction(1)}, False),
        (Kind.SINGLE, Scoring.HALVES, "ab", {}, False),
    ],
)
def test_weights_go_with_their_own_scoring_and_something_can_be_earned(
    kind: Kind, scoring: Scoring, correct: str, weights: dict[str, Fraction], sound: bool
) -> None:
    entry = an_entry(correct=correct, scoring=scoring, weights=weights)
    assert errors_of((a_question(kind=kind), entry)) == ([] if sound else [1])


@pytest.mark.parametrize(
    ("kind", "scoring", "correct", "sound"),
    [
        (Kind.MULTIPLE, Scoring.EXACT, "ab", True),
        (Kind.MULTIPLE, Scoring.EXACT, "abc", False),  # nobody could ever be right
        (Kind.MULTIPLE, Scoring.HALVES, "abc", True),
        (Kind.SINGLE, Scoring.EXACT, "a", False),
    ],
)
def test_a_limit_of_choices_leaves_the_right_answer_possible(
    kind: Kind, scoring: Scoring, correct: str, sound: bool
) -> None:
    question = a_question(kind=kind, max_choices=2)
    assert errors_of((question, an_entry(correct=correct, scoring=scoring))) == ([] if sound else [1])


def test_an_option_id_names_one_option() -> None:
    assert errors_of((a_question(options=TWICE), an_entry())) == [1]


def test_a_question_id_names_one_question() -> None:
    sound = (a_question("q1"), an_entry("q1"))
    assert errors_of(sound, (a_question("q2"), an_entry("q2")), sound) == [3]


def test_all_errors_are_told_with_the_place_of_their_question() -> None:
    bad = (a_question("q1", options=TWICE), an_entry("q1", ""))
    assert errors_of(bad, bad) == [1, 1, 2, 2, 2]


def test_publication_is_told_what_the_pools_hold_and_the_highest_objective() -> None:
    summary = a_bank(revision=4).summary()
    assert (summary.revision, summary.pools, summary.highest_objective) == (4, {"biology": 3, "treatment": 1}, 2)
