"""Wherever a step breaks off, the next delivery completes it: nothing is lost, nothing is done twice."""

import hashlib
import json
import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from journey import Begin, Learner, Module, World, answered


class Crash(Exception):
    """The function ended here."""


class Crashes:
    """Breaks one step off at one of its calls to AWS: before it is made, or when it has taken effect."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._step = ""
        self._point: tuple[int, str] | None = None

    def watch(self, step: str) -> None:
        """Count the calls of ``step`` from here on, and break nothing off."""
        self.calls, self._step, self._point = [], step, None

    def break_off(self, step: str, number: int, moment: str) -> None:
        """Break ``step`` off once, at its call with this number (from 0)."""
        self.calls, self._step, self._point = [], step, (number, moment)

    @property
    def is_over(self) -> bool:
        return self._point is None

    def before(self, model: Any, **_: Any) -> None:
        if os.environ["POWERTOOLS_SERVICE_NAME"] == self._step:
            self.calls.append(model.name)
            self._crash("before")

    def after(self, **_: Any) -> None:
        if os.environ["POWERTOOLS_SERVICE_NAME"] == self._step:
            self._crash("after")

    def _crash(self, moment: str) -> None:
        if self._point == (len(self.calls) - 1, moment):
            self._point = None
            raise Crash


@pytest.fixture(scope="module")
def crashes() -> Iterator[Crashes]:
    """The functions' clients come from the default session, so what it watches is theirs."""
    before = boto3.DEFAULT_SESSION
    boto3.setup_default_session()
    crashes = Crashes()
    assert boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION.events.register("before-call", crashes.before)
    boto3.DEFAULT_SESSION.events.register("after-call", crashes.after)
    yield crashes
    boto3.DEFAULT_SESSION = before


@pytest.fixture(scope="module")
def world(begin: Begin, crashes: Crashes) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture(scope="module")
def module(world: World) -> Module:
    return world.published(members_only=False)


def sits(world: World, module: Module, *, right: bool) -> Learner:
    """Handed in, and nothing has come of it yet."""
    learner = world.learner(name="Dr. Ada", member=False).is_ready_for(module)
    form = learner.begins()
    answered(learner.submit(module.right(form) if right else module.wrong(form)), 202)
    return learner


def outcome(learner: Learner) -> Any:
    """All that is kept of a learner, where neither the learner's id nor the drawn number and form show."""
    world = learner.world
    numbers = [claim["certificate"] for claim in world.facts_of(learner, "CLAIM#")]
    owned = {f"LEARNER#{learner.sub}", *(f"CERTIFICATE#{number}" for number in numbers)}
    rows = [*world.rows("LearningTable").values(), *world.rows("CertificateTable").values()]
    kept = []
    for row in sorted((row for row in rows if row["pk"] in owned), key=lambda row: str(row["sk"])):
        facts = {name: fact for name, fact in row["facts"].items() if name not in ("form", "answers")}
        if "pdf_sha256" in facts:
            facts["pdf_sha256"] = document_hashes(world, facts) == [facts["pdf_sha256"]]
        kept.append({name: row.get(name) for name in ("pk", "sk", "version", "due_at")} | facts)
    text = json.dumps(kept).replace(learner.sub, "LEARNER")
    for number in numbers:
        text = text.replace(number, "NUMBER")
    return json.loads(text)


def document_hashes(world: World, version: dict[str, Any]) -> list[str]:
    """The hash of every document ever stored for a version of a certificate."""
    s3, bucket = world.system.aws("s3"), world.system.reference("DocumentBucket")
    key = f"certificates/{version['number']}/v{version['number_of_version']}.pdf"
    stored = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    bodies = [s3.get_object(Bucket=bucket, Key=key, VersionId=one["VersionId"])["Body"].read() for one in stored]
    return [hashlib.sha256(body).hexdigest() for body in bodies]


@pytest.mark.parametrize(
    ("step", "right"),
    [("grade", True), ("settle", True), ("settle", False), ("certify", True)],
    ids=["grade", "settle a pass", "settle a fail", "certify"],
)
def test_broken_off_at_any_call_a_step_is_completed_by_the_next_delivery(
    world: World, module: Module, crashes: Crashes, step: str, right: bool
) -> None:
    learner = sits(world, module, right=right)
    crashes.watch(step)
    world.deliver()
    calls = list(crashes.calls)
    undisturbed = outcome(learner)
    assert len(calls) >= 3
    kinds = {row["sk"].partition("#")[0] for row in undisturbed}
    of_a_pass = {"CLAIM", "CREDIT", "HEAD", "VERSION"} if right else set()
    assert kinds == {"ATTEMPT", "ENROLMENT", "PROFILE"} | of_a_pass
    for number in range(len(calls)):
        for moment in ("before", "after"):
            learner = sits(world, module, right=right)
            crashes.break_off(step, number, moment)
            world.deliver()
            assert crashes.is_over, f"{step} did not get to call {number}"
            assert outcome(learner) == undisturbed, f"{step} broken off {moment} {calls[number]} ({number})"
