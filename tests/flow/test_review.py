"""The answer key leaves through the review alone, and no sooner than the module's policy allows."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.flow.journey import Begin, Learner, Module, World, answered, problem
from tests.flow.story import end_of

CLOSED = (409, "review-closed")


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


def require_the_key(review: Any, module: Module, chosen: dict[str, list[str]]) -> None:
    """The review shows what was asked and answered, what was right, and why."""
    bank = {question["question_id"]: question for question in module.bank["questions"]}
    assert len(review["questions"]) == sum(pool["draw"] for pool in module.content["test"]["pools"])
    for shown in review["questions"]:
        sent = bank[shown["question_id"]]
        right = {option["option_id"] for option in sent["options"] if option["correct"]}
        assert {option["option_id"] for option in shown["options"]} == {each["option_id"] for each in sent["options"]}
        assert {option["option_id"] for option in shown["options"] if option["correct"]} == right
        marked = {option["option_id"] for option in shown["options"] if option["chosen"]}
        assert marked == set(chosen[shown["question_id"]])
        assert (shown["points"], shown["max_points"]) == (float(set(chosen[shown["question_id"]]) == right), 1)
        assert (shown["rationale"], shown["voided"]) == (sent["rationale"], False)
    assert review["points"] == sum(shown["points"] for shown in review["questions"])
    assert review["max_points"] == sum(shown["max_points"] for shown in review["questions"])


def require_no_key_but_in_reviews(learner: Learner, module: Module) -> None:
    for response in learner.heard:
        if response.status == 200 and b'"rationale"' in response.body:
            continue
        text = response.body.decode("utf-8", "replace")
        assert '"correct"' not in text
        assert not any(json.dumps(rationale)[1:-1] in text for rationale in module.rationales)


def fails_then_passes(learner: Learner) -> list[dict[str, list[str]]]:
    """What was answered in both attempts."""
    module, answers = learner.module, []
    for right in (False, True):
        form = learner.begins()
        answers.append(module.right(form) if right else module.wrong(form))
        answered(learner.submit(answers[-1], form["attempt"]), 202)
        learner.world.deliver()
    return answers


def test_under_never_the_review_stays_closed(world: World) -> None:
    module = world.published(test={"review": "never", "cooldown_hours": 0})
    ada = world.learner().is_ready_for(module)
    fails_then_passes(ada)
    refused = ada.review(2)
    assert problem(refused) == CLOSED
    assert refused.json()["policy"] == "never"
    world.wait_until(end_of(module) + timedelta(days=400))
    assert [problem(ada.review(number)) for number in (1, 2)] == [CLOSED, CLOSED]
    require_no_key_but_in_reviews(ada, module)


def test_after_the_pass_all_attempts_can_be_reviewed_and_before_it_none(world: World) -> None:
    module = world.published(test={"review": "after_pass", "cooldown_hours": 0})
    ada, ben = world.ready(module, 2)
    ada.begins()
    assert problem(ada.review()) == CLOSED
    answered(ada.submit({}), 202)
    assert problem(ada.review()) == CLOSED
    world.deliver()
    assert problem(ada.review()) == CLOSED
    form = ada.begins()
    answered(ada.submit(module.right(form), 2), 202)
    assert problem(ada.review(2)) == CLOSED
    world.deliver()
    require_the_key(answered(ada.review(2), 200), module, module.right(form))
    blank = answered(ada.review(1), 200)
    assert (blank["points"], blank["passed"]) == (0, False)
    assert not any(option["chosen"] for question in blank["questions"] for option in question["options"])

    # One learner's pass opens nothing to another, who fails until the end and after it.
    ben.fails()
    assert problem(ben.review()) == CLOSED
    world.wait_until(end_of(module) + timedelta(days=1))
    world.retire_the_expired()
    world.deliver()
    assert problem(ben.review()) == CLOSED
    for learner in (ada, ben):
        require_no_key_but_in_reviews(learner, module)


@pytest.mark.parametrize("retired_early", [False, True])
def test_after_the_module_has_ended_passed_and_failed_can_be_reviewed(world: World, retired_early: bool) -> None:
    expires_on = (world.today + timedelta(days=9)).isoformat()
    module = world.published(expires_on=expires_on, test={"review": "after_expiry", "cooldown_hours": 0})
    ada, ben = world.ready(module, 2)
    wrong, right = fails_then_passes(ada)
    form = ben.begins()
    answered(ben.submit(module.wrong(form)), 202)
    world.deliver()
    assert [problem(ada.review(2)), problem(ben.review())] == [CLOSED, CLOSED]
    if retired_early:
        answered(world.author.retires(module))
        world.deliver()
    else:
        world.wait_until(end_of(module))
    # Within the grace somebody may still hand in.
    world.wait(seconds=30)
    assert problem(ada.review(2)) == CLOSED
    world.wait(milliseconds=1)
    require_the_key(answered(ada.review(1), 200), module, wrong)
    require_the_key(answered(ada.review(2), 200), module, right)
    require_the_key(answered(ben.review(), 200), module, module.wrong(form))
    for learner in (ada, ben):
        require_no_key_but_in_reviews(learner, module)


def test_an_attempt_that_does_not_exist_or_is_anothers_has_no_review(world: World) -> None:
    module = world.published(test={"review": "after_pass"})
    ada, ben = world.ready(module, 2)
    ada.passes()
    answered(ada.review(1), 200)
    assert problem(ada.review(2)) == (404, "not-found")
    assert problem(ben.review(1)) == (404, "not-found")
    stranger = world.learner()
    stranger.module = module
    assert problem(stranger.review(1)) == (404, "not-found")


def test_a_review_shows_the_key_as_it_was_mended(world: World) -> None:
    module = world.published(test={"review": "after_pass"})
    ada = world.learner().is_ready_for(module)
    form = ada.begins()
    single = [question["question_id"] for question in form["questions"] if question["kind"] == "single"]
    rekeyed, voided, *_ = single
    [right], [wrong] = module.right(form)[rekeyed], module.wrong(form)[rekeyed]
    answered(ada.submit(module.right(form)), 202)
    world.deliver()
    answered(world.author.rekeys(module, rekeyed, wrong), 202)
    answered(world.author.voids(module, voided), 202)
    world.deliver()
    review = answered(ada.review(), 200)
    asked = {question["question_id"]: question for question in review["questions"]}
    marks = {option["option_id"]: (option["correct"], option["chosen"]) for option in asked[rekeyed]["options"]}
    assert (marks[right], marks[wrong]) == ((False, True), (True, False))
    assert (asked[rekeyed]["points"], asked[rekeyed]["voided"]) == (0, False)
    assert (asked[voided]["points"], asked[voided]["max_points"], asked[voided]["voided"]) == (0, 0, True)
    assert (review["points"], review["max_points"], review["passed"]) == (6, 7, True)
