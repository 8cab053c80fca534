"""The people of the story, with the sentences they say to the API, and what the queues brought meanwhile."""

import copy
import csv
import io
import json
import re
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from infra.local import sample
from infra.local.gateway import Response
from infra.local.lambdas import Invocation
from infra.local.outbox import SentMail
from infra.local.system import LocalSystem
from shared.bootstrap import deps
from tests.support.verification import is_set, verify_proof

# Four days before the real module's first edition expires.
START = datetime(2022, 5, 1, 8, tzinfo=UTC)
JSON = {"accept": "application/json"}
PROBLEM_TYPE = re.compile(r"https://[^/]+/(?P<slug>[a-z-]+)")
PROBLEM_FIELDS = {"type", "title", "status", "detail", "instance"}
TABLES = (
    "CatalogueTable",
    "QuestionTable",
    "AnswerKeyTable",
    "LearningTable",
    "CertificateTable",
    "OperationsTable",
    "AuditTable",
)
DOCUMENTS = {"pdf_sha256": "pdf", "credential_sha256": "json", "jwt_sha256": "jwt"}
"""How the documents of a version end, by what CertificateTable calls their digests."""
TOLD_QUEUES = ("NotificationsQueue", "StatusesQueue")
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Answers = dict[str, list[str]]
Bank = dict[str, list[dict[str, Any]]]
Rows = dict[tuple[str, str], dict[str, Any]]


def answered(response: Response, status: int | None = None) -> Any:
    """The JSON of an answer with ``status``, or with any 2xx."""
    wanted = response.status == status if status else 200 <= response.status < 300
    assert wanted, f"{response.status}: {response.body.decode()}"
    return response.json()


def problem(response: Response) -> tuple[int, str]:
    """Status and slug of a problem, which has the shape of RFC 9457."""
    assert response.headers["content-type"] == "application/problem+json", response.body.decode()
    body = response.json()
    assert set(body) >= PROBLEM_FIELDS
    assert body["status"] == response.status
    assert body["title"]
    assert body["detail"]
    found = PROBLEM_TYPE.fullmatch(body["type"])
    assert found, body["type"]
    if found["slug"] == "invalid-request":
        assert body["errors"]
        assert all(set(error) == {"loc", "msg"} for error in body["errors"])
    return response.status, found["slug"]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass(frozen=True)
class Module:
    """An edition as its author sent it, with the bank that only authors know."""

    module_id: str
    edition: int
    content: dict[str, Any]
    bank: dict[str, Any]

    @property
    def path(self) -> str:
        return f"/modules/{self.module_id}"

    @property
    def admin_path(self) -> str:
        return f"/admin/modules/{self.module_id}/editions/{self.edition}"

    @property
    def rationales(self) -> list[str]:
        return [question["rationale"] for question in self.bank["questions"]]

    def right(self, form: Mapping[str, Any]) -> Answers:
        """The right answer to every question of a form."""
        key = {
            question["question_id"]: [option["option_id"] for option in question["options"] if option["correct"]]
            for question in self.bank["questions"]
        }
        return {question["question_id"]: key[question["question_id"]] for question in form["questions"]}

    def wrong(self, form: Mapping[str, Any]) -> Answers:
        """A wrong answer to every question of a form."""
        right = self.right(form)
        return {
            question["question_id"]: [
                next(
                    option["option_id"]
                    for option in question["options"]
                    if [option["option_id"]] != right[question["question_id"]]
                )
            ]
            for question in form["questions"]
        }


class Client:
    """Somebody with an id token; ``heard`` is all that the API answered."""

    def __init__(self, world: "World", sub: str, *, name: str | None = None, groups: Sequence[str] = ()) -> None:
        self.world = world
        self.sub = sub
        self.full_name = name or f"Dr. {sub.title()}"
        self.groups = list(groups)
        self.heard: list[Response] = []

    @property
    def token(self) -> str:
        return self.world.system.token(self.sub, name=self.full_name, groups=self.groups or None)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.world.system.request(method, path, self.token, body, sent)
        self.heard.append(response)
        return response


class Author(Client):
    """Writes modules; may do what authors may."""

    def drafts(self, module: Module, **headers: str) -> Response:
        return self.ask("PUT", module.admin_path, module.content, **headers)

    def attaches_bank(self, module: Module) -> Response:
        return self.ask("PUT", f"{module.admin_path}/questions", module.bank)

    def publishes(self, module: Module) -> Response:
        return self.ask("POST", f"{module.admin_path}/publication", {})

    def retires(self, module: Module, reason: str = "a faulty slide") -> Response:
        return self.ask("POST", f"{module.admin_path}/retirement", {"reason": reason})

    def rekeys(self, module: Module, question: str, *key: str, dry_run: bool = False) -> Response:
        """Say which options of a question are right after all."""
        amendment = {"action": "rekey", "key": list(key), "reason": "The key was wrong."}
        return self._amends(module, question, amendment, dry_run)

    def voids(self, module: Module, question: str, *, dry_run: bool = False) -> Response:
        """Let a question count for nobody."""
        return self._amends(module, question, {"action": "void", "reason": "The question is faulty."}, dry_run)

    def _amends(self, module: Module, question: str, amendment: dict[str, Any], dry_run: bool) -> Response:
        body = {"question_id": question, "dry_run": dry_run, **amendment}
        return self.ask("POST", f"{module.admin_path}/regrades", body)

    def computes_statistics(self, module: Module) -> Response:
        return self.ask("POST", f"{module.admin_path}/statistics")

    def statistics(self, module: Module) -> Response:
        return self.ask("GET", f"{module.admin_path}/statistics")

    def job(self, job: str) -> Any:
        """How far a job is."""
        return answered(self.ask("GET", f"/admin/jobs/{job}"), 200)


@dataclass(frozen=True)
class Export:
    """A finished export, and its file as it was fetched."""

    job: dict[str, Any]
    file: bytes
    headers: dict[str, str]

    @property
    def skipped(self) -> dict[str, list[str]]:
        """The reasons, by learner."""
        reasons: dict[str, list[str]] = {}
        for skip in self.job["skipped"]:
            reasons.setdefault(skip["learner"], []).append(skip["reason"])
        return reasons

    def json(self) -> Any:
        return json.loads(self.file)

    def rows(self) -> list[dict[str, str]]:
        """The lines of a CSV file."""
        return list(csv.DictReader(io.StringIO(self.file.decode("utf-8-sig"), newline="")))


class Admin(Client):
    """The society's office."""

    def admits(self, learner: str, *, member: bool = True, until: date | None = None) -> Response:
        body = {"member": member} | ({"until": until.isoformat()} if until else {})
        return self.ask("PUT", f"/admin/learners/{learner}/membership", body)

    def accommodates(self, learner: str, module: Module, *, minutes: int = 0, attempts: int = 0) -> Response:
        granted = {"extra_minutes": minutes, "extra_attempts": attempts, "reason": "A certified need"}
        return self.ask("PUT", f"/admin/learners/{learner}/accommodations/{module.module_id}", granted)

    def accommodation(self, learner: str, module: Module) -> Response:
        return self.ask("GET", f"/admin/learners/{learner}/accommodations/{module.module_id}")

    def joins(self, primary: str, other: str, reason: str = "The same licence") -> Response:
        return self.ask("POST", f"/admin/learners/{primary}/identities", {"learner_id": other, "reason": reason})

    def separates(self, primary: str, other: str) -> Response:
        return self.ask("DELETE", f"/admin/learners/{primary}/identities/{other}")

    def learners_page(self, learner: str) -> Any:
        """The one page about a learner."""
        return answered(self.ask("GET", f"/admin/learners/{learner}"), 200)

    def reissues(self, number: str, supersedes: int = 1, **correction: str) -> Response:
        body = {"reason": "Name corrected", **correction}
        return self.ask("POST", f"/admin/certificates/{number}/reissues", body, if_match=f'"{supersedes}"')

    def revokes(self, number: str, reason_code: str = "issued-in-error") -> Response:
        body = {"reason_code": reason_code, "note": "by the office"}
        return self.ask("POST", f"/admin/certificates/{number}/revocation", body)

    def restores(self, number: str, reason: str = "It was right") -> Response:
        return self.ask("POST", f"/admin/certificates/{number}/restoration", {"reason": reason})

    def reissues_all(self, module: Module, key: str, reason: str = "The signatory's title", **order: bool) -> Response:
        path = f"/admin/modules/{module.module_id}/editions/{module.edition}/reissues"
        return self.ask("POST", path, {"reason": reason, **order}, idempotency_key=key)

    def job(self, job: str) -> Response:
        return self.ask("GET", f"/admin/jobs/{job}")

    def certificate(self, number: str) -> Response:
        return self.ask("GET", f"/admin/certificates/{number}")

    def starts_export(self, kind: str, **terms: Any) -> Response:
        return self.ask("POST", f"/admin/exports/{kind}", terms)

    def accepts(self, job: str) -> Response:
        return self.ask("PUT", f"/admin/exports/{job}/acceptance")

    def exports(self, kind: str, **terms: Any) -> "Export":
        """A finished export, its file fetched without a token from the address that the job gives."""
        job = answered(self.starts_export(kind, **terms), 202)["job"]
        self.world.deliver()
        return self.export(job)

    def export(self, job: str) -> "Export":
        finished = answered(self.ask("GET", f"/admin/jobs/{job}"), 200)
        assert (finished["kind"], finished["state"]) == ("export", "finished")
        with urllib.request.urlopen(finished["url"]) as answer:
            return Export(finished, answer.read(), dict(answer.headers))


class Learner(Client):
    """Reads modules and sits their tests; ``module`` is the one that was enrolled in last."""

    module: Module

    @property
    def email(self) -> str:
        """As the local issuer puts it into the token."""
        return f"{self.sub}@example.org"

    def _path(self, what: str = "") -> str:
        return f"{self.module.path}/enrolment{what}?edition={self.module.edition}"

    def enrol(self, module: Module) -> Response:
        self.module = module
        return self.ask("PUT", self._path())

    def enrolment(self) -> Any:
        return answered(self.ask("GET", self._path()))

    def withdraw(self) -> Response:
        return self.ask("DELETE", self._path())

    def acknowledge(self, information_hash: str | None = None) -> Response:
        if information_hash is None:
            card = self.ask("GET", f"{self.module.path}?edition={self.module.edition}")
            information_hash = answered(card)["information_hash"]
        return self.ask("PUT", self._path("/acknowledgement"), {"information_hash": information_hash})

    def introduce(self, **profile: Any) -> Response:
        return self.ask("PUT", "/me", {"name": self.full_name, "profession": "MD", **profile})

    def watch(self, *segments: tuple[int, int]) -> Response:
        return self.ask("POST", self._path("/views"), {"segments": [list(segment) for segment in segments]})

    def start(self) -> Response:
        return self.ask("POST", self._path("/attempts"))

    def attempt(self, number: int = 1) -> Response:
        return self.ask("GET", self._path(f"/attempts/{number}"))

    def review(self, number: int = 1) -> Response:
        return self.ask("GET", self._path(f"/attempts/{number}/review"))

    def save(self, answers: Answers, number: int = 1) -> Response:
        return self.ask("PATCH", self._path(f"/attempts/{number}/answers"), {"answers": answers})

    def submit(self, answers: Answers | None = None, number: int = 1) -> Response:
        body = {} if answers is None else {"answers": answers}
        return self.ask("POST", self._path(f"/attempts/{number}/submission"), body)

    def evaluate(self, **answers: str) -> Response:
        return self.ask("PUT", self._path("/evaluation"), {"answers": answers})

    def claim(self, *credits: tuple[str, str], **changes: Any) -> Response:
        claimed = [{"scheme": scheme, "amount": amount} for scheme, amount in credits]
        body = {"attested_name": self.full_name, "profession": "MD", "credits": claimed, **changes}
        return self.ask("PUT", self._path("/claim"), body)

    def certificate(self, number: str, version: int | None = None) -> Response:
        return self.ask("GET", f"/certificates/{number}{_version(version)}")

    def earned_elsewhere(self, **changes: Any) -> Response:
        """Enter credit of another provider by hand."""
        credit = {"earned_on": "2022-02-14", "title": "Thoracic Congress", "scheme": "EACCME", "amount": "6.00"}
        return self.ask("POST", "/transcript/external", {**credit, "provider": "Thoracic Society", **changes})

    def all_that_is_held(self) -> Any:
        """The export of everything held about the learner."""
        return answered(self.ask("GET", "/me/export"), 200)

    def asks_to_be_erased(self) -> str:
        """The job that does it."""
        job = str(answered(self.ask("DELETE", "/me"), 202)["job"])
        self.world.deliver()
        return job

    def transcript(self, query: str = "") -> Any:
        return answered(self.ask("GET", f"/transcript{query}"), 200)

    def pdf(self, number: str, version: int | None = None) -> bytes:
        """The PDF, fetched without a token from the address that the API gives."""
        address = answered(self.ask("GET", f"/certificates/{number}/pdf{_version(version)}", **JSON))["url"]
        assert urlsplit(address).hostname == "127.0.0.1"
        with urllib.request.urlopen(address) as answer:
            assert answer.headers["content-type"] == "application/pdf"
            return bytes(answer.read())

    def credential(self, number: str, version: int | None = None, **headers: str) -> Response:
        return self.ask("GET", f"/certificates/{number}/credential{_version(version)}", **headers)

    def badge(self, number: str, version: int | None = None) -> Any:
        """The credential as JSON-LD."""
        return answered(self.credential(number, version), 200)

    # Several sentences in one breath, for tests whose point comes later.

    def is_ready_for(self, module: Module) -> "Learner":
        """Enrolled and confirmed, the information acknowledged, the profile complete."""
        answered(self.enrol(module), 202)
        self.world.deliver()
        assert self.enrolment()["state"] == "confirmed"
        answered(self.acknowledge())
        answered(self.introduce())
        return self

    def begins(self) -> Any:
        """A new attempt, as it is shown."""
        return answered(self.start(), 201)

    def passes(self) -> Any:
        """Sit the test with every answer right, and take in what that sets going; the enrolment afterwards."""
        form = self.begins()
        answered(self.submit(self.module.right(form), form["attempt"]), 202)
        self.world.deliver()
        return self.enrolment()

    def fails(self) -> Any:
        """Sit the test with every answer wrong, and take in what that sets going; the enrolment afterwards."""
        form = self.begins()
        answered(self.submit(self.module.wrong(form), form["attempt"]), 202)
        self.world.deliver()
        return self.enrolment()

    def earns(self, module: Module) -> str:
        """A certificate of an automatic module; its number."""
        self.is_ready_for(module)
        enrolment = self.passes()
        assert enrolment["state"] == "certified"
        return str(enrolment["certificate"])


def a_question(
    question_id: str,
    right: str = "a",
    *,
    options: str = "abcd",
    weights: Mapping[str, str] | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """A question as its author sends it; ``right`` are the letters of its right ``options``."""
    return {
        "question_id": question_id,
        "pool": "all",
        "objective": 1,
        "kind": "single" if len(right) == 1 else "multiple",
        "stem": f"What about {question_id}?",
        "rationale": f"Because of {question_id}.",
        "options": [
            {"option_id": letter, "text": f"Option {letter}", "correct": letter in right}
            | ({"weight": weights[letter]} if weights and letter in weights else {})
            for letter in options
        ],
        **facts,
    }


def a_bank(*questions: dict[str, Any]) -> Bank:
    return {"questions": list(questions)}


def drawing(draw: int, pool: str = "all") -> list[dict[str, Any]]:
    """The pools of a test that asks so many questions of one."""
    return [{"pool": pool, "draw": draw}]


def _version(version: int | None) -> str:
    return f"?version={version}" if version else ""


@dataclass(frozen=True)
class Message:
    """An event as it came to a queue, or what came there instead of one."""

    queue: str
    body: str

    @property
    def event(self) -> Any:
        return json.loads(self.body)


class _SameDraw:
    """See ``ports.Randomness``."""

    def random(self) -> Random:
        return Random(1)


@dataclass
class World:
    """One system with its people, and all that its functions were called with."""

    system: LocalSystem
    invocations: list[Invocation] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.system.observers.append(self.invocations.append)
        self.author = Author(self, "author", groups=["author"])
        self.admin = Admin(self, "admin", groups=["admin"])
        self._learners = 0
        self._modules = 0

    def draw_the_same_form_for_all(self) -> None:
        """Chance decides no more which questions a test asks, so that what comes of it can be compared."""
        deps().randomness = _SameDraw()

    # Time and delivery

    @property
    def now(self) -> datetime:
        return self.system.clock.now()

    @property
    def today(self) -> date:
        """In the provider's zone."""
        return self.now.astimezone(ZoneInfo("Europe/Zurich")).date()

    def wait(self, **by: float) -> None:
        self.system.advance(timedelta(**by))

    def wait_until(self, at: datetime) -> None:
        self.system.advance(at - self.now)

    def deliver(self) -> None:
        self.system.drain()

    def retire_the_expired(self) -> int:
        """The schedule of retire, once; how many editions it retired."""
        return int(self.system.fire("Retire")["retired"])

    def close_the_overdue(self) -> int:
        """The schedule of close_attempts, once; how many attempts it closed."""
        return int(self.system.fire("CloseAttempts")["closed"])

    def remind(self) -> dict[str, int]:
        """The schedule of remind, once; how many notices it began and dropped, and how many claims it reminded of."""
        return dict(self.system.fire("Remind"))

    def recover(self) -> dict[str, int]:
        """The schedule of recover, once; how much it announced again and gave up, and how much is stuck."""
        return dict(self.system.fire("Recover"))

    def go_on_with_what_waits(self, **later: float) -> None:
        """Some time later, what waits for its time is taken up again."""
        self.wait(**later)
        self.recover()
        self.deliver()

    def destroy_the_outdated(self) -> int:
        """The schedule of destroy, once; how much evidence it destroyed."""
        return int(self.system.fire("Destroy")["destroyed"])

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Every version of every object in a bucket (by its logical id), by key and version."""
        s3, name = self.system.aws("s3"), self.system.reference(bucket)
        versions = s3.list_object_versions(Bucket=name).get("Versions", [])
        return {
            f"{one['Key']}@{one['VersionId']}": s3.get_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])[
                "Body"
            ].read()
            for one in versions
        }

    def send(self, queue: str, body: Any) -> None:
        """Put a message on a queue (by its logical id) as it is: text as text, anything else as JSON."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.system.aws("sqs").send_message(QueueUrl=self.system.reference(queue), MessageBody=text)

    # People and modules

    def public(self, path: str, **headers: str) -> Response:
        """What anyone gets, without a token."""
        return self.system.request("GET", path, headers={name.replace("_", "-"): headers[name] for name in headers})

    def issuer(self) -> Any:
        """The DID document of the society, as anyone gets it."""
        return answered(self.public("/.well-known/did.json"), 200)

    def status_list(self, credential: Mapping[str, Any]) -> Any:
        """The list that a credential names, as anyone gets it."""
        address = urlsplit(credential["credentialStatus"]["statusListCredential"])
        return answered(self.public(address.path), 200)

    def stands(self, credential: Mapping[str, Any]) -> bool:
        """Whether a credential is as it was signed, and its bit on the list not set."""
        issuer, status_list = self.issuer(), self.status_list(credential)
        verify_proof(dict(credential), issuer)
        verify_proof(status_list, issuer)
        return not is_set(dict(credential), status_list)

    def learner(self, sub: str | None = None, *, name: str | None = None, member: bool = True) -> Learner:
        """A new learner, a member of the society unless told otherwise."""
        self._learners += 1
        learner = Learner(self, sub or f"learner-{self._learners}", name=name)
        if member:
            answered(self.admin.admits(learner.sub))
        return learner

    def ready(self, module: Module, count: int, *, name: str | None = None) -> list[Learner]:
        """New learners whose next word is the start of their attempt."""
        learners = [self.learner(name=name, member=module.content["members_only"]) for _ in range(count)]
        for learner in learners:
            answered(learner.enrol(module), 202)
        self.deliver()
        for learner in learners:
            answered(learner.acknowledge())
            answered(learner.introduce())
        return learners

    def module(self, module_id: str | None = None, edition: int = 1, **changes: Any) -> Module:
        """The sample's edition under another name, released today and open for a year, with ``changes``.

        A change of ``test`` changes only the terms that it names; ``bank`` takes the place of the sample's.
        """
        self._modules += 1
        bank = changes.pop("bank", SAMPLE.bank)
        content = copy.deepcopy(SAMPLE.content)
        content |= {
            "released_on": self.today.isoformat(),
            "reviewed_on": self.today.isoformat(),
            "expires_on": (self.today + timedelta(days=365)).isoformat(),
        }
        for member in content["faculty"]:
            member["disclosure"]["declared_on"] = self.today.isoformat()
        content["test"] |= changes.pop("test", {})
        return Module(module_id or f"module-{self._modules}", edition, content | changes, bank)

    def published(self, module: Module | None = None, **changes: Any) -> Module:
        """A module that is out."""
        module = module or self.module(**changes)
        answered(self.author.drafts(module))
        answered(self.author.attaches_bank(module))
        answered(self.author.publishes(module), 200)
        return module

    # What came of it

    def documents(self, number: str, version: int, suffix: str) -> list[bytes]:
        """Every document that was ever stored under the name of one; there should be one."""
        s3, bucket = self.system.aws("s3"), self.system.reference("DocumentBucket")
        key = f"certificates/{number}/v{version}.{suffix}"
        stored = s3.list_object_versions(Bucket=bucket, Prefix=key).get("Versions", [])
        found = [s3.get_object(Bucket=bucket, Key=key, VersionId=one["VersionId"]) for one in stored]
        return [one["Body"].read() for one in found]

    def messages(self) -> list[Message]:
        """All that functions were called with from queues."""
        return [
            Message(record["eventSourceARN"].rpartition(":")[2], record["body"])
            for invocation in self.invocations
            if invocation.trigger == "queue"
            for record in invocation.event["Records"]
        ]

    def delivered_again(self) -> int:
        """How many messages came a second time, a third and so on."""
        messages = self.messages()
        return len(messages) - len(set(messages))

    def mails(self, to: Learner | None = None) -> list[SentMail]:
        """All mail that was sent, to one learner if one is named."""
        return [mail for mail in self.system.mails() if to is None or to.email in mail.to]

    def events(self, *types: str, about: Learner | None = None) -> list[Any]:
        """Every event that came to a queue, of ``types`` and about a learner if they are named."""
        messages = [message for message in self.messages() if not types or any(kind in message.body for kind in types)]
        return [
            event
            for event in (message.event for message in messages)
            if (not types or event["type"] in types) and (about is None or event["data"].get("learner_id") == about.sub)
        ]

    def rows(self, table: str) -> Rows:
        """All items of a table (by its logical id), their facts read."""
        client = self.system.aws("dynamodb")
        pages = client.get_paginator("scan").paginate(TableName=self.system.reference(table))
        found = (_plain(item) for page in pages for item in page["Items"])
        return {(item["pk"], item["sk"]): item for item in found}

    def tables(self) -> dict[str, Rows]:
        """Everything that is stored, documents apart."""
        return {table: self.rows(table) for table in TABLES}

    def facts_of(self, learner: Learner, kind: str) -> list[Any]:
        """What LearningTable knows of a learner's ENROLMENT, ATTEMPT, CLAIM or CREDIT, in its order."""
        rows = self.rows("LearningTable")
        return [
            rows[key]["facts"] for key in sorted(rows) if key[0] == f"LEARNER#{learner.sub}" and key[1].startswith(kind)
        ]

    def due(self, table: str, step: str) -> list[tuple[str, str]]:
        """The keys on a table's index of what is due for ``step``, at whatever time."""
        client = self.system.aws("dynamodb")
        found = []
        for shard in range(4):
            answer = client.query(
                TableName=self.system.reference(table),
                IndexName="due",
                KeyConditionExpression="due_step = :step",
                ExpressionAttributeValues={":step": {"S": f"{step}#{shard}"}},
            )
            found += [(item["pk"]["S"], item["sk"]["S"]) for item in answer["Items"]]
        return sorted(found)


def everything(world: World) -> dict[str, str]:
    """Everything that is stored, and every message, but the evidence: by its place, as text.

    Reports that were handed over are left out: a bucket on AWS deletes them after 30 days, one in a test doesn't.
    """
    found = {
        f"{table} {key}": json.dumps(row, ensure_ascii=False)
        for table, rows in world.tables().items()
        for key, row in rows.items()
    }
    documents = world.objects("DocumentBucket").items()
    found |= {key: body.decode("utf-8", "replace") for key, body in documents if not key.startswith("exports/")}
    return found | {f"message {place}": message.body for place, message in enumerate(world.messages())}


Begin = Callable[[], AbstractContextManager[World]]
"""Begins a new world; one at a time in a process."""


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: next(iter(value.values())) for name, value in item.items()}
    for name in ("facts", "outbox"):
        if name in row:
            row[name] = json.loads(row[name])
    return row


def _sample() -> Module:
    [first, *_] = sample.editions()
    return Module(first.module_id, first.edition, first.card, first.bank)


SAMPLE = _sample()
