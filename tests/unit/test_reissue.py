"""Reissue: If-Match names what is superseded; the same order again is answered alike, another is refused."""

from dataclasses import replace

import pytest

from functions.certification.certify.use_case import issue_version
from functions.certification.reissue.use_case import Correction, order_reissue, revoke, show_certificate
from shared.domain.certificate import CertificateStatus, RevocationReason
from shared.domain.certificate_number import certificate_number
from shared.domain.ids import LearnerId
from shared.domain.refusals import NameNotPrintable, NotFound, PreconditionFailed, VersionConflict
from shared.events.certification import CertificateReissueRequestedV1, CertificateRevokedV1
from shared.ports import ConcurrentChange
from tests.support.builders import HOUR, LEARNER, NOW, NUMBER, a_claim, a_head, a_version
from tests.support.fakes import World

ADMIN = LearnerId("admin")
CORRECTION = Correction(reason="Name corrected", attested_name="Ada Byron", profession=None)
OTHER = replace(CORRECTION, attested_name="Ada King")


def a_world(**head: object) -> World:
    """A certificate whose version 1 is issued."""
    world = World()
    world.claims.given(a_claim(certified=True))
    world.certificates.kept.given(a_head(**head))
    world.certificates.versions.given(a_version())
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
