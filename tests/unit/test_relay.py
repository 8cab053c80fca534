"""Relay: what was announced is sent in order, and one bad record or entry holds up nobody else."""

import json

from functions.operations.relay.use_case import Announcement, relay
from shared.events.certification import CertificateRevokedV1
from shared.events.enrolment import EnrolmentConfirmedV1, EnrolmentRequestedV1
from shared.events.event import Event
from shared.messaging.codec import encode_outbox
from tests.support.builders import LEARNER, MODULE, NOW, NUMBER
from tests.support.fakes import World


def requested(learner: str = LEARNER) -> EnrolmentRequestedV1:
    return EnrolmentRequestedV1(at=NOW, learner_id=learner, module_id=MODULE, edition=1)


def confirmed(learner: str = LEARNER) -> EnrolmentConfirmedV1:
    return EnrolmentConfirmedV1(at=NOW, learner_id=learner, module_id=MODULE, edition=1)


def announcements(*outboxes: tuple[Event, ...] | str) -> list[Announcement]:
    """Records of a stream, numbered from 1."""
    return [
        Announcement(sequence_number=str(number), outbox=outbox if isinstance(outbox, str) else encode_outbox(outbox))
        for number, outbox in enumerate(outboxes, start=1)
    ]


def ids_on(world: World, queue: str) -> list[str]:
    return [message["id"] for name, message in world.queues.sent if name == queue]


def test_every_event_goes_to_its_queue_in_order() -> None:
    world = World()
    sent = relay(announcements((requested("a"),), (requested("b"), confirmed("a"))), world)
    assert sent is None
    assert ids_on(world, "enrolments") == [requested("a").id, requested("b").id]
    assert ids_on(world, "notifications") == [confirmed("a").id]


def test_an_event_with_two_queues_goes_to_both() -> None:
    world = World()
    revoked = CertificateRevokedV1(at=NOW, certificate=NUMBER, version=1)
    relay(announcements((revoked,)), world)
    assert ids_on(world, "notifications") == ids_on(world, "statuses") == [revoked.id]


def test_a_message_is_the_cloud_event_as_it_was_written() -> None:
    world = World()
    outbox = encode_outbox([requested()])
    relay(announcements(outbox), world)
    assert [message for _, message in world.queues.sent] == json.loads(outbox)


def test_the_first_record_that_was_not_sent_is_reported() -> None:
    world = World()
    world.queues.refuses = (requested("b").id, requested("c").id)
    records = announcements((requested("a"),), (requested("b"),), (requested("c"),), (requested("d"),))
    assert relay(records, world) == "2"
    assert ids_on(world, "enrolments") == [requested("a").id, requested("d").id]


def test_a_record_is_reported_when_only_one_of_its_events_was_not_sent() -> None:
    world = World()
    world.queues.refuses = (confirmed("a").id,)
    assert relay(announcements((requested("a"), confirmed("a")), (requested("b"),)), world) == "1"
    assert ids_on(world, "enrolments") == [requested("a").id, requested("b").id]


def test_the_first_record_counts_across_all_queues() -> None:
    world = World()
    world.queues.refuses = (requested("c").id, confirmed("b").id)
    records = announcements((requested("a"),), (confirmed("b"),), (requested("c"),))
    assert relay(records, world) == "2"


def test_a_record_that_can_not_be_read_is_parked_alone_with_its_cause() -> None:
    world = World()
    records = announcements((requested("a"),), "{broken", (requested("b"),))
    assert relay(records, world) is None
    assert ids_on(world, "enrolments") == [requested("a").id, requested("b").id]
    (parked,) = world.failures.kept
    assert (parked.queue, parked.message_id, parked.body, parked.failed_at) == ("relay", "2", "{broken", NOW)
    assert "JSON" in parked.cause


def test_an_event_without_a_route_parks_its_record_and_sends_none_of_it() -> None:
    world = World()
    unknown = json.dumps([*json.loads(encode_outbox([requested("a")])), {"type": "cme.something.else.v1"}])
    assert relay(announcements(unknown), world) is None
    assert world.queues.sent == []
    assert "cme.something.else.v1" in world.failures.kept[0].cause


def test_nothing_announced_is_nothing_sent() -> None:
    world = World()
    assert relay([], world) is None
    assert (world.queues.sent, world.failures.kept) == ([], [])
