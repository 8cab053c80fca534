"""One aggregate, one item, one conditional write: what the store promises to every repository."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session
from pynamodb.exceptions import PutError, TransactWriteError

from infra.local.system import LocalSystem
from shared.adapters.aws import CONNECT, READ
from shared.adapters.dynamo.tables import TABLES
from shared.bootstrap import Deps
from shared.domain.accommodation import Accommodation
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.ids import EnrolmentId, LearnerId
from shared.domain.refusals import InvalidRequest
from shared.events.enrolment import EnrolmentConfirmedV1, EnrolmentRequestedV1
from shared.messaging.codec import decode_outbox
from shared.ports import ConcurrentChange
from tests.integration.conftest import Stored
from tests.support.builders import MODULE, NOW, a_claim, a_profile, an_award, an_enrolment


def of(learner: str) -> Enrolment:
    """A learner's enrolment that was never stored."""
    return replace(Enrolment.requested(EnrolmentId(LearnerId(learner), MODULE, 1), NOW))


def requested(enrolment: Enrolment) -> EnrolmentRequestedV1:
    return EnrolmentRequestedV1(
        at=NOW, learner_id=enrolment.learner_id, module_id=enrolment.module_id, edition=enrolment.edition
    )


def key(enrolment: Enrolment) -> tuple[str, str, str]:
    return "LearningTable", f"LEARNER#{enrolment.learner_id}", f"ENROLMENT#{enrolment.module_id}#0001"


def test_what_was_saved_is_read_back_with_its_version(deps: Deps) -> None:
    enrolment = of("read-back")
    saved = deps.enrolments.save(enrolment)
    assert saved == replace(enrolment, version=1)
    assert deps.enrolments.find(enrolment.id) == saved
    again = deps.enrolments.save(saved.confirmed(NOW))
    assert again.version == 2
    assert deps.enrolments.find(enrolment.id) == again


def test_what_was_never_saved_is_not_there(deps: Deps) -> None:
    assert deps.enrolments.find(of("never").id) is None


def test_of_two_that_read_the_same_version_the_second_is_told(deps: Deps) -> None:
    saved = deps.enrolments.save(of("race"))
    winner = deps.enrolments.save(saved.confirmed(NOW))
    with pytest.raises(ConcurrentChange):
        deps.enrolments.save(saved.withdrawn(NOW))
    assert deps.enrolments.find(saved.id) == winner


def test_of_two_that_create_the_same_the_second_is_told(deps: Deps) -> None:
    first = deps.enrolments.save(of("create"))
    with pytest.raises(ConcurrentChange):
        deps.enrolments.save(of("create").confirmed(NOW))
    assert deps.enrolments.find(first.id) == first


def test_what_is_gone_can_not_be_changed(deps: Deps) -> None:
    with pytest.raises(ConcurrentChange):
        deps.enrolments.save(replace(of("gone"), version=3))
    assert deps.enrolments.find(of("gone").id) is None


def test_the_same_write_again_was_ours_and_succeeds(deps: Deps) -> None:
    enrolment = of("twice")
    events = [requested(enrolment)]
    assert deps.enrolments.save(enrolment, events) == deps.enrolments.save(enrolment, events)
    found = deps.enrolments.find(enrolment.id)
    assert found
    assert found.version == 1


def test_the_same_state_with_another_announcement_is_not_ours(deps: Deps) -> None:
    enrolment = of("announced-otherwise")
    deps.enrolments.save(enrolment, [requested(enrolment)])
    with pytest.raises(ConcurrentChange):
        deps.enrolments.save(enrolment)


def losing_answers(client: Any) -> Callable[[], None]:
    """From here on the next write takes effect, but its answer gets lost; returns what ends that."""
    lost = []

    def send(request: Any, **_: Any) -> None:
        if not lost:
            lost.append(URLLib3Session().send(request))
            assert lost[0].status_code == 200
            raise ConnectionClosedError(endpoint_url=request.url)

    client.meta.events.register("before-send.dynamodb.PutItem", send)

    def end() -> None:
        client.meta.events.unregister("before-send.dynamodb.PutItem", send)
        assert lost, "no write was sent"

    return end


def test_a_write_whose_answer_got_lost_is_repeated_by_the_sdk_and_is_no_conflict(deps: Deps) -> None:
    enrolment = deps.enrolments.save(of("lost"))
    end = losing_answers(deps._connection.client)
    saved = deps.enrolments.save(enrolment.confirmed(NOW), [requested(enrolment)])
    end()
    assert saved.version == 2
    assert deps.enrolments.find(enrolment.id) == saved


def test_state_and_events_are_one_item_and_a_silent_write_removes_the_events(deps: Deps, stored: Stored) -> None:
    enrolment = of("outbox")
    confirmed = EnrolmentConfirmedV1(at=NOW, learner_id="outbox", module_id=MODULE, edition=1)
    saved = deps.enrolments.save(enrolment, [requested(enrolment), confirmed])
    item = stored(*key(enrolment))
    assert item
    assert [event["type"] for event in decode_outbox(item["outbox"])] == [requested(enrolment).TYPE, confirmed.TYPE]
    assert json.loads(item["facts"])["state"] == "requested"
    deps.enrolments.save(saved)
    item = stored(*key(enrolment))
    assert item
    assert "outbox" not in item
    assert item["version"] == "2"


def test_a_mark_that_no_longer_holds_goes_with_the_next_write(deps: Deps, stored: Stored) -> None:
    saved = deps.enrolments.save(of("marks"))
    item = stored(*key(saved))
    assert item
    assert item["due_step"].startswith("recover#")
    assert item["due_at"] == "2026-03-02T09:05:00.000Z"
    deps.enrolments.save(saved.confirmed(NOW))
    item = stored(*key(saved))
    assert item
    assert not {"due_step", "due_at"} & set(item)
    assert item["edition_shard"]


def test_a_fact_that_a_newer_version_of_the_code_added_does_no_harm(deps: Deps, engine: LocalSystem) -> None:
    saved = deps.enrolments.save(of("newer"))
    _, pk, sk = key(saved)
    engine.aws("dynamodb").update_item(
        TableName=engine.reference("LearningTable"),
        Key={"pk": {"S": pk}, "sk": {"S": sk}},
        UpdateExpression="SET facts = :facts, another = :another",
        ExpressionAttributeValues={
            ":facts": {"S": json.dumps(_with_a_new_fact(engine, pk, sk))},
            ":another": {"S": "attribute"},
        },
    )
    assert deps.enrolments.find(saved.id) == saved


def _with_a_new_fact(engine: LocalSystem, pk: str, sk: str) -> dict[str, Any]:
    item = engine.aws("dynamodb").get_item(
        TableName=engine.reference("LearningTable"), Key={"pk": {"S": pk}, "sk": {"S": sk}}
    )["Item"]
    return {**json.loads(item["facts"]["S"]), "no_such_field": 1}


def test_what_is_no_conflict_is_not_called_one(deps: Deps) -> None:
    """An item holds at most 400 KB, written alone or with others."""
    learner, too_long = LearnerId("too-large"), "x" * 500_000
    granted = Accommodation(
        learner_id=learner,
        module_id=MODULE,
        extra_minutes=1,
        extra_attempts=0,
        reason=too_long,
        granted_by=LearnerId("admin"),
        granted_at=NOW,
    )
    with pytest.raises(PutError):
        deps.accommodations.save(granted)
    with pytest.raises(TransactWriteError):
        deps.profiles.save(a_profile(learner_id=learner, licence=too_long))
    assert deps.accommodations.find(learner, MODULE) is None
    assert deps.profiles.find(learner) is None


def test_an_instant_without_a_zone_is_not_stored(deps: Deps) -> None:
    naive = replace(of("naive"), requested_at=NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="has no time zone"):
        deps.enrolments.save(naive)


def test_all_of_a_partition_is_read_however_many_items_it_has(deps: Deps) -> None:
    """More than one page of the query."""
    learner = LearnerId("many")
    days = [f"20{year:02d}-{month:02d}-01" for year in range(10, 20) for month in range(1, 13)]
    store = deps.certificates._entries  # type: ignore[attr-defined]
    for day in reversed(days):
        store.save(an_award(day, learner_id=learner))
    assert [entry.earned_on for entry in deps.ledger.of_learner(learner)] == days


def test_a_page_ends_where_the_next_begins_and_the_last_has_no_next(deps: Deps) -> None:
    learner = LearnerId("pages")
    for edition in range(1, 6):
        deps.claims.save(a_claim(learner_id=learner, edition=edition))
    editions, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = deps.claims.of_learner(learner, 2, cursor)
        editions += [claim.edition for claim in page.entries]
        cursor, pages = page.cursor, pages + 1
    assert editions == [1, 2, 3, 4, 5]
    assert pages == 3
    with pytest.raises(InvalidRequest):
        deps.claims.of_learner(learner, 2, "ENROLMENT#module#0001")


def test_another_kind_in_the_same_partition_is_not_listed(deps: Deps) -> None:
    learner = LearnerId("kinds")
    deps.profiles.save(a_profile(learner_id=learner))
    deps.enrolments.save(an_enrolment(EnrolmentState.CONFIRMED, learner_id=learner))
    assert deps.ledger.of_learner(learner) == []
    assert deps.claims.of_learner(learner, 10, None).entries == []
    assert len(deps.enrolments.of_module(learner, MODULE)) == 1


def test_all_tables_share_one_client(deps: Deps) -> None:
    """PynamoDB has no public way to share one, so an upgrade may break it unnoticed."""
    assert deps.enrolments.find(of("nobody").id) is None
    clients = {id(item._get_connection().connection.client) for item in TABLES.values()}
    assert clients == {id(deps._connection.client)}
    config = deps._connection.client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (CONNECT, READ)
