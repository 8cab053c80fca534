"""Delivery is at least once and unordered; what comes out of it is the same."""

import hashlib
from collections import Counter

import pytest

from infra.local.pollers import Delivery
from tests.flow.journey import DOCUMENTS, World, answered
from tests.flow.story import Outcome, Story, outcome_of, play

STATES = {
    "ann": "certified",
    "ben": "certified",
    "cy": "declined",
    "dee": "lapsed",
    "eve": "certified",
    "fay": "lapsed",
    "gus": "certified",
    "hal": "withdrawn",
}


def require_sound_documents(story: Story) -> None:
    """Every version has its documents, each once, and their hashes are those of the bytes."""
    world = story.world
    versions = [row["facts"] for (_, sk), row in world.rows("CertificateTable").items() if sk.startswith("VERSION#")]
    assert Counter(version["number_of_version"] for version in versions) == {1: 4, 2: 1}
    s3, bucket = world.system.aws("s3"), world.system.reference("DocumentBucket")
    stored = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert len(stored) == len(versions) * len(DOCUMENTS)
    for version in versions:
        for digest, suffix in DOCUMENTS.items():
            [document] = world.documents(version["number"], version["number_of_version"], suffix)
            assert hashlib.sha256(document).hexdigest() == version[digest]


def require_no_failure(world: World) -> None:
    failed = [invocation.function for invocation in world.invocations if invocation.error]
    reported = [
        invocation.function
        for invocation in world.invocations
        if invocation.trigger in ("queue", "stream") and (invocation.result or {}).get("batchItemFailures")
    ]
    assert failed + reported == []


def test_undisturbed_everyone_gets_what_the_rules_say(undisturbed: Outcome) -> None:
    assert undisturbed.states == STATES


def test_every_message_delivered_twice_changes_nothing(world: World, undisturbed: Outcome) -> None:
    world.system.delivery = Delivery(times=2)
    story = play(world)
    require_no_failure(world)
    require_sound_documents(story)
    outcome = outcome_of(story)
    assert outcome.states == STATES
    assert outcome.tables_with_versions == undisturbed.tables_with_versions
    assert outcome.told == undisturbed.told
    deliveries = Counter(message.event["id"] for message in outcome.messages)
    assert min(deliveries.values()) >= 2


@pytest.mark.parametrize("seed", range(3))
def test_messages_out_of_order_lead_to_the_same_tables(world: World, undisturbed: Outcome, seed: int) -> None:
    world.system.delivery = Delivery(times=2 if seed == 0 else 1, seed=seed)
    story = play(world)
    require_no_failure(world)
    require_sound_documents(story)
    outcome = outcome_of(story)
    assert outcome.states == STATES
    assert outcome.tables == undisturbed.tables
    assert outcome.told == undisturbed.told


def test_a_stale_request_to_enrol_decides_nothing_about_a_newer_one(world: World) -> None:
    module = world.published()
    cy = world.learner("cy", member=False)
    answered(cy.enrol(module), 202)
    world.deliver()
    assert cy.enrolment()["state"] == "declined"
    [stale] = world.events("cme.enrolment.requested.v1")
    answered(world.admin.admits("cy"))
    answered(cy.enrol(module), 202)
    world.send("EnrolmentsQueue", stale)
    world.deliver()
    assert cy.enrolment()["state"] == "confirmed"
    [confirmed] = world.events("cme.enrolment.confirmed.v1")
    assert confirmed["causationid"].endswith("/requested/2")
    world.send("EnrolmentsQueue", stale)
    world.deliver()
    assert cy.enrolment()["state"] == "confirmed"
    assert len(world.events("cme.enrolment.declined.v1")) == 1
