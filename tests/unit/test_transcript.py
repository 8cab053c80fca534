"""The transcript adds up: per year and scheme, and over the five years of a cycle."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.claim import LedgerEntry
from shared.domain.transcript import CycleTotal, Transcript, YearTotal, transcript
from tests.support.builders import an_award

TODAY = date(2026, 3, 2)
LEDGER = [
    an_award("2021-12-31", "1.00"),
    an_award("2022-01-01", "0.25"),
    an_award("2022-12-31", "0.50", scheme="EACCME"),
    an_award("2026-01-01", "1.00"),
    an_award("2026-02-28", "2.00"),
]
AWARDS = st.lists(
    st.builds(
        an_award,
        st.dates(date(2015, 1, 1), date(2030, 12, 31)).map(date.isoformat),
        st.decimals(min_value=-3, max_value=3, places=2).map(str),
        scheme=st.sampled_from(["ESMO-MORA", "EACCME"]),
    )
)


def shown(year: int | None = None, scheme: str | None = None) -> Transcript:
    return transcript(LEDGER, year=year, scheme=scheme, today=TODAY)


def test_totals_are_per_calendar_year_and_scheme() -> None:
    assert shown().totals == [
        YearTotal(2021, "ESMO-MORA", Decimal("1.00")),
        YearTotal(2022, "EACCME", Decimal("0.50")),
        YearTotal(2022, "ESMO-MORA", Decimal("0.25")),
        YearTotal(2026, "ESMO-MORA", Decimal("3.00")),
    ]


def test_the_cycle_is_the_five_calendar_years_that_end_with_this_one() -> None:
    first, last = date(2022, 1, 1), date(2026, 12, 31)
    assert shown().cycle == [
        CycleTotal("EACCME", first, last, Decimal("0.50")),
        CycleTotal("ESMO-MORA", first, last, Decimal("3.25")),
    ]


def test_the_cycle_of_a_year_ends_with_it() -> None:
    first, last = date(2018, 1, 1), date(2022, 12, 31)
    assert CycleTotal("ESMO-MORA", first, last, Decimal("1.25")) in shown(year=2022).cycle


def test_a_year_shows_its_own_entries_alone() -> None:
    assert [entry.earned_on for entry in shown(year=2022).entries] == ["2022-01-01", "2022-12-31"]
    assert {total.year for total in shown(year=2022).totals} == {2022}


def test_a_scheme_shows_its_own_entries_totals_and_cycle_alone() -> None:
    found = shown(scheme="EACCME")
    assert [entry.scheme for entry in found.entries] == ["EACCME"]
    assert [total.scheme for total in found.totals] == ["EACCME"]
    assert [total.scheme for total in found.cycle] == ["EACCME"]


@pytest.mark.parametrize(("year", "scheme"), [(1999, None), (None, "NOBODY")])
def test_where_nothing_was_earned_there_is_nothing_to_show(year: int | None, scheme: str | None) -> None:
    assert (shown(year, scheme).entries, shown(year, scheme).totals) == ([], [])


def test_a_correction_is_an_entry_of_its_own_that_compensates() -> None:
    ledger = [an_award("2026-01-01", "1.00"), an_award("2026-02-01", "-1.00", kind="correction")]
    found = transcript(ledger, year=None, scheme=None, today=TODAY)
    assert found.entries == ledger
    assert [total.amount for total in found.totals] == [Decimal("0.00")]


@given(AWARDS)
def test_no_entry_is_lost_or_counted_twice(ledger: list[LedgerEntry]) -> None:
    found = transcript(ledger, year=None, scheme=None, today=TODAY)
    assert sum(total.amount for total in found.totals) == sum(entry.amount for entry in ledger)
    in_cycle = [entry.amount for entry in ledger if "2022" <= entry.earned_on[:4] <= "2026"]
    assert sum(total.amount for total in found.cycle) == sum(in_cycle)
