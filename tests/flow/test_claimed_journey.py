"""Claimed credit: the evaluation, the claim with its limits and its window, and participation without credit."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.flow.journey import JSON, Begin, Learner, Module, World, answered, instant, problem

CREDITS = [
    {"scheme": "AMA-PRA", "category": "Category 1", "maximum": "1.00", "step": "0.25", "activity_id": "A-1"},
    {"scheme": "EACCME", "category": "ECMEC", "maximum": "1.00", "step": "0.50", "activity_id": "E-1"},
]
EVALUATION = {
    "required": True,
    "questions": [
        {"question_id": "useful", "text": "Was it useful?", "options": ["yes", "no"]},
        {"question_id": "remarks", "text": "Anything else?", "options": []},
    ],
}
ANSWERS = {"useful": "yes", "remarks": "no"}


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture(scope="module")
def module(world: World) -> Module:
    return world.published(claim="claimed", credits=CREDITS, evaluation=EVALUATION, claim_window_days=3650)


@pytest.fixture
def ada(world: World, module: Module) -> Learner:
    """Has passed, and said no more."""
    ada = world.learner(name="Ada Lovelace").is_ready_for(module)
    assert ada.passes()["state"] == "passed"
    return ada


def test_a_pass_alone_brings_no_certificate(world: World, ada: Learner) -> None:
    assert "certificate" not in ada.enrolment()
    assert world.facts_of(ada, "CLAIM#") == []
    assert answered(ada.ask("GET", "/certificates"))["certificates"] == []


def test_evaluation_and_claim_lead_to_a_certificate_with_the_claimed_amount(world: World, ada: Learner) -> None:
    assert instant(answered(ada.evaluate(**ANSWERS), 200)["evaluated_at"]) == world.now
    number = answered(ada.claim(("AMA-PRA", "0.75"), ("EACCME", "0.50")), 202)["certificate"]
    world.deliver()
    enrolment = ada.enrolment()
    assert (enrolment["state"], enrolment["certificate"]) == ("certified", number)
    certificate = answered(ada.certificate(number))
    amounts = {line["scheme"]: line["amount"] for line in certificate["credits"]}
    assert amounts == {"AMA-PRA": "0.75", "EACCME": "0.50"}
    # Completed with the test, whenever it was claimed.
    assert certificate["completed_at"] == enrolment["attempts"][0]["submitted_at"]
    transcript = answered(ada.ask("GET", "/transcript"))
    assert {entry["scheme"]: entry["amount"] for entry in transcript["entries"]} == amounts
    assert {entry["certificate"] for entry in transcript["entries"]} == {number}
    kinds = {event["type"]: event for event in world.events(about=ada)}
    claimed = kinds["cme.credit.claimed.v1"]
    [issued] = [event for event in world.events("cme.certificate.issued.v1") if event["data"]["certificate"] == number]
    assert issued["correlationid"] == claimed["correlationid"] == claimed["causationid"]
    assert issued["causationid"] == claimed["id"]


def test_a_claim_is_made_once(world: World, ada: Learner) -> None:
    answered(ada.evaluate(**ANSWERS))
    first = answered(ada.claim(("AMA-PRA", "1.00")), 202)
    again = answered(ada.claim(("AMA-PRA", "0.25"), ("EACCME", "1.00")), 200)
    world.deliver()
    after = answered(ada.claim(("AMA-PRA", "0.50")), 200)
    assert first == again == after
    certificate = answered(ada.certificate(first["certificate"]))
    assert [line["amount"] for line in certificate["credits"]] == ["1.00"]
    assert len(world.events("cme.credit.claimed.v1", about=ada)) == 1


def test_before_the_pass_nothing_can_be_evaluated_or_claimed(world: World, module: Module) -> None:
    ben = world.learner().is_ready_for(module)
    for fails in (False, True):
        if fails:
            ben.fails()
        assert problem(ben.evaluate(**ANSWERS)) == (409, "not-passed")
        assert problem(ben.claim(("AMA-PRA", "1.00"))) == (409, "not-passed")


def test_the_evaluation_comes_before_the_claim(ada: Learner) -> None:
    assert problem(ada.claim(("AMA-PRA", "1.00"))) == (409, "evaluation-missing")
    answered(ada.evaluate(**ANSWERS))
    answered(ada.claim(("AMA-PRA", "1.00")), 202)


def test_an_evaluation_answers_what_is_asked_and_all_of_it(world: World, ada: Learner) -> None:
    bad = [
        {"useful": "yes"},
        {"useful": "perhaps", "remarks": "no"},
        {**ANSWERS, "no-such": "x"},
        {},
    ]
    for answers in bad:
        assert problem(ada.evaluate(**answers)) == (422, "invalid-request"), answers
    assert problem(ada.claim(("AMA-PRA", "1.00"))) == (409, "evaluation-missing")


@pytest.mark.parametrize(
    "credits",
    [
        [("AMA-PRA", "0.00")],
        [("AMA-PRA", "1.25")],
        [("AMA-PRA", "0.30")],
        [("AMA-PRA", "0.01")],
        [("EACCME", "0.25")],
        [("ESMO-MORA", "1.00")],
        [("NO-SUCH", "1.00")],
        [("AMA-PRA", "0.50"), ("AMA-PRA", "0.50")],
        [("AMA-PRA", "1.00"), ("EACCME", "9.00")],
    ],
)
def test_an_amount_that_is_not_allowed_is_refused_as_a_whole(
    world: World, claimant: Learner, credits: list[tuple[str, str]]
) -> None:
    tables = world.tables()
    assert problem(claimant.claim(*credits)) == (422, "credit-not-allowed")
    assert world.tables() == tables


@pytest.fixture(scope="module")
def claimant(world: World, module: Module) -> Learner:
    """May claim, and never succeeds."""
    claimant = world.learner().is_ready_for(module)
    claimant.passes()
    answered(claimant.evaluate(**ANSWERS))
    return claimant


@pytest.mark.parametrize("amount", ["-1.00", "1", "1e0", "1.000", "NaN", "", "1,00", " 1.00", "10000.00", 1, 1.0, True])
def test_an_amount_is_a_decimal_string(claimant: Learner, amount: object) -> None:
    answer = claimant.claim(("AMA-PRA", amount), profession="Nurse")  # type: ignore[arg-type]
    slug = "credit-not-allowed" if amount == "1" else "invalid-request"
    assert problem(answer) == (422, slug)


def test_a_profession_that_the_scheme_does_not_admit_can_not_claim_it_but_may_participate(
    world: World, ada: Learner
) -> None:
    answered(ada.evaluate(**ANSWERS))
    refused = ada.claim(("AMA-PRA", "1.00"), profession="Nurse")
    assert problem(refused) == (422, "credit-not-allowed")
    assert refused.json()["scheme"] == "AMA-PRA"
    number = answered(ada.claim(profession="Nurse"), 202)["certificate"]
    world.deliver()
    assert ada.enrolment()["state"] == "certified"
    assert answered(ada.certificate(number))["credits"] == []
    assert answered(ada.ask("GET", "/transcript"))["entries"] == []
    assert answered(world.public(f"/verify/{number}", **JSON))["credits"] == []
    assert "certificate of participation" in world.public(f"/verify/{number}").body.decode()
    assert ada.pdf(number).startswith(b"%PDF-")


def test_an_automatic_module_gives_participation_where_no_scheme_admits_the_profession(world: World) -> None:
    module = world.published(credits=[CREDITS[0]])
    nurse, doctor = world.learner(), world.learner()
    numbers = []
    for learner, profession in ((nurse, "Nurse"), (doctor, "DO")):
        learner.is_ready_for(module)
        answered(learner.introduce(profession=profession))
        numbers.append(learner.passes()["certificate"])
    of_nurse, of_doctor = numbers
    assert answered(nurse.certificate(of_nurse))["credits"] == []
    assert [line["amount"] for line in answered(doctor.certificate(of_doctor))["credits"]] == ["1.00"]


def test_the_window_for_a_claim_ends_to_the_millisecond(world: World) -> None:
    module = world.published(claim="claimed", credits=CREDITS, evaluation=EVALUATION, claim_window_days=30)
    early, late = (world.learner().is_ready_for(module) for _ in range(2))
    for learner in (early, late):
        passed_at = world.now
        learner.passes()
        answered(learner.evaluate(**ANSWERS))
    until = passed_at + timedelta(days=30)
    assert instant(early.enrolment()["claim_until"]) == until
    world.wait_until(until - timedelta(milliseconds=1))
    answered(early.claim(("AMA-PRA", "1.00")), 202)
    world.wait(milliseconds=1)
    refused = late.claim(("AMA-PRA", "1.00"))
    assert problem(refused) == (409, "claim-window-over")
    assert instant(refused.json()["claim_until"]) == until
    # What was claimed in time is still answered.
    answered(early.claim(("AMA-PRA", "1.00")), 200)


def test_who_passed_may_still_claim_when_the_module_has_retired(world: World) -> None:
    module = world.published(
        claim="claimed",
        credits=CREDITS,
        evaluation=EVALUATION,
        expires_on=(world.today + timedelta(days=1)).isoformat(),
    )
    ada = world.learner().is_ready_for(module)
    ada.passes()
    world.wait(days=3)
    assert world.retire_the_expired() == 1
    world.deliver()
    assert ada.enrolment()["state"] == "passed"
    answered(ada.evaluate(**ANSWERS), 200)
    answered(ada.claim(("EACCME", "1.00")), 202)
    world.deliver()
    assert ada.enrolment()["state"] == "certified"


def test_the_public_sees_the_name_only_if_the_holder_wants_it(world: World, module: Module) -> None:
    holders = {}
    for show_name in (True, False):
        ada = world.learner(name="Ada Lovelace").is_ready_for(module)
        ada.passes()
        answered(ada.evaluate(**ANSWERS))
        number = answered(ada.claim(("AMA-PRA", "1.00"), show_name=show_name), 202)["certificate"]
        world.deliver()
        holders[show_name] = answered(world.public(f"/verify/{number}", **JSON))["holder"]
    assert holders[True] == "Ada Lovelace"
    assert "da" not in holders[False]
    assert "Lovelace" not in holders[False]
    assert holders[False].startswith("A")


def test_a_name_that_can_not_be_printed_can_not_be_attested(world: World, claimant: Learner) -> None:
    for name in ("", " ", "A\u202eB"):
        assert problem(claimant.claim(("AMA-PRA", "1.00"), attested_name=name)) == (422, "name-not-printable")
    assert world.facts_of(claimant, "CLAIM#") == []


def test_on_an_automatic_module_a_claim_finds_the_number_or_no_pass(world: World) -> None:
    module = world.published()
    ada = world.learner().is_ready_for(module)
    assert problem(ada.claim()) == (409, "not-passed")
    number = ada.passes()["certificate"]
    assert answered(ada.claim(("AMA-PRA", "1.00"), attested_name="Somebody Else"), 200) == {"certificate": number}
    assert answered(ada.certificate(number))["attested_name"] == ada.full_name
