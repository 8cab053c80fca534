"""A bank as JSON: weights and points are exact, and what was sent can be read back."""

import json
import time
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from shared.api.bank import read_bank
from shared.api.contract.modules import JSON, BankView
from shared.domain.questions import AnswerKey, Bank, Image, KeyEntry, Scoring
from shared.exchange.bank_file import MAX_ERRORS, MAX_POINTS, BankFile, Malformed
from tests.support.builders import answers
from tests.support.drawn_banks import banks

THIRD = Fraction(1, 3)


def a_file(options: list[dict[str, Any]], **changes: Any) -> BankFile:
    question = {
        "question_id": "q1",
        "objective": 1,
        "kind": "multiple",
        "scoring": "weights",
        "stem": "What?",
        "options": [
            {"option_id": name, "text": name, **option} for name, option in zip("abcde", options, strict=False)
        ],
    }
    return read_bank(JSON, json.dumps({"questions": [{**question, **changes}]}).encode())


def errors(options: list[dict[str, Any]], **changes: Any) -> list[str]:
    with pytest.raises(Malformed) as refused:
        a_file(options, **changes)
    assert all(line == 1 for line, _ in refused.value.errors)
    return [message for _, message in refused.value.errors]


def an_option(weight: str | None = None, *, correct: bool = False) -> dict[str, Any]:
    return {"correct": correct} if weight is None else {"correct": correct, "weight": weight}


def entry_of(file: BankFile) -> KeyEntry:
    (entry,) = file.key
    return entry


def as_json(file: BankFile) -> str:
    """The bank as authors get it."""
    key = AnswerKey(bank_revision=1, revision=1, entries={entry.question_id: entry for entry in file.key})
    return BankView.of(Bank(revision=1, questions=file.questions), key).model_dump_json()


@pytest.mark.parametrize(
    ("options", "weights"),
    [
        ([an_option("1/3", correct=True), an_option("-0.25")], {"a": THIRD, "b": Fraction(-1, 4)}),
        ([an_option("0.1", correct=True), an_option("0")], {"a": Fraction(1, 10)}),
        ([an_option("1", correct=True), an_option("0.5")], {"a": 1, "b": Fraction(1, 2)}),
        ([an_option(correct=True)] * 3 + [an_option()], {"a": THIRD, "b": THIRD, "c": THIRD}),
        ([an_option(correct=True)] * 3 + [an_option("-1/3")], {"a": THIRD, "b": THIRD, "c": THIRD, "d": -THIRD}),
        ([an_option("0", correct=True), an_option("1")], {"b": 1}),
    ],
    ids=["fractions", "decimals", "partly right", "shared by the right ones", "shared, a wrong one taking", "none"],
)
def test_weights_are_taken_exactly(options: list[dict[str, Any]], weights: Mapping[str, Fraction]) -> None:
    entry = entry_of(a_file(options))
    assert entry.weights == weights
    assert all(type(weight) is Fraction for weight in entry.weights.values())


@pytest.mark.parametrize("scoring", [each for each in Scoring if each is not Scoring.WEIGHTS])
def test_other_ways_of_scoring_have_no_weights(scoring: Scoring) -> None:
    entry = entry_of(a_file([an_option(correct=True), an_option()], scoring=scoring))
    assert (entry.scoring, entry.weights, entry.options) == (scoring, {}, 2)


@pytest.mark.parametrize(
    "weight", ["", "half", "1/0", "1/", "0.", "1e3", "--1", "1" * 16, f"0.{'1' * 16}", " 1", "nan"]
)
def test_a_weight_is_a_decimal_or_a_fraction(weight: str) -> None:
    (error,) = errors([an_option(weight, correct=True), an_option()])
    assert error.startswith("questions[0].options[0].weight: ")


@pytest.mark.parametrize("weight", [0.5, 1, True, ["1"]])
def test_a_weight_is_text_since_a_number_may_have_been_rounded(weight: Any) -> None:
    (error,) = errors([{"correct": True, "weight": weight}, an_option()])
    assert error == "questions[0].options[0].weight: Input should be a valid string"


@pytest.mark.parametrize(
    ("sent", "points"),
    [
        (1, 1),
        (0.1, Fraction(1, 10)),
        (2.5, Fraction(5, 2)),
        ("1/3", THIRD),
        ("0.1", Fraction(1, 10)),
        (1e-7, Fraction(1, 10**7)),
    ],
)
def test_points_are_exact(sent: float | str, points: Fraction) -> None:
    assert entry_of(a_file([an_option(correct=True), an_option()], points=sent)).points == points


@pytest.mark.parametrize(
    "points", [0, -1, "0", "-1/3", "1/0", "third", "", " 1", MAX_POINTS + 1, 10**400, True, None, [1], {"a": 1}]
)
def test_points_are_above_nothing_and_within_measure(points: Any) -> None:
    (error,) = errors([an_option(correct=True), an_option()], points=points)
    assert error.startswith("questions[0].points: ")


@pytest.mark.parametrize("points", ["1e400", "NaN", "Infinity", "-Infinity"])
def test_points_are_a_number(points: str) -> None:
    sent = json.dumps({"questions": [{"question_id": "q1", "points": "POINTS"}]}).replace('"POINTS"', points)
    with pytest.raises(Malformed) as refused:
        read_bank(JSON, sent.encode())
    assert any(message.startswith("questions[0].points: ") for _, message in refused.value.errors)


def test_what_was_sent_can_be_read_back() -> None:
    """Each weight as it counts, points as a number where that is exact; sent again, it gives the same key."""
    weights = [an_option("1/3", correct=True), an_option("-0.25"), an_option("0.33333"), an_option()]
    for points, shown in ((2.5, 2.5), ("1/3", "1/3")):
        file = a_file(weights, points=points, shuffle=False, max_choices=3)
        (question,) = json.loads(as_json(file))["questions"]
        assert [option.get("weight") for option in question["options"]] == ["1/3", "-1/4", "33333/100000", None]
        assert (question["points"], question["max_choices"], question["shuffle"]) == (shown, 3, False)
        assert read_bank(JSON, as_json(file).encode()) == file


@given(banks())
def test_any_bank_written_as_json_is_read_as_the_same_bank(written: tuple[Bank, AnswerKey, list[Image]]) -> None:
    bank, key, _ = written
    read = read_bank(JSON, BankView.of(bank, key).model_dump_json().encode())
    assert (read.questions, read.skipped) == (bank.questions, ())
    assert read.key == tuple(key.entries[question.question_id] for question in bank.questions)


def test_a_question_keeps_its_shuffle_flag_and_its_order() -> None:
    (question,) = a_file([an_option(correct=True), an_option()], shuffle=False).questions
    assert not question.shuffle
    assert tuple(option.option_id for option in question.options) == answers(q1="ab")["q1"]


def test_a_limit_of_choices_that_every_answer_keeps_to_is_none() -> None:
    for most, kept in ((2, 2), (3, None), (100, None)):
        (question,) = a_file([an_option(correct=True)] * 2 + [an_option()], max_choices=most).questions
        assert question.max_choices == kept
    (error,) = errors([an_option(correct=True), an_option()], max_choices=1)
    assert error.startswith("questions[0].max_choices: ")


@pytest.mark.parametrize(
    ("options", "changes", "message"),
    [
        ([an_option("0", correct=True), an_option("-1")], {}, "an option needs a positive weight"),
        ([an_option(), an_option()], {"scoring": "exact"}, "a question needs a correct option"),
        (
            [an_option(correct=True)] * 2,
            {"scoring": "exact", "kind": "single"},
            "a single-answer question needs exactly one correct option",
        ),
        ([an_option(correct=True)] * 2, {"stem": "<script>x</script>"}, "the stem has nothing to read or see"),
        ([an_option(correct=True)] * 2, {"stem": "&" * 5000}, "a text is longer than 20,000 characters"),
    ],
    ids=["no positive weight", "none right", "two right", "blank", "too long when it is written out"],
)
def test_a_bank_at_odds_with_itself_is_refused(
    options: list[dict[str, Any]], changes: dict[str, Any], message: str
) -> None:
    assert errors(options, **changes) == [f"question 1: {message}"]


def test_what_a_text_can_not_show_is_told_with_its_line() -> None:
    question = json.loads(as_json(a_file([an_option(correct=True), an_option()])))["questions"][0]
    sent = [question, question | {"question_id": "q2", "stem": 'Watch <video src="x"></video> <img src="y.png">'}]
    file = read_bank(JSON, ('{"questions": [' + ",\n".join(map(json.dumps, sent)) + "]}").encode())
    assert [part.line for part in file.skipped] == [2, 2]
    assert {part.reason.partition(";")[0] for part in file.skipped} == {
        "<video> can't be shown",
        "the image 'y.png' is not in the file",
    }


def test_a_file_that_is_wrong_all_over_is_refused_fast() -> None:
    for questions in (20_000, 100_000):
        started = time.process_time()
        with pytest.raises(Malformed) as refused:
            read_bank(JSON, b'{"questions": [' + b"{}," * (questions - 1) + b"{}]}")
        assert 1 <= len(refused.value.errors) <= MAX_ERRORS
        assert time.process_time() - started < 2
