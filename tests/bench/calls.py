"""The calls of one journey, from the profile to the certificate, step by step, and the least that would do."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.recording import Call, Recording
from tests.flow.journey import Learner, Module, World, answered

# One read for all that a step asks, one write for all that it changes; documents, signatures and sends one by one.
LEAST: Mapping[str, Mapping[str, int]] = {
    "PUT /me": {"dynamodb": 2},
    "PUT /modules/{module_id}/enrolment": {"dynamodb": 2},
    "Confirm": {"dynamodb": 2},
    "PUT /modules/{module_id}/enrolment/acknowledgement": {"dynamodb": 2},
    "POST /modules/{module_id}/enrolment/attempts": {"dynamodb": 2},
    "PATCH /modules/{module_id}/enrolment/attempts/{attempt}/answers": {"dynamodb": 2},
    "POST /modules/{module_id}/enrolment/attempts/{attempt}/submission": {"dynamodb": 2},
    "Grade": {"dynamodb": 2},
    "Settle": {"dynamodb": 2},
    "Certify": {"dynamodb": 2, "s3": 3, "kms": 2},
    # enrolment requested, confirmed; attempt submitted, passed; enrolment passed, credit claimed; certificate issued
    "Relay": {"sqs": 7},
}
MAIL = "Notify"


@dataclass(frozen=True)
class Journey:
    """What one journey asked of AWS, in order."""

    calls: Sequence[Call]

    def by_step(self) -> dict[str, list[Call]]:
        steps: dict[str, list[Call]] = {}
        for call in self.calls:
            steps.setdefault(call.step, []).append(call)
        return steps

    def without_mail(self) -> "Journey":
        return Journey([call for call in self.calls if call.step != MAIL])

    def count(self) -> Counter[str]:
        return Counter(call.service for call in self.calls)


def play(world: World, recording: Recording, learner: Learner, module: Module) -> Journey:
    """The journey of a learner who is new. What the client only looks at is left out."""
    world.deliver()
    card = answered(learner.ask("GET", f"{module.path}?edition={module.edition}"))
    recording.take()
    answered(learner.introduce())
    answered(learner.enrol(module))
    world.deliver()
    answered(learner.acknowledge(card["information_hash"]))
    form = answered(learner.start())
    answered(learner.save(module.right(form)))
    answered(learner.submit())
    world.deliver()
    calls = recording.take()
    assert learner.enrolment()["state"] == "certified"
    recording.take()
    return Journey(calls)
