"""A bank as JSON: weights and points are exact, and what was sent can be read back."""

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from shared.api.bank import read_body
from shared.api.contract.modules import BankBody, BankView
from shared.domain.questions import AnswerKey, Bank, KeyEntry, Scoring, bank_errors
from tests.support.builders import answers

THIRD = Fraction(1, 3)


def a_body(options: list[dict[str, Any]], **changes: Any) -> BankBody:
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
    return BankBody.model_validate_json(json.dumps({"questions": [{**question, **changes}]}))


def an_option(weight: str | None = None, *, correct: bool = False) -> dict[str, Any]:
    return {"correct": correct} if weight is None else {"correct": correct, "weight": weight}


def entry_of(body: BankBody) -> KeyEntry:
    (entry,) = read_body(body).key
    return entry


@pytest.mark.parametrize(
    ("options", "weights"),
    [
        ([an_option("1/3", correct=True), an_option("-0.25")], {"a": THIRD, "b": Fraction(-1, 4)}),
        ([an_option("0.1", correct=True), an_option("0")], {"a": Fraction(1, 10), "b": 0}),
        ([an_option("1", correct=True), an_option("0.5")], {"a": 1, "b": Fraction(1, 2)}),
        ([an_option(correct=True)] * 3 + [an_option()], {"a": THIRD, "b": THIRD, "c": THIRD}),
        ([an_option(correct=True)] * 3 + [an_option("-1/3")], {"a": THIRD, "b": THIRD, "c": THIRD, "d": -THIRD}),
        ([an_option(), an_option()], {}),
    ],
    ids=["fractions", "decimals", "partly right", "shared by the right ones", "shared, a wrong one taking", "none"],
)
def test_weights_are_taken_exactly(options: list[dict[str, Any]], weights: Mapping[str, Fraction]) -> None:
    entry = entry_of(a_body(options))
    assert entry.weights == weights
    assert all(type(weight) is Fraction for weight in entry.weights.values())


@pytest.mark.parametrize("scoring", [each for each in Scoring if each is not Scoring.WEIGHTS])
def test_other_ways_of_scoring_have_no_weights(scoring: Scoring) -> None:
    entry = entry_of(a_body([an_option(correct=True), an_option()], scoring=scoring))
    assert (entry.scoring, entry.weights, entry.options) == (scoring, {}, 2)


@pytest.mark.parametrize("weight", ["", "half", "1/0", "1/", "0.", "1e3", "--1", "12345", "0.12345678901", " 1", "nan"])
def test_a_weight_is_a_decimal_or_a_fraction(weight: str) -> None:
    with pytest.raises(ValidationError):
        a_body([an_option(weight, correct=True), an_option()])


def test_points_are_exact() -> None:
    assert entry_of(a_body([an_option(correct=True), an_option()], points=0.1)).points == Fraction(1, 10)


def test_what_was_sent_can_be_read_back() -> None:
    """Each weight as it counts; sent again, it gives the same key."""
    weights = [an_option("1/3", correct=True), an_option("-0.25"), an_option("0.33333"), an_option()]
    body = a_body(weights, points=2.5, shuffle=False)
    file = read_body(body)
    key = AnswerKey(bank_revision=1, revision=1, entries={entry.question_id: entry for entry in file.key})
    view = BankView.of(Bank(revision=1, questions=file.questions), key)
    assert [option.weight for option in view.questions[0].options] == ["1/3", "-1/4", "33333/100000", None]
    again = BankBody.model_validate_json(view.model_dump_json())
    assert (read_body(again).questions, read_body(again).key) == (file.questions, file.key)


def test_a_question_keeps_its_shuffle_flag_and_its_order() -> None:
    (question,) = read_body(a_body([an_option(correct=True), an_option()], shuffle=False)).questions
    assert not question.shuffle
    assert tuple(option.option_id for option in question.options) == answers(q1="ab")["q1"]


def test_a_bank_without_a_positive_weight_is_not_sound() -> None:
    file = read_body(a_body([an_option("0", correct=True), an_option("-1")]))
    assert bank_errors(file.questions, file.key) == [(1, "an option needs a positive weight")]
