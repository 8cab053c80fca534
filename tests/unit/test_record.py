"""Record: a learner's own profile, certificates and transcript, and nobody else's."""

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.certification.record.use_case import (
    change_profile,
    fetch_credential,
    list_certificates,
    pdf_address,
    print_transcript,
    show_certificate,
    show_profile,
    show_transcript,
)
from shared.domain.certificate import CertificateStatus, Order
from shared.domain.certificate_number import certificate_number
from shared.domain.claim import Claim
from shared.domain.ids import CertificateNumber, LearnerId
from shared.domain.learner import Profile
from shared.domain.refusals import NameNotPrintable, NotFound
from shared.ports import DocumentKind
from tests.support.builders import (
    LEARNER,
    NOW,
    NUMBER,
    a_certificate,
    a_claim,
    a_head,
    a_profile,
    a_reissue,
    an_award,
    an_order,
)
from tests.support.fakes import World

STRANGER = LearnerId("dr-b")


def a_world(current: int = 1) -> World:
    """A certificate of the learner, reissued up to version ``current``."""
    world = World()
    world.claims.given(a_claim(certified=True))
    world.certificates.kept.given(a_head(current=current))
    order = an_order()
    for _ in range(1, current):
        reissue = world.reissues.save(a_reissue(latest=order, reason="Why", profession="DO"), announcing=[])
        order = Order(content=reissue.content, show_name=False, status=reissue.status)
    return world


def another_claim(edition: int, *, certified: bool = True) -> Claim:
    number = certificate_number(edition)
    content = a_certificate(number, edition=edition)
    return replace(a_claim(certified=certified), edition=edition, certificate=number, content=content)


def test_before_anything_was_said_a_profile_is_blank() -> None:
    profile = show_profile(LEARNER, World())
    assert (profile.learner_id, profile.name, profile.version) == (LEARNER, None, 0)


def test_what_is_absent_is_kept() -> None:
    world = World()
    change_profile(LEARNER, {"name": "Ada", "language": "de"}, world)
    profile = change_profile(LEARNER, {"profession": "MD", "language": None}, world)
    assert (profile.name, profile.profession, profile.language) == ("Ada", "MD", None)
    assert show_profile(LEARNER, world) == profile


def test_what_changes_nothing_writes_nothing() -> None:
    world = World()
    change_profile(LEARNER, {"name": "Ada"}, world)
    change_profile(LEARNER, {"name": "Ada"}, world)
    change_profile(LEARNER, {}, world)
    assert world.profiles.writes == 1


@pytest.mark.parametrize("name", ["", "Ada\u202e", "x" * 201])
def test_a_name_that_can_not_be_printed_is_not_kept(name: str) -> None:
    world = World()
    with pytest.raises(NameNotPrintable):
        change_profile(LEARNER, {"name": name}, world)
    assert show_profile(LEARNER, world).name is None


def test_a_change_of_the_profile_changes_no_certificate() -> None:
    world = a_world()
    world.profiles.given(a_profile())
    change_profile(LEARNER, {"name": "Ada Byron"}, world)
    assert show_certificate(LEARNER, NUMBER, None, world)[0].attested_name == "Ada Lovelace"


def test_a_certificate_is_shown_in_its_current_version_unless_another_is_named() -> None:
    world = a_world(current=3)
    content, head = show_certificate(LEARNER, NUMBER, None, world)
    assert (content.version, content.profession, head.status_of(content.version)) == (3, "DO", CertificateStatus.VALID)
    assert show_certificate(LEARNER, NUMBER, 1, world)[0].profession == "MD"
    assert show_certificate(LEARNER, NUMBER, 2, world)[0].version == 2


def test_a_version_that_is_ordered_and_not_issued_yet_is_not_shown() -> None:
    world = a_world(current=2)
    world.certificates.kept.given(a_head(current=1))
    with pytest.raises(NotFound):
        show_certificate(LEARNER, NUMBER, 2, world)


@pytest.mark.parametrize(
    ("learner", "number", "version"),
    [(STRANGER, NUMBER, None), (LEARNER, certificate_number(99), None), (LEARNER, NUMBER, 2)],
    ids=["another learner's", "unknown", "unknown version"],
)
def test_what_is_not_the_learners_own_does_not_exist(
    learner: LearnerId, number: CertificateNumber, version: int | None
) -> None:
    world = a_world()
    with pytest.raises(NotFound):
        show_certificate(learner, number, version, world)
    with pytest.raises(NotFound):
        pdf_address(learner, number, version, world, at=NOW)


def test_the_address_of_a_pdf_is_that_of_the_version_meant_and_soon_expires() -> None:
    address = pdf_address(LEARNER, NUMBER, None, a_world(current=2), at=NOW)
    assert address.url.endswith(f"{NUMBER}/v2")
    assert address.expires_at == NOW + timedelta(minutes=5)


@pytest.mark.parametrize("kind", [DocumentKind.CREDENTIAL, DocumentKind.CREDENTIAL_JWT])
def test_a_credential_is_that_of_the_version_meant_as_it_was_signed(kind: DocumentKind) -> None:
    world = a_world(current=2)
    for version in (1, 2):
        world.documents.store_once(NUMBER, version, kind, f"v{version}".encode())
    assert fetch_credential(LEARNER, NUMBER, None, kind, world) == "v2"
    assert fetch_credential(LEARNER, NUMBER, 1, kind, world) == "v1"


@pytest.mark.parametrize(("learner", "version"), [(STRANGER, None), (LEARNER, 2)], ids=["another's", "not issued"])
def test_a_credential_that_is_not_the_learners_own_does_not_exist(learner: LearnerId, version: int | None) -> None:
    world = a_world()
    world.documents.store_once(NUMBER, 2, DocumentKind.CREDENTIAL, b"signed, not issued")
    with pytest.raises(NotFound):
        fetch_credential(learner, NUMBER, version, DocumentKind.CREDENTIAL, world)


def test_certificates_are_listed_page_by_page_each_in_its_current_version() -> None:
    world = a_world(current=2)
    world.claims.given(another_claim(2))
    world.certificates.kept.given(a_head(number=certificate_number(2), edition=2))
    first = list_certificates(LEARNER, 1, None, world)
    second = list_certificates(LEARNER, 1, first.cursor, world)
    assert [(content.edition, content.version) for content, _ in first.entries] == [(1, 2)]
    assert [(content.edition, content.version) for content, _ in second.entries] == [(2, 1)]
    assert second.cursor is None


def test_a_claim_whose_certificate_is_not_issued_yet_is_not_listed() -> None:
    world = a_world()
    world.claims.given(another_claim(2, certified=False))
    assert [content.edition for content, _ in list_certificates(LEARNER, 50, None, world).entries] == [1]


def test_another_learners_certificates_are_not_listed() -> None:
    assert list_certificates(STRANGER, 50, None, a_world()).entries == []


def test_the_transcript_is_the_learners_own() -> None:
    world = World()
    world.ledger.given(an_award("2026-01-01"), an_award("2026-01-02", learner_id=STRANGER))
    found = show_transcript(LEARNER, None, None, world, at=NOW)
    assert [entry.earned_on for entry in found.entries] == ["2026-01-01"]
    assert [total.last.year for total in found.cycle] == [2026]


def test_the_transcript_is_printed_for_its_learner_as_it_is_shown() -> None:
    world = World()
    world.ledger.given(an_award("2026-03-02"), an_award("2025-03-02"), an_award("2026-03-02", learner_id=STRANGER))
    profile = world.profiles.save(Profile(learner_id=LEARNER, name="Ada Lovelace", language="it"))
    assert print_transcript(LEARNER, 2026, "ESMO-MORA", "de", world, at=NOW).startswith(b"%PDF-")
    printed, holder, of = world.render_transcript.asked
    assert printed == show_transcript(LEARNER, 2026, "ESMO-MORA", world, at=NOW)
    assert holder == profile
    assert of == {"year": 2026, "scheme": "ESMO-MORA", "made_at": NOW, "accept_language": "de"}
