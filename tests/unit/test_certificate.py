"""A certificate has one number for life, immutable versions, and a status that never lies."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.certificate import (
    AwardedCredit,
    CertificateStatus,
    CertificateVersion,
    Reissue,
    RevocationReason,
)
from tests.support.builders import (
    DAY,
    HOUR,
    NOW,
    NUMBER,
    PUBLIC_URL,
    a_certificate,
    a_credit_line,
    a_head,
    a_place,
    a_reissue,
    an_order,
)

DIGESTS = {"pdf_sha256": "ab" * 32, "credential_sha256": "cd" * 32, "jwt_sha256": "ef" * 32}


def corrected() -> Reissue:
    return a_reissue(attested_name="Ada Byron")


@pytest.mark.parametrize(
    ("version", "current", "revoked", "status"),
    [
        (1, 1, False, CertificateStatus.VALID),
        (1, 2, False, CertificateStatus.SUPERSEDED),
        (2, 2, False, CertificateStatus.VALID),
        (1, 1, True, CertificateStatus.REVOKED),
        (1, 2, True, CertificateStatus.REVOKED),
        (2, 2, True, CertificateStatus.REVOKED),
        (0, 2, False, CertificateStatus.UNKNOWN),
        (3, 2, False, CertificateStatus.UNKNOWN),
        (3, 2, True, CertificateStatus.UNKNOWN),
    ],
)
def test_the_status_of_a_version(version: int, current: int, revoked: bool, status: CertificateStatus) -> None:
    reason = RevocationReason.FRAUD if revoked else None
    assert a_head(current=current, revoked_for=reason).status_of(version) is status


@given(st.integers(min_value=1, max_value=20))
def test_exactly_one_version_is_valid_and_it_is_the_last(current: int) -> None:
    statuses = [a_head(current=current).status_of(version) for version in range(1, current + 1)]
    assert statuses == [CertificateStatus.SUPERSEDED] * (current - 1) + [CertificateStatus.VALID]


def test_a_certificate_is_revoked_for_its_first_reason() -> None:
    revoked = a_head().revoked(RevocationReason.FRAUD, "found out", NOW)
    assert (revoked.revoked_for, revoked.revocation_note, revoked.revoked_at) == (
        RevocationReason.FRAUD, "found out", NOW,
    )  # fmt: skip
    assert revoked.revoked(RevocationReason.OTHER, "again", NOW + DAY) is revoked


def test_a_restored_certificate_is_valid_again_and_keeps_the_count_of_its_revocations() -> None:
    assert a_head().restored("no need", NOW) == a_head()
    revoked = a_head(current=2).revoked(RevocationReason.FRAUD, "found out", NOW)
    restored = revoked.restored("mistaken", NOW + DAY)
    assert [restored.status_of(version) for version in (1, 2)] == [
        CertificateStatus.SUPERSEDED,
        CertificateStatus.VALID,
    ]
    assert (restored.restored_at, restored.restoration_reason, restored.revocations) == (NOW + DAY, "mistaken", 1)
    assert (restored.revoked_at, restored.revocation_note) == (None, None)
    again = restored.revoked(RevocationReason.OTHER, "after all", NOW + 2 * DAY)
    assert (again.revocations, again.restored_at, again.restoration_reason) == (2, None, None)


def test_a_reissue_makes_the_next_version_and_says_what_it_supersedes_and_why() -> None:
    content = corrected().content
    assert (content.number, content.version, content.supersedes) == (NUMBER, 2, 1)
    assert (content.reason, content.attested_name, content.issued_at) == ("Name corrected", "Ada Byron", NOW)
    assert content.verification_url == f"{PUBLIC_URL}/verify/{NUMBER}?version=2"


def test_a_reissue_keeps_all_that_it_does_not_correct() -> None:
    before, after = a_certificate(), a_reissue().content
    changed = {"version", "supersedes", "reason", "verification_url", "issued_at"}
    assert after == replace(before, **{name: getattr(after, name) for name in changed})
    assert a_reissue(profession="DO").content.profession == "DO"


def test_two_orders_are_the_same_whoever_ordered_them_and_when() -> None:
    later = replace(corrected().content, issued_at=NOW + HOUR)
    again = replace(corrected(), requested_by="another", content=later, status=a_place(77))
    assert corrected().orders_the_same_as(again)


@pytest.mark.parametrize("other", [{"reason": "Typing error"}, {"attested_name": "Ada King"}, {"profession": "DO"}])
def test_two_orders_differ_by_reason_or_correction(other: dict[str, str]) -> None:
    assert not corrected().orders_the_same_as(a_reissue(**{"attested_name": "Ada Byron", **other}))


@pytest.mark.parametrize(("show_name", "holder"), [(False, "A••• L•••"), (True, "Ada Lovelace")])
def test_the_public_sees_the_holders_name_only_if_the_holder_opted_in(show_name: bool, holder: str) -> None:
    version = CertificateVersion.of(replace(an_order(), show_name=show_name), **DIGESTS)
    assert version.holder == holder


def test_the_public_learns_the_amounts_and_the_digest_but_no_profession_and_no_activity() -> None:
    order = an_order(credits=(a_credit_line(amount=Decimal("0.50")),))
    version = CertificateVersion.of(order, **DIGESTS)
    assert version.credits == (AwardedCredit(scheme="ESMO-MORA", category="Category 1", amount=Decimal("0.50")),)
    assert {name: getattr(version, name) for name in DIGESTS} == DIGESTS
    assert version.status == order.status
    assert order.content.profession not in vars_of(version)


def vars_of(version: CertificateVersion) -> list[object]:
    return [getattr(version, name) for name in version.__dataclass_fields__]


def test_days_on_a_certificate_are_those_of_the_providers_zone() -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    version = CertificateVersion.of(an_order(completed_at=late, issued_at=late, zone="Europe/Zurich"), **DIGESTS)
    assert (version.completed_on, version.issued_on) == (date(2026, 3, 3), date(2026, 3, 3))
