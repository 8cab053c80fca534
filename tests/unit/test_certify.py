"""Certify: one version, issued once, whose stored PDF is the truth; all that changes changes together."""

import hashlib
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from functions.certification.certify.use_case import issue_version
from shared.domain.certificate import CertificateHead, RevocationReason
from shared.domain.enrolment import EnrolmentState
from shared.events.certification import (
    CertificateIssuedV1,
    CertificateReissuedV1,
    CertificateReissueRequestedV1,
    CreditClaimedV1,
)
from shared.ports import ConcurrentChange, DocumentKind
from tests.support.builders import (
    DAY,
    ENROLMENT,
    HOUR,
    LEARNER,
    MODULE,
    NOW,
    NUMBER,
    a_certificate,
    a_claim,
    a_credit_line,
    a_reissue,
    an_enrolment,
)
from tests.support.fakes import BrokenOff, World

CLAIMED = CreditClaimedV1(at=NOW, learner_id=LEARNER, module_id=MODULE, edition=1, certificate=NUMBER, version=1)
REISSUE = CertificateReissueRequestedV1(
    at=NOW, learner_id=LEARNER, module_id=MODULE, edition=1, certificate=NUMBER, version=2
)


def a_world(state: EnrolmentState = EnrolmentState.PASSED, **content: object) -> World:
    """A claim that waits for its certificate; ``content`` changes what version 1 says."""
    world = World()
    world.enrolments.given(an_enrolment(state))
    world.claims.given(a_claim(content=a_certificate(**content)))
    return world


def an_issued_world() -> World:
    world = a_world()
    issue_version(CLAIMED, world)
    return world


def order_reissue(world: World, name: str = "Ada Byron") -> None:
    world.reissues.save(a_reissue(attested_name=name, at=NOW + DAY), announcing=[])


def head_in(world: World) -> CertificateHead:
    head = world.certificates.head(NUMBER)
    assert head is not None
    return head


def revoke(world: World) -> None:
    world.certificates.correct(head_in(world).revoked(RevocationReason.FRAUD, "", NOW), [], announcing=[])


def digest(world: World, version: int) -> str:
    return hashlib.sha256(world.documents.stored[NUMBER, version, DocumentKind.PDF]).hexdigest()


def test_version_1_head_claim_enrolment_and_ledger_change_together() -> None:
    world = an_issued_world()
    enrolment, claim = world.enrolments.find(ENROLMENT), world.claims.find(ENROLMENT)
    assert enrolment is not None
    assert claim is not None
    assert (head_in(world).current, head_in(world).enrolment) == (1, ENROLMENT)
    assert (enrolment.state, enrolment.certificate) == (EnrolmentState.CERTIFIED, NUMBER)
    assert claim.certified
    assert [(entry.amount, entry.kind) for entry in world.ledger.of_learner(LEARNER)] == [(Decimal("1.00"), "award")]
    assert world.announced == [CertificateIssuedV1(at=NOW, certificate=NUMBER, version=1)]


def test_what_the_public_can_verify_is_the_digest_of_the_stored_pdf() -> None:
    world = an_issued_world()
    version = world.certificates.version(NUMBER, 1)
    assert version is not None
    assert version.pdf_sha256 == digest(world, 1)
    assert (version.title, version.holder) == ("Oligometastatic Disease", "A••• L•••")


def test_the_ledger_has_one_entry_per_scheme_earned_on_the_day_of_completion() -> None:
    lines = (a_credit_line(), a_credit_line(scheme="EACCME", amount=Decimal("0.50")))
    late = NOW.replace(hour=23, minute=30)
    world = a_world(credits=lines, completed_at=late)
    issue_version(CLAIMED, world)
    entries = world.ledger.of_learner(LEARNER)
    assert sorted((entry.scheme, entry.amount) for entry in entries) == [
        ("EACCME", Decimal("0.50")), ("ESMO-MORA", Decimal("1.00")),
    ]  # fmt: skip
    assert {entry.earned_on for entry in entries} == {"2026-03-03"}
    assert {entry.certificate for entry in entries} == {NUMBER}


def test_a_certificate_of_participation_enters_no_credit() -> None:
    world = a_world(credits=())
    issue_version(CLAIMED, world)
    assert head_in(world).current == 1
    assert world.ledger.of_learner(LEARNER) == []


def test_a_message_delivered_again_issues_no_second_certificate() -> None:
    world = an_issued_world()
    version, rendered = world.certificates.version(NUMBER, 1), world.render.times
    world.clock.at += HOUR
    issue_version(CLAIMED, world)
    assert (world.certificates.version(NUMBER, 1), world.render.times, len(world.announced)) == (version, rendered, 1)


def test_broken_off_after_the_pdf_was_stored_its_bytes_are_the_truth() -> None:
    world = a_world()

    def interrupt() -> None:
        raise BrokenOff

    world.certificates.kept.meanwhile = interrupt
    with pytest.raises(BrokenOff):
        issue_version(CLAIMED, world)
    stored = world.documents.stored[NUMBER, 1, DocumentKind.PDF]
    assert world.certificates.version(NUMBER, 1) is None
    issue_version(CLAIMED, world)
    version = world.certificates.version(NUMBER, 1)
    assert version is not None
    assert world.render.times == 2
    assert world.documents.stored[NUMBER, 1, DocumentKind.PDF] == stored
    assert version.pdf_sha256 == hashlib.sha256(stored).hexdigest()


def test_a_change_in_between_enters_nothing_at_all() -> None:
    world = a_world()
    enrolment = world.enrolments.find(ENROLMENT)
    assert enrolment is not None
    world.enrolments.meanwhile = lambda: world.enrolments.save(enrolment.took_in(7, 1))
    with pytest.raises(ConcurrentChange):
        issue_version(CLAIMED, world)
    claim = world.claims.find(ENROLMENT)
    assert claim is not None
    assert not claim.certified
    assert (world.certificates.head(NUMBER), world.ledger.of_learner(LEARNER), world.announced) == (None, [], [])


def test_credit_may_be_certified_before_the_enrolment_knows_of_its_pass() -> None:
    world = a_world(EnrolmentState.CONFIRMED)
    issue_version(CLAIMED, world)
    enrolment = world.enrolments.find(ENROLMENT)
    assert enrolment is not None
    assert (enrolment.state, enrolment.certificate) == (EnrolmentState.CERTIFIED, NUMBER)


def test_a_reissue_adds_a_version_and_changes_nothing_of_the_first() -> None:
    world = an_issued_world()
    first, bytes_of_first = world.certificates.version(NUMBER, 1), world.documents.stored[NUMBER, 1, DocumentKind.PDF]
    order_reissue(world)
    issue_version(REISSUE, world)
    second = world.certificates.version(NUMBER, 2)
    assert second is not None
    assert (head_in(world).current, second.supersedes, second.holder) == (2, 1, "A••• B•••")
    assert second.pdf_sha256 == digest(world, 2) != digest(world, 1)
    assert world.certificates.version(NUMBER, 1) == first
    assert world.documents.stored[NUMBER, 1, DocumentKind.PDF] == bytes_of_first


def test_a_reissue_enters_no_credit_again() -> None:
    world = an_issued_world()
    enrolment, claim = world.enrolments.find(ENROLMENT), world.claims.find(ENROLMENT)
    order_reissue(world)
    issue_version(REISSUE, world)
    assert len(world.ledger.of_learner(LEARNER)) == 1
    assert (world.enrolments.find(ENROLMENT), world.claims.find(ENROLMENT)) == (enrolment, claim)
    assert world.told(CertificateReissuedV1) == [CertificateReissuedV1(at=NOW, certificate=NUMBER, version=2)]


def test_a_reissue_that_is_faster_than_the_first_version_waits_for_it() -> None:
    world = a_world()
    order_reissue(world)
    with pytest.raises(LookupError):
        issue_version(REISSUE, world)
    assert world.documents.stored == {}
    issue_version(CLAIMED, world)
    issue_version(REISSUE, world)
    assert head_in(world).current == 2


def test_a_version_does_not_skip_one() -> None:
    world = an_issued_world()
    with pytest.raises(LookupError):
        issue_version(replace(REISSUE, version=3), world)


@pytest.mark.parametrize("event", [CLAIMED, REISSUE])
def test_after_a_revocation_nothing_is_issued(event: CreditClaimedV1 | CertificateReissueRequestedV1) -> None:
    world = an_issued_world()
    order_reissue(world)
    revoke(world)
    issue_version(event, world)
    assert (head_in(world).current, world.certificates.version(NUMBER, 2)) == (1, None)
    assert (NUMBER, 2, DocumentKind.PDF) not in world.documents.stored
    assert world.told(CertificateReissuedV1) == []


def test_a_revocation_in_between_wins() -> None:
    world = an_issued_world()
    order_reissue(world)
    world.certificates.kept.meanwhile = lambda: revoke(world)
    with pytest.raises(ConcurrentChange):
        issue_version(REISSUE, world)
    issue_version(REISSUE, world)
    assert (head_in(world).current, world.certificates.version(NUMBER, 2)) == (1, None)


def test_a_version_that_nobody_ordered_is_an_error() -> None:
    with pytest.raises(LookupError):
        issue_version(CLAIMED, World())
    without_enrolment = World()
    without_enrolment.claims.given(a_claim())
    with pytest.raises(LookupError):
        issue_version(CLAIMED, without_enrolment)


# The credential


def test_the_credential_names_the_digest_of_the_pdf_that_is_stored() -> None:
    world = an_issued_world()
    version = world.certificates.version(NUMBER, 1)
    assert version is not None
    kept = {
        DocumentKind.CREDENTIAL: version.credential_sha256,
        DocumentKind.CREDENTIAL_JWT: version.jwt_sha256,
    }
    for kind, stored in kept.items():
        document = world.documents.fetch(NUMBER, 1, kind)
        assert version.pdf_sha256 in document.decode()
        assert hashlib.sha256(document).hexdigest() == stored


@pytest.mark.parametrize("stored", [1, 2, 3])
def test_broken_off_after_any_document_its_bytes_are_the_truth(stored: int) -> None:
    world = a_world()
    store_once = world.documents.store_once

    def store_so_many(*document: Any) -> bytes:
        if len(world.documents.stored) == stored:
            raise BrokenOff
        return store_once(*document)

    world.documents.store_once = store_so_many  # type: ignore[method-assign]
    if stored < len(DocumentKind):
        with pytest.raises(BrokenOff):
            issue_version(CLAIMED, world)
    else:
        world.certificates.kept.meanwhile = interrupt
        with pytest.raises(BrokenOff):
            issue_version(CLAIMED, world)
    before = dict(world.documents.stored)
    assert len(before) == stored
    world.documents.store_once = store_once  # type: ignore[method-assign]
    issue_version(CLAIMED, world)
    version = world.certificates.version(NUMBER, 1)
    assert version is not None
    assert before.items() <= world.documents.stored.items()
    assert {
        DocumentKind.PDF: version.pdf_sha256,
        DocumentKind.CREDENTIAL: version.credential_sha256,
        DocumentKind.CREDENTIAL_JWT: version.jwt_sha256,
    } == {kind: hashlib.sha256(world.documents.fetch(NUMBER, 1, kind)).hexdigest() for kind in DocumentKind}
    assert version.pdf_sha256 in world.documents.fetch(NUMBER, 1, DocumentKind.CREDENTIAL).decode()


def interrupt() -> None:
    raise BrokenOff


def test_the_list_that_a_credential_names_is_out_before_the_credential_is() -> None:
    world = a_world()
    claim = world.claims.find(ENROLMENT)
    assert claim is not None
    credential = world.issuer.credential

    def look(*asked: Any) -> Any:
        assert world.status_lists.is_out(claim.status.list_id)
        return credential(*asked)

    world.issuer.credential = look  # type: ignore[method-assign]
    issue_version(CLAIMED, world)
    published = world.status_lists.find(claim.status.list_id)
    assert published is not None
    assert published.says({claim.status.index: False})


def test_a_list_that_is_out_stays_as_it_is() -> None:
    world = an_issued_world()
    published = world.status_lists.lists.all()
    order_reissue(world)
    issue_version(REISSUE, world)
    assert world.status_lists.lists.all() == published


def test_the_place_of_its_status_is_that_of_its_order() -> None:
    world = an_issued_world()
    claim, version = world.claims.find(ENROLMENT), world.certificates.version(NUMBER, 1)
    assert claim is not None
    assert version is not None
    assert version.status == claim.status
