"""Memberships as the society's office keeps them: a JSON list, or a CSV file."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from shared.api.contract.enrolment import MembershipsBody
from shared.api.shapes import ID_PATTERN
from shared.domain.ids import LearnerId
from shared.domain.learner import Membership
from shared.domain.refusals import ImportFailed

COLUMNS: Final = ("learner_id", "member", "until")
TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# What one request can read, compare and write within its time.
MAX_MEMBERSHIPS: Final = 50_000
# A file of another kind is wrong in every line; so many tell enough.
MAX_ERRORS: Final = 500

Told = Sequence[tuple[int, Membership]]
Errors = list[tuple[int, str]]


def memberships_in(body: MembershipsBody) -> list[Membership]:
    """The memberships of a JSON list, numbered from 1; raise ImportFailed with every error."""
    told = [
        (place, Membership(learner_id=LearnerId(row.learner_id), member=row.member, until=row.until))
        for place, row in enumerate(body.memberships, start=1)
    ]
    return _sound(told, [])


def read_memberships(data: bytes) -> list[Membership]:
    """The memberships of a CSV file in UTF-8; raise ImportFailed with every error and its line.

    The first line names the columns, in any order, separated by commas or semicolons.
    """
    told: list[tuple[int, Membership]] = []
    errors: Errors = []
    for line, found in _rows(data, errors):
        membership = _membership(found, line, errors)
        if membership:
            told.append((line, membership))
    return _sound(told, errors)


def _rows(data: bytes, errors: Errors) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Each row with its line; blank lines are none."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        errors.append((data.count(b"\n", 0, error.start) + 1, "is not UTF-8"))
        return
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not columns:
                columns = [cell.lower() for cell in cells]
                wrong = _wrong_columns(columns)
                if wrong:
                    errors.append((reader.line_num, wrong))
                    return
            elif len(cells) != len(columns):
                errors.append((reader.line_num, f"has {len(cells)} columns and not {len(columns)}"))
            else:
                yield reader.line_num, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        errors.append((reader.line_num, str(error)))


def _wrong_columns(columns: Sequence[str]) -> str | None:
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown or len(set(columns)) != len(columns) or not {"learner_id", "member"} <= set(columns):
        return "must name the columns learner_id, member and, if there is an end, until"
    return None


def _membership(row: Mapping[str, str], line: int, errors: Errors) -> Membership | None:
    learner_id, member, until = row["learner_id"], TRUTH.get(row["member"].lower()), row.get("until", "")
    found = len(errors)
    if not re.fullmatch(ID_PATTERN, learner_id):
        errors.append((line, f"learner_id {learner_id!r} must be small letters, digits and hyphens, at most 64"))
    if member is None:
        errors.append((line, f"member {row['member']!r} must be true or false"))
    last_day = _day(until)
    if until and last_day is None:
        errors.append((line, f"until {until!r} must be a date such as 2027-12-31"))
    if len(errors) > found or member is None:
        return None
    return Membership(learner_id=LearnerId(learner_id), member=member, until=last_day)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
    except ValueError:
        return None


def _sound(told: Told, errors: Errors) -> list[Membership]:
    first: dict[LearnerId, int] = {}
    for line, membership in told:
        if first.setdefault(membership.learner_id, line) != line:
            errors.append((line, f"learner_id {membership.learner_id!r} is in line {first[membership.learner_id]} too"))
    if not told and not errors:
        errors.append((1, "there is no membership in the file"))
    if len(told) > MAX_MEMBERSHIPS:
        errors.append((told[MAX_MEMBERSHIPS][0], f"a file holds at most {MAX_MEMBERSHIPS} memberships"))
    if errors:
        shown = [{"line": line, "msg": message} for line, message in sorted(errors)[:MAX_ERRORS]]
        raise ImportFailed("The memberships have errors; none was stored.", errors=shown, error_count=len(errors))
    return [membership for _, membership in told]
