"""A faulty question is mended for everybody: who was failed by it passes, and nobody loses what they have."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest

from infra.local.lambdas import Invocation
from tests.flow.faulty import (
    AFTER,
    BEFORE,
    OTHERS,
    PASS,
    PASSED_AFTER,
    PASSED_BEFORE,
    SITTINGS,
    Faulty,
    sit_a_faulty_test,
)
from tests.flow.journey import Begin, World, answered, instant, problem
from tests.flow.story import end_of

A_WEEK = timedelta(days=7)
EVERYBODY = len(SITTINGS) + 1
EFFECT = {
    "attempts": len(SITTINGS),
    "newly_passed": len(PASSED_AFTER - PASSED_BEFORE),
    "points_changed": sum(BEFORE[name] != AFTER[name] for name in SITTINGS),
}


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    """One for all: each scene has a module and people of its own."""
    with begin() as world:
        yield world


@pytest.fixture(scope="module")
def another(world: World) -> Callable[[], Faulty]:
    """The scene anew, for a test that changes it."""
    numbers = count(1)
    return lambda: sit_a_faulty_test(world, f"t{next(numbers)}-")


@pytest.fixture(scope="module")
def faulty(another: Callable[[], Faulty]) -> Faulty:
    """The scene as it is before anything is mended; nobody changes it."""
    return another()


@dataclass(frozen=True)
class Mended:
    """The scene a week later, when the key was corrected; what was seen before, and of the job meanwhile."""

    faulty: Faulty
    graded_at: datetime
    results: dict[str, Any]
    numbers: dict[str, str]
    enrolments: dict[str, Any]
    certificate_of_dee: Any
    told: Any
    started: Any
    seen: list[Any]


@pytest.fixture(scope="module")
def mended(another: Callable[[], Faulty]) -> Mended:
    faulty = another()
    world, dee = faulty.world, faulty.people["dee"]
    before = Mended(
        faulty=faulty,
        graded_at=world.now,
        results=faulty.results(),
        numbers=faulty.numbers(),
        enrolments={name: learner.enrolment() for name, learner in faulty.people.items()},
        certificate_of_dee=answered(dee.certificate(dee.enrolment()["certificate"])),
        told=answered(world.author.rekeys(faulty.module, "q1", "b", dry_run=True)),
        started={},
        seen=[],
    )
    world.system.advance(A_WEEK)
    job = answered(world.author.rekeys(faulty.module, "q1", "b"), 202)["job"]
    before.started.update(world.author.job(job))

    def look(invocation: Invocation) -> None:
        if invocation.function == "Work":
            before.seen.append(world.author.job(job))

    world.system.observers.append(look)
    world.deliver()
    world.system.observers.remove(look)
    return before


def require_the_mended_results(faulty: Faulty, numbers_before: dict[str, str]) -> None:
    results = faulty.results()
    assert {name: result["points"] for name, result in results.items()} == AFTER
    assert {name for name, result in results.items() if result["passed"]} == PASSED_AFTER
    numbers = faulty.numbers()
    assert set(numbers) == PASSED_AFTER
    assert numbers.items() >= numbers_before.items()
    assert len(set(numbers.values())) == len(numbers)


# Before it


def test_before_it_the_wrong_key_decides(faulty: Faulty) -> None:
    results = faulty.results()
    assert {name: result["points"] for name, result in results.items()} == BEFORE
    assert set(faulty.numbers()) == PASSED_BEFORE
    assert "ann" not in PASSED_BEFORE


def test_a_dry_run_tells_who_would_change_and_changes_nothing(faulty: Faulty) -> None:
    tables = faulty.world.tables()
    effect = answered(faulty.world.author.rekeys(faulty.module, "q1", "b", dry_run=True), 200)
    assert effect == EFFECT
    assert effect["newly_passed"] == 1
    faulty.world.deliver()
    assert faulty.world.tables() == tables


def test_a_dry_run_over_many_is_a_job_that_tells_the_same_and_changes_no_grade(faulty: Faulty) -> None:
    world, author = faulty.world, faulty.world.author
    before = world.rows("LearningTable")
    with patch("functions.assessment.regrade.use_case.AT_ONCE", EVERYBODY - 1):
        job = answered(author.rekeys(faulty.module, "q1", "b", dry_run=True), 202)["job"]
        assert answered(author.rekeys(faulty.module, "q1", "b", dry_run=True), 202)["job"] == job
        void = answered(author.voids(faulty.module, "q1", dry_run=True), 202)["job"]
    running = author.job(job)
    assert (running["kind"], running["state"], EFFECT.keys() & running.keys()) == ("rehearsal", "running", set())
    world.deliver()
    finished = author.job(job)
    assert (finished["state"], finished["total"], finished["done"]) == ("finished", EVERYBODY, EVERYBODY)
    assert {name: finished[name] for name in EFFECT} == EFFECT
    at_once = answered(author.voids(faulty.module, "q1", dry_run=True), 200)
    assert {name: author.job(void)[name] for name in EFFECT} == at_once
    assert world.rows("LearningTable") == before
    # Which option would be right is as secret as the key.
    assert '"b"' not in str(world.rows("OperationsTable")[f"JOB#{job}", "JOB"])


def test_an_unfit_mending_is_refused_and_changes_nothing(faulty: Faulty) -> None:
    author, module = faulty.world.author, faulty.module
    tables = faulty.world.tables()
    assert problem(author.rekeys(module, "no-question", "b")) == (404, "not-found")
    assert problem(author.rekeys(module, "q1", "z")) == (422, "invalid-request")
    assert problem(author.rekeys(module, "q1", "a", "b")) == (422, "invalid-request")
    assert problem(author.rekeys(module, "q1")) == (422, "invalid-request")
    assert problem(author.rekeys(faulty.world.module("nowhere"), "q1", "b")) == (404, "not-found")
    ann = faulty.people["ann"]
    body = {"question_id": "q1", "action": "void", "reason": "I failed", "dry_run": True}
    assert problem(ann.ask("POST", f"{module.admin_path}/regrades", body)) == (403, "forbidden")
    assert faulty.world.tables() == tables


# What comes of it


def test_applied_it_does_what_the_dry_run_told(mended: Mended) -> None:
    before, after = mended.results, mended.faulty.results()
    assert mended.told == EFFECT
    assert EFFECT["points_changed"] == sum(before[name]["points"] != after[name]["points"] for name in SITTINGS)
    assert EFFECT["newly_passed"] == sum(after[name]["passed"] and not before[name]["passed"] for name in SITTINGS)
    require_the_mended_results(mended.faulty, mended.numbers)
    nothing = answered(mended.faulty.world.author.rekeys(mended.faulty.module, "q1", "b", dry_run=True))
    assert (nothing["newly_passed"], nothing["points_changed"]) == (0, 0)


def test_its_job_counts_up_to_the_end_and_ends_when_all_are_graded(mended: Mended) -> None:
    started, seen = mended.started, mended.seen
    assert (started["kind"], started["state"]) == ("regrade", "running")
    assert (started["total"], started["done"], started["failed"], started["finished_at"]) == (EVERYBODY, 0, 0, None)
    *on_the_way, finished = seen
    assert (finished["state"], finished["total"], finished["done"]) == ("finished", EVERYBODY, EVERYBODY)
    assert instant(finished["finished_at"]) == mended.graded_at + A_WEEK
    assert {each["state"] for each in on_the_way} == {"running"}
    counts = [each["done"] for each in seen]
    assert counts == sorted(counts)
    assert any(0 < each < EVERYBODY for each in counts)
    assert problem(mended.faulty.world.author.ask("GET", "/admin/jobs/regrade-0")) == (404, "not-found")


def test_the_newly_passed_is_told_certified_and_verifiable(mended: Mended) -> None:
    ann, world = mended.faulty.people["ann"], mended.faulty.world
    [failed] = world.events("cme.attempt.failed.v1", about=ann)
    [passed] = world.events("cme.attempt.passed.v1", about=ann)
    assert (failed["data"]["key_revision"], passed["data"]["key_revision"]) == (1, 2)
    enrolment = ann.enrolment()
    assert (enrolment["state"], enrolment["attempts"][0]["passed"]) == ("certified", True)
    verified = world.public(f"/verify/{enrolment['certificate']}", accept="application/json")
    assert answered(verified)["status"] == "valid"
    assert ann.pdf(enrolment["certificate"]).startswith(b"%PDF")
    # The test was completed when it was handed in, however late its fault was found.
    handed_in = instant(mended.enrolments["ann"]["attempts"][0]["submitted_at"])
    assert instant(answered(ann.certificate(enrolment["certificate"]))["completed_at"]) == handed_in
    assert problem(ann.start()) == (409, "already-passed")


def test_nobody_loses_a_pass_or_a_certificate(mended: Mended) -> None:
    dee, number = mended.faulty.people["dee"], mended.numbers["dee"]
    assert AFTER["dee"] < PASS
    assert dee.enrolment()["state"] == "certified"
    assert answered(dee.attempt())["passed"] is True
    assert answered(dee.certificate(number)) == mended.certificate_of_dee
    issued = [event["data"] for event in mended.faulty.world.events("cme.certificate.issued.v1")]
    assert [event["version"] for event in issued if event["certificate"] == number] == [1]
    assert mended.faulty.world.events("cme.certificate.reissued.v1") == []


def test_who_still_fails_hears_nothing_and_loses_no_attempt(mended: Mended) -> None:
    eve, before = mended.faulty.people["eve"], mended.enrolments["eve"]
    after = eve.enrolment()
    assert len(mended.faulty.world.events("cme.enrolment.attempt_failed.v1", about=eve)) == 1
    assert (after["state"], after["attempts_left"]) == (before["state"], before["attempts_left"])
    assert problem(eve.start()) == (409, "attempts-exhausted")


def test_every_attempt_keeps_the_grade_it_had(mended: Mended) -> None:
    for name, learner in mended.faulty.people.items():
        [attempt] = mended.faulty.world.facts_of(learner, "ATTEMPT")
        [earlier] = attempt["earlier_grades"]
        assert (float(earlier["points"]), earlier["passed"]) == (BEFORE[name], name in PASSED_BEFORE)
        assert (earlier["key_revision"], instant(earlier["graded_at"])) == (1, mended.graded_at)
        assert (attempt["key_revision"], instant(attempt["graded_at"])) == (2, mended.graded_at + A_WEEK)


def test_whoever_sits_the_test_afterwards_is_graded_by_the_mended_key_alone(mended: Mended) -> None:
    late, world = mended.faulty.late, mended.faulty.world
    form = late.begins()
    answered(late.submit({**mended.faulty.module.right(form), "q1": ["b"]}), 202)
    world.deliver()
    assert answered(late.attempt())["points"] == 10
    [attempt] = world.facts_of(late, "ATTEMPT")
    assert (attempt["key_revision"], attempt["earlier_grades"]) == (2, [])


# While it runs


@pytest.mark.parametrize("handed_in", ["while it begins", "when it is over"])
def test_an_attempt_that_is_open_meanwhile_is_graded_by_the_mended_key(
    another: Callable[[], Faulty], handed_in: str
) -> None:
    faulty = another()
    late = faulty.late
    answers = {**faulty.module.right(late.begins()), "q1": ["b"]}
    if handed_in == "while it begins":
        answered(late.submit(answers), 202)
        faulty.is_regraded()
    else:
        faulty.is_regraded()
        answered(late.submit(answers), 202)
        faulty.world.deliver()
    assert answered(late.attempt())["points"] == 10
    assert late.enrolment()["state"] == "certified"


def test_what_can_not_be_graded_has_failed_and_is_done_when_it_is_asked_for_again(
    another: Callable[[], Faulty],
) -> None:
    faulty = another()
    author = faulty.world.author
    with (
        patch("functions.assessment.grade.use_case.score", side_effect=RuntimeError("no score")),
        patch("shared.domain.job.PATIENCE", 2),
    ):
        job = faulty.is_regraded()
    told = author.job(job)
    assert (told["state"], told["done"], told["failed"]) == ("failed", 1, len(SITTINGS))
    assert faulty.is_regraded() == job
    told = author.job(job)
    assert (told["state"], told["done"], told["failed"]) == ("finished", EVERYBODY, 0)
    assert {name: result["points"] for name, result in faulty.results().items()} == AFTER


# Voided, and mended more than once


def test_a_voided_question_counts_for_nobody(another: Callable[[], Faulty]) -> None:
    faulty = another()
    numbers = faulty.numbers()
    without = {name: others for name, (_, others) in SITTINGS.items()}
    effect = answered(faulty.world.author.voids(faulty.module, "q1", dry_run=True), 200)
    newly = {name for name, points in without.items() if points * 100 >= 70 * 9} - PASSED_BEFORE
    assert (effect["newly_passed"], effect["points_changed"]) == (len(newly), len(SITTINGS))
    answered(faulty.world.author.voids(faulty.module, "q1"), 202)
    faulty.world.deliver()
    results = faulty.results()
    assert {name: (result["points"], result["max_points"]) for name, result in results.items()} == {
        name: (points, 9) for name, points in without.items()
    }
    assert faulty.numbers() == numbers


def test_statistics_flag_the_fault_and_clear_it_and_a_second_mending_builds_on_the_first(
    another: Callable[[], Faulty],
) -> None:
    faulty = another()
    world = faulty.world

    def statistics() -> tuple[Any, dict[str, Any]]:
        answered(world.author.computes_statistics(faulty.module), 202)
        world.deliver()
        report = answered(world.author.statistics(faulty.module))
        return report, {item["question_id"]: item for item in report["questions"]}

    report, items = statistics()
    assert (report["key_revision"], items["q1"]["difficulty"]) == (1, pytest.approx(2 / 6))
    assert items["q1"]["discrimination"] < 0
    assert items["q1"]["suspect"] is True
    first = faulty.is_regraded()
    report, items = statistics()
    assert (report["key_revision"], items["q1"]["difficulty"]) == (2, pytest.approx(3 / 6))
    assert items["q1"]["discrimination"] > 0
    assert items["q1"]["suspect"] is False
    second = answered(world.author.voids(faulty.module, "q2"), 202)["job"]
    assert first != second
    world.deliver()
    results = faulty.results()
    # Everybody had q2 right: one point less, of nine.
    assert {name: (result["points"], result["max_points"]) for name, result in results.items()} == {
        name: (points - 1, 9) for name, points in AFTER.items()
    }
    [attempt] = world.facts_of(faulty.people["ann"], "ATTEMPT")
    assert [grade["key_revision"] for grade in attempt["earlier_grades"]] == [1, 2]
    assert attempt["passed"] is True
    _, items = statistics()
    assert items.keys() == {"q1", *OTHERS} - {"q2"}


def test_a_module_that_has_ended_is_regraded_all_the_same(another: Callable[[], Faulty]) -> None:
    """Last of all: the clock goes on by a year."""
    faulty = another()
    ann, eve, world = faulty.people["ann"], faulty.people["eve"], faulty.world
    world.wait_until(end_of(faulty.module))
    world.retire_the_expired()
    world.deliver()
    assert [learner.enrolment()["state"] for learner in (ann, eve)] == ["lapsed", "lapsed"]
    numbers = faulty.numbers()
    faulty.is_regraded()
    require_the_mended_results(faulty, numbers)
    assert [learner.enrolment()["state"] for learner in (ann, eve)] == ["certified", "lapsed"]
