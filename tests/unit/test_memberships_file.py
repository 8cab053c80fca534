"""Memberships from a file: all of it or nothing, every error with its line."""

from datetime import date

import pytest

from shared.api.contract.enrolment import MembershipsBody
from shared.api.memberships import MAX_ERRORS, MAX_MEMBERSHIPS, memberships_in, read_memberships
from shared.domain.ids import LearnerId
from shared.domain.learner import Membership
from shared.domain.refusals import ImportFailed

HEADER = "learner_id,member,until\n"


def membership(learner: str, member: bool = True, until: date | None = None) -> Membership:
    return Membership(learner_id=LearnerId(learner), member=member, until=until)


def errors_of(text: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(ImportFailed) as refused:
        read_memberships(text if isinstance(text, bytes) else text.encode())
    return [(error["line"], error["msg"]) for error in refused.value.facts["errors"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}dr-a,true,2027-12-31\ndr-b,false,\n",
        "\ufefflearner_id;member;until\r\ndr-a;Yes;2027-12-31\r\n\r\ndr-b;NO;\r\n",
        'until,Member,learner_id\n"2027-12-31",1, dr-a \n,0,dr-b',
    ],
    ids=["plain", "from a spreadsheet", "other order"],
)
def test_each_row_says_of_a_learner_whether_they_are_a_member_and_until_when(text: str) -> None:
    expected = [membership("dr-a", until=date(2027, 12, 31)), membership("dr-b", member=False)]
    assert read_memberships(text.encode()) == expected


def test_without_ends_the_column_may_be_left_out() -> None:
    assert read_memberships(b"learner_id,member\ndr-a,true\n") == [membership("dr-a")]


def test_every_error_is_told_with_its_line() -> None:
    text = (
        f"{HEADER}dr-a,true,2027-12-31\nDr B,perhaps,2027-02-30\ndr-c,true\ndr-d,,31.12.2027\n\ndr-a,false,\n"
        "dr-e,true,2027-1-1\n"
    )
    told = errors_of(text)
    assert [line for line, _ in told] == [3, 3, 3, 4, 5, 5, 7, 8]
    assert "is in line 2 too" in told[6][1]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("\n\n", 1),
        (HEADER, 1),
        ("dr-a,true,2027-12-31\n", 1),
        ("learner_id,member,until,note\n", 1),
        ("learner_id,learner_id,member\n", 1),
        ("learner_id\ndr-a\n", 1),
        (b"learner_id,member\ndr-\xff,true\n", 2),
        ('learner_id,member\ndr-a,true\n"dr-b,true\n', 3),
    ],
)
def test_what_is_no_such_file_is_refused(text: str | bytes, line: int) -> None:
    assert [place for place, _ in errors_of(text)] == [line]


def test_a_file_of_another_kind_is_told_to_be_wrong_in_part_only() -> None:
    with pytest.raises(ImportFailed) as refused:
        read_memberships((HEADER + "?,?,?\n" * 1000).encode())
    assert len(refused.value.facts["errors"]) == MAX_ERRORS  # type: ignore[arg-type]
    assert refused.value.facts["error_count"] == 3000


def test_a_file_holds_no_more_than_one_request_can_write() -> None:
    rows = [f"dr-{number},true,\n" for number in range(MAX_MEMBERSHIPS + 1)]
    assert len(read_memberships((HEADER + "".join(rows[:-1])).encode())) == MAX_MEMBERSHIPS
    assert [line for line, _ in errors_of(HEADER + "".join(rows))] == [MAX_MEMBERSHIPS + 2]


def test_a_list_is_numbered_from_one() -> None:
    rows = [{"learner_id": "dr-a", "member": True}, {"learner_id": "dr-b", "member": False}]
    assert memberships_in(MembershipsBody(memberships=rows)) == [membership("dr-a"), membership("dr-b", member=False)]
    with pytest.raises(ImportFailed) as refused:
        memberships_in(MembershipsBody(memberships=[*rows, rows[0]]))
    assert [error["line"] for error in refused.value.facts["errors"]] == [3]  # type: ignore[attr-defined]
