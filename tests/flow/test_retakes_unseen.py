"""Whoever sits the test again is asked what they have not been asked before, while there is enough of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.flow.journey import Begin, Learner, Module, World, a_bank, a_question, answered, drawing


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


def asked(form: Any) -> list[str]:
    return [question["question_id"] for question in form["questions"]]


def sits_all(learner: Learner, attempts: int) -> list[list[str]]:
    """The questions of so many attempts, all failed."""
    forms = []
    for number in range(1, attempts + 1):
        form = learner.begins()
        forms.append(asked(form))
        answered(learner.submit(learner.module.wrong(form), number), 202)
        learner.world.deliver()
    return forms


def published(world: World, sizes: dict[str, int], draws: dict[str, int], attempts: int) -> Module:
    """A module whose pools have so many questions, ``draws`` of each asked."""
    bank = a_bank(*(a_question(f"{pool}-{n}", pool=pool) for pool, size in sizes.items() for n in range(size)))
    pools = [part for pool, draw in draws.items() for part in drawing(draw, pool)]
    return world.published(bank=bank, test={"pools": pools, "attempts": attempts, "cooldown_hours": 0})


def test_no_question_comes_again_before_all_others_of_its_pool_have_come(world: World) -> None:
    # Of seven, three and three are new; then one is left, and two come again.
    module = published(world, {"all": 7}, {"all": 3}, attempts=3)
    for learner in world.ready(module, 4):
        first, second, third = sits_all(learner, 3)
        assert len({*first, *second}) == 6
        assert {*first, *second, *third} == {f"all-{n}" for n in range(7)}
        assert len(set(third)) == 3


def test_each_pool_has_its_own_store_of_new_questions(world: World) -> None:
    module = published(world, {"wide": 6, "narrow": 2}, {"wide": 3, "narrow": 2}, attempts=2)
    for learner in world.ready(module, 3):
        first, second = sits_all(learner, 2)
        wide = [question for question in (*first, *second) if question.startswith("wide")]
        assert sorted(wide) == [f"wide-{n}" for n in range(6)]
        for form in (first, second):
            assert sorted(question for question in form if question.startswith("narrow")) == ["narrow-0", "narrow-1"]


def test_what_was_asked_in_an_attempt_that_was_given_up_has_been_seen(world: World) -> None:
    module = published(world, {"all": 6}, {"all": 3}, attempts=2)
    for learner in world.ready(module, 3):
        first = asked(learner.begins())
        answered(learner.withdraw(), 200)
        answered(learner.enrol(module), 202)
        world.deliver()
        assert set(first) & set(asked(learner.begins())) == set()


def test_learners_do_not_use_up_one_another_s_questions(world: World) -> None:
    module = published(world, {"all": 3}, {"all": 3}, attempts=1)
    for learner in world.ready(module, 2):
        assert sorted(asked(learner.begins())) == ["all-0", "all-1", "all-2"]


def test_an_open_attempt_that_is_found_again_keeps_its_questions(world: World) -> None:
    module = published(world, {"all": 20}, {"all": 3}, attempts=2)
    [ada] = world.ready(module, 1)
    form = ada.begins()
    assert asked(answered(ada.start(), 200)) == asked(form)
    assert asked(answered(ada.attempt(), 200)) == asked(form)
