"""Credit is claimed, never assumed: up to the maximum, in steps, by professions that the scheme admits."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.claim import ClaimedCredit, full_credit, new_claim, require_claimable
from shared.domain.edition import CreditOffer
from shared.domain.refusals import CreditNotAllowed
from tests.support.builders import (
    ENROLMENT,
    LEARNER,
    NOW,
    NUMBER,
    PUBLIC_URL,
    SCHEMES,
    a_content,
    a_place,
    an_edition,
    an_offer,
)

EACCME = an_offer(scheme="EACCME", category="ECMEC", maximum=Decimal("1.50"), step=Decimal("0.50"))
AMA = an_offer(scheme="AMA-PRA", maximum=Decimal("1.00"), step=Decimal("0.25"))


def credit(amount: str, scheme: str = "EACCME") -> ClaimedCredit:
    return ClaimedCredit(scheme=scheme, amount=Decimal(amount))


def claim(*claimed: ClaimedCredit, profession: str = "MD", offers: tuple[CreditOffer, ...] = (EACCME, AMA)) -> None:
    require_claimable(claimed, a_content(credits=offers), profession, SCHEMES)


@pytest.mark.parametrize("amount", ["0.50", "1.00", "1.5", "1.50"])
def test_whole_steps_up_to_the_maximum_can_be_claimed(amount: str) -> None:
    claim(credit(amount))


@pytest.mark.parametrize("amount", ["2.00", "1.51", "0.00", "-0.50", "0.25", "1.49"])
def test_more_nothing_or_a_part_of_a_step_can_not(amount: str) -> None:
    with pytest.raises(CreditNotAllowed) as refused:
        claim(credit(amount))
    assert refused.value.facts == {"scheme": "EACCME", "maximum": "1.50", "step": "0.50"}


@given(st.decimals(min_value=-3, max_value=3, places=2))
def test_what_can_be_claimed_is_decided_in_decimals(amount: Decimal) -> None:
    allowed = amount in {step * Decimal("0.50") for step in (1, 2, 3)}
    try:
        claim(ClaimedCredit(scheme="EACCME", amount=amount))
    except CreditNotAllowed:
        assert not allowed
    else:
        assert allowed


def test_a_scheme_that_the_module_does_not_carry_can_not_be_claimed() -> None:
    with pytest.raises(CreditNotAllowed) as refused:
        claim(credit("1.00", "ESMO-MORA"))
    assert refused.value.facts == {"scheme": "ESMO-MORA"}


def test_a_scheme_is_claimed_once() -> None:
    with pytest.raises(CreditNotAllowed, match="twice"):
        claim(credit("0.50"), credit("0.50"))


@pytest.mark.parametrize(("profession", "admitted"), [("MD", True), ("DO", True), ("Nurse", False)])
def test_a_scheme_may_admit_some_professions_only(profession: str, admitted: bool) -> None:
    if admitted:
        claim(credit("0.75", "AMA-PRA"), profession=profession)
        return
    with pytest.raises(CreditNotAllowed) as refused:
        claim(credit("0.75", "AMA-PRA"), profession=profession)
    assert refused.value.facts == {"scheme": "AMA-PRA"}


def test_one_credit_that_is_not_allowed_spoils_the_claim() -> None:
    with pytest.raises(CreditNotAllowed):
        claim(credit("1.00"), credit("0.80", "AMA-PRA"))


def test_nothing_can_be_claimed_for_a_certificate_of_participation() -> None:
    claim(profession="Nurse")


def test_an_automatic_module_awards_the_maximum_of_every_scheme_that_admits_the_profession() -> None:
    content = a_content(credits=(EACCME, AMA))
    assert full_credit(content, "MD", SCHEMES) == [credit("1.50"), credit("1.00", "AMA-PRA")]
    assert full_credit(content, "Nurse", SCHEMES) == [credit("1.50")]
    assert full_credit(a_content(credits=(AMA,)), "Nurse", SCHEMES) == []


def test_a_claim_fixes_what_the_first_version_says_of_the_edition_as_it_is_today() -> None:
    edition = an_edition(credits=(EACCME,))
    made = new_claim(
        number=NUMBER,
        status=a_place(5),
        learner_id=LEARNER,
        edition=edition,
        claimed=[credit("0.5")],
        schemes=SCHEMES,
        attested_name="Ada Lovelace",
        profession="MD",
        show_name=True,
        completed_at=NOW,
        issued_at=NOW,
        public_url=PUBLIC_URL,
    )
    assert (made.certificate, made.enrolment, made.show_name, made.certified) == (NUMBER, ENROLMENT, True, False)
    assert made.status == a_place(5)
    content = made.content
    (line,) = content.credits
    assert (line.scheme, line.category, line.amount, str(line.amount)) == ("EACCME", "ECMEC", Decimal("0.5"), "0.50")
    assert line.statement == "Society of Oncology records points: 0.50."
    assert line.statement_version == SCHEMES["EACCME"].statement_version
    assert (content.version, content.supersedes, content.reason) == (1, None, None)
    assert content.verification_url == f"{PUBLIC_URL}/verify/{NUMBER}?version=1"
    assert (content.title, content.zone) == (edition.content.title, edition.content.zone)
    assert content.expires_on == edition.content.expires_on
