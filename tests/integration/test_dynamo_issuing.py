"""Places on status lists are nobody else's; bits follow the certificate; a list is replaced by a newer one alone."""

from dataclasses import replace

import pytest

from shared.bootstrap import Deps
from shared.domain.certificate import CertificateHead, RevocationReason
from shared.domain.certificate_number import certificate_number
from shared.domain.ids import EnrolmentId, LearnerId
from shared.domain.status_list import StatusListId, StatusPlace
from shared.ports import ConcurrentChange
from tests.integration.conftest import Stored
from tests.support.builders import MODULE, NOW, a_claim, a_head, a_place, a_reissue, a_version
from tests.support.fakes import FakeIssuer, FakeSigner


def a_kept_head(deps: Deps, seed: int) -> CertificateHead:
    return save(deps, a_head(number=certificate_number(seed), learner_id=LearnerId(f"h-{seed}")))


def save(deps: Deps, head: CertificateHead) -> CertificateHead:
    saved: CertificateHead = deps.certificates._heads.save(head)  # type: ignore[attr-defined]
    return saved


def test_a_claim_takes_its_place_with_it(deps: Deps, stored: Stored) -> None:
    claim = a_claim(learner_id=LearnerId("taker"), status=a_place(1000))
    assert deps.claims.save(claim) == replace(claim, version=1)
    place = stored("LearningTable", "STATUS#2026-0", "PLACE#001000")
    assert place
    assert claim.certificate in place["facts"]


def test_a_place_that_is_taken_refuses_the_order_and_leaves_nothing(deps: Deps) -> None:
    deps.claims.save(a_claim(learner_id=LearnerId("first"), status=a_place(1001)))
    late = a_claim(learner_id=LearnerId("late"), status=a_place(1001))
    with pytest.raises(ConcurrentChange):
        deps.claims.save(late)
    assert deps.claims.find(late.enrolment) is None
    reissue = replace(a_reissue(), learner_id=LearnerId("late"), status=a_place(1001))
    with pytest.raises(ConcurrentChange):
        deps.reissues.save(reissue, [])
    assert deps.reissues.find(LearnerId("late"), reissue.certificate, 2) is None
    # Drawn anew, it is ordered.
    deps.claims.save(replace(late, status=a_place(1002)))
    assert deps.claims.find(EnrolmentId(LearnerId("late"), MODULE, 1)) is not None


def test_an_order_that_is_refused_takes_no_place(deps: Deps, stored: Stored) -> None:
    learner = LearnerId("twice")
    deps.claims.save(a_claim(learner_id=learner, status=a_place(1010)))
    with pytest.raises(ConcurrentChange):
        deps.claims.save(a_claim(learner_id=learner, show_name=True, status=a_place(1011)))
    assert stored("LearningTable", "STATUS#2026-0", "PLACE#001011") is None


def test_an_order_that_is_stored_already_succeeds_again(deps: Deps) -> None:
    """The SDK repeats a write whose answer got lost."""
    claim = a_claim(learner_id=LearnerId("repeated"), status=a_place(1020))
    assert deps.claims.save(claim) == deps.claims.save(claim)


def test_a_later_write_of_an_order_leaves_its_place_alone(deps: Deps) -> None:
    claim = deps.claims.save(a_claim(learner_id=LearnerId("entered"), status=a_place(1030)))
    assert deps.claims.save(claim.entered()).version == 2


def test_bits_are_set_and_cleared_and_those_that_never_were_set_have_no_item(deps: Deps, stored: Stored) -> None:
    head = a_kept_head(deps, 5001)
    bits = {a_place(3, year=2031): True, a_place(4, year=2031): False}
    list_id = StatusListId("2031-0")
    deps.status_lists.mark(head, bits)
    assert deps.status_lists.set_bits(list_id) == [3]
    assert stored("CertificateTable", "STATUS#2031-0", "BIT#000004") is None
    deps.status_lists.mark(head, {place: not is_set for place, is_set in bits.items()})
    assert deps.status_lists.set_bits(list_id) == [4]
    deps.status_lists.mark(head, bits)
    assert deps.status_lists.set_bits(list_id) == [3]


def test_bits_of_a_certificate_that_has_changed_since_are_refused(deps: Deps) -> None:
    head = a_kept_head(deps, 5002)
    save(deps, head.revoked(RevocationReason.FRAUD, "", NOW))
    with pytest.raises(ConcurrentChange):
        deps.status_lists.mark(head, {a_place(3, year=2032): True})
    assert deps.status_lists.set_bits(StatusListId("2032-0")) == []


def test_more_versions_than_a_transaction_takes_are_marked_all(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.adapters.dynamo.issuing.BITS_AT_ONCE", 10)
    head = a_kept_head(deps, 5003)
    places = [a_place(index, year=2033) for index in range(0, 50, 2)]
    deps.status_lists.mark(head, dict.fromkeys(places, True))
    assert deps.status_lists.set_bits(StatusListId("2033-0")) == [place.index for place in places]


def test_a_list_is_out_from_its_first_version_and_replaced_only_by_who_read_the_last(deps: Deps) -> None:
    issuer, list_id = FakeIssuer(), StatusListId("2034-0")
    assert deps.status_lists.find(list_id) is None
    assert not deps.status_lists.is_out(list_id)
    first = deps.status_lists.save(issuer.status_list(list_id, [], NOW))
    assert deps.status_lists.find(list_id) == first
    assert deps.status_lists.is_out(list_id)
    second = deps.status_lists.save(replace(issuer.status_list(list_id, [1], NOW), version=first.version))
    with pytest.raises(ConcurrentChange):
        deps.status_lists.save(replace(issuer.status_list(list_id, [2], NOW), version=first.version))
    assert deps.status_lists.find(list_id) == second


def test_a_list_full_of_bits_fits(deps: Deps) -> None:
    """Every other bit of all is as much as compression can be made to hold."""
    issuer, list_id = FakeIssuer(), StatusListId("2035-0")
    scattered = [index * 2654435761 % (1 << 18) for index in range(1 << 17)]
    published = deps.status_lists.save(issuer.status_list(list_id, scattered, NOW))
    assert deps.status_lists.find(list_id) == published


def test_a_key_is_kept_once(deps: Deps) -> None:
    key, another = FakeSigner().public_key(), FakeSigner().public_key()
    for each in (key, key, another):
        deps.issuer_keys.keep(each)
    kept = deps.issuer_keys.all()
    assert sorted(each.x for each in kept) == sorted([key.x, another.x])
    assert {each.version for each in kept} == {1}


def test_all_versions_of_a_certificate_are_found_in_order(deps: Deps) -> None:
    number = certificate_number(5010)
    store = deps.certificates._versions  # type: ignore[attr-defined]
    for version in (2, 1, 3):
        store.save(a_version(number=number, number_of_version=version))
    assert [version.number_of_version for version in deps.certificates.versions(number)] == [1, 2, 3]
    assert deps.certificates.versions(certificate_number(5011)) == []


def test_a_place_is_stored_with_its_version(deps: Deps) -> None:
    number, place = certificate_number(5012), StatusPlace(list_id=StatusListId("2030-3"), index=262143)
    deps.certificates._versions.save(a_version(number=number, status=place))  # type: ignore[attr-defined]
    version = deps.certificates.version(number, 1)
    assert version
    assert version.status == place
