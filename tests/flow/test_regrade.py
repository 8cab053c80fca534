"""A faulty question is mended for everybody: who was failed by it passes, and nobody loses what they have."""

from typing import Any

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
from tests.flow.journey import World, answered, instant, problem
from tests.flow.story import end_of


@pytest.fixture
def faulty(world: World) -> Faulty:
    return sit_a_faulty_test(world, "t-")


def require_the_mended_results(faulty: Faulty, numbers_before: dict[str, str]) -> None:
    results = faulty.results()
    assert {name: result["points"] for name, result in results.items()} == AFTER
    assert {name for name, result in results.items() if result["passed"]} == PASSED_AFTER
    numbers = faulty.numbers()
    assert set(numbers) == PASSED_AFTER
    assert numbers.items() >= numbers_before.items()
    assert len(set(numbers.values())) == len(numbers)


def test_before_it_the_wrong_key_decides(faulty: Faulty) -> None:
    results = faulty.results()
    assert {name: result["points"] for name, result in results.items()} == BEFORE
    assert set(faulty.numbers()) == PASSED_BEFORE
    assert "ann" not in PASSED_BEFORE


def test_a_dry_run_tells_who_would_change_and_changes_nothing(faulty: Faulty) -> None:
    tables = faulty.world.tables()
    effect = answered(faulty.world.author.rekeys(faulty.module, "q1", "b", dry_run=True), 200)
    assert effect == {
        "attempts": len(SITTINGS),
        "newly_passed": len(PASSED_AFTER - PASSED_BEFORE),
        "points_changed": sum(BEFORE[name] != AFTER[name] for name in SITTINGS),
    }
    assert effect["newly_passed"] == 1
    faulty.world.deliver()
    assert faulty.world.tables() == tables


def test_applied_it_does_what_the_dry_run_told(faulty: Faulty) -> None:
    numbers = faulty.numbers()
    told = answered(faulty.world.author.rekeys(faulty.module, "q1", "b", dry_run=True))
    before = faulty.results()
    faulty.is_regraded()
    after = faulty.results()
    assert told["points_changed"] == sum(before[name]["points"] != after[name]["points"] for name in SITTINGS)
    assert told["newly_passed"] == sum(after[name]["passed"] and not before[name]["passed"] for name in SITTINGS)
    require_the_mended_results(faulty, numbers)
    nothing = answered(faulty.world.author.rekeys(faulty.module, "q1", "b", dry_run=True))
    assert (nothing["newly_passed"], nothing["points_changed"]) == (0, 0)


def test_its_job_counts_up_to_the_end(faulty: Faulty) -> None:
    world, seen = faulty.world, []
    job = answered(world.author.rekeys(faulty.module, "q1", "b"), 202)["job"]

    def look(invocation: Invocation) -> None:
        if invocation.function == "Work":
            seen.append(world.author.job(job))

    started = world.author.job(job)
    everybody = len(SITTINGS) + 1
    assert (started["kind"], started["state"]) == ("regrade", "running")
    assert (started["total"], started["done"], started["failed"], started["finished_at"]) == (everybody, 0, 0, None)
    world.system.observers.append(look)
    world.wait(minutes=1)
    world.deliver()
    world.system.observers.remove(look)
    finished = seen[-1]
    assert (finished["state"], finished["total"], finished["done"]) == ("finished", everybody, everybody)
    assert instant(finished["finished_at"]) == world.now
    assert {each["state"] for each in seen[:-1]} == {"running"}
    assert any(0 < each["done"] < everybody for each in seen[:-1])
    assert all(each["done"] <= everybody for each in seen)
    assert problem(world.author.ask("GET", "/admin/jobs/regrade-0")) == (404, "not-found")


def test_the_newly_passed_is_told_certified_and_verifiable(faulty: Faulty) -> None:
    ann, world = faulty.people["ann"], faulty.world
    [failed] = world.events("cme.attempt.failed.v1", about=ann)
    handed_in = instant(ann.enrolment()["attempts"][0]["submitted_at"])
    world.wait(days=7)
    faulty.is_regraded()
    [passed] = world.events("cme.attempt.passed.v1", about=ann)
    assert (failed["data"]["key_revision"], passed["data"]["key_revision"]) == (1, 2)
    enrolment = ann.enrolment()
    assert (enrolment["state"], enrolment["attempts"][0]["passed"]) == ("certified", True)
    verified = world.public(f"/verify/{enrolment['certificate']}", accept="application/json")
    assert answered(verified)["status"] == "valid"
    assert ann.pdf(enrolment["certificate"]).startswith(b"%PDF")
    # The test was completed when it was handed in, however late its fault was found.
    assert instant(answered(ann.certificate(enrolment["certificate"]))["completed_at"]) == handed_in
    assert problem(ann.start()) == (409, "already-passed")


def test_nobody_loses_a_pass_or_a_certificate(faulty: Faulty) -> None:
    dee = faulty.people["dee"]
    number = dee.enrolment()["certificate"]
    certificate = answered(dee.certificate(number))
    faulty.is_regraded()
    assert AFTER["dee"] < PASS
    assert dee.enrolment()["state"] == "certified"
    assert answered(dee.attempt())["passed"] is True
    assert answered(dee.certificate(number)) == certificate
    issued = [event["data"] for event in faulty.world.events("cme.certificate.issued.v1")]
    assert [event["version"] for event in issued if event["certificate"] == number] == [1]
    assert faulty.world.events("cme.certificate.reissued.v1") == []


def test_who_still_fails_hears_nothing_and_loses_no_attempt(faulty: Faulty) -> None:
    eve = faulty.people["eve"]
    before = eve.enrolment()
    faulty.is_regraded()
    after = eve.enrolment()
    assert len(faulty.world.events("cme.enrolment.attempt_failed.v1", about=eve)) == 1
    assert (after["state"], after["attempts_left"]) == (before["state"], before["attempts_left"])
    assert problem(eve.start()) == (409, "attempts-exhausted")


def test_every_attempt_keeps_the_grade_it_had(faulty: Faulty) -> None:
    graded_at = faulty.world.now
    faulty.world.wait(days=1)
    faulty.is_regraded()
    for name, learner in faulty.people.items():
        [attempt] = faulty.world.facts_of(learner, "ATTEMPT")
        [earlier] = attempt["earlier_grades"]
        assert (float(earlier["points"]), earlier["passed"]) == (BEFORE[name], name in PASSED_BEFORE)
        assert (earlier["key_revision"], instant(earlier["graded_at"])) == (1, graded_at)
        assert (attempt["key_revision"], instant(attempt["graded_at"])) == (2, faulty.world.now)


def test_whoever_sits_the_test_afterwards_is_graded_by_the_mended_key_alone(faulty: Faulty) -> None:
    faulty.is_regraded()
    late = faulty.late
    form = late.begins()
    answered(late.submit({**faulty.module.right(form), "q1": ["b"]}), 202)
    faulty.world.deliver()
    assert answered(late.attempt())["points"] == 10
    [attempt] = faulty.world.facts_of(late, "ATTEMPT")
    assert (attempt["key_revision"], attempt["earlier_grades"]) == (2, [])


def test_an_attempt_that_is_open_meanwhile_is_graded_by_the_mended_key(faulty: Faulty) -> None:
    late = faulty.late
    form = late.begins()
    faulty.is_regraded()
    answered(late.submit({**faulty.module.right(form), "q1": ["b"]}), 202)
    faulty.world.deliver()
    assert answered(late.attempt())["points"] == 10


def test_an_attempt_handed_in_while_it_begins_ends_with_the_mended_key(faulty: Faulty) -> None:
    late = faulty.late
    form = late.begins()
    answered(late.submit({**faulty.module.right(form), "q1": ["b"]}), 202)
    faulty.is_regraded()
    assert answered(late.attempt())["points"] == 10
    assert late.enrolment()["state"] == "certified"


def test_a_module_that_has_ended_is_regraded_all_the_same(faulty: Faulty) -> None:
    ann, eve, world = faulty.people["ann"], faulty.people["eve"], faulty.world
    world.wait_until(end_of(faulty.module))
    world.retire_the_expired()
    world.deliver()
    assert [learner.enrolment()["state"] for learner in (ann, eve)] == ["lapsed", "lapsed"]
    numbers = faulty.numbers()
    faulty.is_regraded()
    require_the_mended_results(faulty, numbers)
    assert [learner.enrolment()["state"] for learner in (ann, eve)] == ["certified", "lapsed"]


def test_a_voided_question_counts_for_nobody(faulty: Faulty) -> None:
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


def test_a_second_mending_builds_on_the_first(faulty: Faulty) -> None:
    first = faulty.is_regraded()
    second = answered(faulty.world.author.voids(faulty.module, "q2"), 202)["job"]
    assert first != second
    faulty.world.deliver()
    results = faulty.results()
    # Everybody had q2 right: one point less, of nine.
    assert {name: (result["points"], result["max_points"]) for name, result in results.items()} == {
        name: (points - 1, 9) for name, points in AFTER.items()
    }
    [attempt] = faulty.world.facts_of(faulty.people["ann"], "ATTEMPT")
    assert [grade["key_revision"] for grade in attempt["earlier_grades"]] == [1, 2]
    assert attempt["passed"] is True


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


def test_statistics_flag_the_fault_and_clear_it_afterwards(faulty: Faulty) -> None:
    world = faulty.world

    def of_q1() -> Any:
        answered(world.author.computes_statistics(faulty.module), 202)
        world.deliver()
        report = answered(world.author.statistics(faulty.module))
        [item] = [item for item in report["questions"] if item["question_id"] == "q1"]
        return report, item

    report, item = of_q1()
    assert (report["key_revision"], item["difficulty"]) == (1, pytest.approx(2 / 6))
    assert item["discrimination"] < 0
    assert item["suspect"] is True
    faulty.is_regraded()
    report, item = of_q1()
    assert (report["key_revision"], item["difficulty"]) == (2, pytest.approx(3 / 6))
    assert item["discrimination"] > 0
    assert item["suspect"] is False
    answered(world.author.voids(faulty.module, "q1"), 202)
    world.deliver()
    answered(world.author.computes_statistics(faulty.module), 202)
    world.deliver()
    shown = {each["question_id"] for each in answered(world.author.statistics(faulty.module))["questions"]}
    assert shown == set(OTHERS)
