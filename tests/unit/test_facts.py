"""What is stored comes back exactly, and what isn't what it should be is refused."""

import json
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.facts import dump, from_facts, instant, load, parse_instant, to_facts
from tests.support.builders import (
    MINUTE,
    NOW,
    RIGHT,
    a_claim,
    a_draft,
    a_graded_attempt,
    a_head,
    a_key,
    a_status,
    a_version,
    an_attempt,
    an_edition,
    an_enrolment,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = st.timedeltas(timedelta(hours=-12), timedelta(hours=14)).map(
    lambda offset: timezone(timedelta(minutes=offset // MINUTE))
)
# As precise as the request's instant: milliseconds.
INSTANTS = st.builds(
    lambda milliseconds, zone: (EPOCH + timedelta(milliseconds=milliseconds)).astimezone(zone),
    st.integers(0, 4_000_000_000_000),
    ZONES,
)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    text: str = "x"
    count: int = 1
    flag: bool = True
    amount: Decimal = Decimal("1.00")
    share: Fraction = Fraction(1, 3)
    at: datetime = NOW
    on: date = date(2026, 3, 2)
    points: float = 1.5
    colour: Colour = Colour.RED
    kept: frozenset[str] = frozenset({"b", "a"})
    note: str | None = None


@given(st.decimals(allow_nan=False, allow_infinity=False), st.fractions(), INSTANTS, st.dates())
def test_exact_numbers_instants_and_days_come_back_as_they_were(
    amount: Decimal, share: Fraction, at: datetime, on: date
) -> None:
    thing = Thing(amount=amount, share=share, at=at, on=on)
    back = load(dump(thing), Thing)
    assert back == thing
    assert str(back.amount) == str(amount)
    assert back.at.tzinfo is UTC


@given(INSTANTS, INSTANTS)
def test_instants_sort_as_their_text_does(one: datetime, other: datetime) -> None:
    assert (one < other) is (instant(one) < instant(other))


def test_an_instant_is_written_in_utc_with_milliseconds() -> None:
    assert instant(datetime(2026, 3, 2, 10, 0, 0, 1999, timezone(timedelta(hours=1)))) == "2026-03-02T09:00:00.001Z"


def test_an_instant_without_a_zone_is_an_error_both_ways() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        instant(NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="no time zone"):
        parse_instant("2026-03-02T09:00:00")


def test_the_same_value_gives_the_same_text() -> None:
    assert dump(Thing(kept=frozenset({"a", "b", "c"}))) == dump(Thing(kept=frozenset({"c", "b", "a"})))
    assert json.loads(dump(Thing()))["kept"] == ["a", "b"]
    assert list(json.loads(dump(Thing()))) == sorted(field.name for field in fields(Thing))


def test_text_is_kept_in_every_script() -> None:
    assert "山田" in dump(Thing(text="山田"))
    assert load(dump(Thing(text="山田")), Thing).text == "山田"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("text", 1),
        ("text", None),
        ("count", "1"),
        ("count", True),
        ("count", 1.0),
        ("flag", 1),
        ("flag", "true"),
        ("amount", 1.1),
        ("amount", 1),
        ("amount", "one"),
        ("share", 0.1),
        ("share", "1/0"),
        ("at", "yesterday"),
        ("at", "2026-03-02T09:00:00"),
        ("at", 5),
        ("on", "2026-02-30"),
        ("on", 5),
        ("points", "1.5"),
        ("points", True),
        ("colour", "blue"),
        ("kept", [1]),
        ("note", 5),
    ],
)
def test_a_value_of_another_type_is_refused(field: str, wrong: Any) -> None:
    with pytest.raises(Exception, match="structuring"):
        from_facts({**to_facts(Thing()), field: wrong}, Thing)


def test_unknown_fields_are_left_aside() -> None:
    assert from_facts({**to_facts(Thing()), "new": 1}, Thing) == Thing()


def test_a_missing_field_takes_its_default_and_one_without_is_an_error() -> None:
    assert from_facts({"text": "only"}, Thing) == Thing(text="only")
    with pytest.raises(Exception, match="structuring"):
        from_facts({}, type(an_attempt()))


@pytest.mark.parametrize(
    "aggregate",
    [
        a_status(),
        a_draft(),
        an_edition(),
        an_enrolment(evaluation={"e1": "good"}).viewed([(0, 10)], 60, NOW).took_in(1, 1),
        an_attempt().saved(RIGHT, NOW),
        a_graded_attempt(passed=True),
        a_claim(),
        a_head(),
        a_version(),
        a_key(),
    ],
    ids=lambda aggregate: type(aggregate).__name__,
)
def test_every_aggregate_survives_the_store(aggregate: Any) -> None:
    assert load(dump(aggregate), type(aggregate)) == aggregate
