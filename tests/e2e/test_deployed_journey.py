"""The journey on the deployed form, every function under its own role."""

from botocore.exceptions import ClientError

from tests.e2e.conftest import DeployedWorld
from tests.e2e.deployed import DeployedSystem
from tests.flow.journey import JSON, answered, problem

MAY_READ_KEYS = {"Author", "ImportBank", "Grade", "Regrade", "Review"}


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


def test_a_fail_is_graded_and_a_second_attempt_has_to_wait(world: DeployedWorld) -> None:
    ben = world.learner()
    enrolment = ben.is_ready_for(world.published()).fails()
    assert enrolment["attempts"][0]["passed"] is False
    assert problem(ben.start()) == (409, "attempt-cooling-down")


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
    world.deliver()
    assert world.author.job(job)["state"] == "finished"


def test_the_schedules_run_under_their_roles(world: DeployedWorld) -> None:
    assert isinstance(world.system, DeployedSystem)
    for function in ("Retire", "CloseAttempts"):
        world.system.fire(function)


def test_an_access_token_and_none_are_refused(world: DeployedWorld) -> None:
    refused = world.system.request("GET", "/me")
    assert (refused.status, refused.json()) == (401, {"message": "Unauthorized"})


def test_the_answer_key_is_closed_to_every_role_that_has_no_need_of_it(world: DeployedWorld) -> None:
    """Under each function's own role, with the engine's authorization on."""
    system = world.system
    assert isinstance(system, DeployedSystem)
    world.published()
    table, sts = system.reference("AnswerKeyTable"), system.aws("sts")
    may_read = set()
    roles = {name: role for name, role in system.resources.items() if name.endswith("Role")}
    for name, role in roles.items():
        arn = system.aws("iam").get_role(RoleName=role)["Role"]["Arn"]
        given = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        dynamodb = system.client_as("dynamodb", given)
        try:
            dynamodb.query(
                TableName=table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": "KEY#module-1/1/1"}},
            )
            may_read.add(name.removesuffix("Role"))
        except ClientError as error:
            if "AccessDenied" not in error.response["Error"]["Code"]:
                raise
    assert may_read == MAY_READ_KEYS
