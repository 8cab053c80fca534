"""Claim: after a pass, inside the window, evaluation first where it is asked for, and once."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from functions.certification.claim.use_case import ClaimRequest, claim_credit, evaluate
from shared.domain.claim import ClaimedCredit
from shared.domain.edition import Evaluation, EvaluationQuestion
from shared.domain.enrolment import Enrolment, EnrolmentState
from shared.domain.refusals import (
    ClaimWindowOver,
    CreditNotAllowed,
    EvaluationMissing,
    InvalidRequest,
    NameNotPrintable,
    NotEnrolled,
    NotPassed,
)
from shared.events.certification import CreditClaimedV1
from shared.ports import ConcurrentChange
from tests.support.builders import (
    DAY,
    ENROLMENT,
    HOUR,
    LEARNER,
    MILLISECOND,
    MODULE,
    NOW,
    NUMBER,
    REFERENCE,
    a_claim,
    an_edition,
    an_enrolment,
)
from tests.support.fakes import World

WINDOW = timedelta(days=30)
FORM = Evaluation(required=True, questions=(EvaluationQuestion(question_id="useful", text="Useful?"),))
REQUEST = ClaimRequest(
    attested_name="Ada Lovelace",
    profession="MD",
    credits=(ClaimedCredit(scheme="ESMO-MORA", amount=Decimal("1.00")),),
    show_name=False,
)
PASSED = an_enrolment().passed(1, 1, NOW - HOUR, NOW - HOUR)


def a_world(enrolment: Enrolment = PASSED, **content: object) -> World:
    world = World()
    world.publish(an_edition(**{"claim": "claimed", **content}))
    world.enrolments.given(enrolment)
    return world


def refuses(world: World, refusal: type[Exception], request: ClaimRequest = REQUEST, at: datetime = NOW) -> None:
    with pytest.raises(refusal):
        claim_credit(REFERENCE, request, world, at=at)
    assert (world.claims.find(ENROLMENT), world.announced, world.numbers.drawn) == (None, [], 0)


def test_a_claim_draws_the_number_and_orders_version_1() -> None:
    world = a_world()
    assert claim_credit(REFERENCE, REQUEST, world, at=NOW) == (NUMBER, True)
    claim = world.claims.find(ENROLMENT)
    assert claim is not None
    assert (claim.certificate, claim.content.attested_name, claim.content.profession) == (
        NUMBER, "Ada Lovelace", "MD",
    )  # fmt: skip
    assert (claim.content.completed_at, claim.content.issued_at) == (PASSED.passed_at, NOW)
    assert [line.amount for line in claim.content.credits] == [Decimal("1.00")]
    assert world.announced == [
        CreditClaimedV1(at=NOW, learner_id=LEARNER, module_id=MODULE, edition=1, certificate=NUMBER, version=1)
    ]


@pytest.mark.parametrize("show_name", [True, False])
def test_the_holder_decides_whether_the_public_sees_the_name(show_name: bool) -> None:
    world = a_world()
    claim_credit(REFERENCE, replace(REQUEST, show_name=show_name), world, at=NOW)
    claim = world.claims.find(ENROLMENT)
    assert claim is not None
    assert claim.show_name is show_name


def test_a_repeated_claim_is_answered_with_the_same_number_whatever_it_says() -> None:
    world = a_world()
    claim_credit(REFERENCE, REQUEST, world, at=NOW)
    other = replace(REQUEST, attested_name="Someone Else", credits=())
    assert claim_credit(REFERENCE, other, world, at=NOW + 100 * DAY) == (NUMBER, False)
    claim = world.claims.find(ENROLMENT)
    assert claim is not None
    assert claim.content.attested_name == "Ada Lovelace"
    assert len(world.announced) == 1


def test_of_two_claims_at_once_one_wins_and_the_other_finds_it() -> None:
    world = a_world()
    world.claims.meanwhile = lambda: claim_credit(REFERENCE, REQUEST, world, at=NOW)
    with pytest.raises(ConcurrentChange):
        claim_credit(REFERENCE, replace(REQUEST, attested_name="Ada Byron"), world, at=NOW)
    number, claimed = claim_credit(REFERENCE, REQUEST, world, at=NOW)
    claim = world.claims.find(ENROLMENT)
    assert claim is not None
    assert (number, claimed) == (claim.certificate, False)
    assert len(world.announced) == 1


def test_without_credits_a_claim_is_for_participation() -> None:
    world = a_world()
    claim_credit(REFERENCE, replace(REQUEST, credits=(), profession="Nurse"), world, at=NOW)
    claim = world.claims.find(ENROLMENT)
    assert claim is not None
    assert claim.content.credits == ()


@pytest.mark.parametrize("state", sorted(set(EnrolmentState) - {EnrolmentState.PASSED, EnrolmentState.CERTIFIED}))
def test_before_a_pass_nothing_can_be_claimed(state: EnrolmentState) -> None:
    refuses(a_world(an_enrolment(state)), NotPassed)


def test_the_claim_window_closes_at_its_instant() -> None:
    assert PASSED.passed_at is not None
    end = PASSED.passed_at + WINDOW
    refuses(a_world(), ClaimWindowOver, at=end)
    assert claim_credit(REFERENCE, REQUEST, a_world(), at=end - MILLISECOND) == (NUMBER, True)


def test_window_and_credit_are_those_of_the_learners_own_terms() -> None:
    offered = an_edition(claim="claimed").content.terms
    world = a_world(replace(PASSED, terms=replace(offered, claim_window_days=90)))
    world.publish(an_edition(claim="claimed", claim_window_days=1, credits=()))
    assert claim_credit(REFERENCE, REQUEST, world, at=NOW + 89 * DAY) == (NUMBER, True)


def test_the_window_is_open_after_the_edition_has_retired() -> None:
    world = a_world()
    world.publish(an_edition(claim="claimed"), retired_at=NOW - MILLISECOND)
    assert claim_credit(REFERENCE, REQUEST, world, at=NOW) == (NUMBER, True)


def test_a_required_evaluation_comes_before_the_claim() -> None:
    world = a_world(evaluation=FORM)
    refuses(world, EvaluationMissing)
    evaluate(REFERENCE, {"useful": "yes"}, world, at=NOW)
    assert claim_credit(REFERENCE, REQUEST, world, at=NOW) == (NUMBER, True)


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "Ada\x00", "Ada \U0001f600"])
def test_a_name_that_can_not_be_printed_is_refused(name: str) -> None:
    refuses(a_world(), NameNotPrintable, replace(REQUEST, attested_name=name))


def test_credit_that_is_not_allowed_is_refused() -> None:
    too_much = (ClaimedCredit(scheme="ESMO-MORA", amount=Decimal("2.00")),)
    refuses(a_world(), CreditNotAllowed, replace(REQUEST, credits=too_much))


def test_an_automatic_module_takes_no_claims_but_tells_the_number_that_it_drew() -> None:
    world = a_world(claim="automatic")
    refuses(world, NotPassed)
    world.claims.given(a_claim())
    assert claim_credit(REFERENCE, REQUEST, world, at=NOW) == (NUMBER, False)


def test_who_is_not_enrolled_can_not_claim() -> None:
    world = World()
    world.publish()
    refuses(world, NotEnrolled)
    with pytest.raises(NotEnrolled):
        evaluate(REFERENCE, {}, world, at=NOW)


def test_an_evaluation_is_kept_with_its_time() -> None:
    world = a_world(evaluation=FORM)
    evaluate(REFERENCE, {"useful": "yes"}, world, at=NOW)
    enrolment = world.enrolments.find(ENROLMENT)
    assert enrolment is not None
    assert (enrolment.evaluation, enrolment.evaluated_at) == ({"useful": "yes"}, NOW)


def test_an_evaluation_that_does_not_fit_the_form_is_not_kept() -> None:
    world = a_world(evaluation=FORM)
    with pytest.raises(InvalidRequest):
        evaluate(REFERENCE, {"else": "x"}, world, at=NOW)
    assert world.enrolments.writes == 0


def test_an_evaluation_comes_after_the_pass() -> None:
    with pytest.raises(NotPassed):
        evaluate(REFERENCE, {"useful": "yes"}, a_world(an_enrolment(), evaluation=FORM), at=NOW)
