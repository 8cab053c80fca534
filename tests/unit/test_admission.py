"""Who may enrol, as of the instant of the request; and what a learner must have said first."""

from datetime import UTC, date, datetime

import pytest

from shared.domain.admission import reason_to_decline
from shared.domain.enrolment import DeclineReason
from shared.domain.learner import Membership
from shared.domain.refusals import ProfileIncomplete
from tests.support.builders import LEARNER, NOW, a_content, a_profile

ZURICH = "Europe/Zurich"
MEMBER = Membership(learner_id=LEARNER, member=True)
FORMER = Membership(learner_id=LEARNER, member=True, until=date(2026, 3, 1))


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        (datetime(2026, 3, 1, 22, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 1, 23, tzinfo=UTC), False),
        (datetime(2026, 2, 1, tzinfo=UTC), True),
    ],
)
def test_a_membership_lasts_through_its_last_day_in_the_providers_zone(at: datetime, holds: bool) -> None:
    assert FORMER.holds(at, ZURICH) is holds


def test_a_membership_without_an_end_lasts() -> None:
    assert MEMBER.holds(datetime(2100, 1, 1, tzinfo=UTC), ZURICH)


def test_someone_who_is_no_member_has_no_membership() -> None:
    assert not Membership(learner_id=LEARNER, member=False).holds(NOW, ZURICH)


@pytest.mark.parametrize(
    ("membership", "reason"),
    [(MEMBER, None), (FORMER, DeclineReason.NOT_A_MEMBER), (None, DeclineReason.NOT_A_MEMBER)],
    ids=["member", "former member", "nobody ever said so"],
)
def test_a_module_for_members_admits_members(membership: Membership | None, reason: DeclineReason | None) -> None:
    assert reason_to_decline(a_content(), membership, None, (), NOW) is reason


def test_a_module_for_everyone_admits_everyone() -> None:
    assert reason_to_decline(a_content(members_only=False), None, None, (), NOW) is None


@pytest.mark.parametrize(
    ("profession", "reason"),
    [
        ("MD", None),
        ("nurse", DeclineReason.PROFESSION_NOT_ADMITTED),
        (None, DeclineReason.PROFESSION_NOT_ADMITTED),
    ],
)
def test_a_module_for_some_professions_admits_these(profession: str | None, reason: DeclineReason | None) -> None:
    content = a_content(professions=("MD", "DO"))
    assert reason_to_decline(content, MEMBER, profession, (), NOW) is reason


@pytest.mark.parametrize(
    ("passed", "reason"),
    [
        (("one", "two"), None),
        (("one",), DeclineReason.PREREQUISITE_MISSING),
        ((), DeclineReason.PREREQUISITE_MISSING),
    ],
)
def test_every_prerequisite_must_have_been_passed(passed: tuple[str, ...], reason: DeclineReason | None) -> None:
    content = a_content(prerequisites=("one", "two"))
    assert reason_to_decline(content, MEMBER, None, passed, NOW) is reason


def test_name_and_profession_are_what_a_certificate_attests() -> None:
    assert a_profile().attested() == ("Ada Lovelace", "MD")


@pytest.mark.parametrize(
    ("blank", "missing"),
    [
        ({"name": None}, ["name"]),
        ({"profession": ""}, ["profession"]),
        ({"name": "", "profession": None}, ["name", "profession"]),
    ],
)
def test_an_incomplete_profile_names_all_that_is_missing(blank: dict[str, str | None], missing: list[str]) -> None:
    with pytest.raises(ProfileIncomplete) as refused:
        a_profile(**blank).attested()
    assert refused.value.facts == {"missing": missing}
