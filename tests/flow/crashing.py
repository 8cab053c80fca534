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
from shared.bootstrap import deps
from shared.domain.certificate_number import certificate_number
from shared.domain.erasure import GRACE
from shared.domain.status_list import encoded
from tests.flow.conftest import NO_PAUSE
from tests.flow.journey import (
    DOCUMENTS,
    START,
    TABLES,
    Learner,
    Module,
    Rows,
    World,
    a_bank,
    a_question,
    answered,
    drawing,
)
from tests.flow.story import HOW_IT_WENT

BUCKETS = ("DocumentBucket", "EvidenceBucket")

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
UNTIL_RECOVERED = timedelta(hours=1)
BATCH = 25  # items in one write
_TIMES = count(1)  # so that no two doubles ever have a name in common


class Kind(StrEnum):
    """What happens to one call."""

    BEFORE = "killed before the call"
    AFTER = "killed when it took effect and before its answer came"
    LOST = "its answer is lost and the SDK sends it again"


Point = tuple[Kind, int]
"""What happens at the call of which number."""


class Killed(BaseException):
    """The process is gone: nothing in it gets to know."""


@dataclass
class Disturbance:
    """What happens at which call of the functions, while an act is ``on``; ``calls`` are those of the last act."""

    calls: list[str] = field(default_factory=list)
    happened: bool = False
    _is_on: bool = False
    _point: Point | None = None
    _network: URLLib3Session = field(default_factory=URLLib3Session)

    @contextmanager
    def on(self, point: Point | None) -> Iterator[None]:
        self.calls, self.happened, self._point = [], False, point
        self._is_on = True
        yield
        self._is_on = False

    @property
    def may_send_a_mail_again(self) -> bool:
        """Whether nobody got to know the answer of a send."""
        if not self.happened or self._point is None:
            return False
        kind, place = self._point
        return self.calls[place - (kind is Kind.BEFORE)] == "sesv2.SendEmail"

    def before(self, model: Any, **_: Any) -> None:
        if self._is_on:
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
        now = self._is_on and not self.happened and self._point == (kind, len(self.calls) - 1)
        self.happened = self.happened or now
        return now


class RewindableClock(LocalClock):
    """Goes back to its start, so that an act happens at the same instants each time."""

    def rewind(self, to: timedelta = timedelta()) -> None:
        self._start = START + to


@contextmanager
def disturbed_world(state: Path) -> Iterator[tuple[World, Disturbance]]:
    """A world whose functions' calls can be disturbed, and whose clients ask again after a fault."""
    before = boto3.DEFAULT_SESSION
    boto3.setup_default_session()
    disturbance = Disturbance()
    assert boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION.events.register("before-call", disturbance.before)
    boto3.DEFAULT_SESSION.events.register("after-call", disturbance.after)
    boto3.DEFAULT_SESSION.events.register("before-send", disturbance.send)
    clock = RewindableClock(START, ticking=False)
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        LocalSystem(clock=clock, state=state, log=state / "functions.log", parameters=NO_PAUSE) as system,
    ):
        # The SDK's pause before it sends again teaches nothing here.
        monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
        world = World(system)
        monkeypatch.setattr(Lambdas, "_handler", _killable(Lambdas._handler, world, clock))
        monkeypatch.setattr(system, "request", _asked_again(system.request))
        yield world, disturbance
    boto3.DEFAULT_SESSION = before


def begin_a_process(world: World) -> None:
    """Functions remember nothing of what they did before."""
    deps.cache_clear()
    world.draw_the_same_form_for_all()


def _killable(handler_of: Callable[[Any, str], Any], world: World, clock: LocalClock) -> Callable[[Any, str], Any]:
    """A killed function is one that failed as a whole, for whoever called it; another process is called later."""

    def handler(lambdas: Any, function: str) -> Any:
        handle = handler_of(lambdas, function)

        def run(event: Any, context: Any) -> Any:
            try:
                return handle(event, context)
            except Killed:
                begin_a_process(world)
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


def goes_on(world: World, later: timedelta) -> None:
    """Some time later, what waits is taken up again."""
    world.system.advance(later)
    again(world.recover)
    world.deliver()


@dataclass(frozen=True)
class Cast:
    """Who and what an act is about."""

    module: Module
    learners: tuple[Learner, ...]


@dataclass(frozen=True)
class Left:
    """All items and files, and how often each mail was sent: to whom and about what."""

    items: list[Any]
    mails: Counter[str]

    def differences(self, undisturbed: "Left", *, may_send_again: bool) -> list[str]:
        """What there is more and less of; one mail may have been sent twice, where the answer of a send was lost."""
        items, expected = _counted(self.items), _counted(undisturbed.items)
        more = self.mails - undisturbed.mails
        if more.total() <= may_send_again:
            more = Counter()
        found = {"more": (items - expected) + more, "less": (expected - items) + (undisturbed.mails - self.mails)}
        return [f"{times} {which}: {what}" for which, counted in found.items() for what, times in counted.items()]


def _counted(items: list[Any]) -> Counter[str]:
    return Counter(json.dumps(item, sort_keys=True) for item in items)


Files = Mapping[str, Mapping[str, bytes]]
"""Every version of every object, by the bucket, and its key and version."""


@dataclass(frozen=True)
class Act:
    """A part of the journey: ``prepare`` sets the scene, ``play`` is what is disturbed.

    What is asked a second time may be answered with another status, so ``play`` asserts none.
    """

    prepare: Callable[[World], Cast]
    play: Callable[[World, Cast], None]


class Stage:
    """One act, played again and again from the same scene: each time by doubles, under names of their own."""

    def __init__(self, world: World, disturbance: Disturbance, act: Act) -> None:
        self._world = world
        self._disturbance = disturbance
        self._clock = world.system.clock
        assert isinstance(self._clock, RewindableClock)
        self._clock.rewind()
        begin_a_process(world)
        self._act = act
        self._cast = act.prepare(world)
        world.deliver()
        self._since = world.now - START
        self._scene = {table: _items(world, table) for table in TABLES}
        self._files = {bucket: world.objects(bucket) for bucket in BUCKETS}
        self._clear(world.tables(), self._files)

    def play(self, point: Point | None = None) -> Left:
        """What the act leaves, in the words of the scene, once everything that it set going is over."""
        names, told = self._set(), len(self._world.mails())
        self._clock.rewind(self._since)  # type: ignore[attr-defined]
        begin_a_process(self._world)
        with self._disturbance.on(point):
            self._act.play(self._world, self._cast_as(names))
            self._world.deliver()
        goes_on(self._world, UNTIL_RECOVERED)
        tables, files = self._world.tables(), {bucket: self._world.objects(bucket) for bucket in BUCKETS}
        self._clear(tables, files)
        words = {new: old for old, new in names.items()}
        mails = [_renamed(json.dumps([mail.to, mail.subject]), words) for mail in self._world.mails()[told:]]
        return Left(_in_words(_compared(tables, files), words), Counter(mails))

    def _set(self) -> dict[str, str]:
        """Put the scene's items and files there under names of their own; the new name of each."""
        text = json.dumps(self._scene)
        time = next(_TIMES)
        names = {name: name + _letters(time) for name in (self._cast.module.module_id, *self._subs)}
        for place, number in enumerate(sorted({found.group() for found in NUMBER.finditer(text)})):
            names[number] = certificate_number(1000 * time + place)
        for table, items in json.loads(_renamed(text, names)).items():
            for item in items:
                _move_to_its_shard(item)
            _write(self._world, table, [{"PutRequest": {"Item": item}} for item in items])
        s3 = self._world.system.aws("s3")
        for bucket, files in self._files.items():
            for place, body in files.items():
                key, _ = _key_and_version(_renamed(place, names))
                s3.put_object(Bucket=self._world.system.reference(bucket), Key=key, Body=body)
        self._world.deliver()
        return names

    @property
    def _subs(self) -> list[str]:
        return [learner.sub for learner in self._cast.learners]

    def _cast_as(self, names: Mapping[str, str]) -> Cast:
        module = self._cast.module
        doubles = tuple(self._double(learner, names) for learner in self._cast.learners)
        return Cast(replace(module, module_id=names[module.module_id]), doubles)

    def _double(self, learner: Learner, names: Mapping[str, str]) -> Learner:
        double = Learner(self._world, names[learner.sub], name=learner.full_name)
        double.module = replace(learner.module, module_id=names[learner.module.module_id])
        return double

    def _clear(self, tables: Mapping[str, Rows], files: Files) -> None:
        for table, rows in tables.items():
            _write(self._world, table, [{"DeleteRequest": {"Key": _key(*key)}} for key in rows])
        s3 = self._world.system.aws("s3")
        for bucket, objects in files.items():
            for key, version in map(_key_and_version, objects):
                s3.delete_object(Bucket=self._world.system.reference(bucket), Key=key, VersionId=version)


def _move_to_its_shard(item: dict[str, Any]) -> None:
    """A double has another shard of the index by edition than whom it doubles."""
    if "edition_shard" in item:
        place, _, _ = item["edition_shard"]["S"].rpartition("#")
        item["edition_shard"]["S"] = f"{place}#{shard_of(item['pk']['S'].partition('#')[2])}"


def _without_chance(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what chance decides: a drawn place of a status, and which of a request's acts came first.

    That there is one still shows, and at its head how long the audit's chain is.
    """
    if row["pk"].startswith("STATUS#"):
        return {"pk": "STATUS", "sk": row["sk"].partition("#")[0], "table": row["table"]}
    facts = row.get("facts")
    if row["table"] == "AuditTable" and row["sk"] == "ACT":
        return row | {"facts": "its place in the chain"}
    if not isinstance(facts, dict):
        return row
    if row["pk"] == "CHAIN":
        return row | {"sk": "ENTRY", "facts": {name: facts[name] for name in facts if name != "sequence"}}
    if row["pk"].startswith("JOB#"):
        facts = {name: facts[name] for name in facts if name not in HOW_IT_WENT}
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


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _key_and_version(place: str) -> tuple[str, str]:
    key, _, version = place.rpartition("@")
    return key, version


def _write(world: World, table: str, requests: list[Any]) -> None:
    client, name = world.system.aws("dynamodb"), world.system.reference(table)
    for start in range(0, len(requests), BATCH):
        client.batch_write_item(RequestItems={name: requests[start : start + BATCH]})


def _compared(tables: Mapping[str, Rows], files: Files) -> list[Any]:
    rows = [
        {name: value for name, value in row.items() if name not in ASIDE} | {"table": table}
        for table in tables
        for row in tables[table].values()
    ]
    rows = [_without_chance(row) for row in rows if not _is_status_list(row)]
    rows = [_with_checked_documents(row, files) for row in rows]
    return rows + _status_lists(tables["CertificateTable"]) + _without_documents(files)


def _in_words(rows: list[Any], words: Mapping[str, str]) -> list[Any]:
    text = NUMBER.sub("NUMBER", _renamed(json.dumps(rows, sort_keys=True), words))
    text = CONTENT_HASH.sub("HASH", REQUEST_ID.sub("REQUEST", JOB.sub(r"\1-JOB", text)))
    return list(json.loads(INSTANT.sub(r"\1", text)))


def _is_status_list(row: Mapping[str, Any]) -> bool:
    return row["pk"].startswith("STATUS#") and row["sk"] == "LIST"


def _status_lists(rows: Rows) -> list[Any]:
    """Whether each list that is out says what is entered: which places were drawn, and so which lists, is chance."""
    out = {pk: row["facts"]["encoded"] for (pk, sk), row in rows.items() if _is_status_list(row)}
    entered = {
        pk: [int(sk.partition("#")[2]) for (of, sk), row in rows.items() if of == pk and row["facts"].get("is_set")]
        for pk in out
    }
    return [{"lists that do not say what is entered": sum(out[pk] != encoded(entered[pk]) for pk in out)}]


def _without_documents(files: Files) -> list[Any]:
    """What is in the buckets; of documents that they are there: their bytes are their number's own."""
    found = []
    for bucket, objects in files.items():
        for place, body in objects.items():
            key, _ = _key_and_version(place)
            is_document = "certificates" in key.split("/")
            found.append({"bucket": bucket, "key": key, "body": "" if is_document else body.decode("utf-8", "replace")})
    return found


def _with_checked_documents(row: dict[str, Any], files: Files) -> dict[str, Any]:
    """Where a document with its hash is stored, for each that a version names."""
    facts = row.get("facts")
    if not isinstance(facts, dict) or "pdf_sha256" not in facts:
        return row
    document = f"certificates/{facts['number']}/v{facts['number_of_version']}"
    stored = {
        digest: [
            bucket
            for bucket, objects in files.items()
            for place, body in objects.items()
            if f"{document}.{suffix}@" in place and hashlib.sha256(body).hexdigest() == facts[digest]
        ]
        for digest, suffix in DOCUMENTS.items()
    }
    return row | {"facts": facts | stored}


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


def _fails(world: World, cast: Cast) -> None:
    [ada] = cast.learners
    form = ada.start().json()
    ada.submit(cast.module.wrong(form))


def _someone_certified(world: World) -> Cast:
    cast = _someone_ready(world)
    cast.learners[0].passes()
    return cast


def _certificate(cast: Cast) -> str:
    return str(cast.learners[0].enrolment()["certificate"])


def _is_corrected(world: World, cast: Cast) -> None:
    world.admin.reissues(_certificate(cast), attested_name="Dr. Else")


def _is_revoked(world: World, cast: Cast) -> None:
    world.admin.revokes(_certificate(cast))


def _someone_revoked(world: World) -> Cast:
    cast = _someone_certified(world)
    answered(world.admin.revokes(_certificate(cast)))
    return cast


def _is_restored(world: World, cast: Cast) -> None:
    world.admin.restores(_certificate(cast))


def _someone_who_may_claim(world: World) -> Cast:
    evaluation = {"required": True, "questions": [{"question_id": "useful", "text": "Was it useful?", "options": []}]}
    cast = _ready(world, _a_module(claim="claimed", evaluation=evaluation)(world), "ada")
    cast.learners[0].passes()
    return cast


def _claims(world: World, cast: Cast) -> None:
    [ada] = cast.learners
    ada.evaluate(useful="very")
    ada.claim(("ESMO-MORA", "1.00"))


def _someone_at_the_end_of_a_module(world: World) -> Cast:
    expires_on = (world.today + timedelta(days=3)).isoformat()
    cast = _ready(world, _a_module(expires_on=expires_on)(world), "ada")
    world.wait(days=4)
    return cast


def _is_retired(world: World, cast: Cast) -> None:
    again(world.retire_the_expired)


def _someone_in_an_attempt_when_a_module_is_retired(world: World) -> Cast:
    cast = _ready(world, _a_module()(world), "ada")
    [ada] = cast.learners
    answered(ada.save(cast.module.wrong(ada.begins())))
    answered(world.author.retires(cast.module))
    world.deliver()
    world.wait(days=1)
    return cast


def _is_closed(world: World, cast: Cast) -> None:
    again(world.close_the_overdue)


def _someone_under_a_wrong_key(world: World) -> Cast:
    bank = a_bank(a_question("q1"), a_question("q2"))
    terms = {"pools": drawing(2), "pass_mark": 100, "attempts": 1}
    module = _a_module(bank=bank, test=terms, claim="claimed")(world)
    cast = _ready(world, module, "ada")
    [ada] = cast.learners
    ada.begins()
    answered(ada.submit({"q1": ["b"], "q2": ["a"]}), 202)
    return cast


def _is_regraded(world: World, cast: Cast) -> None:
    world.author.rekeys(cast.module, "q1", "b")


def _two_certified(world: World) -> Cast:
    cast = _ready(world, _a_module()(world), "ada", "ben")
    for learner in cast.learners:
        learner.passes()
    return cast


def _is_reissued_for_all(world: World, cast: Cast) -> None:
    world.admin.reissues_all(cast.module, "spring")


def _is_erased(world: World, cast: Cast) -> None:
    [ada] = cast.learners
    ada.ask("DELETE", "/me")
    world.deliver()
    goes_on(world, GRACE + timedelta(minutes=1))


def _someone_erased(world: World) -> Cast:
    cast = _someone_certified(world)
    _is_erased(world, cast)
    world.wait(days=6 * 366)
    return cast


def _evidence_is_destroyed(world: World, cast: Cast) -> None:
    again(world.destroy_the_outdated)


ACTS = {
    "enrolment": Act(_someone_new, _enrols),
    "pass": Act(_someone_ready, _passes),
    "fail": Act(_someone_ready, _fails),
    "claim": Act(_someone_who_may_claim, _claims),
    "correction": Act(_someone_certified, _is_corrected),
    "revocation": Act(_someone_certified, _is_revoked),
    "restoration": Act(_someone_revoked, _is_restored),
    "retirement and lapse": Act(_someone_at_the_end_of_a_module, _is_retired),
    "end of the last attempt": Act(_someone_in_an_attempt_when_a_module_is_retired, _is_closed),
    "regrade": Act(_someone_under_a_wrong_key, _is_regraded),
    "reissue of an edition": Act(_two_certified, _is_reissued_for_all),
    "erasure": Act(_someone_certified, _is_erased),
    "destruction of evidence": Act(_someone_erased, _evidence_is_destroyed),
}
