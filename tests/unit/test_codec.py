"""Events on the wire: their envelope, the journey they belong to, and what can't be read."""

import json

import pytest

from shared.events.assessment import AttemptPassedV1, AttemptSubmittedV1
from shared.events.event import ordinal_in
from shared.messaging.codec import UnreadableEvent, decode, decode_outbox, encode_outbox, to_cloud_event
from shared.messaging.trace import Trace, current_trace, tracing
from tests.support.builders import LEARNER, MODULE, NOW

SUBMITTED = AttemptSubmittedV1(
    at=NOW, learner_id=LEARNER, module_id=MODULE, edition=1, attempt=2, submitted_at=NOW, by="learner"
)
PASSED = AttemptPassedV1(
    at=NOW,
    ordinal=3,
    learner_id=LEARNER,
    module_id=MODULE,
    edition=1,
    attempt=2,
    points=2.5,
    max_points=3.0,
    graded_at=NOW,
    key_revision=3,
)


def test_an_event_is_a_cloud_event_whose_id_names_the_fact() -> None:
    envelope = to_cloud_event(PASSED)
    assert envelope["id"] == f"attempt/{LEARNER}/{MODULE}/1/2/passed/3"
    assert envelope["subject"] == f"attempt/{LEARNER}/{MODULE}/1/2"
    assert envelope["type"] == "cme.attempt.passed.v1"
    assert (envelope["specversion"], envelope["source"]) == ("1.0", "/cme")
    assert (envelope["datacontenttype"], envelope["time"]) == ("application/json", "2026-03-02T09:00:00.000Z")


def test_the_envelope_carries_instant_and_ordinal_and_the_data_all_else() -> None:
    assert to_cloud_event(SUBMITTED)["data"] == {
        "learner_id": LEARNER,
        "module_id": MODULE,
        "edition": 1,
        "attempt": 2,
        "submitted_at": "2026-03-02T09:00:00.000Z",
        "by": "learner",
    }


@pytest.mark.parametrize("event", [SUBMITTED, PASSED])
def test_what_was_written_is_what_is_read(event: AttemptSubmittedV1 | AttemptPassedV1) -> None:
    assert decode(json.dumps(to_cloud_event(event))).event == event


def test_the_same_fact_announced_again_carries_the_same_id() -> None:
    assert to_cloud_event(PASSED) == to_cloud_event(PASSED)


def test_an_event_without_a_journey_starts_one() -> None:
    envelope = to_cloud_event(SUBMITTED)
    assert envelope["correlationid"] == envelope["causationid"] == SUBMITTED.id


def test_the_correlation_runs_from_event_to_event_and_each_names_its_cause() -> None:
    with tracing(Trace(correlation_id="request-1", causation_id="request-1")):
        first = to_cloud_event(SUBMITTED)
    with tracing(decode(json.dumps(first)).trace):
        second = to_cloud_event(PASSED)
    assert (second["correlationid"], second["causationid"]) == ("request-1", SUBMITTED.id)


def test_a_journey_ends_with_its_work_even_where_that_fails() -> None:
    with pytest.raises(RuntimeError), tracing(Trace(correlation_id="c", causation_id="c")):
        raise RuntimeError
    assert current_trace() is None


def test_an_outbox_holds_all_events_of_one_write_in_order() -> None:
    assert [event["id"] for event in decode_outbox(encode_outbox([SUBMITTED, PASSED]))] == [SUBMITTED.id, PASSED.id]


@pytest.mark.parametrize("outbox", ["", "{", "{}", "5", '["text"]', "[{}]", '[{"type": 5}]', '[{"type": []}]'])
def test_an_outbox_that_is_no_list_of_events_is_unreadable(outbox: str) -> None:
    with pytest.raises(UnreadableEvent):
        decode_outbox(outbox)


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "null", "{}", '{"type": "cme.attempt.passed.v1"}'])
def test_a_message_that_is_no_event_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableEvent):
        decode(text)


@pytest.mark.parametrize(
    ("event_id", "ordinal"), [("a/b/passed/12", 12), ("certificate/N/v2/issued", 1), ("", 1), ("a/b/x", 1)]
)
def test_the_ordinal_is_the_last_part_of_an_id(event_id: str, ordinal: int) -> None:
    assert ordinal_in(event_id) == ordinal
