"""Wherever a step breaks off, the next delivery completes it: nothing is lost, nothing is done twice."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pkgutil import resolve_name
from typing import Any

import boto3
import pytest

from tests.flow.journey import DOCUMENTS, Begin, Learner, Module, World, answered

STEPS = {
    "grade": "functions.assessment.grade.handler.grade_attempt",
    "settle": "functions.assessment.settle.handler.settle_grade",
    "certify": "functions.certification.certify.handler.issue_version",
}


class Crash(Exception):
    """The function ended here."""


class Crashes:
    """Breaks a step off at one of its calls to AWS, at another one for each learner.

    Between two calls nothing can be lost, so it is enough to break off before each, and after the last.
    """

    def __init__(self) -> None:
        self.plan: dict[str, int] = {}
        """When the step is still to break off for whom: when it has made so many calls."""
        self.calls: list[str] = []
        """What the step has called in its last run."""
        self._running = False
        self._limit: int | None = None

    def around(self, use_case: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        """The use case, as it fares with this plan."""

        def run(event: Any, deps: Any) -> None:
            self.calls, self._running, self._limit = [], True, self.plan.pop(event.learner_id, None)
            try:
                use_case(event, deps)
            finally:
                self._running = False

        return run

    def before(self, model: Any, **_: Any) -> None:
        if self._running:
            self._crash()
            self.calls.append(model.name)

    def after(self, **_: Any) -> None:
        if self._running:
            self._crash()

    def _crash(self) -> None:
        if self._limit == len(self.calls):
            self._limit = None
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
        world.give_each_version_a_status_list()
        yield world


@pytest.fixture(scope="module")
def module(world: World) -> Module:
    world.draw_the_same_form_for_all()
    return world.published(members_only=False)


def sit(learners: list[Learner], *, right: bool) -> list[Any]:
    """All hand in, then what that sets going is taken in; what came of it for each."""
    for learner in learners:
        module, form = learner.module, learner.begins()
        answered(learner.submit(module.right(form) if right else module.wrong(form)), 202)
    learners[0].world.deliver()
    return [outcome(learner) for learner in learners]


def outcome(learner: Learner) -> Any:
    """All that is kept of a learner, where neither the learner's id nor the drawn number shows.

    What the office finds them by is made of the id in other ways, and no step here writes it.
    """
    world = learner.world
    numbers = [claim["certificate"] for claim in world.facts_of(learner, "CLAIM#")]
    owned = {f"LEARNER#{learner.sub}", *(f"CERTIFICATE#{number}" for number in numbers)}
    rows = [*world.rows("LearningTable").values(), *world.rows("CertificateTable").values()]
    kept = []
    for row in sorted(
        (row for row in rows if row["pk"] in owned and not row["sk"].startswith("TERM#")),
        key=lambda row: str(row["sk"]),
    ):
        facts = dict(row["facts"])
        facts.pop("status", None)
        for digest, suffix in DOCUMENTS.items():
            if digest in facts:
                stored = world.documents(facts["number"], facts["number_of_version"], suffix)
                facts[digest] = [hashlib.sha256(document).hexdigest() for document in stored] == [facts[digest]]
        kept.append({name: row.get(name) for name in ("pk", "sk", "version", "due_at")} | facts)
    text = json.dumps(kept).replace(learner.sub, "LEARNER")
    for number in numbers:
        text = text.replace(number, "NUMBER")
    return json.loads(text)


@pytest.mark.parametrize(
    "case",
    [("grade", False), ("settle", True), ("settle", False), ("certify", True)],
    ids=["grade", "settle a pass", "settle a fail", "certify"],
)
def test_broken_off_at_any_call_a_step_is_completed_by_the_next_delivery(
    world: World, module: Module, crashes: Crashes, monkeypatch: pytest.MonkeyPatch, case: tuple[str, bool]
) -> None:
    step, right = case
    # What a process does once, such as keeping the key, is done.
    sit(world.ready(module, 1), right=True)
    monkeypatch.setattr(STEPS[step], crashes.around(resolve_name(STEPS[step])))
    [undisturbed] = sit(world.ready(module, 1, name="Dr. Ada"), right=right)
    calls = list(crashes.calls)
    assert len(calls) >= 2
    kinds = {row["sk"].partition("#")[0] for row in undisturbed}
    of_a_pass = {"CLAIM", "CREDIT", "HEAD", "VERSION"} if right else set()
    assert kinds == {"ATTEMPT", "CONTACT", "ENROLMENT", "PROFILE"} | of_a_pass

    learners = world.ready(module, len(calls) + 1, name="Dr. Ada")
    crashes.plan = {learner.sub: number for number, learner in enumerate(learners)}
    before = len(world.invocations)
    outcomes = sit(learners, right=right)
    assert crashes.plan == {}
    for number, came in enumerate(outcomes):
        assert came == undisturbed, f"{step} broken off when it had called {calls[:number]}"
    failed = sum(
        len(invocation.result["batchItemFailures"])
        for invocation in world.invocations[before:]
        if invocation.trigger == "queue"
    )
    assert failed == len(learners)
    # What passed in the end is no failure to look at.
    assert [pk for pk, _ in world.rows("OperationsTable") if not pk.startswith("MAIL#")] == []
