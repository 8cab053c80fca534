"""Events keep their contract: what was once sent can still be read, and is still written the same."""

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from shared.events.event import Event
from shared.events.registry import EVENT_TYPES
from shared.messaging.codec import UnreadableEvent, decode, to_cloud_event
from shared.messaging.routing import ROUTES
from shared.messaging.trace import Trace, tracing
from shared.settings import QueueSettings

SAMPLES = sorted(Path(__file__).parent.joinpath("samples").glob("*.json"))
ENVELOPE = (
    "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "correlationid", "causationid", "data",
)  # fmt: skip
READ = ("id", "type", "time", "correlationid", "data")

# Which queue each event goes to, and what its data carries: the contract with every consumer.
ENROLMENT = {"learner_id", "module_id", "edition"}
GRADE = {*ENROLMENT, "attempt", "points", "max_points", "graded_at", "key_revision"}
ORDER = {*ENROLMENT, "certificate", "version"}
VERSION = {"certificate", "version"}
CONTRACT: dict[str, tuple[set[str], set[str]]] = {
    "cme.enrolment.requested.v1": ({"enrolments"}, ENROLMENT),
    "cme.enrolment.confirmed.v1": ({"notifications"}, ENROLMENT),
    "cme.enrolment.declined.v1": ({"notifications"}, {*ENROLMENT, "reason"}),
    "cme.enrolment.lapsed.v1": ({"notifications"}, ENROLMENT),
    "cme.enrolment.passed.v1": ({"notifications"}, ENROLMENT),
    "cme.enrolment.attempt_failed.v1": ({"notifications"}, {*ENROLMENT, "attempts_left"}),
    "cme.enrolment.expiring.v1": ({"notifications"}, {*ENROLMENT, "days"}),
    "cme.enrolment.claim_closing.v1": ({"notifications"}, {*ENROLMENT, "claim_until"}),
    "cme.attempt.submitted.v1": ({"submissions"}, {*ENROLMENT, "attempt", "submitted_at", "by"}),
    "cme.attempt.regrade_requested.v1": (
        {"submissions"},
        {*ENROLMENT, "attempt", "submitted_at", "by", "key_revision"},
    ),
    "cme.bank.upload_awaited.v1": ({"imports"}, {"job", "page"}),
    "cme.attempt.passed.v1": ({"grades"}, GRADE),
    "cme.attempt.failed.v1": ({"grades"}, GRADE),
    "cme.credit.claimed.v1": ({"certificates"}, ORDER),
    "cme.certificate.reissue_requested.v1": ({"certificates"}, ORDER),
    "cme.certificate.issued.v1": ({"notifications"}, VERSION),
    "cme.certificate.reissued.v1": ({"notifications", "statuses"}, VERSION),
    "cme.certificate.revoked.v1": ({"notifications", "statuses"}, VERSION),
    "cme.certificate.restored.v1": ({"notifications", "statuses"}, VERSION),
    "cme.module.retired.v1": ({"jobs"}, {"module_id", "edition", "retired_at"}),
    "cme.enrolment.retirement_reached.v1": ({"retirements"}, ENROLMENT),
    "cme.job.advanced.v1": ({"jobs"}, {"job", "page"}),
    "cme.admin.acted.v1": (
        {"audit"},
        {"actor", "action", "subject", "before", "after", "reason_code", "reason_digest"},
    ),
    "cme.job.rested.v1": ({"rests"}, {"job", "page"}),
    "cme.rehearsal.advanced.v1": ({"rehearsals"}, {"job", "page"}),
}
every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)


def read(sample: Path) -> dict[str, Any]:
    envelope: dict[str, Any] = json.loads(sample.read_text("utf-8"))
    return envelope


def of_another_type(value: Any) -> Iterator[Any]:
    """Values that ``value`` can't be taken for."""
    yield None
    yield [value]
    if isinstance(value, str):
        yield 5
    else:
        yield str(value)
        yield True


def samples_with_each_field() -> Iterator[Any]:
    for sample in SAMPLES:
        for name in read(sample)["data"]:
            yield pytest.param(sample, name, id=f"{sample.stem}-{name}")


@every_sample
def test_a_sample_is_read_as_its_event_and_written_again_as_it_was(sample: Path) -> None:
    envelope = read(sample)
    event = decode(sample.read_text("utf-8")).event
    assert type(event) is EVENT_TYPES[envelope["type"]]
    with tracing(Trace(correlation_id=envelope["correlationid"], causation_id=envelope["causationid"])):
        assert to_cloud_event(event) == envelope


@every_sample
def test_a_sample_is_a_cloud_event_in_an_envelope_of_ours(sample: Path) -> None:
    envelope = read(sample)
    assert tuple(envelope) == ENVELOPE
    assert (envelope["specversion"], envelope["source"], envelope["datacontenttype"]) == (
        "1.0", "/cme", "application/json",
    )  # fmt: skip
    assert envelope["id"].startswith(f"{envelope['subject']}/")
    assert sample.name == f"{envelope['type']}.json"


def test_every_event_type_has_a_sample() -> None:
    assert {sample.stem for sample in SAMPLES} == set(EVENT_TYPES)


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_an_event_type_is_registered_under_its_own_name_and_version(event_type: str) -> None:
    kind = EVENT_TYPES[event_type]
    assert event_type == kind.TYPE
    assert kind.__name__.endswith(event_type.rpartition(".")[2].upper())


def test_all_event_types_of_the_contract_exist_and_no_others() -> None:
    assert set(EVENT_TYPES) == set(CONTRACT)


@pytest.mark.parametrize("event_type", CONTRACT)
def test_every_event_goes_to_the_queues_of_the_contract(event_type: str) -> None:
    assert set(ROUTES[event_type]) == CONTRACT[event_type][0]


def test_nothing_else_has_a_route_and_every_route_leads_to_a_queue() -> None:
    assert set(ROUTES) == set(EVENT_TYPES)
    queues = {field.name.removesuffix("_queue_url") for field in fields(QueueSettings)}
    assert {queue for route in ROUTES.values() for queue in route} == queues


@every_sample
def test_the_data_carries_what_the_contract_says_and_no_more(sample: Path) -> None:
    envelope = read(sample)
    assert set(envelope["data"]) == CONTRACT[envelope["type"]][1]


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=lambda kind: kind.TYPE)
def test_no_event_can_carry_names_addresses_or_answers(kind: type[Event]) -> None:
    private = {"name", "attested_name", "email", "profession", "answers", "correct", "holder"}
    assert private.isdisjoint(field.name for field in fields(kind))


@every_sample
def test_an_event_of_a_version_that_is_not_known_is_unreadable(sample: Path) -> None:
    envelope = read(sample)
    envelope["type"] = f"{envelope['type'].removesuffix('1')}2"
    with pytest.raises(UnreadableEvent):
        decode(json.dumps(envelope))


@pytest.mark.parametrize(("sample", "name"), samples_with_each_field())
def test_an_event_of_which_something_is_missing_is_unreadable(sample: Path, name: str) -> None:
    envelope = read(sample)
    del envelope["data"][name]
    with pytest.raises(UnreadableEvent):
        decode(json.dumps(envelope))


@pytest.mark.parametrize(("sample", "name"), samples_with_each_field())
def test_an_event_with_a_value_of_another_type_is_unreadable(sample: Path, name: str) -> None:
    envelope = read(sample)
    for wrong in of_another_type(envelope["data"][name]):
        with pytest.raises(UnreadableEvent):
            decode(json.dumps({**envelope, "data": {**envelope["data"], name: wrong}}))


@every_sample
@pytest.mark.parametrize("name", READ)
def test_an_envelope_of_which_something_is_missing_or_of_another_type_is_unreadable(sample: Path, name: str) -> None:
    envelope = read(sample)
    for broken in ({**envelope, name: None}, {key: value for key, value in envelope.items() if key != name}):
        with pytest.raises(UnreadableEvent):
            decode(json.dumps(broken))


@every_sample
def test_an_instant_without_a_zone_is_unreadable(sample: Path) -> None:
    envelope = read(sample)
    envelope["time"] = envelope["time"].removesuffix("Z")
    with pytest.raises(UnreadableEvent):
        decode(json.dumps(envelope))


@every_sample
def test_a_field_that_is_new_and_optional_is_left_aside(sample: Path) -> None:
    envelope = read(sample)
    newer = {**envelope, "traceparent": "00-1-2-01", "data": {**envelope["data"], "added_later": [1]}}
    assert decode(json.dumps(newer)).event == decode(json.dumps(envelope)).event
