"""A test in all five scoring modes, from the author's bank to the learner's points."""

from collections.abc import Iterator
from fractions import Fraction

import pytest

from tests.flow.journey import Bank, Begin, Learner, World, a_bank, a_question, answered, drawing

# Right are a, b and c of five options.
WEIGHTS = {"a": "1/2", "b": "0.25", "c": "0.25", "d": "-1/2"}
MODES = ("exact", "weights", "every_option", "halves", "right_minus_wrong")


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


def name_of(mode: str) -> str:
    """The id of the question that is scored so."""
    return mode.replace("_", "-")


def in_all_modes(worth: int) -> Bank:
    return a_bank(
        *(
            a_question(
                name_of(mode),
                "abc",
                options="abcde",
                scoring=mode,
                points=worth,
                weights=WEIGHTS if mode == "weights" else None,
            )
            for mode in MODES
        )
    )


# r right ones and w wrong ones chosen of C = 3 right ones among n = 5 options; m = C - r are missed.
SHARES = {
    # r = 3, w = 0
    "abc": {"exact": 1, "weights": 1, "every_option": 1, "halves": 1, "right_minus_wrong": 1},
    # r = 2, w = 0: two and both wrong ones left of five are right; one error
    "ab": {
        "exact": 0,
        "weights": Fraction(1, 2) + Fraction(1, 4),
        "every_option": Fraction(2 + 2, 5),
        "halves": Fraction(1, 2),
        "right_minus_wrong": Fraction(2, 3),
    },
    # r = 2, w = 1: two errors
    "abd": {
        "exact": 0,
        "weights": Fraction(1, 2) + Fraction(1, 4) - Fraction(1, 2),
        "every_option": Fraction(2 + 1, 5),
        "halves": Fraction(1, 4),
        "right_minus_wrong": Fraction(2 - 1, 3),
    },
    # r = 1, w = 2: four errors; what would be negative is nothing
    "cde": {
        "exact": 0,
        "weights": 0,
        "every_option": Fraction(1 + 0, 5),
        "halves": 0,
        "right_minus_wrong": 0,
    },
    # r = 3, w = 2: choosing everything
    "abcde": {
        "exact": 0,
        "weights": Fraction(1, 2),
        "every_option": Fraction(3 + 0, 5),
        "halves": Fraction(1, 4),
        "right_minus_wrong": Fraction(3 - 2, 3),
    },
    # Unanswered is not the same as having left the wrong ones.
    "": {"exact": 0, "weights": 0, "every_option": 0, "halves": 0, "right_minus_wrong": 0},
}


def test_every_answer_earns_what_its_question_s_mode_says(world: World) -> None:
    module = world.published(bank=in_all_modes(2), test={"pools": drawing(5), "review": "after_expiry"})
    learners = dict(zip(SHARES, world.ready(module, len(SHARES)), strict=True))
    for chosen, learner in learners.items():
        learner.begins()
        answered(learner.submit({name_of(mode): list(chosen) for mode in MODES}), 202)
    world.deliver()
    for chosen, learner in learners.items():
        points = 2 * sum(SHARES[chosen].values())
        result = answered(learner.attempt())
        assert (result["points"], result["max_points"]) == (float(points), 10)
        assert result["passed"] is (points * 100 >= 70 * 10)
        assert result["by_objective"] == [{"objective": 1, "points": float(points), "max_points": 10}]
    answered(world.author.retires(module))
    world.wait(seconds=31)
    for chosen, learner in learners.items():
        review = answered(learner.review(), 200)
        shares = {question["question_id"]: question["points"] for question in review["questions"]}
        assert shares == {name_of(mode): float(2 * share) for mode, share in SHARES[chosen].items()}


def hands_in(learner: Learner, **chosen: str) -> None:
    learner.begins()
    answered(learner.submit({question: list(letters) for question, letters in chosen.items()}), 202)


def test_thirds_add_up_to_a_pass_without_rounding(world: World) -> None:
    thirds = {"a": "1/3", "b": "1/3", "c": "1/3"}
    bank = a_bank(*(a_question(name, "abc", scoring="weights", weights=thirds) for name in ("q1", "q2", "q3")))
    for mark, passed in ((33, True), (34, False)):
        module = world.published(bank=bank, test={"pools": drawing(3), "pass_mark": mark})
        [ada] = world.ready(module, 1)
        hands_in(ada, q1="a", q2="b", q3="c")
        world.deliver()
        result = answered(ada.attempt())
        assert (result["points"], result["max_points"], result["passed"]) == (1, 3, passed)


def test_the_whole_of_three_thirds_is_the_whole(world: World) -> None:
    thirds = {"a": "1/3", "b": "1/3", "c": "1/3"}
    bank = a_bank(a_question("q1", "abc", scoring="weights", weights=thirds))
    module = world.published(bank=bank, test={"pools": drawing(1), "pass_mark": 100})
    [ada] = world.ready(module, 1)
    hands_in(ada, q1="abc")
    world.deliver()
    assert ada.enrolment()["state"] == "certified"


def test_questions_weigh_by_their_points(world: World) -> None:
    bank = a_bank(a_question("light", points=1), a_question("heavy", points="2.5"))
    module = world.published(bank=bank, test={"pools": drawing(2), "pass_mark": 71})
    ada, ben = world.ready(module, 2)
    hands_in(ada, light="b", heavy="a")
    hands_in(ben, light="a", heavy="b")
    world.deliver()
    for learner, points, passed in ((ada, 2.5, True), (ben, 1, False)):
        result = answered(learner.attempt())
        assert (result["points"], result["max_points"], result["passed"]) == (points, 3.5, passed)
