"""Messages that come to many at once: one grade, one claim, one certificate; and a regrade in the midst of it."""

import json
from typing import Any

import pytest

from functions.assessment.grade.use_case import grade_attempt
from functions.assessment.regrade.handler import post_regrade
from functions.assessment.settle.use_case import settle_grade
from functions.certification.certify.use_case import issue_version
from shared.api.contract.answer_key import RegradeBody
from shared.api.contract.operations import JobReceiptView
from shared.bootstrap import deps
from shared.domain.ids import EditionId, ModuleId
from shared.messaging.codec import decode
from tests.engine.racing import at_once, delivered, ids_of, of_author
from tests.flow.journey import DOCUMENTS, Learner, Module, World, a_bank, a_question, answered, drawing

OTHERS = [f"q{n}" for n in range(2, 11)]


@pytest.fixture
def module(world: World) -> Module:
    """Ten questions, all asked; a is right, says the key."""
    bank = a_bank(*(a_question(name) for name in ("q1", *OTHERS)))
    return world.published(bank=bank, test={"pools": drawing(10), "pass_mark": 70})


def hands_in(learner: Learner, first: str = "a", others: int = 9) -> None:
    learner.begins()
    rest = {question: ["a" if place < others else "d"] for place, question in enumerate(OTHERS)}
    answered(learner.submit({"q1": [first], **rest}), 202)


def announced(world: World, learner: Learner, kind: str) -> Any:
    """The event that the last write of a learner's record announced, before anything delivers it."""
    found = [
        row["outbox"]
        for (pk, sk), row in world.rows("LearningTable").items()
        if pk == f"LEARNER#{learner.sub}" and sk.startswith(kind)
    ]
    [[event]] = found
    return decode(_text(event)).event


def _text(event: Any) -> str:
    return json.dumps(event)


def test_twenty_graders_of_one_message_give_one_grade_and_one_event(world: World, module: Module) -> None:
    [ada] = world.ready(module, 1)
    hands_in(ada)
    submitted = announced(world, ada, "ATTEMPT#")
    at_once(20, lambda _: delivered(grade_attempt, submitted))
    [attempt] = world.facts_of(ada, "ATTEMPT")
    assert (attempt["state"], attempt["key_revision"], attempt["earlier_grades"]) == ("graded", 1, [])
    world.deliver()
    assert len(ids_of(world, "cme.attempt.passed.v1", ada)) == 1


def test_twenty_settlements_of_one_pass_draw_one_certificate_number(world: World, module: Module) -> None:
    [ada] = world.ready(module, 1)
    hands_in(ada)
    delivered(grade_attempt, announced(world, ada, "ATTEMPT#"))
    passed = announced(world, ada, "ATTEMPT#")
    at_once(20, lambda _: delivered(settle_grade, passed))
    [claim] = world.facts_of(ada, "CLAIM#")
    world.deliver()
    assert ada.enrolment()["certificate"] == claim["certificate"]
    assert len(ids_of(world, "cme.credit.claimed.v1", ada)) == 1
    assert len(ids_of(world, "cme.enrolment.passed.v1", ada)) == 1


def test_ten_certifications_of_one_claim_issue_one_version(world: World, module: Module) -> None:
    [ada] = world.ready(module, 1)
    hands_in(ada)
    delivered(grade_attempt, announced(world, ada, "ATTEMPT#"))
    delivered(settle_grade, announced(world, ada, "ATTEMPT#"))
    claimed = announced(world, ada, "CLAIM#")
    at_once(10, lambda _: delivered(issue_version, claimed))
    number = ada.enrolment()["certificate"]
    of_number = [key for key in world.rows("CertificateTable") if key[0] == f"CERTIFICATE#{number}"]
    assert sorted(sk for _, sk in of_number) == ["HEAD", "VERSION#0001"]
    documents = world.system.aws("s3").list_object_versions(
        Bucket=world.system.reference("DocumentBucket"), Prefix=f"certificates/{number}/"
    )
    assert len(documents["Versions"]) == len(DOCUMENTS)
    world.deliver()
    assert len([event for event in ids_of(world, "cme.certificate.issued.v1") if number in event]) == 1


def the_key(module: Module) -> Any:
    return deps().answer_keys.of(EditionId(ModuleId(module.module_id), module.edition), 1)


def a_rekey(question: str, *key: str) -> RegradeBody:
    return RegradeBody(question_id=question, action="rekey", key=list(key), reason="The key was wrong.")


def job_of(view: Any) -> str:
    assert isinstance(view, JobReceiptView)
    return view.job


def test_one_regrade_asked_for_twenty_times_at_once_is_one(world: World, module: Module) -> None:
    ada, ben = world.ready(module, 2)
    hands_in(ada, "b", 6)
    hands_in(ben, "a", 6)
    world.deliver()
    assert [learner.enrolment()["state"] for learner in (ada, ben)] == ["confirmed", "certified"]
    regrade = of_author(post_regrade, world.author, module)
    answers = at_once(20, lambda _: regrade.send(a_rekey("q1", "b")))
    [job] = {job_of(answer.body) for answer in answers}
    assert the_key(module).revision == 2
    world.deliver()
    assert world.author.job(job)["state"] == "finished"
    assert [learner.enrolment()["state"] for learner in (ada, ben)] == ["certified", "certified"]
    for learner in (ada, ben):
        [attempt] = world.facts_of(learner, "ATTEMPT")
        assert [grade["key_revision"] for grade in attempt["earlier_grades"]] == [1]


def test_different_regrades_at_once_are_all_in_the_key(world: World, module: Module) -> None:
    [ada] = world.ready(module, 1)
    hands_in(ada)
    world.deliver()
    mended = ["q1", *OTHERS[:3]]
    regrade = of_author(post_regrade, world.author, module)
    answers = at_once(len(mended), lambda n: regrade.send(a_rekey(mended[n], "b")))
    jobs = [job_of(answer.body) for answer in answers]
    key = the_key(module)
    assert {question for question, entry in key.entries.items() if entry.correct == {"b"}} == set(mended)
    assert key.revision == 1 + len(mended)
    world.deliver()
    assert {world.author.job(job)["state"] for job in jobs} == {"finished"}
    [attempt] = world.facts_of(ada, "ATTEMPT")
    assert attempt["key_revision"] == key.revision
    assert answered(ada.attempt())["points"] == 10 - len(mended)
    assert answered(ada.attempt())["passed"] is True


def test_what_is_graded_while_a_regrade_begins_ends_with_the_mended_key(world: World, module: Module) -> None:
    learners = world.ready(module, 10)
    for learner in learners:
        hands_in(learner, "b", 6)
    submitted = [announced(world, learner, "ATTEMPT#") for learner in learners]
    regrade = of_author(post_regrade, world.author, module)

    def act(n: int) -> None:
        if n == len(submitted):
            regrade.send(a_rekey("q1", "b"))
        else:
            delivered(grade_attempt, submitted[n])

    at_once(len(submitted) + 1, act)
    world.deliver()
    for learner in learners:
        [attempt] = world.facts_of(learner, "ATTEMPT")
        assert (attempt["key_revision"], attempt["passed"]) == (2, True)
        assert learner.enrolment()["state"] == "certified"
