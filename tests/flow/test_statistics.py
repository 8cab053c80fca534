"""What a question did in all graded attempts: how hard it was, and whether those who know more do better on it."""

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.flow.journey import Begin, Learner, Module, World, a_bank, a_question, answered, drawing, instant, problem

OTHERS = [f"q{n}" for n in range(1, 5)]


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture
def module(world: World) -> Module:
    """Five questions, all asked; a is right."""
    bank = a_bank(*(a_question(name) for name in ("q0", *OTHERS)))
    return world.published(bank=bank, test={"pools": drawing(5), "cooldown_hours": 0})


def sits(learner: Learner, first: str, others: int) -> None:
    """Hand in with ``first`` chosen in q0 (a space: nothing), and so many of the others right."""
    form = learner.begins()
    right = {question: ["a" if place < others else "b"] for place, question in enumerate(OTHERS)}
    answered(learner.submit({"q0": list(first.strip()), **right}, form["attempt"]), 202)


def sit(world: World, module: Module, sittings: Sequence[tuple[str, int]]) -> None:
    for learner, (first, others) in zip(world.ready(module, len(sittings)), sittings, strict=True):
        sits(learner, first, others)
    world.deliver()


def computed(world: World, module: Module) -> Any:
    job = answered(world.author.computes_statistics(module), 202)["job"]
    world.deliver()
    assert world.author.job(job)["state"] == "finished"
    return answered(world.author.statistics(module), 200)


def of(report: Any, question: str) -> Any:
    return next(item for item in report["questions"] if item["question_id"] == question)


def test_before_they_are_computed_there_are_none(world: World, module: Module) -> None:
    assert problem(world.author.statistics(module)) == (404, "not-found")
    assert problem(world.author.computes_statistics(world.module("no-such-module"))) == (404, "not-found")


def test_they_are_for_authors(world: World, module: Module) -> None:
    ada = world.learner()
    for method in ("GET", "POST"):
        assert problem(ada.ask(method, f"{module.admin_path}/statistics")) == (403, "forbidden")


def test_of_an_edition_that_nobody_sat_they_are_empty(world: World, module: Module) -> None:
    report = computed(world, module)
    assert (report["attempts"], report["questions"]) == (0, [])


def test_difficulty_discrimination_and_choices_are_those_of_the_graded_attempts(world: World, module: Module) -> None:
    sittings = [("a", 4), ("a", 3), ("b", 3), ("a", 1), ("c", 0), (" ", 2)]
    sit(world, module, sittings)
    report = computed(world, module)
    assert report["attempts"] == len(sittings)
    assert instant(report["computed_at"]) == world.now
    assert report["key_revision"] == 1
    item = of(report, "q0")
    assert item["shown"] == len(sittings)
    assert item["difficulty"] == pytest.approx(3 / 6)
    scored = [float(first == "a") for first, _ in sittings]
    rest = [others / 4 for _, others in sittings]
    assert item["discrimination"] == pytest.approx(statistics.correlation(scored, rest))
    assert item["discrimination"] > 0
    assert item["suspect"] is False
    assert item["chosen"] == {"a": 3, "b": 1, "c": 1}
    for place, question in enumerate(OTHERS):
        right = sum(others > place for _, others in sittings)
        assert of(report, question)["difficulty"] == pytest.approx(right / 6)
        assert sum(of(report, question)["chosen"].values()) == len(sittings)


def test_a_question_that_the_better_get_wrong_is_flagged(world: World, module: Module) -> None:
    sit(world, module, [("b", 4), ("b", 3), ("a", 1), ("a", 0)])
    report = computed(world, module)
    assert of(report, "q0")["discrimination"] < 0
    assert [item["question_id"] for item in report["questions"] if item["suspect"]] == ["q0"]


def test_where_all_do_alike_nothing_is_said_of_discrimination(world: World, module: Module) -> None:
    sit(world, module, [("a", 4), ("a", 4), ("a", 4)])
    item = of(computed(world, module), "q0")
    assert (item["difficulty"], item["discrimination"], item["suspect"]) == (1, None, False)


def test_open_attempts_and_those_without_a_grade_do_not_count_until_they_have_one(world: World, module: Module) -> None:
    sit(world, module, [("a", 4)])
    ada, ben = world.ready(module, 2)
    ada.begins()
    ben.begins()
    answered(ben.withdraw())
    assert computed(world, module)["attempts"] == 1
    answered(ada.submit({}), 202)
    world.deliver()
    world.wait(hours=1)
    report = computed(world, module)
    assert (report["attempts"], instant(report["computed_at"])) == (2, world.now)


def test_every_attempt_of_a_learner_counts(world: World, module: Module) -> None:
    [ada] = world.ready(module, 1)
    for others in (0, 4):
        sits(ada, "a", others)
        world.deliver()
    assert computed(world, module)["attempts"] == 2


def test_asked_twice_at_once_they_are_computed_by_one_job(world: World, module: Module) -> None:
    sit(world, module, [("a", 4)])
    jobs = [answered(world.author.computes_statistics(module), 202)["job"] for _ in range(2)]
    assert jobs[0] == jobs[1]
    running = world.author.job(jobs[0])
    assert (running["kind"], running["state"], running["total"], running["done"]) == ("statistics", "running", 1, 0)
    world.deliver()
    finished = world.author.job(jobs[0])
    assert (finished["state"], finished["done"], instant(finished["finished_at"])) == ("finished", 1, world.now)


def test_a_question_that_is_not_always_asked_is_judged_by_where_it_was(world: World) -> None:
    bank = a_bank(*(a_question(f"q{n}") for n in range(6)))
    module = world.published(bank=bank, test={"pools": drawing(3)})
    forms = []
    for learner in world.ready(module, 5):
        form = learner.begins()
        forms.append({question["question_id"] for question in form["questions"]})
        answered(learner.submit({question: ["a"] for question in forms[-1]}), 202)
    world.deliver()
    report = computed(world, module)
    shown = {item["question_id"]: item["shown"] for item in report["questions"]}
    assert shown == {name: sum(name in form for form in forms) for name in shown}
    assert set(shown) == set().union(*forms)


def test_more_learners_than_a_page_are_all_counted(
    world: World, module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.operations.work.use_case.PAGE", 1)
    sittings = [("a" if n % 3 else "b", n % 5) for n in range(9)]
    sit(world, module, sittings)
    before = len(world.invocations)
    report = computed(world, module)
    pages = [invocation for invocation in world.invocations[before:] if invocation.function == "Work"]
    assert len(pages) >= len(sittings)
    item = of(report, "q0")
    assert (report["attempts"], item["shown"], item["chosen"]) == (9, 9, {"a": 6, "b": 3})
    scored = [float(first == "a") for first, _ in sittings]
    rest = [others / 4 for _, others in sittings]
    assert item["discrimination"] == pytest.approx(statistics.correlation(scored, rest))
