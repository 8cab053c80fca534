"""Participants as CSV and learner records for PARS: right, complete, and harmless to whoever opens them."""

import csv
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.schemes import PackagedSchemes
from shared.domain.certificate_number import certificate_number
from shared.domain.enrolment import EnrolmentState
from shared.domain.reporting import Change, Findings, Record
from shared.reports import pars
from shared.reports.participants import COLUMNS, CSV, participants
from shared.reports.participation import Participation
from tests.support.builders import (
    DAY,
    NOW,
    NUMBER,
    a_graded_attempt,
    a_profile,
    a_scheme,
    an_award,
    an_edition,
    an_enrolment,
    an_offer,
)

PROVIDER, ACTIVITY = "1234567", "202612345"
SCHEMES = {"AMA-PRA": a_scheme(scheme="AMA-PRA", step=Decimal("0.25"), reported_to_pars=True), "ESMO-MORA": a_scheme()}
PHYSICIAN: dict[str, Any] = {
    "given_name": "Ada",
    "family_name": "Lovelace",
    "licence": "A-1",
    "licence_state": "IL",
    "birth_month_day": "12-10",
    "reporting_consent": True,
}
AWARD = an_award("2026-03-02", "0.75", scheme="AMA-PRA")
HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://evil.example","x")']
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def a_participation(*ledger: Any, profile: dict[str, Any] | None = None, **changes: Any) -> Participation:
    """Passed and certified now, with AMA PRA credit of an activity that ACCME knows."""
    facts: dict[str, Any] = {
        "enrolment": an_enrolment(EnrolmentState.CERTIFIED, passed_at=NOW, certificate=NUMBER),
        "edition": an_edition(credits=(an_offer(scheme="AMA-PRA", activity_id=ACTIVITY), an_offer())),
        "profile": a_profile(**{**PHYSICIAN, **(profile or {})}),
        "attempts": [a_graded_attempt(1, passed=False, at=NOW - DAY), a_graded_attempt(2, passed=True)],
        "ledger": ledger or (AWARD,),
    }
    return Participation(**{**facts, **changes})


def added(record: Record) -> Change:
    return Change(action="add", key=record.key, kept=record.kept, facts=record.facts)


# Participants


def the_row(participation: Participation) -> dict[str, str]:
    [record] = participants(participation).records
    return read(CSV.page([added(record)], before=0, is_first=True, is_last=True))[0]


def read(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline=""), strict=True))


def test_a_participant_is_told_with_points_credit_and_certificate() -> None:
    esmo = an_award("2026-03-02", "1.00")
    assert the_row(a_participation(AWARD, esmo)) == {
        "action": "add",
        "learner": "dr-a",
        "name": "Ada Lovelace",
        "profession": "MD",
        "licence_state": "IL",
        "licence": "A-1",
        "npi": "",
        "module": "oligometastatic-disease",
        "edition": "1",
        "title": "Oligometastatic Disease",
        "state": "certified",
        "enrolled_on": "2026-03-01",
        "completed_on": "2026-03-02",
        "points": "3",
        "max_points": "3",
        "credit": "0.75 AMA-PRA; 1.00 ESMO-MORA",
        "certificate": NUMBER,
    }


def test_who_has_not_sat_the_test_has_no_points() -> None:
    row = the_row(a_participation(enrolment=an_enrolment(), attempts=[], ledger=()))
    assert (row["state"], row["completed_on"], row["points"], row["credit"], row["certificate"]) == (
        "confirmed",
        "",
        "",
        "",
        "",
    )


def test_a_participant_is_of_the_day_of_completion_else_of_enrolment() -> None:
    [completed] = participants(a_participation()).records
    [enrolled] = participants(a_participation(enrolment=an_enrolment())).records
    assert (completed.on, enrolled.on) == (date(2026, 3, 2), date(2026, 3, 1))


def test_days_are_those_of_the_provider() -> None:
    late = NOW.replace(hour=23, minute=30)
    row = the_row(a_participation(enrolment=an_enrolment(EnrolmentState.PASSED, passed_at=late)))
    assert row["completed_on"] == "2026-03-03"


def test_credit_that_was_taken_back_is_none() -> None:
    assert the_row(a_participation(AWARD, AWARD.taken_back(1, NOW)))["credit"] == ""
    given_back = the_row(a_participation(AWARD, AWARD.taken_back(1, NOW), AWARD.given_back(1, NOW)))
    assert given_back["credit"] == "0.75 AMA-PRA"


def test_credit_of_other_editions_and_providers_is_not_this_one() -> None:
    elsewhere = replace(AWARD, kind="external", module_id=None, edition=None, certificate=None)
    assert the_row(a_participation(replace(AWARD, edition=2), elsewhere))["credit"] == ""


@pytest.mark.parametrize("consent", [None, False])
def test_without_consent_no_participant_is_told(consent: bool | None) -> None:
    found = participants(a_participation(profile={"reporting_consent": consent}))
    assert (list(found.records), [gap.reason for gap in found.gaps]) == ([], ["no-consent"])


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(text: str) -> None:
    row = the_row(a_participation(profile={"name": text, "licence": text, "profession": text}))
    assert row["name"] == row["licence"] == row["profession"] == f"'{text}"


def test_the_file_says_that_it_is_utf_8_and_ends_its_lines_as_rfc_4180_wants() -> None:
    [record] = participants(a_participation(profile={"name": 'Zoë, "the" 王\nMD'})).records
    file = CSV.page([added(record)], before=0, is_first=True, is_last=True)
    assert file.startswith(b"\xef\xbb\xbfaction,learner,")
    assert file.endswith(b"\r\n")
    assert read(file)[0]["name"] == 'Zoë, "the" 王\nMD'


@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS[1:]), TEXTS), max_size=5), st.integers(0, 5))
def test_whatever_the_names_each_participant_is_one_row(participants_told: list[dict[str, str]], cut: int) -> None:
    records = [
        Record(key=str(number), on=date(2026, 1, 1), facts=dict.fromkeys(COLUMNS[1:], "") | told)
        for number, told in enumerate(participants_told)
    ]
    lines = [added(record) for record in records]
    first = CSV.page(lines[:cut], before=0, is_first=True, is_last=False)
    second = CSV.page(lines[cut:], before=len(lines[:cut]), is_first=False, is_last=True)
    rows = read(first + second)
    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        for column in COLUMNS[1:]:
            cell = row[column]
            assert cell in (record.facts[column], f"'{record.facts[column]}")
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


# PARS


def pars_of(participation: Participation, provider: str | None = PROVIDER) -> Findings:
    return pars.learner_records(participation, SCHEMES, provider)


def reasons(participation: Participation, provider: str | None = PROVIDER) -> list[str]:
    found = pars_of(participation, provider)
    assert not (found.records and found.gaps)
    return [gap.reason for gap in found.gaps]


def test_a_learner_record_has_all_that_pars_asks_for() -> None:
    [record] = pars_of(a_participation()).records
    assert record.on == date(2026, 3, 2)
    assert record.facts == {
        "credit_id": f"ccid:{PROVIDER}:{NUMBER}-{ACTIVITY}",
        "provider_id": PROVIDER,
        "activity_id": ACTIVITY,
        "given_name": "Ada",
        "family_name": "Lovelace",
        "licence_state": "IL",
        "licence_number": "A-1",
        "npi": None,
        "birth_month": "12",
        "birth_day": "10",
        "permission": True,
        "completed_on": "2026-03-02",
        "credit": "0.75",
    }


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        ({"given_name": None}, "name-not-split"),
        ({"family_name": None}, "name-not-split"),
        ({"licence": None}, "licence-or-npi-missing"),
        ({"licence_state": None}, "licence-or-npi-missing"),
        ({"birth_month_day": None}, "birthday-missing"),
        ({"reporting_consent": None}, "no-consent"),
        ({"reporting_consent": False, "licence": None}, "no-consent"),
    ],
)
def test_who_can_not_be_told_is_named_with_the_reason(profile: dict[str, Any], reason: str) -> None:
    assert reasons(a_participation(profile=profile)) == [reason]


def test_every_reason_is_named_at_once() -> None:
    profile = {"given_name": None, "licence": None, "birth_month_day": None}
    assert reasons(a_participation(profile=profile), None) == [
        "name-not-split",
        "licence-or-npi-missing",
        "birthday-missing",
        "provider-id-missing",
    ]


def test_an_npi_does_for_a_licence() -> None:
    assert reasons(a_participation(profile={"licence": None, "licence_state": None, "npi": "1234567893"})) == []


@pytest.mark.parametrize("activity", ["", "ACT-1", "12345678", "1234567890", "٢٠٢٦١٢٣٤٥"])
def test_an_activity_that_accme_does_not_know_is_not_told(activity: str) -> None:
    edition = an_edition(credits=(an_offer(scheme="AMA-PRA", activity_id=activity),))
    assert reasons(a_participation(edition=edition)) == ["activity-id-not-of-accme"]


@pytest.mark.parametrize(("amount", "told"), [("0.25", True), ("1.00", True), ("12.75", True), ("0.10", False)])
def test_credit_comes_in_quarters(amount: str, told: bool) -> None:
    assert (reasons(a_participation(replace(AWARD, amount=Decimal(amount)))) == []) is told


def test_only_credit_that_pars_is_for_is_told() -> None:
    found = pars_of(a_participation(an_award("2026-03-02", "1.00")))
    assert (found.records, found.gaps) == ([], [])


def test_two_schemes_of_one_activity_are_one_completion() -> None:
    offers = (an_offer(scheme="AMA-PRA", activity_id=ACTIVITY), an_offer(activity_id=ACTIVITY))
    schemes = SCHEMES | {"ESMO-MORA": a_scheme(reported_to_pars=True)}
    both = a_participation(AWARD, an_award("2026-03-02", "1.00"), edition=an_edition(credits=offers))
    [record] = pars.learner_records(both, schemes, PROVIDER).records
    assert record.facts["credit"] == "1.00"


def test_credit_that_was_taken_back_is_no_record() -> None:
    found = pars_of(a_participation(AWARD, AWARD.taken_back(1, NOW)))
    assert (found.records, found.gaps) == ([], [])


def test_credit_ids_of_all_schemes_are_short_enough() -> None:
    longest = f"ccid:{PROVIDER}:{certificate_number(1)}-{ACTIVITY}"
    assert len(longest) <= pars.LONGEST_CREDIT_ID
    assert {name for name, scheme in PackagedSchemes().all().items() if scheme.reported_to_pars} == {"ACCME", "AMA-PRA"}


def the_tsv(participation: Participation, columns: pars.ColumnMap) -> list[list[str]]:
    lines = [added(record) for record in pars_of(participation).records]
    text = columns.format.page(lines, before=0, is_first=True, is_last=True).decode()
    assert text.endswith("\r\n")
    return [line.split("\t") for line in text.removesuffix("\r\n").split("\r\n")]


def test_the_packaged_map_names_every_field_of_the_record() -> None:
    titles, cells = the_tsv(a_participation(), pars.column_map())
    [record] = pars_of(a_participation()).records
    assert {column.field for column in pars.column_map().columns} == {"action", *record.facts}
    assert dict(zip(titles, cells, strict=True)) == {
        "Record Action": "Add",
        "ACCME Activity ID": ACTIVITY,
        "Completion Date": "03/02/2026",
        "First Name": "Ada",
        "Last Name": "Lovelace",
        "Birth Month": "12",
        "Birth Day": "10",
        "Licensing State": "IL",
        "Licensing ID": "A-1",
        "NPI": "",
        "Number of CME Credits": "0.75",
        "Credit ID": f"ccid:{PROVIDER}:{NUMBER}-{ACTIVITY}",
        "Provider ID": PROVIDER,
        "Permission": "Yes",
    }


def test_another_template_is_another_map() -> None:
    columns = pars.ColumnMap(
        header=False,
        actions={"add": "A", "delete": "D"},
        permission={"given": "1"},
        dates="%Y%m%d",
        columns=[pars.Column(title="x", field=field) for field in ("completed_on", "action", "permission", "credit")],
    )
    assert the_tsv(a_participation(), columns) == [["20260302", "A", "1", "0.75"]]
    [record] = pars_of(a_participation()).records
    deletion = Change(action="delete", key=record.key, kept=record.kept, facts=record.kept.facts)
    assert columns.line(deletion) == "20260302\tD\t1\t0.75\r\n"


@given(TEXTS.filter(bool))
def test_whatever_the_licence_a_record_stays_one_line_with_its_columns(licence: str) -> None:
    titles, *rest = the_tsv(a_participation(profile={"licence": licence}), pars.column_map())
    [cells] = rest
    assert len(cells) == len(titles)
    assert [part for part in "".join(cells).splitlines() if part] == ["".join(cells)]


@given(TEXTS.filter(bool), st.integers(0, 3), st.integers(0, 3))
def test_the_json_is_one_list_however_it_was_cut_into_pages(name: str, first: int, second: int) -> None:
    [record] = pars_of(a_participation(profile={"given_name": name})).records
    line = added(record)
    file = pars.JSON.page([line] * first, before=0, is_first=True, is_last=False)
    file += pars.JSON.page([line] * second, before=first, is_first=False, is_last=False)
    file += pars.JSON.page([], before=first + second, is_first=False, is_last=True)
    assert json.loads(file) == [{"action": "add", **record.facts}] * (first + second)
