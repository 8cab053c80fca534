"""Reissue: If-Match names what is superseded; the same order again is answered alike, another is refused."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.certification.certify.use_case import issue_version
from functions.certification.reissue.use_case import (
    Correction,
    order_reissue,
    reissue_edition,
    restore,
    revoke,
    show_certificate,
)
from shared.domain.certificate import CertificateStatus, RevocationReason
from shared.domain.certificate_number import certificate_number
from shared.domain.ids import LearnerId
from shared.domain.job import EditionReissue, JobKind
from shared.domain.refusals import NameNotPrintable, NotFound, PreconditionFailed, VersionConflict
from shared.events.certification import CertificateReissueRequestedV1, CertificateRevokedV1
from shared.events.operations import JobAdvancedV1
from shared.ports import ConcurrentChange
from tests.support.builders import EDITION, HOUR, LEARNER, NOW, NUMBER, a_claim, a_head, a_version, an_award
from tests.support.fakes import World

ADMIN = LearnerId("admin")
CORRECTION = Correction(reason="Name corrected", attested_name="Ada Byron", profession=None)
OTHER = replace(CORRECTION, attested_name="Ada King")


def a_world(**head: object) -> World:
    """A certificate whose version 1 is issued, its credit entered."""
    world = World()
    world.ledger.given(an_award("2026-03-02"), an_award("2026-03-02", scheme="EACCME", amount="0.50"))
    world.claims.given(a_claim(certified=True))
    world.certificates.kept.given(a_head(**head))
    world.certificates.issued.given(a_version())
    return world


def order(world: World, expected: int, correction: Correction = CORRECTION) -> int:
    return order_reissue(NUMBER, expected, correction, ADMIN, world, at=NOW)


def issue_all(world: World) -> None:
    for requested in world.told(CertificateReissueRequestedV1):
        issue_version(requested, world)


def test_a_reissue_orders_the_next_version() -> None:
    world = a_world()
    assert order(world, 1) == 2
    ordered = world.reissues.find(LEARNER, NUMBER, 2)
    assert ordered is not None
    assert (ordered.requested_by, ordered.content.supersedes, ordered.content.reason) == (
        "admin", 1, "Name corrected",
    )  # fmt: skip
    assert ordered.content.attested_name == "Ada Byron"
    (requested,) = world.announced
    assert (type(requested), requested.version, requested.at) == (CertificateReissueRequestedV1, 2, NOW)


def test_the_same_order_again_is_answered_alike_and_orders_nothing() -> None:
    world = a_world()
    order(world, 1)
    assert order_reissue(NUMBER, 1, CORRECTION, LearnerId("another"), world, at=NOW + HOUR) == 2
    assert len(world.announced) == 1


@pytest.mark.parametrize(
    "other",
    [OTHER, replace(CORRECTION, reason="Typing error"), replace(CORRECTION, profession="DO")],
    ids=["another name", "another reason", "another profession"],
)
def test_another_order_for_the_same_version_is_refused(other: Correction) -> None:
    world = a_world()
    order(world, 1)
    with pytest.raises(PreconditionFailed) as refused:
        order(world, 1, other)
    assert refused.value.facts == {"version": 1}
    assert len(world.announced) == 1


def test_once_issued_the_same_order_is_still_answered_alike_and_another_still_refused() -> None:
    world = a_world()
    order(world, 1)
    issue_all(world)
    assert order(world, 1) == 2
    with pytest.raises(PreconditionFailed) as refused:
        order(world, 1, OTHER)
    assert refused.value.facts == {"version": 2}


def test_versions_follow_each_other() -> None:
    world = a_world()
    order(world, 1)
    issue_all(world)
    assert order(world, 2, OTHER) == 3
    issue_all(world)
    assert order(world, 1) == 2
    assert order(world, 2, OTHER) == 3
    assert [event.version for event in world.told(CertificateReissueRequestedV1)] == [2, 3]


@pytest.mark.parametrize("expected", [0, 2, 3])
def test_a_version_that_is_not_current_can_not_be_superseded(expected: int) -> None:
    world = a_world()
    with pytest.raises(PreconditionFailed):
        order(world, expected)
    assert world.announced == []


def test_a_version_that_is_ordered_and_not_issued_yet_can_not_be_superseded() -> None:
    world = a_world()
    order(world, 1)
    with pytest.raises(PreconditionFailed):
        order(world, 2, OTHER)


def test_of_two_different_orders_at_once_one_is_refused() -> None:
    world = a_world()
    world.reissues.records.meanwhile = lambda: order(world, 1, OTHER)
    with pytest.raises(ConcurrentChange):
        order(world, 1)
    with pytest.raises(PreconditionFailed):
        order(world, 1)
    assert len(world.announced) == 1


def test_of_two_same_orders_at_once_both_are_answered_alike() -> None:
    world = a_world()
    world.reissues.records.meanwhile = lambda: order(world, 1)
    with pytest.raises(ConcurrentChange):  # whose operation is run again
        order(world, 1)
    assert order(world, 1) == 2
    assert len(world.announced) == 1


def test_a_reissue_keeps_whether_the_holder_shows_the_name() -> None:
    world = a_world()
    world.claims.given(a_claim(show_name=True, certified=True))
    order(world, 1)
    issue_all(world)
    version = world.certificates.version(NUMBER, 2)
    assert version is not None
    assert version.holder == "Ada Byron"


def test_a_name_that_can_not_be_printed_is_refused() -> None:
    world = a_world()
    with pytest.raises(NameNotPrintable):
        order(world, 1, replace(CORRECTION, attested_name="\u202eAda"))
    assert world.announced == []


def test_a_revoked_certificate_is_not_reissued() -> None:
    world = a_world(revoked_for=RevocationReason.FRAUD, revoked_at=NOW)
    with pytest.raises(VersionConflict) as refused:
        order(world, 1)
    assert not isinstance(refused.value, PreconditionFailed)


def test_a_certificate_that_is_not_there_can_be_neither_shown_nor_reissued_nor_revoked() -> None:
    world = a_world()
    unknown = certificate_number(99)
    for attempt in (
        lambda: show_certificate(unknown, world),
        lambda: order_reissue(unknown, 1, CORRECTION, ADMIN, world, at=NOW),
        lambda: revoke(unknown, RevocationReason.OTHER, "", world, at=NOW),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_an_admin_sees_what_the_current_version_says() -> None:
    world = a_world()
    order(world, 1)
    issue_all(world)
    head, shown = show_certificate(NUMBER, world)
    assert (head.current, shown.content.version, shown.content.attested_name) == (2, 2, "Ada Byron")


def test_a_revocation_is_in_force_and_announced_at_once() -> None:
    world = a_world()
    head = revoke(NUMBER, RevocationReason.FRAUD, "found out", world, at=NOW)
    assert head.status_of(1) is CertificateStatus.REVOKED
    assert world.certificates.head(NUMBER) == head
    assert world.announced == [CertificateRevokedV1(at=NOW, certificate=NUMBER, version=1)]


def test_a_repeated_revocation_keeps_the_first_reason() -> None:
    world = a_world()
    first = revoke(NUMBER, RevocationReason.FRAUD, "found out", world, at=NOW)
    assert revoke(NUMBER, RevocationReason.OTHER, "again", world, at=NOW + HOUR) == first
    assert len(world.announced) == 1


# Revocation takes the credit back, restoration gives it back


def amounts(world: World) -> list[tuple[str, str, str]]:
    ledger = world.ledger.of_learner(LEARNER)
    return [(entry.scheme, entry.kind, str(entry.amount)) for entry in ledger]


def test_a_revocation_takes_back_what_the_certificate_awarded_and_nothing_else() -> None:
    world = a_world()
    world.ledger.given(an_award("2025-01-01", certificate=certificate_number(7)))
    revoke(NUMBER, RevocationReason.CREDIT_WITHDRAWN, "", world, at=NOW)
    assert amounts(world) == [
        ("ESMO-MORA", "award", "1.00"),
        ("ESMO-MORA", "award", "1.00"),
        ("EACCME", "award", "0.50"),
        ("ESMO-MORA", "correction", "-1.00"),
        ("EACCME", "correction", "-0.50"),
    ]
    corrections = [entry for entry in world.ledger.all() if entry.kind == "correction"]
    assert {(entry.earned_on, entry.entered_at) for entry in corrections} == {("2026-03-02", NOW)}


@given(st.integers(min_value=0, max_value=6))
def test_the_ledger_adds_up_to_the_credit_of_what_is_valid(changes: int) -> None:
    """Revoked and restored by turns."""
    world = a_world()
    for change in range(changes):
        if change % 2:
            restore(NUMBER, "mistaken", world, at=NOW)
        else:
            revoke(NUMBER, RevocationReason.OTHER, "", world, at=NOW)
    head, _ = show_certificate(NUMBER, world)
    total = sum(entry.amount for entry in world.ledger.of_learner(LEARNER))
    assert total == (Decimal("1.50") if head.status_of(1) is CertificateStatus.VALID else 0)
    assert len(world.ledger.of_learner(LEARNER)) == 2 + 2 * changes


def test_each_revocation_and_restoration_is_a_fact_of_its_own() -> None:
    world = a_world()
    for _ in range(2):
        revoke(NUMBER, RevocationReason.OTHER, "", world, at=NOW)
        restore(NUMBER, "mistaken", world, at=NOW)
    path = f"certificate/{NUMBER}/v1"
    assert world.facts_told == [f"{path}/revoked", f"{path}/restored", f"{path}/revoked/2", f"{path}/restored/2"]


def test_a_restoration_again_or_of_what_is_valid_changes_nothing() -> None:
    world = a_world()
    assert restore(NUMBER, "no need", world, at=NOW).restored_at is None
    revoke(NUMBER, RevocationReason.OTHER, "", world, at=NOW)
    first = restore(NUMBER, "mistaken", world, at=NOW)
    told = list(world.announced)
    assert restore(NUMBER, "again", world, at=NOW + HOUR) == first
    assert world.announced == told


def test_of_a_revocation_and_a_restoration_at_once_none_is_lost() -> None:
    world = a_world()
    revoke(NUMBER, RevocationReason.OTHER, "", world, at=NOW)
    world.certificates.kept.meanwhile = lambda: restore(NUMBER, "first", world, at=NOW)
    with pytest.raises(ConcurrentChange):
        restore(NUMBER, "second", world, at=NOW)
    assert [entry.ordinal for entry in world.ledger.all() if entry.kind == "correction"] == [1, 1, 2, 2]


def test_what_was_ordered_and_not_issued_for_a_revocation_is_issued_after_the_restoration() -> None:
    world = a_world()
    order(world, 1)
    revoke(NUMBER, RevocationReason.OTHER, "", world, at=NOW)
    issue_all(world)
    assert world.certificates.version(NUMBER, 2) is None
    told = len(world.announced)
    restore(NUMBER, "mistaken", world, at=NOW)
    requested = [event for event in world.announced[told:] if isinstance(event, CertificateReissueRequestedV1)]
    assert [event.version for event in requested] == [2]
    issue_version(requested[0], world)
    head, shown = show_certificate(NUMBER, world)
    assert (head.status_of(2), shown.content.attested_name) == (CertificateStatus.VALID, "Ada Byron")


# The reissue of an edition


EVERY_ONE = EditionReissue(reason="The signatory's title", notify=False, requested_by="admin")


def test_the_reissue_of_an_edition_is_one_job_under_its_key() -> None:
    world = a_world()
    world.publish()
    job = reissue_edition(EDITION, "spring", EVERY_ONE, world, at=NOW)
    assert (job.kind, job.order, job.finished_at) == (JobKind.REISSUE, EVERY_ONE, None)
    assert reissue_edition(EDITION, "spring", EVERY_ONE, world, at=NOW + HOUR) == job
    assert reissue_edition(EDITION, "autumn", EVERY_ONE, world, at=NOW).job != job.job
    assert len(world.told(JobAdvancedV1)) == 2


def test_a_key_that_names_another_order_is_refused() -> None:
    world = a_world()
    world.publish()
    reissue_edition(EDITION, "spring", EVERY_ONE, world, at=NOW)
    with pytest.raises(VersionConflict):
        reissue_edition(EDITION, "spring", replace(EVERY_ONE, reason="Another"), world, at=NOW)


def test_an_edition_that_is_not_there_is_not_reissued() -> None:
    with pytest.raises(NotFound):
        reissue_edition(EDITION, "spring", EVERY_ONE, World(), at=NOW)
