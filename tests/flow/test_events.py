"""Every event of the contract comes to the queues that the contract names, with the facts that it names."""

from collections import defaultdict
from typing import Any

from shared.events.registry import EVENT_TYPES
from tests.flow.story import Outcome

LEARNER = {"learner_id", "module_id", "edition"}
ATTEMPT = {*LEARNER, "attempt"}
GRADE = {*ATTEMPT, "points", "max_points", "graded_at", "key_revision"}
ORDER = {*LEARNER, "certificate", "version"}
VERSION = {"certificate", "version"}

# As contract.md has it.
CONTRACT = {
    "cme.enrolment.requested.v1": ({"EnrolmentsQueue"}, LEARNER),
    "cme.enrolment.confirmed.v1": ({"NotificationsQueue"}, LEARNER),
    "cme.enrolment.declined.v1": ({"NotificationsQueue"}, {*LEARNER, "reason"}),
    "cme.enrolment.lapsed.v1": ({"NotificationsQueue"}, LEARNER),
    "cme.enrolment.passed.v1": ({"NotificationsQueue"}, LEARNER),
    "cme.enrolment.attempt_failed.v1": ({"NotificationsQueue"}, {*LEARNER, "attempts_left"}),
    "cme.attempt.submitted.v1": ({"SubmissionsQueue"}, {*ATTEMPT, "submitted_at", "by"}),
    "cme.attempt.passed.v1": ({"GradesQueue"}, GRADE),
    "cme.attempt.failed.v1": ({"GradesQueue"}, GRADE),
    "cme.credit.claimed.v1": ({"CertificatesQueue"}, ORDER),
    "cme.certificate.reissue_requested.v1": ({"CertificatesQueue"}, ORDER),
    "cme.certificate.issued.v1": ({"NotificationsQueue"}, VERSION),
    "cme.certificate.reissued.v1": ({"NotificationsQueue", "StatusesQueue"}, VERSION),
    "cme.certificate.revoked.v1": ({"NotificationsQueue", "StatusesQueue"}, VERSION),
    "cme.module.retired.v1": ({"JobsQueue"}, {"module_id", "edition", "retired_at"}),
    "cme.enrolment.retirement_reached.v1": ({"RetirementsQueue"}, LEARNER),
    "cme.job.advanced.v1": ({"JobsQueue"}, {"job", "page"}),
    "cme.admin.acted.v1": (
        {"AuditQueue"},
        {"actor", "action", "subject", "before", "after", "reason_code", "reason_digest"},
    ),
}

# What these stories announce: test_regrade.py, test_import.py, test_revocation.py, test_notices.py.
OF_OTHER_STORIES = {
    "cme.attempt.regrade_requested.v1",
    "cme.bank.upload_awaited.v1",
    "cme.certificate.restored.v1",
    "cme.enrolment.claim_closing.v1",
    "cme.enrolment.expiring.v1",
    "cme.job.rested.v1",
    "cme.rehearsal.advanced.v1",
}


def test_every_event_type_comes_to_the_queues_of_the_contract(undisturbed: Outcome) -> None:
    came = defaultdict(set)
    for message in undisturbed.messages:
        came[message.event["type"]].add(message.queue)
    assert came == {kind: queues for kind, (queues, _) in CONTRACT.items()}
    assert set(EVENT_TYPES) == {*CONTRACT, *OF_OTHER_STORIES}


def test_every_event_carries_the_facts_of_the_contract_and_no_more(undisturbed: Outcome) -> None:
    for event in _events(undisturbed):
        _, facts = CONTRACT[event["type"]]
        assert set(event["data"]) == facts, event["type"]


def test_one_fact_has_one_id_on_every_queue(undisturbed: Outcome) -> None:
    facts = defaultdict(set)
    for event in _events(undisturbed):
        facts[event["id"]].add(str(event["data"]))
    assert all(len(said) == 1 for said in facts.values())
    ids = [event["id"] for event in _events(undisturbed, "cme.enrolment.lapsed.v1", "cme.certificate.issued.v1")]
    assert len(ids) == len(set(ids)) == 2 + 4


def test_an_event_of_retirement_is_dated_by_the_rule(undisturbed: Outcome) -> None:
    [retired] = _events(undisturbed, "cme.module.retired.v1")
    assert retired["time"] == retired["data"]["retired_at"] == "2022-05-10T22:00:00.000Z"
    lapsed = _events(undisturbed, "cme.enrolment.lapsed.v1")
    assert {event["time"] for event in lapsed} == {"2022-05-10T22:00:00.000Z"}


def test_the_deadline_and_the_learner_are_told_apart(undisturbed: Outcome) -> None:
    by = {
        event["data"]["learner_id"]: event["data"]["by"] for event in _events(undisturbed, "cme.attempt.submitted.v1")
    }
    assert by == {"ann": "learner", "ben": "learner", "gus": "learner", "eve": "deadline", "fay": "deadline"}


def test_a_failed_attempt_tells_how_many_are_left(undisturbed: Outcome) -> None:
    failed = _events(undisturbed, "cme.enrolment.attempt_failed.v1")
    allowed = undisturbed.story.first.content["test"]["attempts"]
    left = {event["data"]["learner_id"]: event["data"]["attempts_left"] for event in failed}
    assert left == {"ben": allowed - 1, "fay": allowed - 1}


def _events(outcome: Outcome, *types: str) -> list[Any]:
    return [message.event for message in outcome.messages if not types or message.event["type"] in types]
