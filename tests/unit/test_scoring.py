"""Scores are exact: all or nothing per question, and no float decides a pass."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.form import Form
from shared.domain.scoring import Score, earned, score
from tests.support.builders import RIGHT, a_form, a_key, a_score, an_entry, answers

CHOICES = st.sets(st.sampled_from("abcd")).map("".join)


@pytest.mark.parametrize(
    ("correct", "chosen", "expected"),
    [
        ("a", "a", 1),
        ("a", "b", 0),
        ("a", "ab", 0),
        ("a", "", 0),
        ("ab", "ab", 1),
        ("ab", "ba", 1),
        ("ab", "a", 0),
        ("ab", "abc", 0),
        ("ab", "cd", 0),
        ("ab", "", 0),
        ("abcd", "abcd", 1),
        ("", "", 0),
    ],
)
def test_only_the_whole_right_answer_and_nothing_else_earns_the_points(
    correct: str, chosen: str, expected: int
) -> None:
    points = Fraction(5, 2)
    assert earned(frozenset(chosen), an_entry(correct=correct, points=points)) == expected * points


@pytest.mark.parametrize(
    ("points", "max_points", "pass_mark", "passes"),
    [
        (29, 50, 58, True),
        (28, 50, 58, False),
        (57, 100, 57, True),
        (56, 100, 57, False),
        (7, 10, 70, True),
        (2, 3, 67, False),
        (2, 3, 66, True),
        (0, 10, 1, False),
        (10, 10, 100, True),
        (0, 0, 1, False),
        (0, 0, 100, False),
    ],
)
def test_a_pass_is_decided_on_exact_numbers(points: int, max_points: int, pass_mark: int, passes: bool) -> None:
    assert a_score(points, max_points).passes(pass_mark) is passes


def test_thirds_of_points_pass_exactly_at_the_mark() -> None:
    assert Score(points=Fraction(7, 3), max_points=Fraction(10, 3), by_objective=()).passes(70)
    assert not Score(points=Fraction(7, 3) - Fraction(1, 10**20), max_points=Fraction(10, 3), by_objective=()).passes(
        70
    )


@given(st.integers(min_value=1, max_value=100))
def test_a_test_without_questions_passes_nobody(pass_mark: int) -> None:
    assert not score(Form(bank_revision=1, questions=()), {}, a_key()).passes(pass_mark)


@given(st.dictionaries(st.sampled_from(["q1", "q2", "q4"]), CHOICES))
def test_a_score_lies_between_nothing_and_all_and_is_the_sum_of_its_objectives(chosen: dict[str, str]) -> None:
    found = score(a_form(), answers(**chosen), a_key())
    assert 0 <= found.points <= found.max_points == 3
    assert found.points == sum(part.points for part in found.by_objective)
    assert found.max_points == sum(part.max_points for part in found.by_objective)


@given(st.dictionaries(st.sampled_from(["q1", "q2", "q4"]), CHOICES))
def test_one_more_right_answer_never_lowers_the_score(chosen: dict[str, str]) -> None:
    given_answers = answers(**chosen)
    better = {**given_answers, "q4": RIGHT["q4"]}
    assert score(a_form(), better, a_key()).points >= score(a_form(), given_answers, a_key()).points


def test_unanswered_questions_count_as_wrong_and_towards_the_maximum() -> None:
    found = score(a_form(), answers(q1="a"), a_key())
    assert (found.points, found.max_points) == (1, 3)


def test_a_score_is_told_by_objective() -> None:
    found = score(a_form(), answers(q1="a", q4="ab"), a_key())
    assert [(part.objective, part.points, part.max_points) for part in found.by_objective] == [(1, 1, 2), (2, 1, 1)]


def test_only_what_the_form_asks_counts() -> None:
    assert score(a_form(), {**RIGHT, **answers(q3="c")}, a_key()) == score(a_form(), RIGHT, a_key())
