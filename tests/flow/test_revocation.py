"""A certificate that is revoked and restored: its status, its credit, and what was ordered of it meanwhile."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.flow.journey import JSON, Begin, Learner, World, answered, problem


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture
def ada(world: World) -> Learner:
    return world.learner(name="Ada Lovlace")


@pytest.fixture
def number(world: World, ada: Learner) -> str:
    return ada.earns(world.published())


def credit(ada: Learner) -> list[tuple[str, str]]:
    entries = answered(ada.ask("GET", "/transcript"))["entries"]
    return [(entry["kind"], entry["amount"]) for entry in entries]


def total(ada: Learner) -> Decimal:
    return sum((Decimal(total["amount"]) for total in answered(ada.ask("GET", "/transcript"))["totals"]), Decimal(0))


def test_a_revocation_takes_the_credit_back_and_a_restoration_gives_it_back(
    world: World, ada: Learner, number: str
) -> None:
    assert (credit(ada), total(ada)) == ([("award", "1.00")], 1)
    world.wait(days=400)  # the correction stands in the year of the award
    answered(world.admin.revokes(number, "credit-withdrawn"))
    assert (credit(ada), total(ada)) == ([("award", "1.00"), ("correction", "-1.00")], 0)
    restored = answered(world.admin.restores(number))
    assert restored == {"number": number, "status": "valid", "reason_code": None, "revoked_at": None}
    assert credit(ada) == [("award", "1.00"), ("correction", "-1.00"), ("correction", "1.00")]
    assert total(ada) == 1
    assert len({total["year"] for total in answered(ada.ask("GET", "/transcript"))["totals"]}) == 1


def test_repeated_requests_enter_nothing_twice(world: World, ada: Learner, number: str) -> None:
    for _ in range(2):
        answered(world.admin.revokes(number))
    revoked = world.tables()
    answered(world.admin.revokes(number, "fraud"))
    assert world.tables() == revoked
    for _ in range(2):
        answered(world.admin.restores(number))
    restored = world.tables()
    answered(world.admin.restores(number, "Another reason"))
    assert world.tables() == restored
    assert total(ada) == 1


def test_a_restored_certificate_is_valid_at_once_and_both_facts_are_announced(
    world: World, ada: Learner, number: str
) -> None:
    answered(world.admin.revokes(number, "fraud"))
    world.deliver()
    answered(world.admin.restores(number))
    said = answered(world.public(f"/verify/{number}", **JSON))
    assert (said["status"], said.get("reason")) == ("valid", None)
    assert answered(ada.certificate(number))["status"] == "valid"
    world.deliver()
    answered(world.admin.revokes(number, "other"))
    world.deliver()
    told = {event["id"] for event in world.events() if event["data"].get("certificate") == number}
    path = f"certificate/{number}/v1"
    assert {f"{path}/revoked", f"{path}/restored", f"{path}/revoked/2"} <= told


def test_a_reissue_that_a_revocation_stopped_is_issued_after_the_restoration(
    world: World, ada: Learner, number: str
) -> None:
    answered(world.admin.reissues(number, attested_name="Ada Lovelace"), 202)
    answered(world.admin.revokes(number))
    world.deliver()
    assert answered(ada.certificate(number))["version"] == 1
    answered(world.admin.restores(number))
    world.deliver()
    second = answered(ada.certificate(number))
    assert (second["version"], second["status"], second["attested_name"]) == (2, "valid", "Ada Lovelace")


def test_a_certificate_that_is_not_there_is_not_restored(world: World) -> None:
    assert problem(world.admin.restores("CME-00000-00000-00000-00001")) == (404, "not-found")
