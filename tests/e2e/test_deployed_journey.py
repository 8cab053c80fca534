"""The journey on the deployed form, every function under its own role."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from shared.domain.erasure import GRACE
from tests.e2e.conftest import DeployedWorld
from tests.e2e.deployed import DeployedSystem
from tests.engine.racing import at_once
from tests.flow.journey import JSON, Learner, answered, everything, problem

AT_ONCE = 8
MAY_READ_KEYS = {"Author", "ImportBank", "Grade", "Regrade", "Rehearse", "Review"}
SEVEN_YEARS = timedelta(days=7 * 366)


def subjects(learner: Learner) -> list[str]:
    """What the learner was written, without the module's title."""
    return sorted(mail.subject.partition(":")[0] for mail in learner.world.mails(learner))


def roles_that_may(system: DeployedSystem, service: str, action: Callable[[Any], Any]) -> set[str]:
    """The roles of the stack under which the engine does not deny ``action``."""
    allowed = set()
    for role in (name for name in system.resources if name.endswith("Role") or name == "EvidenceReader"):
        try:
            action(system.aws_as(role, service))
            allowed.add(role.removesuffix("Role"))
        except ClientError as error:
            if "AccessDenied" not in error.response["Error"]["Code"]:
                raise
    return allowed


def test_from_enrolment_to_restoration(world: DeployedWorld) -> None:
    module = world.published()
    ada = world.learner(name="Ada Lovlace")
    number = ada.earns(module)
    assert ada.pdf(number).startswith(b"%PDF-")
    first = ada.badge(number)
    assert world.stands(first)
    assert answered(ada.ask("GET", "/transcript"))["totals"][0]["amount"] == "1.00"
    answered(world.admin.reissues(number, attested_name="Ada Lovelace"), 202)
    world.deliver()
    seen = answered(ada.certificate(number))
    assert (seen["version"], seen["attested_name"]) == (2, "Ada Lovelace")
    second = ada.badge(number)
    assert [world.stands(badge) for badge in (first, second)] == [False, True]
    answered(world.admin.revokes(number))
    assert answered(world.public(f"/verify/{number}", **JSON))["status"] == "revoked"
    world.deliver()
    assert [world.stands(badge) for badge in (first, second)] == [False, False]
    answered(world.admin.restores(number))
    world.deliver()
    assert [world.stands(badge) for badge in (first, second)] == [False, True]
    assert answered(world.public(f"/verify/{number}", **JSON))["status"] == "valid"
    assert subjects(ada) == [
        "A new version of your certificate",
        "You are enrolled",
        "You have passed",
        "Your certificate",
        "Your certificate has been revoked",
        "Your certificate is valid again",
    ]


def test_a_fail_is_graded_and_a_second_attempt_has_to_wait(world: DeployedWorld) -> None:
    ben = world.learner()
    enrolment = ben.is_ready_for(world.published()).fails()
    assert enrolment["attempts"][0]["passed"] is False
    assert problem(ben.start()) == (409, "attempt-cooling-down")


def test_what_eight_requests_ask_for_at_once_is_done_once(world: DeployedWorld) -> None:
    module = world.published(claim="claimed")
    ada = world.learner(name="Ada Lovlace").is_ready_for(module)
    forms = [answered(each) for each in at_once(AT_ONCE, lambda _: ada.start())]
    assert {form["attempt"] for form in forms} == {1}
    assert len({json.dumps(form["questions"]) for form in forms}) == 1
    for each in at_once(AT_ONCE, lambda _: ada.submit(module.right(forms[0]))):
        answered(each)
    world.deliver()
    claims = at_once(AT_ONCE, lambda _: ada.claim(("ESMO-MORA", "1.00")))
    [number] = {answered(each)["certificate"] for each in claims}
    world.deliver()
    for each in at_once(AT_ONCE, lambda _: world.admin.reissues(number, attested_name="Ada Lovelace")):
        answered(each, 202)
    world.deliver()
    assert answered(world.admin.certificate(number))["version"] == 2
    assert [attempt["attempt"] for attempt in ada.enrolment()["attempts"]] == [1]
    assert [entry["amount"] for entry in ada.transcript()["entries"]] == ["1.00"]


def test_retirement_lapses_what_is_open_and_leaves_certificates(world: DeployedWorld) -> None:
    module = world.published()
    ada, cy = world.learner(), world.learner()
    number = ada.earns(module)
    cy.is_ready_for(module)
    answered(world.author.retires(module))
    world.deliver()
    assert cy.enrolment()["state"] == "lapsed"
    assert answered(world.public(f"/verify/{number}", **JSON))["status"] == "valid"


def test_a_regrade_lets_the_newly_passed_go_on_to_their_certificate(world: DeployedWorld) -> None:
    module = world.published()
    dee = world.learner()
    enrolment = dee.is_ready_for(module).fails()
    assert enrolment["state"] == "confirmed"
    for question in answered(dee.attempt())["by_objective"]:
        assert question["points"] == 0
    job = answered(world.author.voids(module, "q01"), 202)["job"]
    assert world.finished(job)["done"] == 1


def test_who_is_erased_leaves_evidence_that_one_role_reads_and_one_destroys(world: DeployedWorld) -> None:
    system = world.system
    assert isinstance(system, DeployedSystem)
    name = "Zenobia Quint-Okonkwo"
    zenobia = world.learner(name=name)
    number = zenobia.earns(world.published())
    assert system.accounts_of(zenobia.sub)
    job = zenobia.asks_to_be_erased()
    mark = ("LearningTable", f"LEARNER#{zenobia.sub}", "ERASURE")
    system.put_back(*mark, GRACE)
    system.put_back("OperationsTable", f"JOB#{job}", "JOB", GRACE)
    world.recover()
    world.finished(job)
    assert "holder" not in answered(world.public(f"/verify/{number}", **JSON))
    assert not [place for place, text in everything(world).items() if name in text]
    assert not system.accounts_of(zenobia.sub)

    bucket, prefix = system.reference("EvidenceBucket"), f"learners/{zenobia.sub}/"
    evidence = {"Bucket": bucket, "Key": f"{prefix}identity.json"}
    assert roles_that_may(system, "s3", lambda s3: s3.get_object(**evidence)) == {"EvidenceReader"}
    reader = system.aws_as("EvidenceReader", "s3")
    assert json.loads(reader.get_object(**evidence)["Body"].read())["profile"]["name"] == name
    kept = reader.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    system.put_back(*mark, SEVEN_YEARS)
    assert world.destroy_the_outdated() == len(kept) == 4
    assert reader.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 0


def test_the_office_reports_and_sees_what_waits_and_what_was_done(world: DeployedWorld) -> None:
    module = world.published()
    ada = world.learner(name="Ada Lovelace")
    ada.earns(module)
    answered(ada.introduce(reporting_consent=True))
    export = world.admin.exports("participants.csv", module_id=module.module_id, edition=1)
    assert [row["name"] for row in export.rows()] == ["Ada Lovelace"]
    queues = answered(world.admin.ask("GET", "/admin/queues"))["queues"]
    assert {queue.get("dead_letters", 0) for queue in queues} == {0}
    assert answered(world.admin.ask("GET", "/admin/audit/verification"))["intact"] is True


def test_the_schedules_run_under_their_roles(world: DeployedWorld) -> None:
    assert isinstance(world.system, DeployedSystem)
    for function in ("Retire", "CloseAttempts", "Remind", "Recover", "Destroy"):
        world.system.fire(function)


def test_an_access_token_and_none_are_refused(world: DeployedWorld) -> None:
    refused = world.system.request("GET", "/me")
    assert (refused.status, refused.json()) == (401, {"message": "Unauthorized"})


def test_the_answer_key_is_closed_to_every_role_that_has_no_need_of_it(world: DeployedWorld) -> None:
    """Under each function's own role, with the engine's authorization on."""
    system = world.system
    assert isinstance(system, DeployedSystem)
    world.published()
    table, part = system.reference("AnswerKeyTable"), "KEY#module-1/1/1"
    may_query = roles_that_may(
        system,
        "dynamodb",
        lambda dynamodb: dynamodb.query(
            TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": part}}
        ),
    )
    may_get = roles_that_may(
        system,
        "dynamodb",
        lambda dynamodb: dynamodb.get_item(TableName=table, Key={"pk": {"S": part}, "sk": {"S": part}}),
    )
    assert may_query | may_get == MAY_READ_KEYS
