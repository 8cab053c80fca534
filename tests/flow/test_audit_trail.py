"""Awards by hand, and what an auditor is shown of a learner."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.flow.journey import Begin, Learner, Module, World, answered, problem
from tests.flow.story import EVALUATION


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


def awarded(world: World, learner: str, module: Module, **changes: Any) -> Any:
    award = {
        "module_id": module.module_id,
        "edition": module.edition,
        "passed_at": world.now.isoformat(),
        "reason": "Sat on paper at the congress",
    }
    return world.admin.ask("POST", f"/admin/learners/{learner}/awards", award | changes)


def evidence_of(world: World, learner: Learner, module: Module, query: str = "") -> Any:
    path = f"/admin/learners/{learner.sub}/evidence/{module.module_id}{query}"
    return answered(world.admin.ask("GET", path), 200)


# Awards by hand


def test_a_test_sat_on_site_leads_to_the_certificate_and_the_transcript(world: World) -> None:
    module = world.published()
    ada = world.learner(name="Ada Award")
    answered(ada.introduce())
    award = answered(awarded(world, ada.sub, module), 201)
    assert award["by_hand"]["reason"] == "Sat on paper at the congress"
    assert award["by_hand"]["by"] == "admin"
    # Asked for again it is the one there is, before and after the certificate.
    assert answered(awarded(world, ada.sub, module), 200) == award
    world.deliver()
    assert answered(awarded(world, ada.sub, module), 200)["state"] == "certified"
    world.deliver()
    ada.module = module
    enrolment = ada.enrolment()
    assert (enrolment["state"], enrolment["attempts"]) == ("certified", [])
    assert answered(ada.certificate(enrolment["certificate"]))["attested_name"] == "Ada Award"
    assert [entry["amount"] for entry in answered(ada.ask("GET", "/transcript"))["entries"]] == ["1.00"]
    bundle = evidence_of(world, ada, module)
    assert (bundle["enrolment"]["by_hand"]["by"], bundle["attempts"], bundle["information"]) == ("admin", [], None)


def test_a_later_fail_does_not_undo_an_award(world: World) -> None:
    module = world.published()
    ada = world.learner().is_ready_for(module)
    form = ada.begins()
    answered(awarded(world, ada.sub, module), 201)
    answered(ada.submit(module.wrong(form)), 202)
    world.deliver()
    assert ada.enrolment()["state"] == "certified"
    assert problem(ada.withdraw()) == (409, "already-passed")
    assert problem(ada.start()) == (409, "already-passed")
    assert len(answered(ada.ask("GET", "/transcript"))["entries"]) == 1


def test_credit_to_be_claimed_is_claimed_by_the_learner(world: World) -> None:
    module = world.published(claim="claimed", evaluation=EVALUATION)
    ada = world.learner()
    answered(awarded(world, ada.sub, module), 201)
    world.deliver()
    ada.module = module
    assert ada.enrolment()["state"] == "passed"
    answered(ada.evaluate(useful="very"))
    answered(ada.claim(("ESMO-MORA", "1.00")), 202)
    world.deliver()
    assert ada.enrolment()["state"] == "certified"


def test_an_award_that_can_not_be_is_refused(world: World) -> None:
    module, other = world.published(), world.published()
    ada = world.learner()
    assert problem(awarded(world, ada.sub, module)) == (409, "profile-incomplete")
    answered(ada.introduce())
    assert problem(awarded(world, "nobody", module)) == (404, "not-found")
    assert problem(awarded(world, ada.sub, module, edition=9)) == (404, "not-found")
    tomorrow = (world.now + timedelta(days=1)).isoformat()
    for wrong in ({"passed_at": tomorrow}, {"passed_at": "2022-05-01T08:00:00"}, {"reason": ""}, {"edition": 0}):
        assert problem(awarded(world, ada.sub, module, **wrong)) == (422, "invalid-request"), wrong
    early = (world.now - timedelta(days=3)).isoformat()
    assert problem(awarded(world, ada.sub, module, passed_at=early)) == (409, "module-closed")
    ada.earns(other)
    assert problem(awarded(world, ada.sub, other)) == (409, "already-passed")


# Evidence


def test_the_bundle_shows_what_the_learner_was_told_asked_and_given(world: World) -> None:
    module = world.published(test={"cooldown_hours": 0})
    ada = world.learner(name="Ada Audit").is_ready_for(module)
    told = answered(world.public(module.path))["information_hash"]
    answered(ada.watch((0, 60)))
    first = ada.begins()
    answered(ada.submit(module.wrong(first)), 202)
    world.deliver()
    second = ada.begins()
    answered(ada.submit(module.right(second), 2), 202)
    world.deliver()
    number = ada.enrolment()["certificate"]
    answered(world.admin.reissues(number, attested_name="Dr. Ada Audit"), 202)
    world.deliver()
    # What comes later changes nothing of what was told.
    answered(world.admin.ask("POST", f"{module.admin_path}/errata", {"text": "Slide 3.", "reason": "seen"}), 201)

    bundle = evidence_of(world, ada, module)
    assert (bundle["name"], bundle["title"]) == ("Ada Audit", module.content["title"])
    information = bundle["information"]
    assert information["information_hash"] == told
    as_told = json.dumps(information["content"], sort_keys=True, ensure_ascii=False).encode()
    assert hashlib.sha256(as_told).hexdigest() == told
    assert "errata" not in information["content"]
    assert [attempt["grade"]["passed"] for attempt in bundle["attempts"]] == [False, True]
    for attempt, form, answers in zip(
        bundle["attempts"], (first, second), (module.wrong(first), module.right(second)), strict=True
    ):
        assert attempt["grade"]["key_revision"] == attempt["bank_revision"] == 1
        shown = [
            {name: one[name] for name in ("question_id", "kind", "stem", "options")} for one in attempt["questions"]
        ]
        assert shown == form["questions"]
        assert {one["question_id"]: one["answered"] for one in attempt["questions"]} == answers
        assert sum(one["points"] for one in attempt["questions"]) == attempt["grade"]["points"]
    assert [version["version"] for version in bundle["versions"]] == [1, 2]
    assert [version["status"] for version in bundle["versions"]] == ["superseded", "valid"]
    assert [version["attested_name"] for version in bundle["versions"]] == ["Ada Audit", "Dr. Ada Audit"]
    for version in bundle["versions"]:
        pdf = ada.pdf(number, version["version"])
        assert hashlib.sha256(pdf).hexdigest() == version["pdf_sha256"]
        assert all(credit["statement"] and credit["statement_version"] for credit in version["credits"])
    assert [(entry["scheme"], entry["amount"]) for entry in bundle["entries"]] == [("ESMO-MORA", "1.00")]
    # The key is named, never shown.
    assert not any(rationale in json.dumps(bundle) for rationale in module.rationales)


def test_a_regrade_is_seen_in_the_bundle(world: World) -> None:
    module = world.published()
    ada = world.learner().is_ready_for(module)
    ada.fails()
    question = evidence_of(world, ada, module)["attempts"][0]["questions"][0]["question_id"]
    answered(world.author.voids(module, question), 202)
    world.deliver()
    [attempt] = evidence_of(world, ada, module, "?edition=1")["attempts"]
    assert attempt["grade"]["key_revision"] == 2
    assert [grade["key_revision"] for grade in attempt["earlier_grades"]] == [1]
    assert attempt["questions"][0]["points"] is None


def test_of_whom_there_is_nothing_there_is_no_evidence(world: World) -> None:
    module = world.published()
    ada = world.learner()
    for learner, query in (("nobody", ""), (ada.sub, ""), (ada.sub, "?edition=1")):
        path = f"/admin/learners/{learner}/evidence/{module.module_id}{query}"
        assert problem(world.admin.ask("GET", path)) == (404, "not-found")


def test_a_sample_can_be_drawn_again(world: World) -> None:
    module = world.published()
    learners = {learner.sub for learner in world.ready(module, 6)}
    stranger = world.learner(member=False)
    answered(stranger.enrol(module), 202)
    world.deliver()
    path = f"{module.admin_path}/enrolments/sample"
    sample = answered(world.admin.ask("GET", f"{path}?n=3"), 200)
    assert (sample["enrolled"], len(sample["enrolments"])) == (7, 3)
    assert {one["learner_id"] for one in sample["enrolments"]} < learners
    assert answered(world.admin.ask("GET", f"{path}?n=3&seed={sample['seed']}")) == sample
    everyone = answered(world.admin.ask("GET", f"{path}?n=200"))["enrolments"]
    assert {one["learner_id"] for one in everyone} == learners
    for query in ("n=0", "n=201", "n=x", "seed="):
        assert problem(world.admin.ask("GET", f"{path}?{query}")) == (422, "invalid-request"), query
