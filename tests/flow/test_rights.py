"""Each function may do what it does and nothing else: its calls to AWS in one long story, against its policy."""

import os
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.httpsession import URLLib3Session

from infra.local.system import TEMPLATE
from infra.local.template import Template
from shared import bootstrap
from shared.api.contract.modules import JSON as JSON_BANK
from shared.api.contract.modules import QTI_PACKAGE
from shared.settings import QueueSettings
from tests.flow.journey import JSON, Begin, Learner, Module, World, a_bank, a_question, answered, drawing, instant
from tests.flow.story import EVALUATION, end_of
from tests.support import bank_files
from tests.support.rights import Right, allowed_by, asked_by

# What the policies' resources are called does not depend on these.
PARAMETERS = {"JwtIssuer": "https://issuer.example", "JwtAudience": "web", "MailFrom": "cme@society.example"}
FUNCTIONS = sorted(Template(TEMPLATE, PARAMETERS).functions())
REPEATED = ("PutItem", "DeleteItem", "TransactWriteItems")


@dataclass
class Recorder:
    """What each function asks of AWS; an address that it signs is asked with its rights, too.

    Every write on a condition is sent twice, and every other read of several items at once finds no capacity for any:
    so each function also does what it does when somebody else was quicker, or when too many ask.
    """

    asked: dict[str, set[Right]] = field(default_factory=dict)
    _batches: Counter[str] = field(default_factory=Counter)
    _wanted: dict[str, Any] = field(default_factory=dict)
    _network: URLLib3Session = field(default_factory=URLLib3Session)

    def call(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        rights = asked_by(model.service_model.service_name, model.name, params)
        self.asked.setdefault(_function(), set()).update(rights)
        self._wanted = params.get("RequestItems", {})

    def read(self, parsed: dict[str, Any], **_: Any) -> None:
        self._batches[_function()] += 1
        if self._batches[_function()] % 2:
            parsed |= {"Responses": {table: [] for table in self._wanted}, "UnprocessedKeys": self._wanted}

    def send(self, request: AWSPreparedRequest, **_: Any) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        operation = _text(headers.get("x-amz-target", "")).rpartition(".")[2]
        on_condition = operation in REPEATED and b"ConditionExpression" in _bytes(request.body)
        if on_condition or "if-none-match" in headers:
            self._network.send(request)
            request.reset_stream()


def _function() -> str:
    """The one that runs."""
    return os.environ["POWERTOOLS_SERVICE_NAME"].title().replace("_", "")


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body or b"")


@contextmanager
def recorded() -> Iterator[Recorder]:
    """Record the calls of functions whose clients are made meanwhile."""
    before, recorder = boto3.DEFAULT_SESSION, Recorder()
    boto3.setup_default_session()
    assert boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION.events.register("before-parameter-build", recorder.call)
    boto3.DEFAULT_SESSION.events.register("before-send", recorder.send)
    boto3.DEFAULT_SESSION.events.register("after-call.dynamodb.BatchGetItem", recorder.read)
    try:
        yield recorder
    finally:
        boto3.DEFAULT_SESSION = before


@dataclass(frozen=True)
class Rights:
    """By function: what it asked for in the story, and what its policy allows it."""

    asked: dict[str, set[Right]]
    allowed: dict[str, set[Right]]


def let_functions_share_nothing(world: World, patch: pytest.MonkeyPatch) -> None:
    """As on Lambda, where what one function has read and kept spares no other the call."""
    made: dict[str, bootstrap.Deps] = {}
    new = bootstrap.Deps
    patch.setattr(bootstrap, "Deps", lambda: made.setdefault(os.environ["POWERTOOLS_SERVICE_NAME"], new()))
    world.system.observers.append(lambda _: bootstrap.deps.cache_clear())


@pytest.fixture(scope="module")
def rights(begin: Begin) -> Iterator[Rights]:
    with recorded() as recorder, begin() as world, pytest.MonkeyPatch.context() as patch:
        let_functions_share_nothing(world, patch)
        patch.setattr("shared.adapters.sqs.WAIT", 0)
        # With two learners a report has several pages.
        patch.setattr("functions.operations.work.exports.PAGE", 1)
        pool = world.system.aws("cognito-idp").create_user_pool(PoolName="learners")["UserPool"]["Id"]
        os.environ["USER_POOL_ID"] = pool
        tell(world, pool)
        # With one learner a dry run is a job, as it is with many.
        patch.setattr("functions.assessment.regrade.use_case.AT_ONCE", 0)
        a_test_is_regraded(world)
        template = Template(TEMPLATE, {**PARAMETERS, "UserPoolId": pool})
        policies = {
            function: template.resolve(properties["Policies"], world.system.reference)
            for function, properties in template.functions().items()
        }
        yield Rights(
            asked=recorder.asked,
            allowed={
                function: {right for each in policy for right in allowed_by(each["Statement"])}
                for function, policy in policies.items()
            },
        )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_allowed_all_that_it_asks_for(rights: Rights, function: str) -> None:
    allowed = rights.allowed[function]
    denied = {asked for asked in rights.asked[function] if not any(each.allows(asked) for each in allowed)}
    assert denied == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_allowed_nothing_that_it_never_asks_for(rights: Rights, function: str) -> None:
    asked = rights.asked[function]
    spare = {allowed for allowed in rights.allowed[function] if not any(allowed.allows(each) for each in asked)}
    assert spare == set()


# The story: whoever adds a right adds to it what the right is for.


def tell(world: World, pool: str) -> None:
    """Everything that functions do, and all that fails which they keep."""
    pictured = authors_prepare_modules(world)
    ada = a_learner_earns(world, pictured)
    another_claims(world)
    the_office_admits_and_looks(world, ada, pictured)
    the_office_corrects(world, ada, pictured)
    a_test_is_regraded(world)
    a_module_comes_to_its_end(world)
    what_waits_is_announced_again(world)
    reports_are_written(world, ada, pictured)
    everybody_verifies(world, ada)
    a_learner_is_erased(world, pool)
    what_fails_is_kept_and_sent_again(world)
    answered(world.admin.ask("GET", "/admin/audit?from=1"))
    answered(world.admin.ask("GET", "/admin/audit/verification"))


def authors_prepare_modules(world: World) -> Module:
    """A module of three editions with pictures: retired, out, and one whose bank is uploaded."""
    author = world.author
    content = {"test": {"pools": drawing(1, "default"), "review": "after_pass"}}
    first = world.module("pictured", **content)
    answered(author.drafts(first), 201)
    answered(author.ask("PUT", f"{first.admin_path}/questions", bank_files.JSON_WITH_IMAGE, content_type=JSON_BANK))
    for accept in (JSON_BANK, QTI_PACKAGE):
        assert author.ask("GET", f"{first.admin_path}/questions", accept=accept).status == 200
    answered(author.ask("GET", first.admin_path))
    answered(author.ask("GET", f"{first.admin_path}/preview"))
    answered(author.publishes(first), 200)
    answered(author.ask("POST", f"{first.admin_path}/errata", {"text": "Slide 3.", "reason": "seen"}), 201)
    answered(author.ask("GET", f"{first.admin_path}/errata"))
    second = world.module("pictured", edition=2, **content)
    answered(author.ask("PUT", f"{second.admin_path}?from=1", second.content), 201)
    upload_bank(world, second, bank_files.PACKAGE_WITH_IMAGE)
    answered(author.ask("GET", "/admin/modules"))
    for path in ("/modules", f"{first.path}", "/openapi.json"):
        answered(world.public(path))
    bank = answered(author.ask("GET", f"{first.admin_path}/questions"))
    return Module(first.module_id, 1, first.content, bank)


def upload_bank(world: World, module: Module, bank: bytes) -> None:
    path = f"{module.admin_path}/questions/uploads"
    awaited = answered(world.author.ask("POST", path, {"media_type": QTI_PACKAGE}), 202)
    headers = {"Content-Type": QTI_PACKAGE}
    with urllib.request.urlopen(urllib.request.Request(awaited["url"], method="PUT", data=bank, headers=headers)):
        pass
    world.deliver()
    assert world.author.job(awaited["job"])["state"] == "finished"


def a_learner_earns(world: World, module: Module) -> Learner:
    """After a fail; all that there is to see is looked at."""
    ada = world.learner("ada", name="Ada Lovelace")
    answered(ada.ask("GET", "/me"))
    ada.is_ready_for(module)
    answered(ada.watch((0, 60)))
    form = answered(ada.ask("POST", f"{module.path}/enrolment/attempts"), 201)
    answered(ada.save(module.wrong(form)))
    answered(ada.attempt())
    answered(ada.submit(), 202)
    world.deliver()
    world.wait(hours=24)
    number = ada.passes()["certificate"]
    answered(ada.review(2))
    answered(ada.ask("GET", f"{module.path}/enrolment/attempts/2/review"))
    for path in ("/certificates", f"/certificates/{number}", "/transcript", f"/certificates/{number}/credential"):
        answered(ada.ask("GET", path))
    assert ada.ask("GET", "/transcript", accept="application/pdf").status == 200
    assert ada.pdf(number)
    answered(ada.earned_elsewhere(), 201)
    ada.all_that_is_held()
    return ada


def another_claims(world: World) -> None:
    """Reminded of it shortly before the window closes."""
    module = world.published(claim="claimed", evaluation=EVALUATION)
    gus = world.learner("gus").is_ready_for(module)
    gus.passes()
    answered(gus.ask("PUT", f"{module.path}/enrolment/evaluation", {"answers": {"useful": "very"}}))
    closes_at = gus.enrolment()["claim_until"]
    world.wait_until(instant(closes_at) - timedelta(days=1))
    assert world.remind()["claims"] == 1
    answered(gus.claim(("ESMO-MORA", "1.00")), 202)
    world.deliver()


def the_office_admits_and_looks(world: World, ada: Learner, module: Module) -> None:
    admin, cy = world.admin, world.learner("cy", member=False)
    declining = world.published(prerequisites=[module.module_id])
    answered(cy.ask("PUT", f"{declining.path}/enrolment"), 202)
    world.deliver()
    assert answered(cy.ask("GET", f"{declining.path}/enrolment"))["state"] == "declined"
    answered(admin.ask("POST", "/admin/memberships", "learner_id,member,until\ncy,true,\n", content_type="text/csv"))
    answered(admin.accommodates(ada.sub, module, minutes=15))
    award = {"module_id": declining.module_id, "edition": 1, "passed_at": world.now.isoformat(), "reason": "On paper"}
    answered(cy.introduce())
    answered(admin.ask("POST", "/admin/learners/cy/awards", award), 201)
    world.deliver()
    for path in (
        "memberships",
        "learners/cy/membership",
        f"learners/ada/accommodations/{module.module_id}",
        "learners/ada/accommodations",
        "accommodations",
        "learners?q=lovelace",
        "learners",
        "learners/ada",
        f"learners/ada/evidence/{module.module_id}",
        f"modules/{module.module_id}/editions/1/enrolments",
        f"modules/{module.module_id}/editions/1/enrolments/sample?n=1&seed=a",
    ):
        answered(admin.ask("GET", f"/admin/{path}"))


def the_office_corrects(world: World, ada: Learner, module: Module) -> None:
    admin, number = world.admin, answered(ada.ask("GET", "/certificates"))["certificates"][0]["number"]
    answered(admin.certificate(number))
    for step in (
        lambda: admin.reissues(number, attested_name="Countess Lovelace"),
        lambda: admin.revokes(number),
        lambda: admin.restores(number),
        lambda: admin.reissues_all(module, "spring"),
    ):
        answered(step())
        world.deliver()


def a_test_is_regraded(world: World) -> None:
    """Tried at first, and looked into."""
    bank = a_bank(a_question("q1"), a_question("q2"))
    module = world.published(bank=bank, test={"pools": drawing(2), "pass_mark": 100, "attempts": 1})
    learner = world.learner().is_ready_for(module)
    learner.begins()
    answered(learner.submit({"q1": ["b"], "q2": ["a"]}), 202)
    world.deliver()
    answered(world.author.rekeys(module, "q1", "b", dry_run=True))
    world.deliver()
    answered(world.author.rekeys(module, "q1", "b"), 202)
    world.deliver()
    assert learner.enrolment()["state"] == "certified"
    answered(world.author.computes_statistics(module), 202)
    world.deliver()
    answered(world.author.statistics(module))


def a_module_comes_to_its_end(world: World) -> None:
    module = world.published(expires_on=(world.today + timedelta(days=5)).isoformat())
    sitting, waiting = world.ready(module, 2)
    world.wait_until(end_of(module) - timedelta(days=1))
    assert world.remind()["notices"] > 0
    world.deliver()
    sitting.begins()
    world.wait_until(end_of(module) + timedelta(minutes=2))
    assert world.retire_the_expired() == 1
    assert world.close_the_overdue() == 1
    world.deliver()
    assert waiting.enrolment()["state"] == "lapsed"


def what_waits_is_announced_again(world: World) -> None:
    """In each table that has what waits."""
    module, other = world.published(), world.published()
    answered(world.author.retires(other))
    answered(world.learner().enrol(module), 202)
    answered(world.author.computes_statistics(module), 202)
    world.wait(minutes=6)
    assert world.recover()["announced"] == 3
    world.deliver()


def reports_are_written(world: World, ada: Learner, module: Module) -> None:
    """Page by page; of one edition, and of all."""
    answered(ada.introduce(reporting_consent=True))
    world.ready(module, 1)
    export = world.admin.exports("participants.csv", module_id=module.module_id, edition=1)
    answered(world.admin.accepts(export.job["job"]))
    world.admin.exports("xapi.json")


def everybody_verifies(world: World, ada: Learner) -> None:
    number = answered(ada.ask("GET", "/certificates"))["certificates"][0]["number"]
    answered(world.public(f"/verify/{number}", **JSON))
    assert world.stands(ada.badge(number))
    answered(world.public("/.well-known/jwks.json"))


def a_learner_is_erased(world: World, pool: str) -> None:
    """With the account; the evidence as long as it is to be kept."""
    cognito = world.system.aws("cognito-idp")
    made = cognito.admin_create_user(UserPoolId=pool, Username="someone")["User"]
    sub = next(one["Value"] for one in made["Attributes"] if one["Name"] == "sub")
    zenobia = world.learner(sub, name="Zenobia")
    zenobia.earns(world.published())
    zenobia.asks_to_be_erased()
    world.go_on_with_what_waits(minutes=6)
    assert cognito.list_users(UserPoolId=pool)["Users"] == []
    world.wait(days=7 * 366)
    assert world.destroy_the_outdated() > 0


def what_fails_is_kept_and_sent_again(world: World) -> None:
    queues = QueueSettings.from_env().queues
    for queue in queues:
        world.send(f"{queue.title()}Queue", "poison")
    broken = {"pk": {"S": "LEARNER#broken"}, "sk": {"S": "X"}, "outbox": {"S": "no JSON"}}
    world.system.aws("dynamodb").put_item(TableName=world.system.reference("LearningTable"), Item=broken)
    world.deliver()
    answered(world.admin.ask("GET", "/admin/queues"))
    for queue in queues:
        answered(world.admin.ask("POST", f"/admin/queues/{queue}/redrive"), 202)
