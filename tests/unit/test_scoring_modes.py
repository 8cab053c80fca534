"""Every way of scoring: what is worked by hand comes out, and nobody gains by choosing more than they know."""

from collections.abc import Mapping
from fractions import Fraction
from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.form import draw_form
from shared.domain.ids import OptionId, QuestionId
from shared.domain.questions import AnswerKey, Bank, KeyEntry, Kind, Scoring
from shared.domain.scoring import Chosen, earned, score
from tests.support.builders import RIGHT, a_form, a_key, a_question, an_entry, some_pools

HALF, THIRD, QUARTER = Fraction(1, 2), Fraction(1, 3), Fraction(1, 4)
LETTERS = "abcdefgh"
every_scoring = pytest.mark.parametrize("scoring", Scoring)


def chosen(letters: str) -> Chosen:
    return frozenset(OptionId(letter) for letter in letters)


def weighed(**weights: Fraction | int) -> Mapping[OptionId, Fraction]:
    return {OptionId(letter): Fraction(weight) for letter, weight in weights.items()}


def share(scoring: Scoring, options: int, correct: str, letters: str) -> Fraction:
    return earned(chosen(letters), an_entry(correct=correct, scoring=scoring, options=options))


# Of 5 options a and b are right.
@pytest.mark.parametrize(
    ("letters", "every_option", "halves", "right_minus_wrong"),
    [
        ("", 0, 0, 0),
        ("ab", 1, 1, 1),
        ("a", Fraction(4, 5), HALF, HALF),
        ("c", Fraction(2, 5), 0, 0),
        ("cd", Fraction(1, 5), 0, 0),
        ("cde", 0, 0, 0),
        ("ac", Fraction(3, 5), QUARTER, 0),
        ("abc", Fraction(4, 5), HALF, HALF),
        ("abcd", Fraction(3, 5), QUARTER, 0),
        ("abcde", Fraction(2, 5), 0, 0),
        ("acd", Fraction(2, 5), 0, 0),
    ],
)
def test_partial_credit_is_what_is_worked_by_hand(
    letters: str, every_option: Fraction, halves: Fraction, right_minus_wrong: Fraction
) -> None:
    assert share(Scoring.EVERY_OPTION, 5, "ab", letters) == every_option
    assert share(Scoring.HALVES, 5, "ab", letters) == halves
    assert share(Scoring.RIGHT_MINUS_WRONG, 5, "ab", letters) == right_minus_wrong
    assert share(Scoring.EXACT, 5, "ab", letters) == (letters == "ab")


@pytest.mark.parametrize(
    ("options", "correct", "letters", "expected"),
    [
        (2, "a", "a", 1),
        (2, "a", "ab", 0),
        (2, "ab", "a", 0),
        (3, "a", "ab", HALF),
        (3, "ab", "a", HALF),
        (3, "abc", "a", 0),
        (4, "ab", "ac", 0),
        (4, "abc", "a", 0),
        (5, "abc", "a", QUARTER),
        (5, "a", "abc", QUARTER),
        (5, "a", "b", QUARTER),
        (6, "abc", "d", 0),
        (5, "a", "abcd", 0),
    ],
)
def test_halves_forgives_one_error_of_three_options_and_two_of_five(
    options: int, correct: str, letters: str, expected: Fraction
) -> None:
    assert share(Scoring.HALVES, options, correct, letters) == expected


@pytest.mark.parametrize(
    ("correct", "letters", "expected"),
    [
        ("abc", "a", THIRD),
        ("abc", "abd", THIRD),
        ("abc", "abcd", Fraction(2, 3)),
        ("abc", "ade", 0),
        ("a", "ab", 0),
        ("a", "a", 1),
    ],
)
def test_a_wrong_one_takes_a_right_one_back_but_never_more(correct: str, letters: str, expected: Fraction) -> None:
    assert share(Scoring.RIGHT_MINUS_WRONG, 6, correct, letters) == expected


THIRDS = weighed(a=THIRD, b=THIRD, c=THIRD, d=-THIRD)


@pytest.mark.parametrize(
    ("weights", "letters", "expected"),
    [
        (THIRDS, "", 0),
        (THIRDS, "a", THIRD),
        (THIRDS, "abc", 1),
        (THIRDS, "abcd", Fraction(2, 3)),
        (THIRDS, "ad", 0),
        (THIRDS, "d", 0),
        (THIRDS, "e", 0),
        (THIRDS, "abe", Fraction(2, 3)),
        (weighed(a=1, b=HALF), "ab", 1),
        (weighed(a=1, b=HALF), "b", HALF),
        (weighed(a=HALF, b=-1), "ab", 0),
        (weighed(a=1, b=1, c=-1), "abc", 1),
    ],
)
def test_weights_add_up_between_nothing_and_all(
    weights: Mapping[OptionId, Fraction], letters: str, expected: Fraction
) -> None:
    entry = an_entry(correct="abc", scoring=Scoring.WEIGHTS, options=5, weights=weights)
    assert earned(chosen(letters), entry) == expected


def test_the_share_is_of_the_questions_points() -> None:
    entry = an_entry(correct="abc", scoring=Scoring.RIGHT_MINUS_WRONG, points=Fraction(5, 2))
    assert earned(chosen("a"), entry) == Fraction(5, 6)


@st.composite
def entries(draw: st.DrawFn, scoring: Scoring) -> KeyEntry:
    """A sound key entry; under weights the right options are those with a positive weight."""
    count = draw(st.integers(min_value=2, max_value=len(LETTERS)))
    options = [OptionId(letter) for letter in LETTERS[:count]]
    points = draw(st.fractions(min_value=Fraction(1, 10), max_value=100, max_denominator=60))
    if scoring is Scoring.WEIGHTS:
        positive = st.fractions(min_value=Fraction(1, 12), max_value=2, max_denominator=12)
        negative = st.fractions(min_value=-2, max_value=0, max_denominator=12)
        right = draw(st.sets(st.sampled_from(options), min_size=1))
        weights = {option: draw(positive if option in right else negative) for option in options}
        return an_entry(scoring=scoring, options=count, points=points, correct="".join(right), weights=weights)
    right = draw(st.sets(st.sampled_from(options), min_size=1))
    return an_entry(scoring=scoring, options=count, points=points, correct="".join(right))


def all_options(entry: KeyEntry) -> Chosen:
    return chosen(LETTERS[: entry.options])


def some_of(data: st.DataObject, options: Chosen, least: int = 0) -> Chosen:
    return frozenset(data.draw(st.sets(st.sampled_from(sorted(options)), min_size=least))) if options else frozenset()


@every_scoring
@given(data=st.data())
def test_what_is_earned_is_exact_and_lies_between_nothing_and_the_points(scoring: Scoring, data: st.DataObject) -> None:
    entry = data.draw(entries(scoring))
    found = earned(some_of(data, all_options(entry)), entry)
    assert isinstance(found, Fraction)
    assert 0 <= found <= entry.points


@every_scoring
@given(data=st.data())
def test_nothing_answered_earns_nothing(scoring: Scoring, data: st.DataObject) -> None:
    assert earned(frozenset(), data.draw(entries(scoring))) == 0


@pytest.mark.parametrize("scoring", [each for each in Scoring if each is not Scoring.WEIGHTS])
@given(data=st.data())
def test_the_right_answer_earns_all_and_no_other_answer_does(scoring: Scoring, data: st.DataObject) -> None:
    entry = data.draw(entries(scoring))
    letters = some_of(data, all_options(entry))
    assert (earned(letters, entry) == entry.points) is (letters == entry.correct)


@every_scoring
@given(data=st.data())
def test_one_more_right_option_never_lowers(scoring: Scoring, data: st.DataObject) -> None:
    entry = data.draw(entries(scoring))
    letters = some_of(data, all_options(entry))
    one_more = data.draw(st.sampled_from(sorted(entry.correct)))
    assert earned(letters | {one_more}, entry) >= earned(letters, entry)


@every_scoring
@given(data=st.data())
def test_one_more_wrong_option_never_raises(scoring: Scoring, data: st.DataObject) -> None:
    """From an answer on: to answer at all may pay, since the wrong options left out count for it."""
    entry = data.draw(entries(scoring))
    letters = some_of(data, all_options(entry), least=1)
    for one_more in all_options(entry) - entry.correct:
        assert earned(letters | {one_more}, entry) <= earned(letters, entry)


@every_scoring
@given(data=st.data())
def test_choosing_everything_never_beats_the_right_answer(scoring: Scoring, data: st.DataObject) -> None:
    entry = data.draw(entries(scoring))
    assert earned(all_options(entry), entry) <= earned(entry.correct, entry)
    if scoring is not Scoring.WEIGHTS and entry.correct != all_options(entry):
        assert earned(all_options(entry), entry) < entry.points


@given(data=st.data())
def test_a_key_corrected_under_weights_shares_the_points_alike(data: st.DataObject) -> None:
    entry = data.draw(entries(Scoring.WEIGHTS))
    right = some_of(data, all_options(entry), least=1)
    corrected = entry.rekeyed(right)
    assert corrected.correct == right
    assert earned(right, corrected) == corrected.points
    assert all(earned(frozenset({option}), corrected) == corrected.points / len(right) for option in right)
    assert earned(all_options(entry) - right, corrected) == 0


def test_a_key_corrected_elsewhere_has_no_weights() -> None:
    corrected = an_entry(correct="a", scoring=Scoring.HALVES).rekeyed(chosen("bc"))
    assert (corrected.correct, corrected.weights) == (chosen("bc"), {})


def test_a_score_tells_each_question_of_the_form_and_no_voided_one() -> None:
    key = a_key().amended(an_entry("q2", voided=True))
    found = score(a_form(), RIGHT, key)
    assert [(part.question_id, part.points, part.max_points) for part in found.by_question] == [
        ("q1", 1, 1),
        ("q4", 1, 1),
    ]
    assert (found.points, found.max_points) == (2, 2)


def test_an_amended_key_is_the_next_revision_and_differs_in_one_entry() -> None:
    key, entry = a_key(revision=3), an_entry("q2", "d")
    amended = key.amended(entry)
    assert (amended.revision, amended.bank_revision) == (4, key.bank_revision)
    assert {name for name in key.entries if amended.entries[name] != key.entries[name]} == {"q2"}
    assert amended.entries[entry.question_id] == entry


def test_fifty_questions_of_every_mode_are_scored_in_less_than_a_millisecond() -> None:
    modes = [mode for mode in Scoring for _ in range(10)]
    ids = [QuestionId(f"q{place}") for place in range(len(modes))]
    entries = {
        own: an_entry(
            own, "ab", scoring=mode, weights=weighed(a=HALF, b=HALF, d=-HALF) if mode is Scoring.WEIGHTS else {}
        )
        for own, mode in zip(ids, modes, strict=True)
    }
    questions = tuple(a_question(own, kind=Kind.MULTIPLE) for own in ids)
    form = draw_form(Bank(revision=1, questions=questions), some_pools(biology=len(ids)), Random(1))
    key = AnswerKey(bank_revision=1, revision=1, entries=entries)
    sheet = {own: (OptionId("a"), OptionId("d")) for own in ids}
    times = 100
    started = process_time()
    for _ in range(times):
        result = score(form, sheet, key)
    assert (process_time() - started) / times < 0.001
    assert result.max_points == len(ids)
