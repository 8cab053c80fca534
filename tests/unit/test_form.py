"""A form is drawn once: each pool's share, no question twice, and all options of each."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.form import draw_form
from shared.domain.questions import Bank, Kind
from shared.domain.refusals import InvalidRequest
from tests.support.builders import RIGHT, a_bank, a_form, a_question, answers, some_pools


@st.composite
def banks_with_draws(draw: st.DrawFn) -> tuple[Bank, dict[str, int]]:
    held = draw(st.dictionaries(st.sampled_from("ABC"), st.integers(min_value=1, max_value=6), min_size=1))
    questions = tuple(
        a_question(f"{pool}{place}", pool, shuffle=draw(st.booleans()))
        for pool, size in held.items()
        for place in range(size)
    )
    draws = {pool: draw(st.integers(min_value=1, max_value=size)) for pool, size in held.items()}
    return Bank(revision=7, questions=questions), draws


@given(banks_with_draws(), st.integers())
def test_a_form_holds_each_pools_share_and_no_question_twice(drawn: tuple[Bank, dict[str, int]], seed: int) -> None:
    bank, draws = drawn
    form = draw_form(bank, some_pools(**draws), Random(seed))
    asked = [question.question_id for question in form.questions]
    assert len(set(asked)) == len(asked)
    assert Counter(bank.question(question).pool for question in asked) == draws
    assert form.bank_revision == bank.revision


@given(banks_with_draws(), st.integers())
def test_every_question_keeps_its_kind_and_all_its_options(drawn: tuple[Bank, dict[str, int]], seed: int) -> None:
    bank, draws = drawn
    for asked in draw_form(bank, some_pools(**draws), Random(seed)).questions:
        question = bank.question(asked.question_id)
        in_order = [option.option_id for option in question.options]
        assert asked.kind is question.kind
        assert sorted(asked.option_ids) == sorted(in_order)
        assert question.shuffle or list(asked.option_ids) == in_order


def test_questions_and_options_are_shuffled() -> None:
    forms = [draw_form(a_bank(), some_pools(biology=3), Random(seed)) for seed in range(30)]
    assert len({tuple(question.question_id for question in form.questions) for form in forms}) > 1
    assert len({form.questions[0].option_ids for form in forms}) > 1


def test_every_question_of_a_pool_can_be_drawn() -> None:
    drawn = {draw_form(a_bank(), some_pools(biology=1), Random(seed)).questions[0].question_id for seed in range(60)}
    assert drawn == {"q1", "q2", "q3"}


@given(banks_with_draws(), st.integers(), st.data())
def test_questions_not_seen_come_first_while_there_are_enough(
    drawn: tuple[Bank, dict[str, int]], seed: int, data: st.DataObject
) -> None:
    bank, draws = drawn
    seen = data.draw(st.sets(st.sampled_from([question.question_id for question in bank.questions])))
    asked = [question.question_id for question in draw_form(bank, some_pools(**draws), Random(seed), seen).questions]
    assert len(set(asked)) == len(asked)
    for pool, draw in draws.items():
        held = {question.question_id for question in bank.questions if question.pool == pool}
        of_pool = held & set(asked)
        assert len(of_pool) == draw
        assert len(of_pool - seen) == min(draw, len(held - seen))


def test_two_forms_in_a_row_share_no_question_where_the_pool_holds_enough() -> None:
    for seed in range(20):
        first = draw_form(a_bank(), some_pools(biology=1), Random(seed)).questions[0].question_id
        second = draw_form(a_bank(), some_pools(biology=2), Random(seed), {first})
        assert first not in {question.question_id for question in second.questions}


def test_of_the_questions_seen_any_can_come_again() -> None:
    seen = {"q1", "q2", "q3"}
    forms = [draw_form(a_bank(), some_pools(biology=1), Random(seed), seen) for seed in range(60)]
    assert {form.questions[0].question_id for form in forms} == seen


@pytest.mark.parametrize(
    "fitting", [{}, RIGHT, answers(q1=""), answers(q4="abcd")], ids=["none", "all", "taken back", "every option"]
)
def test_answers_that_fit_the_form_are_taken(fitting: dict[str, tuple[str, ...]]) -> None:
    a_form().require_answerable(fitting)


@pytest.mark.parametrize(
    ("question", "chosen", "message"),
    [
        ("q3", "a", "not on the form"),
        ("nobody", "a", "not on the form"),
        ("q1", "x", "Not an option"),
        ("q4", "aa", "chosen twice"),
        ("q1", "ab", "Only one option"),
    ],
    ids=["not drawn", "unknown question", "unknown option", "an option twice", "two of a single"],
)
def test_answers_that_do_not_fit_the_form_are_refused(question: str, chosen: str, message: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        a_form().require_answerable(answers(**{question: chosen}))
    (error,) = refused.value.facts["errors"]
    assert error["loc"] == ["body", "answers", question]
    assert message in error["msg"]


@pytest.mark.parametrize(("most", "chosen", "fits"), [(2, "ab", True), (2, "abc", False), (3, "abc", True)])
def test_no_more_options_are_chosen_than_the_question_allows(most: int, chosen: str, fits: bool) -> None:
    bank = Bank(revision=1, questions=(a_question("q1", kind=Kind.MULTIPLE, max_choices=most),))
    form = draw_form(bank, some_pools(biology=1), Random(1))
    assert form.questions[0].max_choices == most
    if fits:
        form.require_answerable(answers(q1=chosen))
    else:
        with pytest.raises(InvalidRequest) as refused:
            form.require_answerable(answers(q1=chosen))
        assert [error["msg"] for error in refused.value.facts["errors"]] == [f"At most {most} options can be chosen."]


def test_every_answer_that_does_not_fit_is_named() -> None:
    with pytest.raises(InvalidRequest) as refused:
        a_form().require_answerable(answers(q1="x", q2="a", q3="a", q4="aa"))
    assert [error["loc"][-1] for error in refused.value.facts["errors"]] == ["q1", "q3", "q4"]
