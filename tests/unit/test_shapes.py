"""What bodies are made of: strict about types, printable where a certificate prints it, exact in amounts."""

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from shared.api.contract.certification import ClaimedCreditBody, ProfileBody
from shared.api.contract.enrolment import ViewsBody
from shared.api.shapes import Body, Identifier, Instant, Printable, View, number


class ThingBody(Body):
    printed: Printable = "x"
    identifier: Identifier = "x"


def takes(body: type[Body], sent: dict[str, Any]) -> bool:
    try:
        body.model_validate_json(json.dumps(sent))
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("text", ["MD", "Ärztin", "医師", "x" * 300])
def test_what_a_certificate_can_print_is_taken(text: str) -> None:
    assert takes(ThingBody, {"printed": text})


@pytest.mark.parametrize("text", ["", " ", "\u200c", "\u00a0", "MD\u202e", "MD 😀", "MD\n", "x" * 301])
def test_what_a_certificate_would_print_blank_or_not_at_all_is_refused(text: str) -> None:
    assert not takes(ThingBody, {"printed": text})


@pytest.mark.parametrize(("text", "taken"), [("a-1", True), ("x" * 64, True), ("x" * 65, False), ("a\n", False)])
def test_an_identifier_has_its_form_to_the_end(text: str, taken: bool) -> None:
    assert takes(ThingBody, {"identifier": text}) is taken


@pytest.mark.parametrize(
    ("sent", "amount"), [("1", "1.00"), ("1.5", "1.50"), ("0.25", "0.25"), ("9999.99", "9999.99"), ("007", "7.00")]
)
def test_an_amount_has_two_decimals(sent: str, amount: str) -> None:
    body = ClaimedCreditBody.model_validate_json(json.dumps({"scheme": "S", "amount": sent}))
    assert body.amount == amount
    assert str(body.claimed().amount) == amount


@pytest.mark.parametrize("sent", [1, 1.5, "1.005", "-1", "1e2", "NaN", "", ".5", "1.", "١"])
def test_an_amount_is_a_decimal_as_text(sent: Any) -> None:
    assert not takes(ClaimedCreditBody, {"scheme": "S", "amount": sent})


@pytest.mark.parametrize("field", ["name", "profession"])
def test_name_and_profession_can_be_left_out_but_not_taken_back(field: str) -> None:
    assert takes(ProfileBody, {})
    assert not takes(ProfileBody, {field: None})
    assert takes(ProfileBody, {"language": None})


@pytest.mark.parametrize(
    ("field", "text", "taken"),
    [
        ("npi", "0123456789", True),
        ("npi", "012345678", False),
        ("npi", "١١١١١١١١١١", False),
        ("birth_month_day", "12-10", True),
        ("birth_month_day", "02-29", True),
        ("birth_month_day", "13-01", False),
        ("birth_month_day", "01-32", False),
        ("language", "de", True),
        ("language", "de-CH", True),
        ("language", "German", False),
    ],
)
def test_what_is_reported_about_a_learner_has_its_form(field: str, text: str, taken: bool) -> None:
    assert takes(ProfileBody, {field: text}) is taken


@pytest.mark.parametrize(
    ("segments", "taken"),
    [
        ([[0, 10]], True),
        ([[5, 5]], True),
        ([], True),
        ([[10, 5]], False),
        ([[-1, 5]], False),
        ([[0, 1, 2]], False),
        ([[0]], False),
        ([[0, 1.5]], False),
        ([[0, "5"]], False),
        ([[0, 1]] * 1001, False),
    ],
    ids=str,
)
def test_a_segment_runs_forwards_in_whole_seconds(segments: list[list[Any]], taken: bool) -> None:
    assert takes(ViewsBody, {"segments": segments}) is taken


class MomentView(View):
    at: Instant


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (datetime(2026, 3, 2, 9, tzinfo=UTC), "2026-03-02T09:00:00Z"),
        (datetime(2026, 3, 2, 9, 0, 0, 5000, tzinfo=UTC), "2026-03-02T09:00:00.005Z"),
    ],
)
def test_an_instant_is_written_in_utc_as_short_as_it_is_exact(at: datetime, written: str) -> None:
    assert json.loads(MomentView(at=at).model_dump_json()) == {"at": written}


def test_points_are_shown_as_numbers() -> None:
    assert number(Fraction(5, 2)) == 2.5
