"""A test with a wrong key, and the learners who sat it: what a regrade has to mend."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.pollers import Delivery
from tests.flow.journey import Learner, Module, World, a_bank, a_question, answered, drawing

OTHERS = [f"q{n}" for n in range(2, 11)]
# Who chose what in the faulty question, and had how many of the nine others right. Seven of ten pass.
SITTINGS = {
    "ann": ("b", 6),  # failed by the wrong key
    "ben": ("b", 9),
    "cat": ("b", 8),
    "dee": ("a", 6),  # passed thanks to the wrong key
    "eve": ("a", 2),
    "fay": ("c", 1),
}
PASS = 7
BEFORE = {name: others + (first == "a") for name, (first, others) in SITTINGS.items()}
AFTER = {name: others + (first == "b") for name, (first, others) in SITTINGS.items()}
PASSED_BEFORE = {name for name, points in BEFORE.items() if points >= PASS}
PASSED_AFTER = PASSED_BEFORE | {name for name, points in AFTER.items() if points >= PASS}


@dataclass(frozen=True)
class Faulty:
    """A module of ten questions, all asked. The key to q1 says a; b is right. Six have sat it, one not yet."""

    world: World
    module: Module
    people: dict[str, Learner]
    late: Learner

    def results(self) -> dict[str, Any]:
        """Everybody's attempt as they see it."""
        return {name: answered(learner.attempt()) for name, learner in self.people.items()}

    def numbers(self) -> dict[str, str]:
        """Who has a certificate, with its number."""
        enrolments = {name: learner.enrolment() for name, learner in self.people.items()}
        return {name: has["certificate"] for name, has in enrolments.items() if "certificate" in has}

    def is_regraded(self, delivering: Delivery | None = None) -> str:
        """The key is corrected, and what that sets going is over; the job."""
        job: str = answered(self.world.author.rekeys(self.module, "q1", "b"), 202)["job"]
        self.world.system.delivery = delivering or Delivery()
        self.world.deliver()
        return job


# One who is to pass, one who is to keep a pass, and one who fails whatever the key says.
THREE = ("ann", "dee", "eve")


def sit_a_faulty_test(world: World, prefix: str = "", who: Sequence[str] = tuple(SITTINGS)) -> Faulty:
    """The scene in a world of its own, or beside others whose people have other prefixes."""
    world.draw_the_same_form_for_all()
    bank = a_bank(*(a_question(name) for name in ("q1", *OTHERS)))
    module = world.published(bank=bank, test={"pools": drawing(10), "pass_mark": 70, "attempts": 1})
    people = {name: world.learner(f"{prefix}{name}", name="Dr. Any") for name in (*who, "late")}
    for learner in people.values():
        answered(learner.enrol(module), 202)
    world.deliver()
    for learner in people.values():
        answered(learner.acknowledge())
        answered(learner.introduce())
    for name in who:
        first, others = SITTINGS[name]
        people[name].begins()
        rest = {question: ["a" if place < others else "d"] for place, question in enumerate(OTHERS)}
        answered(people[name].submit({"q1": [first], **rest}), 202)
    world.deliver()
    late = people.pop("late")
    return Faulty(world, module, people, late)
