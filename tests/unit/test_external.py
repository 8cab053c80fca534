"""Credit earned elsewhere: the learner's own word, entered once and never taken for what was awarded here."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.certification.record.use_case import ExternalCredit, enter_external_credit, show_transcript
from shared.domain.external import MAXIMUM, external_credit
from shared.domain.refusals import InvalidRequest
from shared.domain.transcript import transcript
from tests.support.builders import DAY, LEARNER, NOW, an_award
from tests.support.fakes import World

CONGRESS = ExternalCredit(
    earned_on=date(2026, 2, 14), title="Congress", scheme="EACCME", amount=Decimal("6.00"), provider="Thoracic Society"
)
TOTALS = st.lists(
    st.tuples(st.booleans(), st.decimals(min_value="0.01", max_value=20, places=2), st.integers(2020, 2026))
)


def a_credit(**changes: Any) -> Any:
    facts = {"earned_on": date(2026, 2, 14), "title": "Congress", "scheme": "EACCME", "amount": Decimal(6)}
    return external_credit(LEARNER, **{**facts, "provider": "Society", "at": NOW, **changes})


def test_it_is_marked_as_the_learners_own_word() -> None:
    entry, entered = enter_external_credit(LEARNER, CONGRESS, World(), at=NOW)
    assert entered
    assert (entry.kind, entry.provider, entry.certificate, entry.of_edition) == (
        "external",
        "Thoracic Society",
        None,
        None,
    )
    assert entry.is_self_reported
    assert not an_award("2026-02-14").is_self_reported


def test_the_same_facts_again_find_the_first_entry() -> None:
    world = World()
    first, _ = enter_external_credit(LEARNER, CONGRESS, world, at=NOW)
    again, entered = enter_external_credit(LEARNER, CONGRESS, world, at=NOW + DAY)
    assert (again, entered) == (first, False)
    assert len(show_transcript(LEARNER, None, None, world, at=NOW).entries) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"earned_on": date(2026, 2, 15)},
        {"title": "Other"},
        {"scheme": "AMA-PRA"},
        {"amount": Decimal(7)},
        {"provider": "Other"},
    ],
    ids=str,
)
def test_other_facts_are_another_entry(changes: dict[str, Any]) -> None:
    world = World()
    for credit in (a_credit(), a_credit(**changes)):
        world.ledger.save(credit)
    assert len(world.ledger.of_learner(LEARNER)) == 2


def test_who_enters_the_same_at_the_same_moment_loses_the_race_and_finds_it() -> None:
    world = World()
    world.ledger.meanwhile = lambda: enter_external_credit(LEARNER, CONGRESS, world, at=NOW - DAY)
    entry = a_credit(title=CONGRESS.title, provider=CONGRESS.provider)
    assert world.ledger.save(entry) == enter_external_credit(LEARNER, CONGRESS, world, at=NOW)[0]


@pytest.mark.parametrize("amount", ["0", "0.00", str(MAXIMUM + Decimal("0.01"))])
def test_an_amount_that_nobody_earns_is_refused(amount: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        a_credit(amount=Decimal(amount))
    assert refused.value.facts["errors"] == [
        {"loc": ["body", "amount"], "msg": f"Must be more than 0 and at most {MAXIMUM}."}
    ]


@pytest.mark.parametrize("amount", ["0.01", "0.10", str(MAXIMUM)])
def test_the_steps_of_a_scheme_do_not_bind_other_providers(amount: str) -> None:
    assert a_credit(amount=Decimal(amount)).amount == Decimal(amount)


def test_a_day_counts_once_it_has_begun_somewhere() -> None:
    at = datetime(2026, 3, 2, 9, 59, 59, tzinfo=UTC)
    assert a_credit(earned_on=date(2026, 3, 2), at=at)
    with pytest.raises(InvalidRequest):
        a_credit(earned_on=date(2026, 3, 3), at=at)
    assert a_credit(earned_on=date(2026, 3, 3), at=at.replace(hour=10))


@given(TOTALS)
def test_totals_say_how_much_of_them_is_self_reported(credits: list[tuple[bool, Decimal, int]]) -> None:
    ledger = [
        a_credit(earned_on=date(year, 1, 1), amount=amount)
        if by_hand
        else an_award(f"{year}-01-01", str(amount), scheme="EACCME")
        for by_hand, amount, year in credits
    ]
    found = transcript(ledger, year=None, scheme=None, today=date(2026, 3, 2))
    for total in found.totals:
        of_year = [entry for entry in ledger if entry.earned_on.startswith(str(total.year))]
        assert total.amount == sum(entry.amount for entry in of_year)
        assert total.self_reported == sum(entry.amount for entry in of_year if entry.is_self_reported)
    for cycle in found.cycle:
        in_cycle = [entry for entry in ledger if entry.earned_on >= "2022"]
        assert cycle.self_reported == sum(entry.amount for entry in in_cycle if entry.is_self_reported)
