"""All that is a learner's own in LearningTable."""

from dataclasses import replace
from datetime import date

import pytest

from infra.local.system import LocalSystem
from shared.adapters.dynamo.store import SHARDS, shard_of
from shared.bootstrap import Deps
from shared.domain.certificate import Order
from shared.domain.enrolment import EnrolmentState
from shared.domain.ids import EditionId, EnrolmentId, EnrolmentReference, LearnerId, ModuleId
from shared.domain.job import Cursor
from shared.domain.learner import Membership
from shared.domain.refusals import NotEnrolled
from shared.events.certification import CertificateReissueRequestedV1
from shared.identities import find_enrolment, require_enrolment
from shared.ports import ConcurrentChange
from tests.support.builders import (
    DAY,
    HOUR,
    MILLISECOND,
    MINUTE,
    MODULE,
    NOW,
    NUMBER,
    RIGHT,
    a_certificate,
    a_claim,
    a_contact,
    a_graded_attempt,
    a_head,
    a_profile,
    a_reissue,
    a_score,
    an_attempt,
    an_award,
    an_enrolment,
)


def reference(learner: str, edition: int | None = None, module: str = MODULE) -> EnrolmentReference:
    return EnrolmentReference(LearnerId(learner), ModuleId(module), edition)


def test_where_a_learner_is_written_to_is_kept_beside_the_profile(deps: Deps) -> None:
    contact = a_contact(learner_id=LearnerId("written-to"), language="de-CH")
    assert deps.contacts.find(contact.learner_id) is None
    saved = deps.contacts.save(contact)
    assert deps.contacts.find(contact.learner_id) == saved == replace(contact, version=1)


# Enrolments


def test_every_fact_of_an_enrolment_is_kept(deps: Deps) -> None:
    full = (
        an_enrolment(learner_id=LearnerId("full"))
        .viewed([(0, 60), (30, 90)], 3120, NOW)
        .passed(2, 1, NOW, NOW)
        .evaluated({"useful": "very"}, NOW)
        .certified(NUMBER)
    )
    saved = deps.enrolments.save(full)
    assert deps.enrolments.find(full.id) == saved == replace(full, version=1)


def test_a_request_means_the_edition_it_names_or_the_newest_enrolled_in(deps: Deps) -> None:
    for edition in (1, 10, 2):
        deps.enrolments.save(an_enrolment(learner_id=LearnerId("meant"), edition=edition))
    newest, named = find_enrolment(reference("meant"), deps), find_enrolment(reference("meant", 2), deps)
    assert newest
    assert named
    assert (newest.edition, named.edition) == (10, 2)
    assert find_enrolment(reference("meant", 3), deps) is None
    assert [one.edition for one in deps.enrolments.of_module(LearnerId("meant"), MODULE)] == [10, 2, 1]
    with pytest.raises(NotEnrolled):
        require_enrolment(reference("meant", 3), deps)
    with pytest.raises(NotEnrolled):
        require_enrolment(reference("somebody-else"), deps)


def test_a_module_whose_name_begins_alike_is_another(deps: Deps) -> None:
    learner = LearnerId("alike")
    deps.enrolments.save(an_enrolment(learner_id=learner, module_id=ModuleId("module-2")))
    assert find_enrolment(reference("alike", module="module"), deps) is None
    assert deps.enrolments.of_module(learner, ModuleId("module-")) == []


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_walk_over_an_edition_meets_every_enrolment_once(deps: Deps, limit: int) -> None:
    edition = EditionId(ModuleId(f"walk-{limit}"), 1)
    learners = {LearnerId(f"walker-{number}") for number in range(14)}
    assert {shard_of(learner) for learner in learners} == set(range(SHARDS))
    for learner in learners:
        deps.enrolments.save(an_enrolment(learner_id=learner, module_id=edition.module_id))
    deps.enrolments.save(an_enrolment(learner_id=LearnerId("other"), module_id=edition.module_id, edition=2))
    met: list[EnrolmentId] = []
    cursor: Cursor | None = Cursor()
    while cursor:
        page, cursor = deps.enrolments.of_edition(edition, cursor, limit)
        assert len(page) <= limit
        met += page
    assert len(met) == len(learners)
    assert {enrolment.learner_id for enrolment in met} == learners
    assert {enrolment.of_edition for enrolment in met} == {edition}


# Attempts


def test_every_fact_of_an_attempt_is_kept_exactly(deps: Deps) -> None:
    """Fractions stay fractions: a third is no float."""
    graded = a_graded_attempt(passed=True, learner_id=LearnerId("exact"))
    graded = replace(graded, score=replace(a_score(), points=a_score(1).points / 3))
    saved = deps.attempts.save(graded)
    found = deps.attempts.find(graded.id)
    assert found == saved
    assert found
    assert found.score
    assert found.score.points * 3 == 1
    assert found.answers == RIGHT


def test_attempts_come_in_order_also_after_the_ninth(deps: Deps) -> None:
    learner = LearnerId("order")
    for number in (10, 2, 1, 11):
        deps.attempts.save(an_attempt(number, learner_id=learner))
    deps.attempts.save(an_attempt(1, learner_id=learner, edition=2))
    found = deps.attempts.of(EnrolmentId(learner, MODULE, 1))
    assert [attempt.number for attempt in found] == [1, 2, 10, 11]


def test_two_starts_at_once_make_one_attempt(deps: Deps) -> None:
    first = deps.attempts.save(an_attempt(learner_id=LearnerId("two-starts")))
    with pytest.raises(ConcurrentChange):
        deps.attempts.save(an_attempt(learner_id=LearnerId("two-starts"), started_at=NOW + MILLISECOND))
    assert deps.attempts.find(first.id) == first


def test_an_attempt_is_due_to_close_a_minute_after_its_grace_until_it_is_handed_in(deps: Deps) -> None:
    attempts = [deps.attempts.save(an_attempt(learner_id=LearnerId(f"close-{number}"))) for number in range(12)]
    ids = {attempt.id for attempt in attempts}
    assert {shard_of(str(one)) for one in ids} == set(range(SHARDS))
    closes_at = NOW + HOUR + MINUTE + MINUTE / 2
    assert ids & set(deps.attempts.due_to_close(closes_at - MILLISECOND)) == set()
    assert ids <= set(deps.attempts.due_to_close(closes_at))
    for attempt in attempts:
        deps.attempts.save(attempt.submitted(RIGHT, NOW))
    assert ids & set(deps.attempts.due_to_close(closes_at + DAY)) == set()


# Profile, membership


def test_profile_and_membership_are_the_learners_own(deps: Deps) -> None:
    learner = LearnerId("own")
    assert deps.profiles.find(learner) is None
    assert deps.memberships.find(learner) is None
    profile = deps.profiles.save(a_profile(learner_id=learner, name="Ærøskøbing 山田", reporting_consent=False))
    membership = deps.memberships.save(Membership(learner_id=learner, member=True, until=date(2027, 12, 31)))
    assert deps.profiles.find(learner) == profile
    assert deps.memberships.find(learner) == membership
    assert deps.memberships.find(LearnerId("own-2")) is None


# Claims, orders, ledger


def test_a_claim_is_made_once(deps: Deps) -> None:
    claim = a_claim(learner_id=LearnerId("claims"))
    saved = deps.claims.save(claim)
    assert deps.claims.find(claim.enrolment) == saved
    with pytest.raises(ConcurrentChange):
        deps.claims.save(replace(claim, show_name=True))
    assert deps.claims.find(claim.enrolment) == saved


def test_the_first_version_is_ordered_by_the_claim_and_each_next_by_its_reissue(deps: Deps) -> None:
    learner = LearnerId("orders")
    claim = deps.claims.save(a_claim(learner_id=learner, show_name=True))
    head = a_head(learner_id=learner)
    order = a_reissue(head, Order(content=claim.content, show_name=True, status=claim.status), attested_name="New")
    second = order.content
    announced = CertificateReissueRequestedV1(
        at=NOW, learner_id=learner, module_id=MODULE, edition=1, certificate=NUMBER, version=2
    )
    saved = deps.reissues.save(order, [announced])
    assert deps.reissues.find(learner, NUMBER, 2) == saved
    assert deps.reissues.of(learner, NUMBER) == [saved]
    with pytest.raises(ConcurrentChange):
        deps.reissues.save(replace(order, content=replace(second, attested_name="Another")), [announced])
    first = deps.orders.find(claim.enrolment, NUMBER, 1)
    next_one = deps.orders.find(claim.enrolment, NUMBER, 2)
    assert first
    assert next_one
    assert (first.content, first.show_name) == (a_certificate(), True)
    assert next_one.content == second
    assert deps.orders.find(claim.enrolment, NUMBER, 3) is None
    assert deps.orders.find(replace(claim.enrolment, edition=2), NUMBER, 1) is None


def test_the_ledger_of_a_learner_comes_in_the_order_of_time_with_its_exact_amounts(deps: Deps) -> None:
    learner = LearnerId("ledger")
    entries = [
        an_award("2026-03-02", "0.50", learner_id=learner, scheme="EACCME"),
        an_award("2025-12-31", "1.00", learner_id=learner),
        an_award("2026-03-02", "1.00", learner_id=learner),
    ]
    for entry in entries:
        deps.certificates._entries.save(entry)  # type: ignore[attr-defined]
    found = deps.ledger.of_learner(learner)
    assert [(entry.earned_on, entry.scheme, str(entry.amount)) for entry in found] == [
        ("2025-12-31", "ESMO-MORA", "1.00"),
        ("2026-03-02", "EACCME", "0.50"),
        ("2026-03-02", "ESMO-MORA", "1.00"),
    ]
    assert deps.ledger.of_learner(LearnerId("ledge")) == []


def test_what_waits_too_long_is_due_for_recovery(deps: Deps, engine: LocalSystem) -> None:
    learner = LearnerId("waits")
    enrolment = deps.enrolments.save(an_enrolment(EnrolmentState.REQUESTED, learner_id=learner, requested_at=NOW))
    attempt = deps.attempts.save(an_attempt(learner_id=learner).submitted(RIGHT, NOW))
    claim = deps.claims.save(a_claim(learner_id=learner))

    def due() -> dict[str, str]:
        found = engine.aws("dynamodb").query(
            TableName=engine.reference("LearningTable"),
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"LEARNER#{learner}"}},
        )
        kinds = {item["sk"]["S"].partition("#")[0]: item.get("due_at", {}).get("S") for item in found["Items"]}
        return {kind: at for kind, at in kinds.items() if at}

    in_five_minutes = "2026-03-02T09:05:00.000Z"
    assert due() == {"ENROLMENT": in_five_minutes, "ATTEMPT": in_five_minutes, "CLAIM": in_five_minutes}
    deps.enrolments.save(enrolment.confirmed(NOW))
    graded = deps.attempts.save(attempt.graded(a_score(), 1, NOW + MINUTE))
    assert due() == {"ATTEMPT": "2026-03-02T09:06:00.000Z", "CLAIM": in_five_minutes}
    deps.attempts.save(graded.taken_in())
    deps.claims.save(claim.entered())
    assert due() == {}
