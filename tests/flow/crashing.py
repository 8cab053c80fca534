"""Acts of the journey that are disturbed at one of their calls to AWS, and what is left of them at the end."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from infra.local.clock import LocalClock
from infra.local.gateway import Response
from infra.local.lambdas import Lambdas
from infra.local.system import LocalSystem
from shared.adapters.dynamo.store import shard_of
from shared.domain.certificate_number import certificate_number
from tests.flow.journey import START, TABLES, Learner, Module, World, a_bank, a_question, answered, drawing

# How often an item was written, what its last write announced and when somebody looks again may differ.
ASIDE = ("version", "outbox", "due_step", "due_at", "edition_shard", "listed", "expires")
# Of a mail, also who sent it at last, and whether somebody was in doubt about it.
ASIDE_OF_MAILS = ("doubts", "sender", "message_id")
# What is delivered again comes a little later: instants are compared by the hour.
INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d):\d\d:\d\d(\.\d+)?Z")
UNTIL_DELIVERED_AGAIN = timedelta(seconds=120)
NUMBER = re.compile(r"CME(-[0-9A-Z]{5}){3}-[0-9A-Z]{6}|CME(-[0-9A-Z]{5}){4}")
JOB = re.compile(r"\b([a-z]+)-[0-9a-f]{24}\b")
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CONTENT_HASH = re.compile(r"\b[0-9a-f]{64}\b")
READS = ("Get", "BatchGet", "Query", "List")
BATCH = 25  # items in one write
_TIMES = count(1)  # so that no two doubles ever have a name in common


class Kind(StrEnum):
    """What happens to one call."""

    BEFORE = "killed before the call"
    AFTER = "killed when it took effect and before its answer came"
    LOST = "its answer is lost and the SDK sends it again"


class Killed(BaseException):
    """The process is gone: nothing in it gets to know."""


@dataclass
class Disturbance:
    """What happens at which call of the functions.

    ``calls`` are those made since the last ``begin``; of ``every`` kind, else without those that only read.
    """

    every: bool
    calls: list[str] = field(default_factory=list)
    happened: bool = False
    _counts: bool = False
    _point: int | None = None
    _kind: Kind | None = None
    _network: URLLib3Session = field(default_factory=URLLib3Session)

    def begin(self, kind: Kind | None = None, point: int | None = None) -> None:
        self.calls, self.happened, self._kind, self._point = [], False, kind, point

    def before(self, model: Any, **_: Any) -> None:
        self._counts = self.every or not model.name.startswith(READS)
        if self._counts:
            self.calls.append(f"{model.service_model.service_name}.{model.name}")
        if self._is_now(Kind.BEFORE):
            raise Killed

    def after(self, **_: Any) -> None:
        if self._is_now(Kind.AFTER):
            raise Killed

    def send(self, request: AWSPreparedRequest, **_: Any) -> None:
        if self._is_now(Kind.LOST):
            self._network.send(request)
            raise ConnectionClosedError(endpoint_url=request.url)

    def _is_now(self, kind: Kind) -> bool:
        is_point = self._counts and len(self.calls) - 1 == self._point
        now = is_point and self._kind is kind and not self.happened
        self.happened = self.happened or now
        return now


class RewindableClock(LocalClock):
    """Goes back to its start, so that an act happens at the same instants each time."""

    def rewind(self, to: timedelta = timedelta()) -> None:
        self._start = START + to


@contextmanager
def disturbed_world(state: Path, *, every: bool) -> Iterator[tuple[World, Disturbance]]:
    """A world whose functions' calls can be disturbed, and whose clients ask again after a fault."""
    before = boto3.DEFAULT_SESSION
    boto3.setup_default_session()
    disturbance = Disturbance(every)
    assert boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION.events.register("before-call", disturbance.before)
    boto3.DEFAULT_SESSION.events.register("after-call", disturbance.after)
    boto3.DEFAULT_SESSION.events.register("before-send", disturbance.send)
    clock = RewindableClock(START, ticking=False)
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        LocalSystem(clock=clock, state=state, log=state / "functions.log") as system,
    ):
        # The SDK's pause before it sends again teaches nothing here.
        monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
        monkeypatch.setattr(Lambdas, "_handler", _killable(Lambdas._handler, clock))
        monkeypatch.setattr(system, "request", _asked_again(system.request))
        world = World(system)
        world.draw_the_same_form_for_all()
        yield world, disturbance
    boto3.DEFAULT_SESSION = before


def _killable(handler_of: Callable[[Any, str], Any], clock: LocalClock) -> Callable[[Any, str], Any]:
    """A killed function is one that failed as a whole, for whoever called it, and is called again some time later."""

    def handler(lambdas: Any, function: str) -> Any:
        handle = handler_of(lambdas, function)

        def run(event: Any, context: Any) -> Any:
            try:
                return handle(event, context)
            except Killed:
                clock.advance(UNTIL_DELIVERED_AGAIN)
                raise RuntimeError("the process was killed") from None

        return run

    return handler


def _asked_again(request: Callable[..., Response]) -> Callable[..., Response]:
    """As a client does whose request failed for no fault of its own."""

    def ask(*arguments: Any, **options: Any) -> Response:
        response = request(*arguments, **options)
        return request(*arguments, **options) if response.status >= 500 else response

    return ask


def again(fire: Callable[[], Any]) -> Any:
    """A schedule's run, and the one after it where it was killed."""
    try:
        return fire()
    except RuntimeError:
        return fire()


@dataclass(frozen=True)
class Cast:
    """Who and what an act is about."""

    module: Module
    learners: tuple[Learner, ...]


@dataclass(frozen=True)
class Left:
    """All items and documents, and how often each mail was sent: to whom and about what."""

    items: list[Any]
    mails: Counter[str]

    def is_as(self, undisturbed: "Left", *, may_send_again: bool) -> bool:
        """The same; and one mail may have been sent twice, where the answer of a send was lost."""
        more = self.mails - undisturbed.mails
        return self.items == undisturbed.items and not undisturbed.mails - self.mails and more.total() <= may_send_again


@dataclass(frozen=True)
class Act:
    """A part of the journey: ``prepare`` sets the scene, ``play`` is what is disturbed.

    What is asked a second time may be answered with another status, so ``play`` asserts none.
    """

    prepare: Callable[[World], Cast]
    play: Callable[[World, Cast], None]


class Stage:
    """One act, played again and again from the same scene: each time by doubles, under names of their own."""

    def __init__(self, world: World, act: Act) -> None:
        self._world = world
        self._clock = world.system.clock
        assert isinstance(self._clock, RewindableClock)
        self._clock.rewind()
        self._act = act
        self._cast = act.prepare(world)
        world.deliver()
        self._since = world.now - START
        self._scene = {table: _items(world, table) for table in TABLES}
        self._clear()

    def play(self) -> "Left":
        """What the act leaves, in the words of the scene."""
        names, told = self._set(), len(self._world.mails())
        self._clock.rewind(self._since)  # type: ignore[attr-defined]
        module = self._cast.module
        self._act.play(
            self._world,
            Cast(
                replace(module, module_id=names[module.module_id]),
                tuple(self._double(learner, names) for learner in self._cast.learners),
            ),
        )
        words = {new: old for old, new in names.items()}
        mails = [_renamed(json.dumps([mail.to, mail.subject]), words) for mail in self._world.mails()[told:]]
        left = Left(self._left(words), Counter(mails))
        self._clear()
        return left

    def _set(self) -> dict[str, str]:
        """Put the scene's items and documents there under names of their own; the new name of each."""
        text = json.dumps(self._scene)
        time = next(_TIMES)
        names = {name: name + _letters(time) for name in (self._cast.module.module_id, *self._subs)}
        for place, number in enumerate(sorted({found.group() for found in NUMBER.finditer(text)})):
            names[number] = certificate_number(1000 * time + place)
            self._copy_documents(number, names[number])
        for table, items in json.loads(_renamed(text, names)).items():
            for item in items:
                _move_to_its_shard(item)
            _write(self._world, table, [{"PutRequest": {"Item": item}} for item in items])
        self._world.deliver()
        return names

    @property
    def _subs(self) -> list[str]:
        return [learner.sub for learner in self._cast.learners]

    def _copy_documents(self, number: str, double: str) -> None:
        s3, bucket = self._world.system.aws("s3"), self._world.system.reference("DocumentBucket")
        for found in s3.list_objects_v2(Bucket=bucket, Prefix=f"certificates/{number}/").get("Contents", []):
            source = {"Bucket": bucket, "Key": found["Key"]}
            s3.copy_object(Bucket=bucket, Key=found["Key"].replace(number, double), CopySource=source)

    def _double(self, learner: Learner, names: Mapping[str, str]) -> Learner:
        double = Learner(self._world, names[learner.sub], name=learner.full_name)
        double.module = replace(learner.module, module_id=names[learner.module.module_id])
        return double

    def _left(self, words: Mapping[str, str]) -> list[Any]:
        rows = [
            {name: value for name, value in row.items() if name not in ASIDE} | {"table": table}
            for table in TABLES
            for row in self._world.rows(table).values()
        ]
        rows = [_without_chance(row) for row in rows if (row["pk"].startswith("STATUS#"), row["sk"]) != (True, "LIST")]
        text = json.dumps([_with_checked_documents(self._world, row) for row in rows], sort_keys=True)
        text = NUMBER.sub("NUMBER", _renamed(text, words))
        text = CONTENT_HASH.sub("HASH", REQUEST_ID.sub("REQUEST", JOB.sub(r"\1-JOB", text)))
        text = INSTANT.sub(r"\1", text)
        return sorted(json.loads(text), key=json.dumps)

    def _clear(self) -> None:
        for table in TABLES:
            keys = [{"pk": item["pk"], "sk": item["sk"]} for item in _items(self._world, table)]
            _write(self._world, table, [{"DeleteRequest": {"Key": key}} for key in keys])
        self._world.deliver()


def _move_to_its_shard(item: dict[str, Any]) -> None:
    """A double has another shard of the index by edition than whom it doubles."""
    if "edition_shard" in item:
        place, _, _ = item["edition_shard"]["S"].rpartition("#")
        item["edition_shard"]["S"] = f"{place}#{shard_of(item['pk']['S'].partition('#')[2])}"


def _without_chance(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what is drawn, such as the place of a version's status: that there is one still shows."""
    if row["pk"].startswith("STATUS#"):
        return {"pk": "STATUS", "sk": row["sk"].partition("#")[0], "table": row["table"]}
    facts = row.get("facts")
    if not isinstance(facts, dict):
        return row
    if row["pk"].startswith("MAIL#"):
        facts = {name: facts[name] for name in facts if name not in ASIDE_OF_MAILS}
    if isinstance(facts.get("status"), dict):
        facts = {**facts, "status": sorted(facts["status"])}
    return row | {"facts": facts}


def _letters(number: int) -> str:
    """Four letters, another four for each number: names stay words, for what is found by words."""
    return "".join(chr(ord("a") + number // 26**place % 26) for place in range(4))


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """``names`` are words of their own making, which stand in no other word."""
    for old, new in names.items():
        text = text.replace(old, new)
    return text


def _items(world: World, table: str) -> list[dict[str, Any]]:
    """All items of a table as they are stored, without what their last writes announced."""
    client = world.system.aws("dynamodb")
    pages = client.get_paginator("scan").paginate(TableName=world.system.reference(table))
    items = [dict(item) for page in pages for item in page["Items"]]
    for item in items:
        item.pop("outbox", None)
    return items


def _write(world: World, table: str, requests: list[Any]) -> None:
    client, name = world.system.aws("dynamodb"), world.system.reference(table)
    for start in range(0, len(requests), BATCH):
        client.batch_write_item(RequestItems={name: requests[start : start + BATCH]})


def _with_checked_documents(world: World, row: dict[str, Any]) -> dict[str, Any]:
    """Whether each document that a version names is stored, once, with its hash: the bytes are its number's own."""
    facts = row.get("facts")
    if not isinstance(facts, dict) or "pdf_sha256" not in facts:
        return row
    s3, bucket = world.system.aws("s3"), world.system.reference("DocumentBucket")
    prefix = f"certificates/{facts['number']}/v{facts['number_of_version']}."
    stored = s3.list_object_versions(Bucket=bucket, Prefix=prefix)["Versions"]
    assert len({one["Key"] for one in stored}) == len(stored)
    bodies = [s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in stored]
    hashes = {hashlib.sha256(body).hexdigest() for body in bodies}
    of_documents = {name: value for name, value in facts.items() if name.endswith("_sha256")}
    return row | {"facts": facts | {name: value in hashes for name, value in of_documents.items()}}


# Acts


def _a_module(**changes: Any) -> Callable[[World], Module]:
    return lambda world: world.published(world.module(f"themodule{_letters(next(_TIMES))}", **changes))


def _members(world: World, module: Module, *names: str) -> Cast:
    learners = tuple(world.learner(f"someone{name}", name="Dr. Any") for name in names)
    for learner in learners:
        learner.module = module
    return Cast(module, learners)


def _ready(world: World, module: Module, *names: str) -> Cast:
    cast = _members(world, module, *names)
    for learner in cast.learners:
        learner.is_ready_for(module)
    return cast


def _someone_new(world: World) -> Cast:
    return _members(world, _a_module(members_only=True)(world), "ada")


def _enrols(world: World, cast: Cast) -> None:
    [ada] = cast.learners
    world.admin.admits(ada.sub)
    ada.introduce()
    ada.enrol(cast.module)
    world.deliver()
    ada.acknowledge()
    world.wait(minutes=5)
    ada.watch((0, 60))


def _someone_ready(world: World) -> Cast:
    return _ready(world, _a_module()(world), "ada")


def _passes(world: World, cast: Cast) -> None:
    [ada] = cast.learners
    form = ada.start().json()
    ada.save(cast.module.right(form))
    ada.submit()
    world.deliver()


def _fails_twice(world: World, cast: Cast) -> None:
    [ada] = cast.learners
    for number in (1, 2):
        form = ada.start().json()
        ada.submit(cast.module.wrong(form), number)
        world.deliver()
        world.wait(hours=24)


def _someone_certified(world: World) -> Cast:
    cast = _someone_ready(world)
    cast.learners[0].passes()
    return cast


def _is_corrected_and_revoked_and_restored(world: World, cast: Cast) -> None:
    number = cast.learners[0].enrolment()["certificate"]
    world.admin.reissues(number, attested_name="Dr. Else")
    world.deliver()
    world.admin.revokes(number)
    world.deliver()
    world.admin.restores(number)
    world.deliver()


def _someone_who_may_claim(world: World) -> Cast:
    evaluation = {"required": True, "questions": [{"question_id": "useful", "text": "Was it useful?", "options": []}]}
    cast = _ready(world, _a_module(claim="claimed", evaluation=evaluation)(world), "ada")
    cast.learners[0].passes()
    return cast


def _claims(world: World, cast: Cast) -> None:
    [ada] = cast.learners
    ada.evaluate(useful="very")
    ada.claim(("ESMO-MORA", "1.00"))
    world.deliver()


def _two_at_the_end_of_a_module(world: World) -> Cast:
    expires_on = (world.today + timedelta(days=3)).isoformat()
    cast = _ready(world, _a_module(expires_on=expires_on)(world), "ada", "ben")
    form = cast.learners[0].begins()
    answered(cast.learners[0].save(cast.module.right(form)))
    world.wait(days=4)
    return cast


def _is_retired(world: World, cast: Cast) -> None:
    again(world.retire_the_expired)
    again(world.close_the_overdue)
    world.deliver()


def _two_under_a_wrong_key(world: World) -> Cast:
    bank = a_bank(a_question("q1"), a_question("q2"))
    module = _a_module(bank=bank, test={"pools": drawing(2), "pass_mark": 100, "attempts": 1})(world)
    cast = _ready(world, module, "ada", "ben")
    for learner, chosen in zip(cast.learners, "ab", strict=True):
        learner.begins()
        answered(learner.submit({"q1": [chosen], "q2": ["a"]}), 202)
    return cast


def _is_regraded(world: World, cast: Cast) -> None:
    world.author.rekeys(cast.module, "q1", "b")
    world.deliver()


def _two_certified(world: World) -> Cast:
    cast = _ready(world, _a_module()(world), "ada", "ben")
    for learner in cast.learners:
        learner.passes()
    return cast


def _is_reissued_for_all(world: World, cast: Cast) -> None:
    world.admin.reissues_all(cast.module, "spring")
    world.deliver()


ACTS = {
    "enrolment": Act(_someone_new, _enrols),
    "pass": Act(_someone_ready, _passes),
    "fails": Act(_someone_ready, _fails_twice),
    "claim": Act(_someone_who_may_claim, _claims),
    "correction, revocation, restoration": Act(_someone_certified, _is_corrected_and_revoked_and_restored),
    "retirement": Act(_two_at_the_end_of_a_module, _is_retired),
    "regrade": Act(_two_under_a_wrong_key, _is_regraded),
    "reissue of an edition": Act(_two_certified, _is_reissued_for_all),
}
