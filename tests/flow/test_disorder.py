"""Whatever people, schedules and deliveries do, in whatever order: what must always hold, holds.

A small model walks at random: learners and the office say what they like, schedules come early, late or not at all,
messages wait, come in any order, twice, or again long after. `make soak` walks further.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from infra.local.gateway import Response
from infra.local.pollers import Delivery
from infra.local.streams import StreamMapping
from tests.conftest import Tried
from tests.flow.journey import Begin, Learner, Module, World, a_bank, a_question, answered, drawing
from tests.flow.story import end_of

PEOPLE = ("ann", "ben", "cy")
AUTOMATIC, CLAIMED = 0, 1
QUESTIONS = ("q1", "q2", "q3")
SCHEDULES = ("Retire", "CloseAttempts", "Remind", "Recover")
AMOUNTS = ("0.25", "0.50", "1.00")

people = st.integers(0, len(PEOPLE) - 1)
modules = st.sampled_from((AUTOMATIC, CLAIMED))
seeds = st.integers(0, 999)


class _QueuesOnly(Delivery):
    """The streams' relay is down: what is on the queues is delivered, what it announces waits."""

    def order(self, streams: list[StreamMapping]) -> list[StreamMapping]:
        return []


class Disorder(RuleBasedStateMachine):
    """The system, and of each certificate what was said about it last."""

    begin: Begin
    tried: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.world: World = self.stack.enter_context(self.begin())
        self.passed_at: dict[tuple[str, str], str] = {}
        self.claimed: dict[tuple[str, str], Decimal] = {}
        self.revoked: set[str] = set()
        self.tried["random walks"] += 1

    @initialize()
    def two_modules_and_three_people(self) -> None:
        bank = a_bank(*(a_question(name) for name in QUESTIONS))
        test = {"pools": drawing(len(QUESTIONS)), "attempts": 3, "cooldown_hours": 1, "time_limit_minutes": 30}
        terms: dict[str, Any] = {"bank": bank, "test": test}
        days = self.world.today.fromordinal(self.world.today.toordinal() + 4)
        self.modules: list[Module] = [
            self.world.published(**terms, expires_on=days.isoformat()),
            self.world.published(**terms, claim="claimed", claim_window_days=10, members_only=False),
        ]
        self.people: list[Learner] = [self.world.learner(name, member=name != "cy") for name in PEOPLE]

    def said(self, response: Response) -> bool:
        """Whether it was done. What cannot be done is refused; nothing breaks."""
        assert response.status < 500, response.body.decode()
        return response.status < 300

    def of(self, who: int, which: int) -> Learner:
        learner = self.people[who]
        learner.module = self.modules[which]
        return learner

    # Learners

    @rule(who=people, which=modules)
    def enrols(self, who: int, which: int) -> None:
        learner = self.of(who, which)
        self.said(learner.enrol(learner.module))

    @rule(who=people, which=modules, delivered=st.booleans())
    def gets_ready(self, who: int, which: int, delivered: bool) -> None:
        learner = self.of(who, which)
        self.said(learner.enrol(learner.module))
        if delivered:
            self.all_is_delivered(1, None)
        self.said(learner.acknowledge())
        self.said(learner.introduce())

    @rule(who=people, which=modules)
    def withdraws(self, who: int, which: int) -> None:
        self.said(self.of(who, which).withdraw())

    @rule(who=people, which=modules)
    def starts(self, who: int, which: int) -> None:
        self.said(self.of(who, which).start())

    @rule(who=people, which=modules, number=st.integers(1, 3), right=st.booleans())
    def saves(self, who: int, which: int, number: int, right: bool) -> None:
        learner = self.of(who, which)
        self.said(learner.save({name: ["a" if right else "b"] for name in QUESTIONS}, number))

    @rule(who=people, which=modules, number=st.integers(1, 3), right=st.none() | st.booleans())
    def hands_in(self, who: int, which: int, number: int, right: bool | None) -> None:
        learner = self.of(who, which)
        answers = None if right is None else {name: ["a" if right else "b"] for name in QUESTIONS}
        self.said(learner.submit(answers, number))

    @rule(who=people, which=modules, right=st.booleans())
    def sits(self, who: int, which: int, right: bool) -> None:
        learner = self.of(who, which)
        form = learner.start()
        if self.said(form):
            self.hands_in(who, which, form.json()["attempt"], right)

    @rule(who=people, amount=st.sampled_from(AMOUNTS))
    def claims(self, who: int, amount: str) -> None:
        learner = self.of(who, CLAIMED)
        if self.said(learner.claim(("ESMO-MORA", amount))):
            self.claimed.setdefault((learner.sub, learner.module.module_id), Decimal(amount))

    # The office

    @rule(who=people, member=st.booleans())
    def is_a_member_or_not(self, who: int, member: bool) -> None:
        self.said(self.world.admin.admits(PEOPLE[who], member=member))

    @rule(who=people, which=modules, minutes=st.integers(0, 60), attempts=st.integers(0, 2))
    def is_accommodated(self, who: int, which: int, minutes: int, attempts: int) -> None:
        self.said(self.world.admin.accommodates(PEOPLE[who], self.modules[which], minutes=minutes, attempts=attempts))

    @rule(place=seeds, name=st.sampled_from(("Dr. Anna", "Dr. Benedict")), version=st.integers(1, 3))
    def is_reissued(self, place: int, name: str, version: int) -> None:
        for number in self.certificate(place):
            self.said(self.world.admin.reissues(number, version, attested_name=name))

    @rule(place=seeds)
    def is_revoked(self, place: int) -> None:
        for number in self.certificate(place):
            if self.said(self.world.admin.revokes(number)):
                self.revoked.add(number)

    @rule(place=seeds)
    def is_restored(self, place: int) -> None:
        for number in self.certificate(place):
            if self.said(self.world.admin.restores(number)):
                self.revoked.discard(number)

    @rule(which=modules, key=st.sampled_from("ab"))
    def all_are_reissued(self, which: int, key: str) -> None:
        self.said(self.world.admin.reissues_all(self.modules[which], key))

    @rule(which=modules, question=st.sampled_from(QUESTIONS), key=st.sampled_from("ab"))
    def a_key_is_corrected(self, which: int, question: str, key: str) -> None:
        self.said(self.world.author.rekeys(self.modules[which], question, key))

    @rule(which=modules, question=st.sampled_from(QUESTIONS))
    def a_question_is_void(self, which: int, question: str) -> None:
        self.said(self.world.author.voids(self.modules[which], question))

    @rule(which=modules, surely=st.integers(0, 4))
    def is_retired_early(self, which: int, surely: int) -> None:
        if surely == 0:
            self.said(self.world.author.retires(self.modules[which]))

    # Time and delivery

    @rule(minutes=st.sampled_from((1, 31, 61)))
    def minutes_pass(self, minutes: int) -> None:
        self.world.wait(minutes=minutes)

    @rule(days=st.sampled_from((1, 3, 12)))
    def days_pass(self, days: int) -> None:
        self.world.wait(days=days)

    @rule(schedule=st.sampled_from(SCHEDULES))
    def a_schedule_comes(self, schedule: str) -> None:
        self.world.system.fire(schedule)
        self.tried["runs of a schedule"] += 1

    @rule(times=st.sampled_from((1, 1, 2)), seed=st.none() | seeds)
    def all_is_delivered(self, times: int, seed: int | None) -> None:
        self._deliver(Delivery(times, seed))

    @rule(seed=seeds)
    def the_relay_is_down(self, seed: int) -> None:
        self._deliver(_QueuesOnly(1, seed))

    @rule(place=seeds)
    def an_old_message_comes_again(self, place: int) -> None:
        if messages := self.world.messages():
            again = messages[place % len(messages)]
            self.world.send(again.queue, again.body)

    def _deliver(self, delivery: Delivery) -> None:
        self.world.system.delivery = delivery
        self.world.deliver()

    # What must hold, always

    @invariant()
    def nobody_has_two_attempts_open(self) -> None:
        open_ones = Counter(
            (fact["learner_id"], fact["module_id"])
            for fact in self.facts("ATTEMPT#")
            if fact["state"] in ("in_progress", "submitted")
        )
        assert set(open_ones.values()) <= {1}

    @invariant()
    def a_pass_is_never_undone(self) -> None:
        for enrolment in self.facts("ENROLMENT#"):
            whose = (enrolment["learner_id"], enrolment["module_id"])
            if whose in self.passed_at:
                assert enrolment["passed_at"] == self.passed_at[whose]
                assert enrolment["state"] in ("passed", "certified")
            elif enrolment["passed_at"]:
                self.passed_at[whose] = enrolment["passed_at"]

    @invariant()
    def every_certificate_has_a_passing_attempt(self) -> None:
        passed = {(fact["learner_id"], fact["module_id"]) for fact in self.facts("ATTEMPT#") if fact["passed"]}
        holders = [(head["learner_id"], head["module_id"]) for head in self.heads().values()]
        assert set(holders) <= passed
        assert len(holders) == len(set(holders))

    def teardown(self) -> None:
        try:
            if hasattr(self, "modules"):
                self._all_is_quiet()
        finally:
            self.stack.close()

    def _all_is_quiet(self) -> None:
        """Time goes on until nothing can be pending; then nothing is, and all agree with the model."""
        self._deliver(Delivery())
        last = max(end_of(module) for module in self.modules)
        while self.world.now <= last:
            self.world.wait_until(max(self.world.now, min(end_of(module) for module in self.modules)))
            self.world.wait(days=200)
            for _ in range(2):
                for schedule in SCHEDULES:
                    self.world.system.fire(schedule)
                self._deliver(Delivery())
        assert self.world.due("LearningTable", "recover") == []
        assert {fact["state"] for fact in self.facts("ATTEMPT#")} <= {"graded", "closed"}
        by_state: dict[str, set[tuple[str, str]]] = {}
        for enrolment in self.facts("ENROLMENT#"):
            whose = (enrolment["learner_id"], enrolment["module_id"])
            by_state.setdefault(enrolment["state"], set()).add(whose)
        assert set(by_state) <= {"declined", "withdrawn", "lapsed", "passed", "certified"}
        certified = by_state.get("certified", set())
        automatic = self.modules[AUTOMATIC].module_id
        assert {whose for whose in by_state.get("passed", set()) if whose[1] == automatic} == set()
        assert {whose for whose in certified if whose[1] != automatic} == set(self.claimed)
        heads = self.heads()
        assert {(head["learner_id"], head["module_id"]) for head in heads.values()} == certified
        assert {number for number, head in heads.items() if head["revoked_at"]} == self.revoked
        ledger: dict[str, Decimal] = {}
        for entry in self.facts("CREDIT#"):
            number = entry["certificate"]
            ledger[number] = ledger.get(number, Decimal(0)) + Decimal(entry["amount"])
        assert ledger == {
            number: Decimal(0)
            if number in self.revoked
            else self.claimed.get((head["learner_id"], head["module_id"]), Decimal("1.00"))
            for number, head in heads.items()
        }
        queues = answered(self.world.admin.ask("GET", "/admin/queues"))["queues"]
        assert [queue for queue in queues if queue.get("dead_letters") or queue["failures"]] == []

    # What is stored

    def facts(self, kind: str) -> list[dict[str, Any]]:
        return [row["facts"] for (_, sk), row in self.world.rows("LearningTable").items() if sk.startswith(kind)]

    def heads(self) -> dict[str, dict[str, Any]]:
        """What is known of each certificate, by its number."""
        rows = self.world.rows("CertificateTable")
        return {row["facts"]["number"]: row["facts"] for (_, sk), row in rows.items() if sk == "HEAD"}

    def certificate(self, place: int) -> list[str]:
        """One number, if there is any."""
        numbers = sorted((head["learner_id"], head["module_id"], number) for number, head in self.heads().items())
        return [numbers[place % len(numbers)][2]] if numbers else []


@pytest.mark.soak
def test_whatever_comes_in_whatever_order_what_must_hold_holds(begin: Begin, soaking: bool, tried: Tried) -> None:
    counted: Counter[str] = Counter()
    machine: Callable[[], Disorder] = type("Walk", (Disorder,), {"begin": staticmethod(begin), "tried": counted})
    checks = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
    walks, steps = (150, 60) if soaking else (5, 40)
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=walks, stateful_step_count=steps, suppress_health_check=checks),
    )
    for what, times in counted.items():
        tried(what, times)
