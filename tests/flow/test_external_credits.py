"""Credit of other providers: entered by hand, shown for what it is."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.flow.journey import Begin, World, answered, problem


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


def test_what_was_earned_elsewhere_stands_in_the_transcript_as_self_reported(world: World) -> None:
    ada = world.learner()
    number = ada.earns(world.published(title="Home"))
    entry = answered(ada.earned_elsewhere(scheme="ESMO-MORA", amount="2.5"), 201)
    assert entry == {
        "earned_on": "2022-02-14",
        "module_id": None,
        "edition": None,
        "title": "Thoracic Congress",
        "scheme": "ESMO-MORA",
        "category": "",
        "amount": "2.50",
        "certificate": None,
        "kind": "external",
        "provider": "Thoracic Society",
    }
    shown = ada.transcript()
    assert shown["entries"][0] == entry
    [award] = shown["entries"][1:]
    assert (award["kind"], award["certificate"], "provider" in award) == ("award", number, False)
    assert shown["totals"] == [{"year": 2022, "scheme": "ESMO-MORA", "amount": "3.50", "self_reported": "2.50"}]
    [cycle] = shown["cycle"]
    assert (cycle["amount"], cycle["self_reported"]) == ("3.50", "2.50")


def test_a_transcript_of_awards_alone_says_nothing_of_self_reporting(world: World) -> None:
    ada = world.learner()
    ada.earns(world.published())
    assert [set(total) for total in ada.transcript()["totals"]] == [{"year", "scheme", "amount"}]


def test_a_second_click_enters_nothing_more(world: World) -> None:
    ada = world.learner()
    first = answered(ada.earned_elsewhere(), 201)
    assert answered(ada.earned_elsewhere(), 200) == first
    assert answered(ada.earned_elsewhere(amount="6"), 200) == first
    assert answered(ada.earned_elsewhere(amount="6.50"), 201) != first
    assert len(ada.transcript()["entries"]) == 2


def test_a_scheme_that_is_not_known_here_has_totals_of_its_own(world: World) -> None:
    ada = world.learner()
    answered(ada.earned_elsewhere(scheme="Ärztekammer Berlin"), 201)
    [total] = ada.transcript()["totals"]
    assert (total["scheme"], total["self_reported"]) == ("Ärztekammer Berlin", "6.00")


def test_nobody_else_sees_it(world: World) -> None:
    answered(world.learner().earned_elsewhere(), 201)
    assert world.learner().transcript()["entries"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "0"},
        {"amount": "-1.00"},
        {"amount": "1.005"},
        {"amount": "500.01"},
        {"amount": 1},
        {"amount": "1e2"},
        {"earned_on": "2022-02-30"},
        {"earned_on": "1899-12-31"},
        {"earned_on": "14.02.2022"},
        {"title": ""},
        {"title": " "},
        {"provider": "\u202eevil"},
        {"scheme": "x" * 101},
        {"kind": "award"},
    ],
    ids=str,
)
def test_what_can_not_have_been_earned_is_refused(world: World, changes: dict[str, object]) -> None:
    ada = world.learner()
    refused = ada.earned_elsewhere(**changes)
    assert problem(refused) == (422, "invalid-request")
    assert refused.json()["errors"][0]["loc"] == ["body", next(iter(changes))]
    assert ada.transcript()["entries"] == []


def test_tomorrow_is_not_earned_yet(world: World) -> None:
    ada = world.learner()
    assert problem(ada.earned_elsewhere(earned_on=str(world.today + timedelta(days=2)))) == (422, "invalid-request")
    answered(ada.earned_elsewhere(earned_on=str(world.today)), 201)
